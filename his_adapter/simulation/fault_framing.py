"""Where a message begins and ends: HTTP/1.1 and MLLP. Messages go on byte for byte as they came."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import h11

from his_adapter.simulation.fault_wire import MAX_MESSAGE, NonsenseError, Wire, WireError

MLLP_START, MLLP_END = b"\x0b", b"\x1c\r"
"""HL7 v2.5.1, Appendix C (MLLP release 1): ``<VT> message <FS><CR>``."""

GARBAGE = b'{"Success": true, "Data": [{"a": 1, "b'


class TalkKind(StrEnum):
    """What the proxy understands of what it passes on."""

    HTTP = "http"
    MLLP = "mllp"
    TCP = "tcp"


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message. `ends`: nothing follows on its connection. `method` is HTTP's."""

    raw: bytes = field(repr=False)
    ends: bool = False
    method: bytes = b""


class Framing(Protocol):
    """A protocol of questions and answers."""

    refusal: bytes
    """The server's own failure, without the peer."""
    garbage: bytes
    """A well-framed answer without sense."""

    async def question(self, caller: Wire) -> Message | None:
        """The next message; None when the caller has left. Raises WireError, NonsenseError."""
        ...

    async def answer(self, peer: Wire, question: Message) -> Message:
        """The whole answer. Raises WireError."""
        ...


def _response(status: bytes, body: bytes, more: bytes = b"") -> bytes:
    head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n" % (status, len(body), more)
    return head + body


class HttpFraming(Framing):
    """HTTP/1.0 and 1.1 by h11. Upgrades and CONNECT are not passed on: their connection is cut."""

    refusal = _response(b"503 Service Unavailable", b'{"message": "fault proxy"}')
    garbage = _response(b"200 OK", GARBAGE, b"Connection: close\r\n")

    async def question(self, caller: Wire) -> Message | None:
        return await _whole(caller, h11.Connection(h11.SERVER))

    async def answer(self, peer: Wire, question: Message) -> Message:
        state = h11.Connection(h11.CLIENT)
        # a question of the same method: only it decides how an answer is framed
        state.send(h11.Request(method=question.method, target="/", headers=[("Host", "x")]))
        state.send(h11.EndOfMessage())
        whole = await _whole(peer, state)
        if whole is None:
            raise WireError("no answer")
        return whole


async def _whole(wire: Wire, state: h11.Connection) -> Message | None:
    """One message; None when the other side closed before its first byte."""
    raw, method = bytearray(), b""
    continued = closed = False
    while True:
        try:
            event = state.next_event()
        except h11.RemoteProtocolError as error:
            raise (WireError("left") if closed else NonsenseError(str(error))) from None
        if event is h11.NEED_DATA:
            if state.they_are_waiting_for_100_continue and not continued:
                continued = True
                await wire.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            data = await wire.read()
            if not data and not raw:
                return None
            closed = not data
            raw += data
            if len(raw) > MAX_MESSAGE:
                raise NonsenseError("too long")
            state.receive_data(data)
        elif isinstance(event, h11.InformationalResponse):
            del raw[: len(raw) - len(state.trailing_data[0])]  # the caller's side has its own 100 Continue
        elif isinstance(event, h11.Request):
            method = event.method
        elif isinstance(event, h11.EndOfMessage):
            rest, _ = state.trailing_data
            wire.put_back(rest)
            ends = closed or state.their_state is not h11.DONE
            return Message(bytes(raw[: len(raw) - len(rest)]), ends, method)
        elif event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
            raise NonsenseError("not a question and an answer")


class MllpFraming(Framing):
    """HL7's Minimal Lower Layer Protocol, one answer to each message."""

    refusal = b""
    garbage = MLLP_START + b"MSH|^~\\&|\xff\xfe" + MLLP_END

    async def question(self, caller: Wire) -> Message | None:
        return await self._block(caller)

    async def answer(self, peer: Wire, question: Message) -> Message:
        block = await self._block(peer)
        if block is None:
            raise WireError("no answer")
        return block

    @staticmethod
    async def _block(wire: Wire) -> Message | None:
        held = bytearray()
        while (end := held.find(MLLP_END)) < 0:
            data = await wire.read()
            if not data:
                if held:
                    raise WireError("left within a block")
                return None
            held += data if held else data.lstrip(b"\r\n")  # some senders end a block with one end of line too many
            if held and not held.startswith(MLLP_START):
                raise NonsenseError("not a block")
            if len(held) > MAX_MESSAGE:
                raise NonsenseError("too long")
        end += len(MLLP_END)
        wire.put_back(bytes(held[end:]))
        return Message(bytes(held[:end]))


FRAMINGS: Mapping[TalkKind, Framing] = {TalkKind.HTTP: HttpFraming(), TalkKind.MLLP: MllpFraming()}
