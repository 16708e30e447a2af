"""Cards that come over a socket, with the frames of the virtual reader driver, and cards in this process."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.transport.base import Empty, Present, SeveralCards
from cccd_reader.transport.local import DEFAULT_ATR, LocalSource
from cccd_reader.transport.socket import SocketSource

ATR = bytes.fromhex("3B80800101")
SLOT_0, SLOT_1 = "Socket reader 0", "Socket reader 1"
LONG = 30.0
"""Seconds that a test would wait for something that never comes."""


class Card:
    """A card process: answers on its own thread, by the protocol, until it is pulled."""

    def __init__(self, port: int, answers: dict[bytes, bytes | None] | None = None) -> None:
        self.controls: list[int] = []
        self._answers = answers or {}
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError, struct.error):
            while True:
                (size,) = struct.unpack(">H", self._socket.recv(2, socket.MSG_WAITALL))
                body = self._socket.recv(size, socket.MSG_WAITALL)
                if size == 1:
                    self.controls.append(body[0])
                    if body[0] != 4:
                        continue
                    answer: bytes | None = ATR
                else:
                    answer = self._answers.get(body, b"\x6d\x00")
                if answer is None:
                    break
                # In two parts, as slow cards do.
                frame = struct.pack(">H", len(answer)) + answer
                self._socket.sendall(frame[:1])
                self._socket.sendall(frame[1:])
        self._socket.close()

    def pull(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()


@pytest.fixture
def source() -> Iterator[SocketSource]:
    found = SocketSource(port=0)
    yield found
    found.close()


@contextlib.contextmanager
def card_on(port: int, answers: dict[bytes, bytes | None] | None = None) -> Iterator[Card]:
    card = Card(port, answers)
    try:
        yield card
    finally:
        card.pull()


def test_a_card_comes_answers_and_goes(source: SocketSource) -> None:
    assert source.wait_change(LONG) == Empty((SLOT_0, SLOT_1))
    with card_on(source.ports[0], {b"\x00\x84\x00\x00\x08": b"12345678\x90\x00"}) as card:
        assert source.wait_change(LONG) == Present(SLOT_0, b"")
        connection = source.connect()
        assert (connection.name, connection.kind, connection.atr) == (SLOT_0, "socket", ATR)
        assert connection.transmit(b"\x00\x84\x00\x00\x08") == (b"12345678", 0x9000)
        connection.reset()
        assert connection.transmit(b"\x00\xff") == (b"", 0x6D00)
        connection.close()
        connection.close()
        assert source.wait_change(0) == Present(SLOT_0, b"")
    assert source.wait_change(LONG) == Empty((SLOT_0, SLOT_1))
    assert card.controls[:3] == [1, 4, 2]


def test_waiting_ends_when_a_card_comes_while_we_wait() -> None:
    """The clock is asked after each look, so a card that its second call brings is one that comes during the wait."""
    cards: list[Card] = []
    calls = iter(range(100))

    def clock() -> float:
        if next(calls) == 3:
            cards.append(Card(source.ports[1]))
        return 0.0

    source = SocketSource(port=0, clock=clock)
    try:
        assert source.wait_change(LONG) == Empty((SLOT_0, SLOT_1))
        assert source.wait_change(LONG) == Present(SLOT_1, b"")
        connection = source.connect()
        connection.close()
        with pytest.raises(CardError, match="closed"):
            connection.transmit(b"\x00\xb0")
    finally:
        for card in cards:
            card.pull()
        source.close()


def test_two_cards(source: SocketSource) -> None:
    with card_on(source.ports[0]), card_on(source.ports[1]):
        while not isinstance(state := source.wait_change(LONG), SeveralCards):
            assert isinstance(state, Empty | Present)
        assert state == SeveralCards((SLOT_0, SLOT_1))
        with pytest.raises(CardError) as caught:
            source.connect()
        assert caught.value.code is CardErrorCode.SEVERAL_CARDS


def test_no_card(source: SocketSource) -> None:
    with pytest.raises(CardError) as caught:
        source.connect()
    assert caught.value.code is CardErrorCode.NO_CARD


def test_a_card_pulled_while_it_answers(source: SocketSource) -> None:
    source.wait_change(LONG)
    with card_on(source.ports[0], {b"\x00\xb0": None}):
        source.wait_change(LONG)
        connection = source.connect()
        with pytest.raises(CardError) as caught:
            connection.transmit(b"\x00\xb0")
        assert caught.value.code is CardErrorCode.CARD_REMOVED
    with pytest.raises(CardError):
        connection.transmit(b"\x00\xb0")
    connection.close()


def test_an_answer_too_short_for_a_status_word_is_a_bad_answer(source: SocketSource) -> None:
    source.wait_change(LONG)
    with card_on(source.ports[0], {b"\x00\xb0": b"\x90"}):
        source.wait_change(LONG)
        with pytest.raises(CardError) as caught:
            source.connect().transmit(b"\x00\xb0")
        assert caught.value.code is CardErrorCode.BAD_ANSWER


def test_a_card_that_never_answers_times_out_and_its_late_bytes_remove_it() -> None:
    source = SocketSource(port=0, transmit_timeout_s=0.05)
    try:
        source.wait_change(0)
        with socket.create_connection(("127.0.0.1", source.ports[0])) as peer:
            source.wait_change(LONG)
            with pytest.raises(CardError) as caught:
                source.connect()
            assert caught.value.code is CardErrorCode.TIMEOUT
            peer.sendall(b"\x00\x02\x90\x00")
            assert isinstance(source.wait_change(LONG), Empty)
    finally:
        source.close()


def test_a_connection_broken_by_force(source: SocketSource) -> None:
    source.wait_change(LONG)
    with card_on(source.ports[0]) as card:
        source.wait_change(LONG)
        connection = source.connect()
        # With linger zero, closing sends a reset instead of an end of file.
        card._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        source.close()
        with pytest.raises(CardError) as caught:
            connection.transmit(b"\x00\xb0")
        assert caught.value.code is CardErrorCode.CARD_REMOVED
        connection.close()


def test_a_reset_peer_is_a_card_that_left(source: SocketSource) -> None:
    source.wait_change(LONG)
    peer = socket.create_connection(("127.0.0.1", source.ports[0]))
    assert isinstance(source.wait_change(LONG), Present)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
    assert isinstance(source.wait_change(LONG), Empty)


def test_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(CardError) as caught:
        SocketSource(port=other.getsockname()[1])
    assert caught.value.code is CardErrorCode.SERVICE_DOWN


class Silent:
    def process(self, apdu: bytes) -> bytes:
        return b"\x6d\x00"

    def reset(self) -> None:
        pass


def test_a_local_card_is_put_on_and_taken_off() -> None:
    source = LocalSource()
    assert source.wait_change(0) == Empty(("Local",))
    with pytest.raises(CardError) as caught:
        source.connect()
    assert caught.value.code is CardErrorCode.NO_CARD
    source.insert(Silent())
    assert source.wait_change(LONG) == Present("Local", DEFAULT_ATR)
    source.remove()  # before anybody connected
    source.insert(Silent())
    connection = source.connect()
    assert connection.transmit(b"\x00\xb0\x00\x00") == (b"", 0x6D00)
    connection.reset()
    source.remove()
    assert source.wait_change(LONG) == Empty(("Local",))
    with pytest.raises(CardError) as caught:
        connection.transmit(b"\x00\xb0\x00\x00")
    assert caught.value.code is CardErrorCode.CARD_REMOVED
    source.close()


def test_a_local_card_put_on_from_another_thread_wakes_the_waiter() -> None:
    source = LocalSource()
    source.wait_change(0)
    thread = threading.Thread(target=lambda: source.insert(Silent()))
    thread.start()
    assert source.wait_change(LONG) == Present("Local", DEFAULT_ATR)
    thread.join()
