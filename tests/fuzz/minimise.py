"""Takes what a campaign found into the stored corpus: `python -m tests.fuzz.minimise DIR [TARGET…]`.

DIR is what `run.py --corpus` wrote to. Of each target's inputs and those already stored, libFuzzer keeps the fewest and
shortest that reach the same; the rest is dropped, and so is what does not fit into the room of a target.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz import corpus
from tests.fuzz.run import ROOT


def minimise(target: str, kept: Path) -> int:
    """Returns how many inputs are stored now, beside the seeds."""
    with tempfile.TemporaryDirectory(prefix="tiepdon-fuzz-") as scratch:
        merged, stored, again = Path(scratch, "merged"), Path(scratch, "stored"), Path(scratch, "again")
        merged.mkdir()
        corpus.unpack(target, stored)
        again.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m tests.fuzz.child {target} "$@"\n')
        again.chmod(0o700)
        subprocess.run(
            [str(again), "-merge=1", "-timeout=5", *map(str, (merged, stored, kept / target))],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "FUZZ_SELF": str(again)},
            capture_output=True,
            check=True,
        )
        return corpus.pack_found(target, (path.read_bytes() for path in merged.iterdir()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.minimise", description=__doc__)
    parser.add_argument("kept", type=Path, metavar="DIR")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all that DIR has, when none is named")
    options = parser.parse_args()
    for target in options.targets or sorted(path.name for path in options.kept.iterdir()):
        print(f"{target:<32} {minimise(target, options.kept):>5} inputs", flush=True)


if __name__ == "__main__":
    main()
