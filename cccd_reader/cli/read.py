"""`read`: one card, from the key to the verdicts."""

import argparse
import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from cccd_reader.access import Access
from cccd_reader.cli.authorities import Authorities, AuthorityError, add_authority_options, authorities
from cccd_reader.cli.console import Console
from cccd_reader.cli.exit_codes import ExitCode, epilog
from cccd_reader.cli.given_keys import GivenKeyError, add_key_options, given_key
from cccd_reader.cli.help_text import HelpFormatter
from cccd_reader.cli.photo import PhotoFileError, check_target, write_photo
from cccd_reader.cli.progress import ProgressPrinter
from cccd_reader.cli.readers import (
    DEFAULT_CARD_TIME_S,
    add_reader_options,
    add_wait_option,
    connected,
    opened_source,
    seconds,
    wait_for_card,
)
from cccd_reader.cli.summary import LANGUAGES, as_json, as_text
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.keys import KeyRing
from cccd_reader.read_profile import ReadProfiles
from cccd_reader.reader import read_card
from cccd_reader.readout import CardReadout, PartialRead
from cccd_reader.transport.base import CardSource
from cccd_reader.verdict import Check, CheckState, Verdict

_EXAMPLES = """\
examples:
  type the number unseen, and print what was checked:
    %(prog)s --key-stdin
  the holder's data as JSON, from a scanned QR code:
    %(prog)s --qr-file code.txt --identity --json
  keep the photo; end with 0 only if the chip proves that it is no copy:
    %(prog)s --key-stdin --photo portrait --require chip_authentication
  a card that does not exist, from `emulate` in another terminal:
    %(prog)s --number 001099012345 --transport socket

"""

DEFAULT_PUT_BACK_S = 10.0
MAX_PUT_BACKS = 5
"""A card that leaves more often than this is not held still, or is broken."""
NOTICED_S = 0.5
"""How long the service may take to notice that a card left: pcscd looks every 0.4 s."""

_CARD_LEFT = frozenset({CardErrorCode.CARD_REMOVED, CardErrorCode.CARD_RESET})


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "read",
        help="read the card on the reader and print what was checked",
        description="Reads the card on the reader and checks it. Prints no personal data unless asked to: see "
        "--identity and --photo.",
        epilog=_EXAMPLES + epilog(),
        formatter_class=HelpFormatter,
    )
    add_key_options(parser)
    _add_output_options(parser)
    add_authority_options(parser)
    reader = add_reader_options(parser)
    add_wait_option(reader)
    reader.add_argument(
        "--put-back",
        type=seconds,
        default=DEFAULT_PUT_BACK_S,
        metavar="SECONDS",
        help="how long a card that was pulled may take to come back and be read on; 0 makes that an error at once "
        f"({DEFAULT_PUT_BACK_S:g})",
    )
    reader.add_argument(
        "--timeout",
        type=seconds,
        default=DEFAULT_CARD_TIME_S,
        metavar="SECONDS",
        help=f"how long the reading may take ({DEFAULT_CARD_TIME_S:g})",
    )
    reader.add_argument(
        "--largest-read",
        type=int,
        metavar="BYTES",
        help="bounds one READ BINARY; 223 keeps to short APDUs, 112 suits readers with small frames",
    )
    reader.add_argument(
        "--remember",
        type=Path,
        metavar="FILE",
        help="keep there what this reader and kind of card can do together (no personal data): the next reading need "
        "not find it out again",
    )
    reader.add_argument(
        "--access",
        choices=[access.value for access in Access],
        default=Access.AUTO.value,
        help="the protocol that opens the chip; auto (default) is PACE, else BAC",
    )
    parser.set_defaults(run=run)


def _add_output_options(parser: argparse.ArgumentParser) -> None:
    output = parser.add_argument_group("what is printed and kept")
    output.add_argument("--identity", action="store_true", help="print the holder's data (personal data)")
    output.add_argument(
        "--language", choices=LANGUAGES, default="en", help="of the labels of --identity; en is the default"
    )
    output.add_argument("--json", action="store_true", help="one JSON document, failures included; no progress")
    output.add_argument("--quiet", action="store_true", help="no progress")
    output.add_argument(
        "--photo",
        metavar="OUT",
        help="write the photo as the chip has it (personal data): to OUT with the picture's own extension, "
        "readable by you alone",
    )
    output.add_argument("--force", action="store_true", help="let --photo overwrite a file")
    output.add_argument(
        "--require",
        type=_checks,
        default=(),
        metavar="CHECKS",
        help="checks, parted by commas, that have to be successful; of: " + ", ".join(check.value for check in Check),
    )


