"""What a guarded source and its process say to each other: frames over pipes, and reader states and errors as JSON.

A frame is a length of four bytes, highest first, and that many bytes. The first byte of a request is its `Ask`; the
rest is a command APDU, or JSON. The first byte of an answer is `OK` or `FAILED`.
"""

import json
from dataclasses import asdict
from typing import IO, Any

from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.transport.base import Empty, NoReader, Present, ReaderState, ServiceDown, SeveralCards

OPEN, WAIT, CONNECT, TRANSMIT, RESET, DISCONNECT = b"O", b"W", b"C", b"T", b"R", b"D"
OK, FAILED = b"+", b"-"

_LENGTH_BYTES = 4
MAX_FRAME_BYTES = 1 << 18
"""More than the longest APDU, 65 536 bytes and a header."""

_STATES: dict[str, type[ReaderState]] = {
    kind.__name__: kind for kind in (ServiceDown, NoReader, Empty, Present, SeveralCards)
}


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """In one piece. Raises OSError (or ValueError for a stream that is closed)."""
    stream.write(len(body).to_bytes(_LENGTH_BYTES, "big") + body)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """None when the other side is gone, or says what cannot be."""
    head = stream.read(_LENGTH_BYTES)
    size = int.from_bytes(head, "big")
    if len(head) != _LENGTH_BYTES or size > MAX_FRAME_BYTES:
        return None
    body = stream.read(size)
    return body if len(body) == size else None


def encode_state(state: ReaderState) -> bytes:
    fields = {name: value.hex() if isinstance(value, bytes) else value for name, value in asdict(state).items()}
    return json.dumps({"state": type(state).__name__, **fields}).encode()


def decode_state(body: bytes) -> ReaderState:
    found: dict[str, Any] = json.loads(body)
    kind = _STATES[found.pop("state")]
    for name, value in found.items():
        if name == "atr":
            found[name] = bytes.fromhex(value)
        elif name == "readers":
            found[name] = tuple(value)
    return kind(**found)


def encode_error(error: CardError) -> bytes:
    return json.dumps({"code": error.code, "detail": error.detail, "sw": error.sw}).encode()


def decode_error(body: bytes) -> CardError:
    found = json.loads(body)
    return CardError(CardErrorCode(found["code"]), found["detail"], sw=found["sw"])
