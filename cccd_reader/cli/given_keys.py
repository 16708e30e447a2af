"""The key that the user gave, as an option, on standard input or by a scanner: a QR text, a number, an MRZ or a CAN."""

import argparse
import getpass
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.keys import CAN_DIGITS, Can, KeyRing, keyring_from_mrz, keyring_from_number
from cccd_reader.qr import MAX_CHARACTERS
from cccd_reader.scan import ScanRefused, keyring_from_scan
from cccd_reader.serial_scanner import SerialScanner

STANDARD_INPUT = "-"


class GivenKeyError(Exception):
    """What was given cannot be a key. Names the rule, never the value."""


@dataclass(frozen=True, slots=True, repr=False)
class GivenKey:
    """The keys to try. `remark` is what is to be said about a code that came damaged, and still gave keys."""

    ring: KeyRing
    remark: str | None = None


def add_key_options(parser: argparse.ArgumentParser) -> "argparse._MutuallyExclusiveGroup":
    group = parser.add_argument_group(
        "the key that opens the chip (one of)",
        "Other users of this machine can see a key on the command line; --key-stdin, --qr-file and --scanner do not "
        "show it.",
    )
    keys = group.add_mutually_exclusive_group(required=True)
    keys.add_argument("--key-stdin", action="store_true", help="a line of standard input: any of the keys below")
    keys.add_argument(
        "--qr-file", metavar="FILE", help="a file with the text of the card's QR code; - is standard input"
    )
    keys.add_argument("--scanner", metavar="PORT", help="a QR scanner on a serial port, such as /dev/ttyACM0 or COM3")
    keys.add_argument("--qr", metavar="TEXT", help="the text of the card's QR code")
    keys.add_argument("--number", metavar="DIGITS", help="the 12 digits of the citizen's number")
    keys.add_argument(
        "--mrz", metavar="TEXT", help="the machine readable zone, or its document number, birth and expiry"
    )
    keys.add_argument("--can", metavar="DIGITS", help="the six digits of the card access number")
    return keys


def given_key(options: argparse.Namespace) -> GivenKey:
    """The key of the options.

    Raises `GivenKeyError`; `OSError` for a file that cannot be read; `CardError` for a scanner that fails.
    """
    if options.scanner is not None:
        return _from_scan(_scan(options.scanner, options.wait))
    try:
        if options.key_stdin:
            return _recognise(_read_key())
        if options.qr_file is not None:
            return _from_scan(_read_file(options.qr_file))
        if options.qr is not None:
            return _from_scan(options.qr)
        if options.number is not None:
            return GivenKey(keyring_from_number(options.number.strip()))
        if options.mrz is not None:
            return GivenKey(keyring_from_mrz(options.mrz))
        return GivenKey(KeyRing(can=Can(options.can.strip())))
    except CardError as error:
        where = f"{error.file}: " if error.file else ""
        raise GivenKeyError(f"{where}{error.detail}") from error


def _recognise(text: str) -> GivenKey:
    """What kind of key a text is, by its form."""
    text = text.strip().strip("\ufeff")
    if re.fullmatch(f"[0-9]{{{CAN_DIGITS}}}", text):
        return GivenKey(KeyRing(can=Can(text)))
    if text.isdigit() or not text:
        return GivenKey(keyring_from_number(text))
    scanned = keyring_from_scan(text)
    if isinstance(scanned, ScanRefused) and "|" not in text:
        return GivenKey(keyring_from_mrz(text))
    return _from_scan(text)


def _from_scan(text: str) -> GivenKey:
    scanned = keyring_from_scan(text)
    if isinstance(scanned, ScanRefused):
        raise GivenKeyError(f"QR: no citizen card's code ({scanned.problem.value})")
    if scanned.problem is not None:
        return GivenKey(scanned.keyring, f"the code came damaged ({scanned.problem.value}); its number and dates serve")
    return GivenKey(scanned.keyring)


def _scan(port: str, wait_s: float) -> str:
    with SerialScanner(port) as scanner:
        text = scanner.read(wait_s)
    if text is None:
        raise CardError(CardErrorCode.TIMEOUT, "the scanner read no code", file="QR")
    return text


def _read_key() -> str:
    """The first line; and where it is the first line of an MRZ, the others too. Typed keys are not shown."""
    if sys.stdin.isatty():
        return getpass.getpass("key (number, QR text or MRZ): ", sys.stderr)
    text = sys.stdin.readline(MAX_CHARACTERS)
    if "<" in text and "|" not in text:
        text += sys.stdin.read(MAX_CHARACTERS)
    return text


def _read_file(name: str) -> str:
    if name == STANDARD_INPUT:
        return sys.stdin.read(MAX_CHARACTERS + 1)
    try:
        with Path(name).open(encoding="utf-8") as file:
            return file.read(MAX_CHARACTERS + 1)
    except UnicodeDecodeError:
        raise CardError(CardErrorCode.BAD_DATA, "not UTF-8", file="QR") from None
