"""The options that choose a reader, and waiting for a card on it."""

import argparse
import contextlib
import time
from collections.abc import Iterator

from cccd_reader.cli.console import Console
from cccd_reader.transport.base import CardSource, Connection, Present
from cccd_reader.transport.guarded import GuardedSource, TimeLimits
from cccd_reader.transport.socket import DEFAULT_PORT, SocketSource

DEFAULT_WAIT_S = 30.0
DEFAULT_CARD_TIME_S = 60.0
"""For everything with one card: several times what a slow reader takes."""
MAX_SECONDS = 86_400
"""A day: more than anybody waits, and less than the system calls can take."""


def add_reader_options(parser: argparse.ArgumentParser) -> "argparse._ArgumentGroup":
    group = parser.add_argument_group("the reader")
    group.add_argument(
        "--transport",
        choices=["pcsc", "socket"],
        default="pcsc",
        help="pcsc: this machine's readers (default); socket: a virtual reader for `emulate`",
    )
    group.add_argument("--reader", metavar="NAME", help="a part of the reader's name (pcsc)")
    group.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help=f"the port that cards connect to (socket; {DEFAULT_PORT})"
    )
    return group


def add_wait_option(group: "argparse._ArgumentGroup") -> None:
    group.add_argument(
        "--wait",
        type=seconds,
        default=DEFAULT_WAIT_S,
        metavar="SECONDS",
        help=f"how long to wait for a card ({DEFAULT_WAIT_S:g})",
    )


def seconds(text: str) -> float:
    """An argparse type: a number of seconds, zero or more."""
    value = float(text)
    if not 0 <= value <= MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"not within 0 and {MAX_SECONDS}")
    return value


def open_source(options: argparse.Namespace, card_time_s: float = DEFAULT_CARD_TIME_S) -> CardSource:
    """The readers that the options choose. `card_time_s` bounds what one connection to a card may take in all."""
    if options.transport == "socket":
        return SocketSource(port=options.port)
    return pcsc_source(options.reader, card_time_s)


def pcsc_source(reader: str | None, card_time_s: float) -> CardSource:
    """In a process of its own: a card that falls silent or a driver that hangs would hold this one for ever."""
    return GuardedSource.pcsc(reader, limits=TimeLimits(read_s=card_time_s))


@contextlib.contextmanager
def opened_source(options: argparse.Namespace, card_time_s: float = DEFAULT_CARD_TIME_S) -> Iterator[CardSource]:
    source = open_source(options, card_time_s)
    try:
        yield source
    finally:
        source.close()


@contextlib.contextmanager
def connected(source: CardSource, wait_s: float, console: Console) -> Iterator[Connection]:
    """The one card on the reader. Raises `CardError` that says what is missing when none came in time."""
    wait_for_card(source, wait_s, console, "waiting for a card …")
    with contextlib.closing(source.connect()) as connection:
        yield connection


def wait_for_card(source: CardSource, wait_s: float, console: Console, note: str) -> bool:
    """Whether there is exactly one card, at once or within the time. `note` is printed when it has to be waited for."""
    deadline = time.monotonic() + wait_s
    told = False
    state = source.wait_change(0.0)
    while not isinstance(state, Present):
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            return False  # connecting says what is missing
        if not told:
            console.note(note)
            told = True
        state = source.wait_change(remaining)
    return True
