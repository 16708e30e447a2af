"""`emulate`: cards on a virtual reader, as fast, as odd, as faulty and as false as they are told to be."""

import argparse
import sys
from pathlib import Path

from cccd_reader.emulation.air import RATES_KBIT, AirTime
from cccd_reader.emulation.errors import EmulationError
from cccd_reader.emulation.faults import fault_from_text, fault_usage
from cccd_reader.emulation.quirks import QUIRK_NAMES, quirks_from_texts
from cccd_reader.emulation.server import SLOTS, CardOptions, CardProcess, Copy
from cccd_reader.transport.socket import DEFAULT_PORT

INTERRUPTED = 130
"""The exit code of a program that the keyboard interrupted, by the shells' convention: 128 and the signal's number."""

_DESCRIPTION = (
    "Serves cards to a virtual reader (vpcd, or `read --transport socket`). Takes one JSON command a line on standard "
    'input: {"command": "place", "slot": 0, "image": "lan.card"}, "pull", "fault", "status", "quit". Ends when that '
    "input closes."
)


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("emulate", help="put synthetic cards on a virtual reader", description=_DESCRIPTION)
    parser.add_argument("card", type=Path, nargs="*", help="card images to place at once, one a slot")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="the virtual reader's first port")

    chip = parser.add_argument_group("how the chips are")
    chip.add_argument("--rate", type=int, choices=RATES_KBIT, help="answer as slow as over the air, in kbit/s")
    chip.add_argument("--apdu-ms", type=float, default=0.0, help="and so many milliseconds more for each APDU")
    chip.add_argument("--short-only", action="store_true", help="without extended length: --quirk no-extended-length")
    chip.add_argument(
        "--quirk",
        action="append",
        default=[],
        metavar="NAME",
        help=f"NAME, no-NAME or NAME=VALUE; may be repeated. Names: {', '.join(QUIRK_NAMES)}",
    )

    wrong = parser.add_argument_group("what is wrong with them")
    wrong.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="KIND:VALUES",
        help=f"happens once, to the card in the first slot; may be repeated. Kinds: {fault_usage()}",
    )
    copies = wrong.add_mutually_exclusive_group()
    copies.add_argument("--clone", action="store_true", help="copies: all files, none of the private keys")
    copies.add_argument("--forged", action="store_true", help="copies with private keys of their own")
    wrong.add_argument("--tamper", action="append", default=[], metavar="FILE", help="a changed file, like DG13")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if len(options.card) > SLOTS:
        sys.stderr.write(f"error: a virtual reader has {SLOTS} slots\n")
        return 2
    try:
        process = CardProcess(options.host, options.port, _card_options(options))
        for text in options.fault:
            process.arm(0, fault_from_text(text))
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


def _card_options(options: argparse.Namespace) -> CardOptions:
    air = None
    if options.rate is not None or options.apdu_ms:
        air = AirTime(options.rate or max(RATES_KBIT), options.apdu_ms / 1000)
    quirks = quirks_from_texts([*options.quirk, *(["no-extended-length"] if options.short_only else [])])
    copy = Copy.CLONE if options.clone else Copy.FORGED if options.forged else Copy.NONE
    return CardOptions(quirks, air, copy, tuple(options.tamper))


def _answer(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
