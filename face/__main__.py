"""``python -m face verify A B [--json]``: compare the faces on two pictures, for IT staff and scripts."""

import argparse
import json
import sys
from pathlib import Path

from face.decision import Outcome, PadVerdict, Policy
from face.errors import FaceError
from face.models.pack import load_pack
from face.verify import Verifier

DEFAULT_PACK = Path(__file__).resolve().parents[1] / "assets" / "models" / "yunet-sface"


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0: match, 1: no match, 2: it could not be compared."""
    parser = argparse.ArgumentParser(prog="python -m face", description="Face verification, 1:1.")
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser("verify", help="compare the faces on two pictures (JPEG, JPEG 2000)")
    verify.add_argument("first", type=Path)
    verify.add_argument("second", type=Path)
    verify.add_argument("--pack", type=Path, default=DEFAULT_PACK, help="folder of a model pack")
    verify.add_argument("--fmr", default=Policy().fmr, help="false match rate the threshold was measured at")
    verify.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args(arguments)
    try:
        answer = _verify(options.first, options.second, options.pack, options.fmr)
    except (FaceError, OSError) as error:
        reason = str(error.code) if isinstance(error, FaceError) else "unreadable"
        answer = {"outcome": "error", "reason": reason, "detail": str(error)}
    if options.json:
        print(json.dumps(answer))
    else:
        for name, value in answer.items():
            print(f"{name}: {value}")
    return {str(Outcome.MATCH): 0, str(Outcome.NO_MATCH): 1}.get(str(answer["outcome"]), 2)


def _verify(first: Path, second: Path, pack_directory: Path, fmr: str) -> dict[str, object]:
    pack = load_pack(pack_directory)
    verifier = Verifier(pack, Policy(fmr=fmr))
    with verifier.enrol(first.read_bytes()) as one, verifier.enrol(second.read_bytes()) as other:
        score = verifier.compare(one, other)
    return {
        "outcome": str(Outcome.MATCH if score >= verifier.threshold else Outcome.NO_MATCH),
        "score": round(score, 4),
        "threshold": verifier.threshold,
        "fmr": fmr,
        "pad": str(PadVerdict.NOT_ASSESSED),
        "pack": f"{pack.name} {pack.version}",
        "models": {item.role: item.sha256 for item in verifier.model_hashes},
    }


if __name__ == "__main__":
    sys.exit(main())