def run(options: argparse.Namespace) -> int:
    console = Console(as_json=options.json, quiet=options.quiet)
    try:
        if options.photo is not None:
            check_target(options.photo, force=options.force)
        key = given_key(options)
        if key.remark is not None:
            console.note(key.remark)
        readout = _read(options, key.ring, authorities(options), console)
    except GivenKeyError as error:
        return console.end(ExitCode.USAGE, error)
    except (OSError, PhotoFileError, AuthorityError) as error:
        return console.end(ExitCode.OTHER, error)
    except CardError as error:
        return console.card_error(error)
    return _conclude(options, readout, console)


def _read(options: argparse.Namespace, ring: KeyRing, trusted: Authorities, console: Console) -> CardReadout:
    partial: PartialRead | None = None
    profiles = ReadProfiles(options.remember)
    put_backs = 0
    with opened_source(options, options.timeout) as source, _progress(console) as on_progress:
        while True:
            try:
                with connected(source, 0.0 if put_backs else options.wait, console) as connection:
                    return read_card(
                        connection,
                        ring,
                        access=Access(options.access),
                        largest_read=options.largest_read,
                        profiles=profiles,
                        both_proofs=Check.ACTIVE_AUTHENTICATION in options.require,
                        trust=trusted.trust,
                        online=trusted.online,
                        on_progress=on_progress,
                        resume=partial,
                        cancelled=_deadline(options.timeout),
                    )
            except CardError as error:
                if error.code is CardErrorCode.CANCELLED:
                    # Nothing else cancels here.
                    raise CardError(CardErrorCode.TIMEOUT, f"not read within {options.timeout:g} s") from error
                if error.code not in _CARD_LEFT or put_backs == MAX_PUT_BACKS or not _is_back(source, options, console):
                    raise
                put_backs += 1
                partial = error.partial or partial


def _is_back(source: CardSource, options: argparse.Namespace, console: Console) -> bool:
    """Whether the card that was pulled lies on the reader again in time. If it is another one, it is read anew."""
    if not options.put_back:
        return False
    source.wait_change(NOTICED_S)
    return wait_for_card(source, options.put_back, console, "put the card back …")


def _deadline(timeout_s: float) -> Callable[[], bool]:
    end = time.monotonic() + timeout_s
    return lambda: time.monotonic() >= end


@contextlib.contextmanager
def _progress(console: Console) -> Iterator[ProgressPrinter | None]:
    if console.quiet:
        yield None
        return
    with contextlib.closing(ProgressPrinter()) as printer:
        yield printer


def _conclude(options: argparse.Namespace, readout: CardReadout, console: Console) -> ExitCode:
    """Prints the result, and keeps the photo if asked to. A check that failed counts more than a photo that did not."""
    written, failure = _keep_photo(options, readout)
    if options.json:
        kept = {} if options.photo is None else {"photo_file": written}
        console.result_json(as_json(readout, identity=options.identity) | kept)
    else:
        console.result(as_text(readout, identity=options.identity, language=options.language))
    if written is not None:
        console.note(f"photo: {written}")
    if failure is not None:
        console.failure(failure)
    if _unmet(readout.verdicts, options.require):
        return ExitCode.CHECK_FAILED
    return ExitCode.OK if failure is None else ExitCode.OTHER


def _keep_photo(options: argparse.Namespace, readout: CardReadout) -> tuple[str | None, str | None]:
    """(the file that was written, why none was); both None when none was asked for."""
    if options.photo is None:
        return None, None
    if readout.photo is None:
        return None, "the card gives no photo"
    try:
        return str(write_photo(readout.photo, options.photo, force=options.force)), None
    except (OSError, PhotoFileError) as error:
        return None, str(error)


def _unmet(verdicts: Sequence[Verdict], required: Sequence[Check]) -> bool:
    return any(
        verdict.state is CheckState.FAILED or (verdict.check in required and verdict.state is not CheckState.SUCCESSFUL)
        for verdict in verdicts
    )


def _checks(text: str) -> tuple[Check, ...]:
    """An argparse type: names of checks, parted by commas."""
    try:
        return tuple(Check(name.strip()) for name in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError("of: " + ", ".join(check.value for check in Check)) from None
