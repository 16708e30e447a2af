"""The monitor and the reading over a real pcscd with a virtual reader, each in a process of its own as in the kiosk.

The client library remembers the service's socket for as long as its process lives, so every test starts another one.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cccd_reader.emulation import CardImage, EmulatedCard, PullInFile
from cccd_reader.emulation.pcscd import IsolatedPcscd
from cccd_reader.emulation.vpcd import VirtualSlot

pytestmark = pytest.mark.pcscd

ROOT = Path(__file__).parents[2]

MONITOR = """
from cccd_reader import PcscSource
source = PcscSource()
while True:
    print(type(source.wait_change(60.0)).__name__, flush=True)
"""

READER = """
from cccd_reader import CardError, PcscSource, Present, keyring_from_number, read_card
source, partial = PcscSource(), None
while True:
    while not isinstance(source.wait_change(60.0), Present):
        pass
    connection = source.connect()
    try:
        readout = read_card(connection, keyring_from_number("001099012345"), resume=partial)
    except CardError as error:
        partial = error.partial or partial
        print(error.code, len(partial.files) if partial else 0, flush=True)
    else:
        print("read", readout.access, readout.transport, len(readout.files), readout.verdicts[0].state, flush=True)
        break
    finally:
        connection.close()
source.close()
"""


@pytest.fixture
def service() -> Iterator[IsolatedPcscd]:
    with IsolatedPcscd() as running:
        yield running


class Client:
    """A client process whose lines the test reads; it is ended with the test."""

    def __init__(self, code: str, service: IsolatedPcscd) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, **service.env},
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, line: str, at_most: int = 6) -> list[str]:
        """The lines before `line`. More than a few others, or an end, and the test fails."""
        assert self.process.stdout is not None
        seen: list[str] = []
        for _ in range(at_most):
            found = self.process.stdout.readline().strip()
            if found == line:
                return seen
            assert found, f"the client ended after {seen}"
            seen.append(found)
        raise AssertionError(f"{line} never came: {seen}")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.communicate()


def test_the_monitor_survives_cards_and_the_service(service: IsolatedPcscd, image: CardImage) -> None:
    first, second = (VirtualSlot("127.0.0.1", service.port + offset) for offset in (0, 1))
    with Client(MONITOR, service) as monitor:
        monitor.wait_for("Empty")
        first.place(EmulatedCard(image))
        monitor.wait_for("Present")
        second.place(EmulatedCard(image))
        monitor.wait_for("SeveralCards")
        second.pull()
        monitor.wait_for("Present")
        service.kill()
        monitor.wait_for("ServiceDown")
        service.start()
        monitor.wait_for("Present")
        first.pull()
        monitor.wait_for("Empty")
        service.stop()
        monitor.wait_for("ServiceDown")


def test_a_card_pulled_in_its_photo_is_put_back_and_read(service: IsolatedPcscd, image: CardImage) -> None:
    slot = VirtualSlot("127.0.0.1", service.port)
    card = EmulatedCard(image)
    card.arm(PullInFile("DG2", after_bytes=8000))
    with Client(READER, service) as reader:
        slot.place(card)
        reader.wait_for("card_removed 4")
        assert slot.wait_empty(10.0)
        slot.place(EmulatedCard(image))
        reader.wait_for("read pace pcsc 5 successful")
        assert reader.process.wait(30.0) == 0
    slot.pull()
