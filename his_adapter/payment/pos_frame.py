"""How a kiosk and a card terminal frame what they say: STX, text, ETX, and a checksum (LRC) over text and ETX.

No Vietnamese bank publishes its protocol between till and terminal. The framing, the acknowledgement of each frame and
the outcome that follows are what such protocols share (MELLON ECR, Fiserv); the fields are this project's own
(confidence: low). A bank's terminal gets its own module beside this one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import xor

STX, ETX, ACK, NAK = 0x02, 0x03, 0x06, 0x15
FIELD = "\x1c"
MAX_TEXT = 512

_NAME = re.compile(r"[a-z_]{1,16}")
_VALUE = re.compile(r"[ -~]{0,64}")
_KIND = re.compile(r"[A-Z]{1,16}")


class PosFormatError(ValueError):
    """Not a message of the terminal. Holds none of its content."""


@dataclass(frozen=True, slots=True)
class PosMessage:
    """A kind in capitals, and fields of printable ASCII."""

    kind: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Control:
    """A single ACK or NAK."""

    byte: int


@dataclass(frozen=True, slots=True)
class Damaged:
    """A frame whose checksum does not hold, or that is too long."""


Piece = bytes | Control | Damaged


def lrc(data: bytes) -> int:
    """The longitudinal redundancy check: all bytes by exclusive or."""
    return reduce(xor, data, 0)


def frame(text: bytes) -> bytes:
    """A text on its way. Raises PosFormatError when it is too long or holds control bytes of the framing."""
    if len(text) > MAX_TEXT or {STX, ETX} & set(text):
        raise PosFormatError("text")
    body = text + bytes([ETX])
    return bytes([STX]) + body + bytes([lrc(body)])


class FrameReader:
    """Bytes in, pieces out, however the line cuts them. Total and bounded: noise between frames is dropped."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._inside = False
        self._checksum_next = False

    def feed(self, data: bytes) -> list[Piece]:
        """The pieces that are complete now."""
        pieces: list[Piece] = []
        for byte in data:
            piece = self._take(byte)
            if piece is not None:
                pieces.append(piece)
        return pieces

    def _take(self, byte: int) -> Piece | None:
        if self._checksum_next:
            text = bytes(self._text)
            self._reset()
            return text if byte == lrc(text + bytes([ETX])) else Damaged()
        if not self._inside:
            if byte == STX:
                self._inside = True
            return Control(byte) if byte in (ACK, NAK) else None
        if byte == ETX:
            self._checksum_next = True
        elif byte == STX:  # the frame before was cut off: this is a new one
            self._reset()
            self._inside = True
            return Damaged()
        elif len(self._text) == MAX_TEXT:
            self._reset()
            return Damaged()
        else:
            self._text.append(byte)
        return None

    def _reset(self) -> None:
        self._text.clear()
        self._inside = self._checksum_next = False


def write(message: PosMessage) -> bytes:
    """A message as the text of a frame. Raises PosFormatError."""
    if _KIND.fullmatch(message.kind) is None:
        raise PosFormatError("kind")
    for name, value in message.fields.items():
        if _NAME.fullmatch(name) is None or _VALUE.fullmatch(value) is None:
            raise PosFormatError("field")
    return FIELD.join([message.kind, *(f"{name}={value}" for name, value in message.fields.items())]).encode("ascii")


def read(text: bytes) -> PosMessage:
    """The message in a frame's text. Raises PosFormatError and nothing else."""
    try:
        kind, *pairs = text.decode("ascii").split(FIELD)
    except UnicodeDecodeError:
        raise PosFormatError("not ASCII") from None
    fields: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or name in fields:
            raise PosFormatError("field")
        fields[name] = value
    message = PosMessage(kind, fields)
    write(message)  # what could not have been written must not be read
    return message
