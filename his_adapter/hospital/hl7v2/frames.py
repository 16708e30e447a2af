"""MLLP framing: ``<VT> message <FS><CR>`` (HL7 v2 implementation guide, appendix C; "Minimal Lower Layer Protocol").

Bytes outside a frame are noise and skipped, as the protocol wants. Everything that cannot be a frame any more is a
`FramingError`: after it the connection has no known position and must be closed.
"""

START = b"\x0b"
END = b"\x1c"
RETURN = b"\r"
COMMITTED = b"\x06"
"""The whole content of a frame by which an MLLP release 2 receiver says that it has stored the message."""
NOT_COMMITTED = b"\x15"
"""The same for a message it has not stored."""

MAX_FRAME_BYTES = 1 << 20  # an acknowledgement has 200 bytes, a day of appointments some thousand
MAX_NOISE_BYTES = 4096  # between two frames


class FramingError(ValueError):
    """Bytes that are no MLLP frame. The text names the rule, never the bytes."""


def framed(content: bytes) -> bytes:
    """A message in its frame. Raises FramingError when it is empty or holds a byte of the framing."""
    if not content or START in content or END in content:
        raise FramingError("a message holds no byte of its frame")
    return START + content + END + RETURN


class Deframer:
    """Takes bytes as they come and gives whole frames. No more use after a FramingError."""

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._max = max_frame_bytes
        self._buffer = bytearray()
        self._inside = False
        self._searched = 0
        self._noise = 0

    @property
    def idle(self) -> bool:
        """No frame has begun."""
        return not self._inside

    def feed(self, data: bytes) -> tuple[bytes, ...]:
        """The contents of the frames that are whole now. Raises FramingError."""
        self._buffer += data
        frames = []
        while (content := self._next()) is not None:
            frames.append(content)
        return tuple(frames)

    def _next(self) -> bytes | None:
        if not self._inside and not self._begin():
            return None
        end = self._buffer.find(END, self._searched)
        length = end if end >= 0 else len(self._buffer)
        if length > self._max:
            raise FramingError("a frame is too long")
        if self._buffer.find(START, self._searched, length) >= 0:
            raise FramingError("a frame begins within a frame")
        if end < 0 or end + 1 == len(self._buffer):  # the end, or the byte after it, is still to come
            self._searched = length
            return None
        if self._buffer[end + 1 : end + 2] != RETURN:
            raise FramingError("a frame ends without its carriage return")
        content = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        self._inside = False
        if not content:
            raise FramingError("a frame is empty")
        return content

    def _begin(self) -> bool:
        start = self._buffer.find(START)
        noise = start if start >= 0 else len(self._buffer)
        self._noise += noise
        if self._noise > MAX_NOISE_BYTES:
            raise FramingError("too much noise between frames")
        del self._buffer[: noise + 1]
        if start < 0:
            return False
        self._inside, self._searched, self._noise = True, 0, 0
        return True
