"""`python -m records verify PATH`: check a match log without changing it. Exit code 0 sound, 1 broken, 2 unreadable.

`python -m records outbox list|show|retry|drop`: see `records.outbox_command`.
`python -m records ledger PATH`: the money that arrived, for the day's reconciliation, see `records.ledger`.
"""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from records import ledger, outbox_command
from records.errors import StoreError
from records.match_log import Anchor, VerifyReport, verify
from records.store import open_store_read_only

EXIT_SOUND, EXIT_BROKEN, EXIT_UNREADABLE = 0, 1, 2
_ANCHOR = re.compile(r"(?P<kiosk>.+):(?P<seq>[0-9]{1,18}):(?P<hash>[0-9a-f]{64})")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = _parser().parse_args(argv)
    if "act" in arguments:
        code, text = outbox_command.run(arguments)
        if text:
            print(text, file=sys.stdout if code == outbox_command.EXIT_DONE else sys.stderr)
        return code
    return ledger.run(arguments) if "ledger" in arguments else _verify(arguments)


def _verify(arguments: argparse.Namespace) -> int:
    path: Path = arguments.path
    try:
        with open_store_read_only(path) as store:
            report = verify(store, arguments.anchor)
    except StoreError as error:
        if arguments.json:
            print(json.dumps({"ok": False, "error": error.code.value, "detail": error.detail}))
        else:
            print(f"UNREADABLE {path}: {error}", file=sys.stderr)
        return EXIT_UNREADABLE
    print(_as_json(report) if arguments.json else _as_text(report))
    return EXIT_SOUND if report.ok else EXIT_BROKEN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m records", description="Tools for a store of check-in records.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser("verify", help="check the match log's chain; exit code 0 sound, 1 broken, 2 unreadable")
    check.add_argument("path", type=Path, help="the store's file; it is opened read-only")
    check.add_argument("--json", action="store_true", help="one JSON object instead of text")
    check.add_argument(
        "--anchor",
        type=_anchor,
        action="append",
        default=[],
        metavar="KIOSK:SEQ:HASH",
        help="a last entry as an earlier run printed it; finds a log that was rewritten or cut since",
    )
    outbox_command.add_to(commands)
    ledger.add_to(commands)
    return parser


def _anchor(text: str) -> Anchor:
    parts = _ANCHOR.fullmatch(text)
    if parts is None:
        raise argparse.ArgumentTypeError("expected KIOSK:SEQ:HASH with 64 lower-case hex digits")
    return Anchor(parts["kiosk"], int(parts["seq"]), parts["hash"])


def _as_json(report: VerifyReport) -> str:
    return json.dumps(
        {
            "ok": report.ok,
            "entries": report.entries,
            "first_bad_kiosk": report.first_bad_kiosk,
            "first_bad_seq": report.first_bad_seq,
            "reason": report.reason,
            "heads": [{"kiosk": head.kiosk_id, "seq": head.seq, "hash": head.hash} for head in report.heads],
            "limits": report.limits,
        },
        ensure_ascii=False,
    )


def _as_text(report: VerifyReport) -> str:
    if not report.ok:
        where = f"{report.first_bad_kiosk} entry {report.first_bad_seq}"
        return f"BROKEN at {where}: {report.reason} ({report.entries} entries before it are sound)"
    lines = [f"SOUND: {report.entries} entries, each follows the one before it.", report.limits]
    lines += [f"  {head.kiosk_id}:{head.seq}:{head.hash}" for head in report.heads]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
