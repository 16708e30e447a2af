"""Cards that come over TCP, by the protocol of the virtual reader driver vpcd (vsmartcard): we are its server side.

A frame is a two-byte big-endian length and that many bytes, both ways. A frame of length one from us is a control: 00
power off, 01 power on, 02 reset (unanswered), 04 ask for the ATR (answered with it). Any other is a command APDU,
answered by one frame. A card is inserted by connecting, and removed by closing. Slots: `port` and `port + 1`.
"""

import contextlib
import selectors
import socket
import time
from collections.abc import Callable

from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.transport.base import Connection, Empty, Present, ReaderState, SeveralCards, split_answer

SLOTS = 2
DEFAULT_PORT = 35963
"""vpcd's own default, so that the same card process reaches either."""

TRANSMIT_TIMEOUT_S = 15.0
_STATUS_BYTES = 2
_POWER_OFF, _POWER_ON, _RESET, _GET_ATR = b"\x00", b"\x01", b"\x02", b"\x04"


class SocketConnection:
    """One powered card on a slot."""

    kind = "socket"
    max_data_bytes = 0xFFFF - _STATUS_BYTES
    """A frame is at most so long; whether the card takes extended APDUs is another question."""

    def __init__(self, peer: socket.socket, name: str, timeout_s: float) -> None:
        self.name = name
        self._peer = peer
        self._timeout_s = timeout_s
        self._open = True
        self._send(_POWER_ON)
        self._send(_GET_ATR)
        self.atr = self._receive()

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        if not self._open:
            raise CardError(CardErrorCode.CARD_REMOVED, "the connection is closed")
        self._send(apdu)
        return split_answer(self._receive())

    def reset(self) -> None:
        self._send(_RESET)

    def close(self) -> None:
        if self._open:
            with contextlib.suppress(CardError):
                self._send(_POWER_OFF)
        self._open = False

    def _send(self, body: bytes) -> None:
        try:
            self._peer.settimeout(self._timeout_s)
            # One send for length and body: two would wait for the other side's delayed acknowledgement.
            self._peer.sendall(len(body).to_bytes(2, "big") + body)
        except OSError as error:
            raise self._lost(error) from error

    def _receive(self) -> bytes:
        return self._receive_exactly(int.from_bytes(self._receive_exactly(2), "big"))

    def _receive_exactly(self, size: int) -> bytes:
        received = b""
        try:
            while len(received) < size:
                part = self._peer.recv(size - len(received))
                if not part:
                    raise CardError(CardErrorCode.CARD_REMOVED, "the card closed its socket")
                received += part
        except OSError as error:
            raise self._lost(error) from error
        return received

    def _lost(self, error: OSError) -> CardError:
        self._open = False
        if isinstance(error, TimeoutError):
            return CardError(CardErrorCode.TIMEOUT, f"no answer within {self._timeout_s:g} s")
        return CardError(CardErrorCode.CARD_REMOVED, "the card's socket broke")


class _Slot:
    def __init__(self, host: str, port: int, index: int) -> None:
        self.name = f"Socket reader {index}"
        self.peer: socket.socket | None = None
        # A backlog of one: a second card on the same slot waits until the first is gone, as on vpcd.
        self.listener = socket.create_server((host, port), backlog=1)
        self.listener.setblocking(False)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def watch(self) -> socket.socket:
        return self.peer or self.listener

    def refresh(self) -> None:
        """Notice a card that left, then one that came."""
        if self.peer is not None and self._peer_gone(self.peer):
            self.drop()
        if self.peer is None:
            with contextlib.suppress(BlockingIOError):
                self.peer, _ = self.listener.accept()
                self.peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def drop(self) -> None:
        if self.peer is not None:
            self.peer.close()
            self.peer = None

    @staticmethod
    def _peer_gone(peer: socket.socket) -> bool:
        try:
            peer.setblocking(False)
            # Nothing may arrive between commands: end of file is a removal, and bytes are a late answer to a command
            # that timed out, after which the two sides no longer agree on where a frame starts.
            peer.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True


class SocketSource:
    """Two virtual slots on loopback. With `port` 0 the system chooses; `ports` tells."""

    kind = "socket"

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        *,
        transmit_timeout_s: float = TRANSMIT_TIMEOUT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._slots: list[_Slot] = []
        try:
            for index in range(SLOTS):
                self._slots.append(_Slot(host, port + index if port else 0, index))
        except OSError as error:
            self.close()
            raise CardError(CardErrorCode.SERVICE_DOWN, f"port {port} cannot be listened on") from error
        self._timeout_s = transmit_timeout_s
        self._clock = clock
        self._last: ReaderState | None = None

    @property
    def ports(self) -> tuple[int, ...]:
        return tuple(slot.port for slot in self._slots)

    def wait_change(self, timeout_s: float) -> ReaderState:
        deadline = self._clock() + timeout_s
        while True:
            state = self._observe()
            remaining = deadline - self._clock()
            if state != self._last or remaining <= 0:
                self._last = state
                return state
            with selectors.DefaultSelector() as selector:
                for slot in self._slots:
                    selector.register(slot.watch(), selectors.EVENT_READ)
                selector.select(remaining)

    def connect(self) -> Connection:
        self._observe()
        occupied = [slot for slot in self._slots if slot.peer is not None]
        if not occupied:
            raise CardError(CardErrorCode.NO_CARD, "no card on the reader")
        if len(occupied) > 1:
            raise CardError(CardErrorCode.SEVERAL_CARDS, f"cards on {len(occupied)} readers")
        (slot,) = occupied
        assert slot.peer is not None
        return SocketConnection(slot.peer, slot.name, self._timeout_s)

    def close(self) -> None:
        for slot in self._slots:
            slot.drop()
            slot.listener.close()

    def _observe(self) -> ReaderState:
        for slot in self._slots:
            slot.refresh()
        occupied = tuple(slot.name for slot in self._slots if slot.peer is not None)
        if len(occupied) > 1:
            return SeveralCards(occupied)
        if occupied:
            # The ATR is asked for when the card is powered: asking here would disturb a session in progress.
            return Present(occupied[0], b"")
        return Empty(tuple(slot.name for slot in self._slots))
