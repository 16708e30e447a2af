"""`diagnose`: what card and reader do, for people who have no such card; without anything about the holder."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from cccd_reader.cli.console import Console
from cccd_reader.cli.exit_codes import ExitCode, epilog, fault_of
from cccd_reader.cli.given_keys import GivenKey, GivenKeyError, add_key_options, given_key
from cccd_reader.cli.help_text import HelpFormatter
from cccd_reader.cli.readers import add_reader_options, add_wait_option, connected, opened_source
from cccd_reader.diagnosis import BUG, CODE, OPTIONAL_PROBES, as_text, diagnose, is_failure
from cccd_reader.errors import CardError, CardErrorCode

CARD_TIME_S = 300.0
"""The probes read a card several times over."""

_EXAMPLES = """\
examples:
  a report to send, with the key typed unseen:
    %(prog)s --key-stdin --out report.txt
  what a chip shows without a key, as JSON:
    %(prog)s --without-key --json

"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "diagnose",
        help="report how a card and a reader behave, without personal data",
        description="Reports tags, sizes, algorithms, status words and times of a card. The report has no personal "
        "data and nothing that tells this card from others of its kind: no values, no hashes of files, no keys of the "
        "chip. Read it before you send it. Takes a few readings' time. Tries the key that you give, and then only "
        "keys that are known to fit.",
        epilog=_EXAMPLES + epilog(),
        formatter_class=HelpFormatter,
    )
    keys = add_key_options(parser)
    keys.add_argument("--without-key", action="store_true", help="only what the chip shows to everybody")
    add_wait_option(add_reader_options(parser))
    output = parser.add_argument_group("the report")
    output.add_argument("--json", action="store_true", help="as JSON; no progress")
    output.add_argument("--quiet", action="store_true", help="no progress")
    output.add_argument("--out", type=Path, metavar="FILE", help="write it to a new file instead of printing it")
    output.add_argument("--force", action="store_true", help="let --out overwrite a file")
    output.add_argument(
        "--leave-out",
        action="append",
        choices=OPTIONAL_PROBES,
        default=[],
        metavar="SECTION",
        help="may be given more than once; of: " + ", ".join(f'"{name}"' for name in OPTIONAL_PROBES),
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    console = Console(as_json=options.json, quiet=options.quiet)
    try:
        key = None if options.without_key else given_key(options)
        if key is not None and key.remark is not None:
            console.note(key.remark)
        # Before the card is read: the file is claimed, or the reading would be for nothing.
        if options.out is not None and not options.force:
            options.out.open("x").close()
    except GivenKeyError as error:
        return console.end(ExitCode.USAGE, error)
    except OSError as error:
        return console.end(ExitCode.OTHER, error)
    except CardError as error:
        return console.card_error(error)
    try:
        report = _diagnose(options, key, console)
    except BaseException as error:
        if options.out is not None and not options.force:
            options.out.unlink(missing_ok=True)  # it was claimed, and is empty
        if isinstance(error, CardError):
            return console.card_error(error)
        raise
    text = json.dumps(report, ensure_ascii=False, indent=2) if options.json else as_text(report)
    if options.out is None:
        console.result(text)
    else:
        try:
            options.out.write_text(text + "\n", "utf-8")
        except OSError as error:
            return console.end(ExitCode.OTHER, error)
        console.note(f"written: {options.out}")
    return _exit_code(report)


def _diagnose(options: argparse.Namespace, key: GivenKey | None, console: Console) -> dict[str, object]:
    with opened_source(options, CARD_TIME_S) as source, connected(source, options.wait, console) as connection:
        return diagnose(
            connection,
            key.ring if key else None,
            leave_out=options.leave_out,
            on_probe=lambda name: console.note(f"probing: {name}"),
        )


def _exit_code(report: Mapping[str, object]) -> ExitCode:
    """A report whose chip did not open is a report, and ends as a reading would."""
    access = report.get("access")
    if is_failure(access) and isinstance(access, Mapping) and CODE in access:
        code = access[CODE]
        return fault_of(CardErrorCode(code)).exit if code != BUG else ExitCode.OTHER
    return ExitCode.OK
