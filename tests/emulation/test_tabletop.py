"""The table in another process: what the simulation does with cards, and what is left of it afterwards."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cccd_reader import CardError, CardErrorCode, Empty, Present, keyring_from_number, read_card
from cccd_reader.emulation import EmulationError, EmulationErrorCode, StatusWordAt
from cccd_reader.emulation.pcscd import free_ports
from cccd_reader.emulation.tabletop import CardTabletop
from cccd_reader.emulation.vpcd import SlotState
from cccd_reader.transport.base import CardSource
from cccd_reader.transport.socket import SocketSource

NUMBER = "001199012345"
See = Callable[[CardSource, type], None]


@pytest.fixture
def reader() -> Iterator[SocketSource]:
    source = SocketSource(port=free_ports(2))
    yield source
    source.close()


@pytest.fixture
def table(reader: SocketSource) -> Iterator[CardTabletop]:
    with CardTabletop(reader.ports[0]) as running:
        yield running


def failure(reader: SocketSource) -> CardErrorCode:
    connection = reader.connect()
    with pytest.raises(CardError) as caught:
        read_card(connection, keyring_from_number(NUMBER))
    connection.close()
    return caught.value.code


def test_a_visit(table: CardTabletop, reader: SocketSource, image_path: Path, see: See) -> None:
    assert table.place(image_path) is SlotState.IN_READER
    see(reader, Present)
    connection = reader.connect()
    readout = read_card(connection, keyring_from_number(NUMBER))
    connection.close()
    assert readout.citizen.number == NUMBER
    assert table.status()[0].apdus == readout.apdus
    table.pull()
    see(reader, Empty)
    assert [slot.state for slot in table.status()] == [SlotState.EMPTY, SlotState.EMPTY]


def test_the_card_leaves_while_its_photo_is_read(
    table: CardTabletop, reader: SocketSource, image_path: Path, see: See
) -> None:
    table.pull_when("DG2", after_bytes=1000)
    table.place(image_path)
    see(reader, Present)
    assert failure(reader) is CardErrorCode.CARD_REMOVED
    see(reader, Empty)
    assert table.status()[0].left_by_fault
    assert table.place(image_path) is SlotState.IN_READER


def test_any_other_fault(table: CardTabletop, reader: SocketSource, image_path: Path, see: See) -> None:
    table.place(image_path)
    table.arm(StatusWordAt(apdu=6, sw=0x6300))
    see(reader, Present)
    assert failure(reader) is CardErrorCode.WRONG_KEY


def test_refusals_come_back_as_they_are(table: CardTabletop, image_path: Path, tmp_path: Path) -> None:
    with pytest.raises(EmulationError) as caught:
        table.place(tmp_path / "no.card")
    assert caught.value.code is EmulationErrorCode.BAD_IMAGE
    with pytest.raises(EmulationError) as caught:
        table.pull(slot=5)
    assert (caught.value.code, caught.value.field) == (EmulationErrorCode.BAD_COMMAND, "slot")
    table.place(image_path)
    with pytest.raises(EmulationError) as caught:
        table.place(image_path)
    assert caught.value.code is EmulationErrorCode.SLOT_OCCUPIED


def test_closing_takes_the_cards_away(table: CardTabletop, reader: SocketSource, image_path: Path, see: See) -> None:
    table.place(image_path)
    see(reader, Present)
    table.close()
    table.close()
    see(reader, Empty)
    with pytest.raises(EmulationError) as caught:
        table.status()
    assert caught.value.code is EmulationErrorCode.PROCESS_GONE


def test_a_process_that_dies_is_told(reader: SocketSource, image_path: Path) -> None:
    table = CardTabletop(reader.ports[0])
    table._process.kill()
    table._process.wait()
    with pytest.raises(EmulationError, match="process_gone"):
        table.place(image_path)
    table.close()


def test_a_process_that_does_not_start() -> None:
    with pytest.raises(EmulationError, match="process_gone"):
        CardTabletop(command=(sys.executable, "-c", "pass"))


def test_a_process_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cccd_reader.emulation.tabletop.CLOSE_TIMEOUT_S", 0.01)
    deaf = "import sys, time; print('{}', flush=True); time.sleep(600)"
    table = CardTabletop(command=(sys.executable, "-c", deaf))
    table.close()
    assert table._process.returncode == -9


def test_it_ends_with_its_parent(reader: SocketSource, image_path: Path, see: See) -> None:
    parent = (
        "import os, pathlib, sys\n"
        "from cccd_reader.emulation.tabletop import CardTabletop\n"
        f"table = CardTabletop({reader.ports[0]})\n"
        f"table.place(pathlib.Path({str(image_path)!r}))\n"
        "print(table._process.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", parent], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ
    ) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
        see(reader, Present)
        process.kill()
    see(reader, Empty)
