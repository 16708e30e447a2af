"""``python -m face verify A B [--json]``: compare the faces on two pictures, for IT staff and scripts."""

import argparse
from pathlib import Path

from face.cli.common import Commands, add_json_option, add_pack_option, print_json
from face.errors import FaceError


def add_parser(commands: Commands) -> None:
    parser = commands.add_parser("verify", help="compare the faces on two pictures (JPEG, JPEG 2000)")
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    add_pack_option(parser)
    parser.add_argument("--fmr", help="false match rate the threshold was measured at (default: the policy's)")
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Exit code 0: match, 1: no match, 2: undecided, or it could not be compared."""
    try:
        answer = _verify(options.first, options.second, options.pack, options.fmr)
    except (FaceError, OSError) as error:
        reason = str(error.code) if isinstance(error, FaceError) else "unreadable"
        answer = {"outcome": "error", "reason": reason, "detail": str(error)}
    if options.json:
        print_json(answer)
    else:
        for name, value in answer.items():
            print(f"{name}: {value}")
    return {"match": 0, "no_match": 1}.get(str(answer["outcome"]), 2)


def _verify(first: Path, second: Path, pack_directory: Path, fmr: str | None) -> dict[str, object]:
    from face.decision import Policy
    from face.models.pack import load_pack
    from face.pad.evidence import PadVerdict
    from face.verify import Verifier

    pack = load_pack(pack_directory)
    policy = Policy() if fmr is None else Policy(fmr=fmr)
    verifier = Verifier(pack, policy)
    with verifier.enrol(first.read_bytes()) as one, verifier.enrol(second.read_bytes()) as other:
        score = verifier.compare(one, other)
    outcome, reason = verifier.classify(score)
    return {
        "outcome": str(outcome),
        "reason": str(reason),
        "score": round(score, 4),
        "threshold": verifier.scores.accept,
        "reject": verifier.scores.reject,
        "fmr": policy.fmr,
        "extrapolated": verifier.accept.extrapolated,
        "pad": str(PadVerdict.NOT_ASSESSED),
        "pack": f"{pack.name} {pack.version}",
        "models": {item.role: item.sha256 for item in verifier.model_hashes},
    }
