"""Shared by the tests of the command line: a card on a reader."""

import socket
from collections.abc import Iterator

import pytest

from cccd_reader.cli import readers
from cccd_reader.emulation import CardImage, EmulatedCard
from cccd_reader.emulation.vpcd import VirtualSlot
from cccd_reader.transport.local import LocalSource
from tests.people import AN


@pytest.fixture(scope="session")
def number() -> str:
    return AN.number


@pytest.fixture
def port() -> int:
    """A port whose neighbour is free too."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            found = int(first.getsockname()[1])
            try:
                socket.create_server(("127.0.0.1", found + 1)).close()
            except (OSError, OverflowError):
                continue
        return found


@pytest.fixture
def slot(image: CardImage, port: int) -> Iterator[VirtualSlot]:
    """A card that goes to the reader as soon as one listens."""
    found = VirtualSlot("127.0.0.1", port)
    found.place(EmulatedCard(image), timeout_s=0)
    yield found
    found.pull()


class Desk(LocalSource):
    """A reader whose card stays when a command is done with it."""

    def close(self) -> None:
        pass


@pytest.fixture
def local(image: CardImage, monkeypatch: pytest.MonkeyPatch) -> LocalSource:
    """The card on the reader that the commands find by themselves."""
    source = Desk(EmulatedCard(image))
    monkeypatch.setattr(readers, "pcsc_source", lambda reader, card_time_s: source)
    return source
