"""`python -m bench [chip|face|face-sessions|exactly-once] [--json]`: run the benches and print their rows."""

import argparse
import importlib
import json
import sys
from pathlib import Path

from his_adapter.simulation.command import Interface

BENCHES = ("chip", "face")
SESSIONS = "face-sessions"  # takes an hour with its 10,000 sessions: only when it is asked for
EXACTLY_ONCE = "exactly-once"  # some minutes; ends with 1 when a visit is lost or doubled


def rows(name: str, pack: Path | None) -> list[dict[str, object]]:
    """The rows of one bench; each is loaded only when it is asked for."""
    bench = importlib.import_module(f"bench.{name}")
    found: list[dict[str, object]] = bench.run(pack) if pack is not None else bench.run()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "name", nargs="?", choices=(*BENCHES, SESSIONS, EXACTLY_ONCE), help="one bench; without it chip and face"
    )
    parser.add_argument("--count", type=int, default=10_000, help=f"sessions of {SESSIONS}, visits of {EXACTLY_ONCE}")
    parser.add_argument("--seed", type=int, default=0, help=f"{EXACTLY_ONCE}: what the mishaps are drawn from")
    parser.add_argument(
        "--interface",
        type=Interface,
        choices=list(Interface),
        default=Interface.HISPRO,
        help=f"{EXACTLY_ONCE}: what the hospital speaks",
    )
    parser.add_argument("--kiosks", type=int, default=3, help=f"{EXACTLY_ONCE}: processes side by side")
    parser.add_argument(
        "--break-idempotency", action="store_true", help=f"{EXACTLY_ONCE}: a new key for each try, to see it found out"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument(
        "--pack",
        type=Path,
        metavar="DIR",
        help="face alone: a folder with InsightFace's weights, run by its FaceAnalysis on the same frames",
    )
    options = parser.parse_args()
    status = 0
    if options.name == EXACTLY_ONCE:
        from bench.exactly_once import Plan
        from bench.exactly_once import run as register

        try:
            plan = Plan(
                options.count, options.seed, options.kiosks, options.break_idempotency, interface=options.interface
            )
        except ValueError as error:
            parser.error(str(error))
        result = register(plan)
        found, status = {EXACTLY_ONCE: result.rows}, 0 if result.sound else 1
    elif options.name == SESSIONS:
        from bench.sessions import run

        found = {SESSIONS: run(options.count)}
    elif options.pack is not None:
        if options.name != "face":
            parser.error("--pack belongs to the face bench")
        from bench.face_rival import RivalError

        try:
            found = {"face": rows("face", options.pack)}
        except RivalError as error:
            print(error, file=sys.stderr)
            return 2
    else:
        found = {name: rows(name, None) for name in ([options.name] if options.name else BENCHES)}
    if options.json:
        print(json.dumps({"runs": found[options.name]} if options.name else found, indent=2))
        return status
    for name, lines in found.items():
        print(f"== {name}")
        for line in lines:
            print("  " + "  ".join(f"{key}={value}" for key, value in line.items()))
    return status


if __name__ == "__main__":
    sys.exit(main())
