"""`monitor`: what happens to readers and cards, as it happens."""

import argparse
import json
import time
from datetime import UTC, datetime
from typing import assert_never

from cccd_reader.cli.console import Console
from cccd_reader.cli.exit_codes import ExitCode, epilog
from cccd_reader.cli.help_text import HelpFormatter
from cccd_reader.cli.readers import add_reader_options, open_source, seconds
from cccd_reader.errors import CardError
from cccd_reader.transport.base import CardSource, Empty, NoReader, Present, ReaderState, ServiceDown, SeveralCards

LONGEST_WAIT_S = 1.0
"""Of one look: where the system does not break off its call, Ctrl-C waits so long."""

_EXAMPLES = """\
examples:
  readers and cards until Ctrl-C:
    %(prog)s
  one JSON object a line, for ten seconds:
    %(prog)s --json --for 10

"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "monitor",
        help="print what happens to readers and cards",
        description="Prints the state of the readers now, and every change of it: cards put on and taken off, readers "
        "plugged in and out, the smart card service stopping and coming back. Opens no card.",
        epilog=_EXAMPLES + epilog(),
        formatter_class=HelpFormatter,
    )
    add_reader_options(parser)
    output = parser.add_argument_group("what is printed, and how long")
    output.add_argument("--json", action="store_true", help="one JSON object a line")
    output.add_argument("--count", type=_count, metavar="N", help="end after N lines")
    output.add_argument("--for", type=seconds, dest="duration", metavar="SECONDS", help="end after this time")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    console = Console(as_json=options.json)
    try:
        source = open_source(options)
    except CardError as error:
        return console.card_error(error)
    try:
        _watch(source, options, console)
    finally:
        source.close()
    return ExitCode.OK


def _watch(source: CardSource, options: argparse.Namespace, console: Console) -> None:
    end = None if options.duration is None else time.monotonic() + options.duration
    printed = 0
    last: ReaderState | None = None
    wait_s = 0.0
    while options.count is None or printed < options.count:
        state = source.wait_change(wait_s)
        if state != last:
            console.result(_line(state, as_json=options.json))
            printed += 1
            last = state
        wait_s = LONGEST_WAIT_S
        if end is not None:
            wait_s = min(wait_s, end - time.monotonic())
            if wait_s <= 0:
                return


def _line(state: ReaderState, *, as_json: bool) -> str:
    now = datetime.now(UTC)
    name, details = describe(state)
    if as_json:
        return json.dumps(
            {"time": now.isoformat(timespec="milliseconds"), "state": name, **details}, ensure_ascii=False
        )
    shown = "; ".join(
        f"{key}: {', '.join(value) if isinstance(value, list) else value}" for key, value in details.items()
    )
    return f"{now.astimezone():%H:%M:%S}  {name:<13} {shown}".rstrip()


def describe(state: ReaderState) -> tuple[str, dict[str, str | list[str]]]:
    """A state's name and its details."""
    match state:
        case ServiceDown(reason):
            return "service_down", {"reason": reason}
        case NoReader():
            return "no_reader", {}
        case Empty(readers):
            return "empty", {"readers": list(readers)}
        case Present(reader, atr):
            return "present", {"reader": reader, "atr": atr.hex().upper()}
        case SeveralCards(readers):
            return "several_cards", {"readers": list(readers)}
        case unreachable:
            assert_never(unreachable)


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("not 1 or more")
    return value
