"""`python -m cccd_reader read` reads one card; `emulate` and `personalise` are the emulated card's commands."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict

from cccd_reader.access import Access
from cccd_reader.emulation import cli as emulation_cli
from cccd_reader.errors import CardError
from cccd_reader.keys import KeyRing, keyring_from_number, keyring_from_qr
from cccd_reader.qr import parse_qr
from cccd_reader.reader import read_card
from cccd_reader.readout import CardReadout
from cccd_reader.transport.base import CardSource, Empty, NoReader, ServiceDown
from cccd_reader.transport.pcsc import PcscSource
from cccd_reader.transport.socket import DEFAULT_PORT, SocketSource


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="cccd_reader", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _register_read(commands)
    emulation_cli.register(commands)
    options = parser.parse_args(arguments)
    return int(options.run(options))


def _register_read(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    read = commands.add_parser("read", help="read the card on the reader and print what was checked")
    key = read.add_mutually_exclusive_group(required=True)
    key.add_argument("--number", help="the 12 digits of the citizen's number")
    key.add_argument("--qr", help="the text of the card's QR code")
    read.add_argument("--access", choices=[access.value for access in Access], default=Access.AUTO.value)
    read.add_argument("--transport", choices=["pcsc", "socket"], default="pcsc")
    read.add_argument("--reader", help="a part of the reader's name (pcsc)")
    read.add_argument("--port", type=int, default=DEFAULT_PORT, help="the port that cards connect to (socket)")
    read.add_argument("--wait", type=float, default=30.0, metavar="SECONDS", help="how long to wait for a card")
    read.add_argument("--largest-read", type=int, metavar="BYTES", help="allow longer reads on extended-length readers")
    read.add_argument("--identity", action="store_true", help="print the holder's data too")
    read.add_argument("--json", action="store_true", help="machine-readable output")
    read.set_defaults(run=_read)


def _read(options: argparse.Namespace) -> int:
    try:
        readout = _read_from(_source(options), _keyring(options), options)
    except CardError as error:
        failure = {"error": error.code.value, "detail": str(error)}
        print(
            json.dumps(failure) if options.json else f"error: {error}", file=sys.stdout if options.json else sys.stderr
        )
        return 1
    summary = summarise(readout, identity=options.identity)
    if options.json:
        print(json.dumps(summary, ensure_ascii=False, indent=2, default=str))
    else:
        _print_text(summary)
    return 0


def summarise(readout: CardReadout, *, identity: bool = False) -> dict[str, object]:
    """The readout for people and programs. Without `identity` it has no personal data."""
    photo = readout.photo
    summary: dict[str, object] = {
        "access": readout.access.value,
        "transport": readout.transport,
        "reader": readout.reader,
        "apdus": readout.apdus,
        "bytes": readout.bytes_moved,
        "seconds": round(readout.seconds, 3),
        "fields": readout.citizen.fields_present(),
        "photo": f"{photo.codec} {photo.width}x{photo.height}" if photo else None,
        "files": {name: found.size for name, found in readout.files.items()},
        "verdicts": {
            verdict.check.value: {"state": verdict.state.value, "reason": verdict.reason}
            for verdict in readout.verdicts
        },
    }
    if identity:
        summary["citizen"] = asdict(readout.citizen)
    return summary


def _keyring(options: argparse.Namespace) -> KeyRing:
    if options.number is not None:
        return keyring_from_number(options.number)
    return keyring_from_qr(parse_qr(options.qr))


def _source(options: argparse.Namespace) -> CardSource:
    if options.transport == "socket":
        return SocketSource(port=options.port)
    return PcscSource(options.reader)


def _read_from(source: CardSource, keyring: KeyRing, options: argparse.Namespace) -> CardReadout:
    try:
        deadline = time.monotonic() + options.wait
        while isinstance(source.wait_change(max(0.0, deadline - time.monotonic())), ServiceDown | NoReader | Empty):
            if time.monotonic() >= deadline:
                break  # connecting says what is missing
        connection = source.connect()
        try:
            return read_card(connection, keyring, access=Access(options.access), largest_read=options.largest_read)
        finally:
            connection.close()
    finally:
        source.close()


def _print_text(summary: dict[str, object]) -> None:
    for name, value in summary.items():
        if isinstance(value, dict):
            print(f"{name}:")
            for key, inner in value.items():
                shown = f"{inner['state']} ({inner['reason']})" if isinstance(inner, dict) else inner
                print(f"  {key}: {shown}")
        else:
            print(f"{name}: {value}")


if __name__ == "__main__":
    sys.exit(main())
