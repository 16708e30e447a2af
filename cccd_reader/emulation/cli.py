"""The emulated card's two commands: `personalise` makes a synthetic card, `emulate` puts cards on a virtual reader."""

import argparse
import sys
from pathlib import Path

from cccd_reader.emulation.air import RATES_KBIT, AirTime
from cccd_reader.emulation.data_groups import ParentsLayout
from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.emulation.personalise import personalise
from cccd_reader.emulation.profile import load_citizen
from cccd_reader.emulation.quirks import Quirks
from cccd_reader.emulation.server import SLOTS, CardOptions, CardProcess
from cccd_reader.emulation.signer import SignerKind, TestSigner
from cccd_reader.transport.socket import DEFAULT_PORT

INTERRUPTED = 130
"""The exit code of a program that the keyboard interrupted, by the shells' convention: 128 and the signal's number."""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds both commands; the parsed options' `run` takes the options and returns the exit code."""
    _register_personalise(commands)
    _register_emulate(commands)


def _register_personalise(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "personalise",
        help="make a synthetic card from a profile and a photo",
        description="Makes the card of a person who does not exist, signed by a new test authority.",
    )
    parser.add_argument("profile", type=Path, help="the person, as TOML")
    parser.add_argument("photo", type=Path, help="the chip photo: JPEG or JPEG 2000")
    parser.add_argument("card", type=Path, help="the card image to write")
    parser.add_argument("--parents", type=ParentsLayout, choices=list(ParentsLayout), default=ParentsLayout.SPLIT)
    parser.add_argument("--signer", type=SignerKind, choices=list(SignerKind), default=SignerKind.EC)
    parser.add_argument("--csca-out", type=Path, metavar="FILE", help="write the test authority's certificate (DER)")
    parser.set_defaults(run=_personalise)


def _register_emulate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "emulate",
        help="put synthetic cards on a virtual reader",
        description="Serves cards to a virtual reader (vpcd, or `read --transport socket`). Takes one JSON command a "
        'line on standard input: {"command": "place", "slot": 0, "image": "lan.card"}, "pull", "fault", "status", '
        '"quit". Ends when standard input closes.',
    )
    parser.add_argument("card", type=Path, nargs="*", help="card images to place at once, one a slot")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="the virtual reader's first port")
    parser.add_argument("--rate", type=int, choices=RATES_KBIT, help="answer as slow as over the air, in kbit/s")
    parser.add_argument("--apdu-ms", type=float, default=0.0, help="and so many milliseconds more for each APDU")
    parser.add_argument("--short-only", action="store_true", help="a chip without extended length")
    parser.set_defaults(run=_emulate)


def _personalise(options: argparse.Namespace) -> int:
    try:
        signer = TestSigner.create(options.signer)
        image = personalise(
            load_citizen(options.profile),
            _read_photo(options.photo),
            signer=signer,
            parents=options.parents,
        )
        image.save(options.card)
        if options.csca_out is not None:
            options.csca_out.write_bytes(signer.csca_certificate)
    except (EmulationError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _emulate(options: argparse.Namespace) -> int:
    air = None
    if options.rate is not None or options.apdu_ms:
        air = AirTime(options.rate or max(RATES_KBIT), options.apdu_ms / 1000)
    if len(options.card) > SLOTS:
        sys.stderr.write(f"error: a virtual reader has {SLOTS} slots\n")
        return 2
    process = CardProcess(options.host, options.port, CardOptions(Quirks(extended_length=not options.short_only), air))
    try:
        for slot, path in enumerate(options.card):
            process.place(slot, path)
    except EmulationError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    try:
        process.run(sys.stdin, _answer)
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _answer(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _read_photo(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EmulationError(EmulationErrorCode.BAD_PHOTO, f"{path.name} cannot be read") from error
