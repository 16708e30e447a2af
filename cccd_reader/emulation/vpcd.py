"""The card's side of vpcd, the protocol of the virtual reader of the vsmartcard project: a slot, and the card in it.

A frame is a two-byte big-endian length and that many bytes, both ways. A frame of one byte from the reader is a control
(power off, power on, reset: unanswered; ATR: answered by it); any other is a command, answered by one frame. To connect
is to place the card, to close is to pull it. Works with Debian's pcscd driver and with `transport.socket` alike.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from cccd_reader.emulation.card import EmulatedCard
from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.emulation.faults import CardPulledError, CardSilentError, Fault
from cccd_reader.transport.local import DEFAULT_ATR

RETRY_S = 0.05
"""How often a card on a reader that is away (pcscd restarts) tries to be seen again."""

SETTLE_S = 0.5
"""pcscd looks every 0.4 s: a card that is swapped faster is taken for the same one. No hand is that fast."""

PLACE_TIMEOUT_S = 3.0

_LENGTH_BYTES = 2
_RESETS = (b"\x00", b"\x01", b"\x02")
_GET_ATR = b"\x04"
_CONTROL_BYTES = 1
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)


class SlotState(StrEnum):
    """No card; a card that no reader has noticed yet; a card that a reader is connected to."""

    EMPTY = "empty"
    WAITING = "waiting"
    IN_READER = "in_reader"


@dataclass(frozen=True, slots=True)
class SlotStatus:
    """`apdus` of the card that lies there, or lay there last. `left_by_fault`: it went without being pulled."""

    state: SlotState
    apdus: int
    left_by_fault: bool


class VirtualSlot:
    """One slot of a virtual reader at `host`:`port`. All methods may be called from any thread."""

    def __init__(
        self, host: str, port: int, *, settle_s: float = SETTLE_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._address = host, port
        self._settle_s = settle_s
        self._clock = clock
        self._changed = threading.Condition()
        self._stay: _Stay | None = None
        self._free_at = float("-inf")
        self._apdus = 0
        self._left_by_fault = False
        self._armed: list[Fault] = []

    def place(self, card: EmulatedCard, timeout_s: float = PLACE_TIMEOUT_S) -> SlotState:
        """Lays the card down and waits until a reader has it, or `timeout_s`: without a reader it keeps waiting there.

        Raises `EmulationError(slot_occupied)`.
        """
        with self._changed:
            if self._stay is not None:
                raise EmulationError(EmulationErrorCode.SLOT_OCCUPIED, "a card lies there already")
            for fault in self._armed:
                card.arm(fault)
            self._armed.clear()
            self._left_by_fault = False
            stay = _Stay(self._address, card, max(0.0, self._free_at - self._clock()), self._notify)
            self._stay = stay
            stay.start()
            self._changed.wait_for(lambda: stay.connected or self._stay is not stay, timeout_s)
            return self._state()

    def pull(self) -> None:
        """Takes the card away, if there is one."""
        with self._changed:
            stay = self._stay
        if stay is not None:
            stay.end()

    def arm(self, fault: Fault) -> None:
        """For the card that lies there, or for the next one."""
        with self._changed:
            if self._stay is None:
                self._armed.append(fault)
            else:
                self._stay.card.arm(fault)

    def status(self) -> SlotStatus:
        with self._changed:
            apdus = self._apdus if self._stay is None else self._stay.card.total_apdus
            return SlotStatus(self._state(), apdus, self._left_by_fault)

    def wait_empty(self, timeout_s: float) -> bool:
        """Until no card lies there; False after `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._stay is None, timeout_s)

    def _state(self) -> SlotState:
        if self._stay is None:
            return SlotState.EMPTY
        return SlotState.IN_READER if self._stay.connected else SlotState.WAITING

    def _notify(self, stay: "_Stay") -> None:
        """Called by the card's thread when it was connected, or has left."""
        with self._changed:
            if stay.over:
                # Within the lock, so that nobody sees the reader empty and the slot occupied, or the other way round.
                stay.disconnect()
                self._apdus = stay.card.total_apdus
                self._left_by_fault = stay.left_by_fault
                self._free_at = self._clock() + self._settle_s
                self._stay = None
            self._changed.notify_all()


class _Stay(threading.Thread):
    """A card on the reader, from being placed to being pulled. It outlives readers that go and come back."""

    def __init__(
        self, address: tuple[str, int], card: EmulatedCard, delay_s: float, notify: Callable[["_Stay"], None]
    ) -> None:
        super().__init__(name=f"card at {address[1]}", daemon=True)
        self.card = card
        self.connected = False
        self.over = False
        self.left_by_fault = False
        self._address = address
        self._delay_s = delay_s
        self._notify = notify
        self._ended = threading.Event()
        self._guard = threading.Lock()
        self._socket: socket.socket | None = None

    def end(self) -> None:
        self._ended.set()
        self.disconnect()
        self.join()

    def disconnect(self) -> None:
        """The reader sees the card go; a thread that waits for the reader wakes up."""
        with self._guard:
            if self._socket is not None:
                # The reader may have closed already.
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def run(self) -> None:
        self._ended.wait(self._delay_s)
        while not self._ended.is_set():
            # No reader there, or it went away: the card still lies there.
            with contextlib.suppress(OSError), socket.create_connection(self._address) as connection:
                self._lie_on(connection)
            self._ended.wait(RETRY_S)
        if not self.over:
            self.over = True
            self._notify(self)

    def _lie_on(self, connection: socket.socket) -> None:
        with self._guard:
            self._socket = connection
            if self._ended.is_set():
                return
        self.card.reset()
        self.connected = True
        self._notify(self)
        try:
            serve(connection, self.card)
        except CardPulledError:
            self.left_by_fault = self.over = True
            self._ended.set()
            self._notify(self)
        finally:
            with self._guard:
                self._socket = None
            self.connected = False


def serve(connection: socket.socket, card: EmulatedCard, atr: bytes = DEFAULT_ATR) -> None:
    """Answers one reader until it closes. Raises `CardPulledError` for a card that leaves by a fault."""
    # Answers must not wait for the reader's acknowledgement of earlier ones.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while (body := _receive_frame(connection)) is not None:
        if body == _GET_ATR:
            _send_frame(connection, atr)
        elif body in _RESETS:
            card.reset()
        elif len(body) != _CONTROL_BYTES:
            # No answer at all for a silent card: a frame without bytes would block pcscd for good.
            with contextlib.suppress(CardSilentError):
                _send_frame(connection, card.process(body))


def _receive_frame(connection: socket.socket) -> bytes | None:
    """None when the reader closed, even inside a frame."""
    head = _receive_exactly(connection, _LENGTH_BYTES)
    if head is None:
        return None
    return _receive_exactly(connection, int.from_bytes(head, "big"))


def _receive_exactly(connection: socket.socket, size: int) -> bytes | None:
    received = b""
    while len(received) < size:
        if _QUICKACK is not None:
            # Debian's vpcd sends length and body apart: without an immediate acknowledgement of the first, each
            # command takes 44 ms more (Nagle's algorithm against delayed acknowledgements). The option does not stick.
            connection.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        part = connection.recv(size - len(received))
        if not part:
            return None
        received += part
    return received


def _send_frame(connection: socket.socket, body: bytes) -> None:
    connection.sendall(len(body).to_bytes(_LENGTH_BYTES, "big") + body)
