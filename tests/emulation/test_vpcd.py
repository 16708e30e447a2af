"""A slot and its card against the socket reader, which speaks the same protocol as Debian's driver."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cccd_reader import CardError, CardErrorCode, Empty, Present, SeveralCards, keyring_from_number, read_card
from cccd_reader.emulation import (
    CardImage,
    EmulatedCard,
    EmulationError,
    EmulationErrorCode,
    PullAt,
    PullInFile,
    SilenceAt,
)
from cccd_reader.emulation.vpcd import SlotState, VirtualSlot, serve
from cccd_reader.transport.base import CardSource
from cccd_reader.transport.socket import SocketSource

WAIT_S = 10.0

See = Callable[[CardSource, type], None]


@pytest.fixture
def reader() -> Iterator[SocketSource]:
    source = SocketSource(port=0, transmit_timeout_s=WAIT_S)
    yield source
    source.close()


@pytest.fixture
def make_slot() -> Iterator[Callable[..., VirtualSlot]]:
    slots: list[VirtualSlot] = []

    def make(port: int, **options: Any) -> VirtualSlot:
        slots.append(VirtualSlot("127.0.0.1", port, **{"settle_s": 0.0, **options}))
        return slots[-1]

    yield make
    for slot in slots:
        slot.pull()


def read(source: CardSource, number: str) -> Any:
    connection = source.connect()
    try:
        return read_card(connection, keyring_from_number(number))
    finally:
        connection.close()


def test_a_card_is_placed_read_and_pulled(
    reader: SocketSource, make_slot: Callable[..., VirtualSlot], image: CardImage, see: See
) -> None:
    slot = make_slot(reader.ports[0])
    assert slot.status().state is SlotState.EMPTY
    assert slot.place(EmulatedCard(image)) is SlotState.IN_READER
    see(reader, Present)
    readout = read(reader, image.number)
    assert readout.citizen.number == image.number
    assert slot.status().apdus == readout.apdus
    slot.pull()
    see(reader, Empty)
    assert slot.status() == type(slot.status())(SlotState.EMPTY, readout.apdus, left_by_fault=False)
    slot.pull()  # nothing lies there any more


def test_one_card_in_a_slot(
    reader: SocketSource, make_slot: Callable[..., VirtualSlot], image: CardImage, see: See
) -> None:
    slot = make_slot(reader.ports[0])
    slot.place(EmulatedCard(image))
    with pytest.raises(EmulationError) as caught:
        slot.place(EmulatedCard(image))
    assert caught.value.code is EmulationErrorCode.SLOT_OCCUPIED
    make_slot(reader.ports[1]).place(EmulatedCard(image))
    see(reader, SeveralCards)


def test_a_card_that_leaves_by_itself(
    reader: SocketSource, make_slot: Callable[..., VirtualSlot], image: CardImage, see: See
) -> None:
    slot = make_slot(reader.ports[0])
    slot.arm(PullInFile("DG2", 1000))  # for the card that comes
    slot.place(EmulatedCard(image))
    see(reader, Present)
    with pytest.raises(CardError) as caught:
        read(reader, image.number)
    assert caught.value.code is CardErrorCode.CARD_REMOVED
    assert slot.wait_empty(WAIT_S)
    assert slot.status().left_by_fault
    slot.place(EmulatedCard(image))
    assert not slot.status().left_by_fault
    slot.arm(PullAt(2))  # for the card that lies there
    with pytest.raises(CardError):
        read(reader, image.number)
    assert slot.wait_empty(WAIT_S)


def test_a_silent_card_is_a_timeout_and_can_be_pulled(
    make_slot: Callable[..., VirtualSlot], image: CardImage, see: See
) -> None:
    reader = SocketSource(port=0, transmit_timeout_s=0.05)
    try:
        slot = make_slot(reader.ports[0])
        slot.arm(SilenceAt(1))
        slot.place(EmulatedCard(image))
        see(reader, Present)
        with pytest.raises(CardError) as caught:
            read(reader, image.number)
        assert caught.value.code is CardErrorCode.TIMEOUT
        assert slot.status().state is SlotState.IN_READER
        slot.pull()
        see(reader, Empty)
    finally:
        reader.close()


def test_a_card_waits_for_a_reader_and_outlives_it(
    make_slot: Callable[..., VirtualSlot], image: CardImage, see: See
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    slot = make_slot(port)
    assert slot.place(EmulatedCard(image), timeout_s=0.0) is SlotState.WAITING
    for _ in range(2):
        reader = SocketSource(port=port)
        see(reader, Present)
        assert read(reader, image.number).citizen.number == image.number
        reader.close()
    slot.pull()
    assert slot.status().state is SlotState.EMPTY


def test_no_card_comes_faster_than_pcscd_looks(
    reader: SocketSource, make_slot: Callable[..., VirtualSlot], image: CardImage, see: See
) -> None:
    slot = make_slot(reader.ports[0], settle_s=1000.0, clock=lambda: 0.0)
    assert slot.place(EmulatedCard(image)) is SlotState.IN_READER
    slot.pull()
    see(reader, Empty)
    assert slot.place(EmulatedCard(image), timeout_s=0.0) is SlotState.WAITING
    slot.pull()
    assert isinstance(reader.wait_change(0.0), Empty)


@pytest.fixture
def wire(image: CardImage) -> Iterator[socket.socket]:
    """The reader's end of a connection that a card is served on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    server = threading.Thread(target=serve, args=(theirs, EmulatedCard(image)))
    server.start()
    ours.settimeout(WAIT_S)
    yield ours
    ours.close()
    server.join()
    theirs.close()


def answer(wire: socket.socket) -> bytes:
    with wire.makefile("rb") as stream:
        return stream.read(int.from_bytes(stream.read(2), "big"))


def test_the_wire(wire: socket.socket) -> None:
    wire.sendall(bytes.fromhex("000101" + "000102" + "000100" + "000109"))  # power, reset, off: unanswered
    wire.sendall(bytes.fromhex("000104"))
    assert answer(wire).hex().upper() == "3B80800101"
    for byte in bytes.fromhex("0005" + "00B09C0004"):  # one byte after the other
        wire.send(bytes([byte]))
    assert answer(wire).hex() == "3134300d9000"
    wire.sendall(bytes.fromhex("0000"))
    assert answer(wire).hex() == "6700"  # never a frame without bytes


@pytest.mark.parametrize("cut", ["00", "0005" + "00B0"])
def test_a_reader_that_goes_in_the_middle_of_a_frame(image: CardImage, cut: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as reader:
        ours, _ = listener.accept()
        with ours:
            reader.sendall(bytes.fromhex(cut))
            reader.shutdown(socket.SHUT_WR)
            card = EmulatedCard(image)
            serve(ours, card)
    assert card.apdus == 0
