"""Fuzzing by hand and in continuous integration: `python -m tests.fuzz.run TARGET… --seconds N`, or `--all`.

One line per target; the exit code is 1 when there was a finding: an exception that is no expected error, an assertion
of a target, an execution of more than five seconds, or more than a gibibyte of memory. The input is then in the folder
of findings, and `python -m tests.fuzz.replay TARGET FILE` runs it again.
"""

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz import corpus
from tests.fuzz.registry import Target

ROOT = Path(__file__).parents[2]
FINDINGS = ROOT / "fuzz-findings"
LIMITS = ("-timeout=5", "-rss_limit_mb=1024", "-print_final_stats=1")

_PROGRESS = re.compile(r"^#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)/(\S+)", re.MULTILINE)
_SPEED = re.compile(r"^stat::average_exec_per_sec:\s+(\d+)", re.MULTILINE)
_RUNS = re.compile(r"^stat::number_of_executed_units:\s+(\d+)", re.MULTILINE)
_LAST_LINES = 40


@dataclass(frozen=True, slots=True)
class Result:
    """What one process of libFuzzer reported. `edges` and `features` are its counters cov and ft."""

    target: str
    executions: int
    per_second: int
    edges: int
    features: int
    inputs: int
    failed: bool
    findings: tuple[Path, ...]
    output: str

    @property
    def line(self) -> str:
        end = "ok" if not self.failed else "FINDING"
        return (
            f"{self.target:<32} {self.executions:>10} executions {self.per_second:>7}/s {self.edges:>6} edges"
            f" {self.features:>6} features {self.inputs:>5} inputs  {end}"
        )


def run(target: Target, seconds: int, kept: Path | None, findings: Path, seed: int | None = None) -> Result:
    """Fuzzes one target. `kept` is a folder that what is found is added to; without it everything new is forgotten.
    `seed` fixes the order of the mutations, else every run has its own."""
    findings = findings / target.name
    findings.mkdir(parents=True, exist_ok=True)
    before = set(findings.iterdir())
    with tempfile.TemporaryDirectory(prefix="tiepdon-fuzz-") as scratch:
        seeds = Path(scratch, "seeds")
        corpus.unpack(target.name, seeds)
        new = Path(scratch, "new") if kept is None else kept / target.name
        new.mkdir(parents=True, exist_ok=True)
        arguments = [
            *(f"-max_total_time={seconds}", f"-max_len={target.max_len}", f"-artifact_prefix={findings}/"),
            *LIMITS,
            *(() if seed is None else (f"-seed={seed}",)),
            *map(str, (new, seeds)),
        ]
        done = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.child", target.name, *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    return _result(target, done, tuple(sorted(set(findings.iterdir()) - before)))


def _result(target: Target, done: "subprocess.CompletedProcess[str]", findings: tuple[Path, ...]) -> Result:
    progress = _PROGRESS.findall(done.stdout)
    executions, edges, features, inputs, _ = progress[-1] if progress else ("0", "0", "0", "0", "")
    runs, speed = _RUNS.search(done.stdout), _SPEED.search(done.stdout)
    output = "\n".join(line for line in done.stdout.splitlines() if not line.startswith("INFO: Instrumenting"))
    return Result(
        target.name,
        int(runs[1] if runs else executions),
        int(speed[1]) if speed else 0,
        int(edges),
        int(features),
        int(inputs),
        done.returncode != 0,
        findings,
        output,
    )


def _report(result: Result, log: Path | None) -> None:
    print(result.line, flush=True)
    if log is not None:
        log.mkdir(parents=True, exist_ok=True)
        (log / f"{result.target}.log").write_text(result.output, "utf-8")
    if result.failed:
        print("\n".join(f"    {line[:200]}" for line in result.output.splitlines()[-_LAST_LINES:]))
        for path in result.findings:
            print(f"    {path}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--all", action="store_true", help="every target")
    parser.add_argument("--list", action="store_true", help="the targets' names")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    parser.add_argument("--jobs", type=int, default=1, help="how many targets at once (default: 1)")
    parser.add_argument("--seed", type=int, help="the same mutations in every run, so that a finding is a change's own")
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="keep what is found under DIR/TARGET")
    parser.add_argument("--findings", type=Path, default=FINDINGS, metavar="DIR")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="libFuzzer's output, a file per target")
    options = parser.parse_args()

    # Late, so that --help needs nothing of the reader.
    from tests.fuzz.targets import TARGETS

    if importlib.util.find_spec("atheris") is None and not options.list:
        parser.error("atheris is not installed: it is one of the dev extras, for Linux on x86-64 alone")
    if options.list:
        print("\n".join(TARGETS))
        return 0
    unknown = [name for name in options.targets if name not in TARGETS]
    if unknown or not (options.targets or options.all):
        parser.error(f"no such target: {', '.join(unknown)}" if unknown else "name a target, or --all")
    chosen = list(TARGETS) if options.all else options.targets
    failed = False
    with ThreadPoolExecutor(options.jobs) as pool:
        for result in pool.map(
            lambda name: run(TARGETS[name], options.seconds, options.corpus, options.findings, options.seed), chosen
        ):
            _report(result, options.logs)
            failed = failed or result.failed
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
