"""Shared by the tests of the command line: a person who does not exist, and their card on a reader."""

import socket
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from cccd_reader.cli import readers
from cccd_reader.emulation import CardImage, EmulatedCard, SyntheticCitizen, personalise
from cccd_reader.emulation.vpcd import VirtualSlot
from cccd_reader.lds.dg2 import parse_dg2
from cccd_reader.transport.local import LocalSource

NUMBER = "001099012345"


@pytest.fixture(scope="session")
def number() -> str:
    return NUMBER


@pytest.fixture(scope="session")
def photo(emrtd_data: Path) -> bytes:
    """A JPEG 2000 file of 413×531 pixels."""
    return parse_dg2((emrtd_data / "bsi2008" / "Datagroup2.bin").read_bytes()).data


@pytest.fixture(scope="session")
def citizen() -> SyntheticCitizen:
    return SyntheticCitizen(
        number=NUMBER,
        full_name="Nguyễn Văn An",
        birth_date=date(1999, 1, 15),
        sex="M",
        residence="Số 4, Phố Năm",
        place_of_origin="Phường Một",
        issue_date=date(2022, 3, 20),
        expiry_date=date(2039, 1, 15),
    )


@pytest.fixture(scope="session")
def image(citizen: SyntheticCitizen, photo: bytes) -> CardImage:
    return personalise(citizen, photo)


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
