"""What comes over a line in pieces: a card terminal's frames, and the messages that the fault proxy passes on."""

import contextlib
from collections.abc import Coroutine, Iterator
from itertools import count
from typing import Any, cast
from unittest.mock import patch

from his_adapter.faults import OutsideFault
from his_adapter.model.payment import MAX_AMOUNT_DONG
from his_adapter.model.pos import PosOutcome, PosSale, PosState
from his_adapter.payment.pos import PosSettings, TcpPosTerminal
from his_adapter.payment.pos_frame import (
    ACK,
    Control,
    FrameReader,
    Piece,
    PosFormatError,
    frame,
    read,
    write,
)
from his_adapter.simulation.fault_framing import FRAMINGS, Message, TalkKind
from his_adapter.simulation.fault_wire import Wire, WireError
from tests.fuzz.outside import check_value, unpack
from tests.fuzz.registry import target

SALE = PosSale("XP0000000001A", 50_600)


@target(max_len=4096, errors=(OutsideFault,))
def pos_terminal(data: bytes) -> None:
    """The choice is what a kiosk asks; then what comes on each connection. A part that begins with T is the text of a
    good frame behind its acknowledgement: a changed byte would else be a wrong checksum and nothing more."""
    choice, parts = unpack(data)
    _check_frames(b"".join(parts))
    connections = iter([_Line(_framed(part)) for part in parts])

    def connect(address: object, timeout: float) -> _Line:
        line = next(connections, None)
        if line is None:
            raise ConnectionRefusedError
        return line

    ticks = count()
    with patch("his_adapter.payment.pos.socket.create_connection", connect):
        terminal = TcpPosTerminal(PosSettings("pos.invalid", 1), monotonic=lambda: next(ticks) / 1000)
        match choice % 4:
            case 0:
                _check_outcome(terminal.sell(SALE))
            case 1:
                _check_outcome(terminal.inquire(SALE.reference))
            case 2:
                _check_outcome(terminal.reverse(SALE.reference))
            case _:
                check_value(terminal.health())


def _check_outcome(outcome: PosOutcome) -> None:
    check_value(outcome)
    assert outcome.reference == SALE.reference
    assert 0 <= outcome.amount_dong <= MAX_AMOUNT_DONG
    assert outcome.state in set(PosState)
    for text in (outcome.terminal_txn_id, outcome.approval_code, outcome.detail):
        assert text.isprintable()
        assert len(text) <= 64


def _framed(part: bytes) -> bytes:
    if part.startswith(b"T"):
        with contextlib.suppress(PosFormatError):
            return bytes([ACK]) + frame(part[1:])
    return part


def _check_frames(data: bytes) -> None:
    """However a line is cut, its pieces are the same; a message is written in the one way it was read."""
    whole, cut = FrameReader(), FrameReader()
    together = whole.feed(data)
    bytewise: list[Piece] = [piece for byte in data for piece in cut.feed(bytes([byte]))]
    assert together == bytewise
    for piece in together:
        if isinstance(piece, bytes):
            assert FrameReader().feed(frame(piece)) == [piece]
            with contextlib.suppress(PosFormatError):
                assert write(read(piece)) == piece
        elif isinstance(piece, Control):
            assert piece.byte in data


class _Line:
    """In place of a socket."""

    def __init__(self, data: bytes) -> None:
        self._pieces = iter([data[:7], data[7:]])

    def __enter__(self) -> "_Line":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def recv(self, size: int) -> bytes:
        return next((piece for piece in self._pieces if piece), b"")

    def sendall(self, data: bytes) -> None:
        assert len(data) == 1 or len(FrameReader().feed(data)) == 1


class _Wire:
    """One side of the fault proxy, cut where the input says."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.rest = b""

    async def read(self) -> bytes:
        if self.rest:
            rest, self.rest = self.rest, b""
            return rest
        return next(self._pieces, b"")

    def put_back(self, rest: bytes) -> None:
        self.rest = rest + self.rest

    async def write(self, data: bytes) -> None:
        assert data == b"HTTP/1.1 100 Continue\r\n\r\n"


@target(max_len=4096, errors=())
def fault_proxy(data: bytes) -> None:
    """Questions as they follow each other on a connection, then answers: each is passed on byte for byte; what is no
    message ends the connection."""
    choice, pieces = unpack(data)
    framing = FRAMINGS[TalkKind.MLLP if choice & 1 else TalkKind.HTTP]
    stream = b"".join(pieces)
    wire = _Wire(piece for piece in pieces if piece)
    question = Message(b"", method=(b"GET", b"HEAD", b"POST")[choice // 4 % 3])
    passed: list[Message] = []
    with contextlib.suppress(WireError):
        while len(passed) < 100:
            side = cast(Wire, wire)
            message = _run(framing.answer(side, question) if choice & 2 else framing.question(side))
            if message is None:
                break
            assert message.raw
            passed.append(message)
            if message.ends:
                break
    where = 0
    for message in passed:
        where = stream.find(message.raw, where)
        assert where >= 0, "a message that nobody sent"
        where += len(message.raw)


def _run(waiting: Coroutine[Any, Any, Message | None]) -> Message | None:
    """Nothing here really waits."""
    try:
        waiting.send(None)
    except StopIteration as done:
        found: Message | None = done.value
        return found
    raise AssertionError("it waits")
