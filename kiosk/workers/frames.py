"""Camera frames from the vision process to the window through shared memory: no copy through a pipe, no file.

Three buffers take turns. The writer marks a buffer as torn before it touches it and as whole afterwards; the reader
copies the newest whole one and looks at the mark again, so it never waits and never shows half a frame.
"""

import contextlib
import struct
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory

MAX_WIDTH, MAX_HEIGHT = 1280, 720
"""Larger than the preview on a 24-inch portrait screen; larger frames are reduced before they are written."""
BYTES_PER_PIXEL = 3

_BUFFERS = 3
_HEADER = struct.Struct("<QQ")  # sequence of the newest whole frame (0: none), frames written so far
_MARK = struct.Struct("<QII")  # sequence (0: torn or empty), width, height
_HEADER_SIZE = 64  # one cache line
_MARK_SIZE = 64
_PIXELS = MAX_WIDTH * MAX_HEIGHT * BYTES_PER_PIXEL
_SLOT = _MARK_SIZE + _PIXELS
_SIZE = _HEADER_SIZE + _BUFFERS * _SLOT
_TRIES = 3


@dataclass(frozen=True, slots=True, repr=False)
class FrameView:
    """A frame: `height` rows of `width` pixels of three bytes, blue-green-red, without padding.

    `data` belongs to the ring and holds until its next `latest` or `wipe`: copy it to keep it.
    """

    sequence: int
    width: int
    height: int
    data: memoryview

    def __repr__(self) -> str:
        return f"FrameView({self.sequence}, {self.width}x{self.height})"


class FrameWriter:
    """The worker's end. `name` is the ring's."""

    def __init__(self, name: str) -> None:
        # Attaching registers the block with the resource tracker a second time; parent and child share one tracker,
        # which keeps a set, and the parent's unlink clears the entry.
        self._memory = SharedMemory(name)

    def write(self, width: int, height: int, pixels: memoryview) -> int:
        """Publish a frame of at most MAX_WIDTH x MAX_HEIGHT; returns its sequence number, which only grows."""
        size = width * height * BYTES_PER_PIXEL
        if not (0 < width <= MAX_WIDTH and 0 < height <= MAX_HEIGHT):
            raise ValueError(f"{width}x{height} does not fit {MAX_WIDTH}x{MAX_HEIGHT}")
        if pixels.nbytes != size:
            raise ValueError(f"{pixels.nbytes} bytes are no {width}x{height} picture")
        memory = _bytes(self._memory)
        sequence = _HEADER.unpack_from(memory)[1] + 1
        slot = _slot(sequence)
        _MARK.pack_into(memory, slot, 0, width, height)
        memory[slot + _MARK_SIZE : slot + _MARK_SIZE + size] = pixels.cast("B")
        _MARK.pack_into(memory, slot, sequence, width, height)
        _HEADER.pack_into(memory, 0, sequence, sequence)
        return int(sequence)

    def wipe(self) -> None:
        """Overwrite every frame."""
        _wipe(_bytes(self._memory))

    def close(self) -> None:
        self._memory.close()


class FrameRing:
    """The window's end, and the owner: it makes the memory, outlives every worker, and removes it."""

    def __init__(self) -> None:
        self._memory: SharedMemory | None = SharedMemory(create=True, size=_SIZE)
        self.name = self._memory.name
        self._copy = bytearray(_PIXELS)
        self._copied = 0  # bytes of a frame that lie there

    def latest(self) -> FrameView | None:
        """The newest whole frame, or None when there is none or the ring is closed. Never waits."""
        if self._memory is None:
            return None
        memory = _bytes(self._memory)
        for _ in range(_TRIES):
            sequence, _written = _HEADER.unpack_from(memory)
            if sequence == 0:
                self._forget_copy()  # the writer has wiped; so do we
                return None
            slot = _slot(sequence)
            before = _MARK.unpack_from(memory, slot)
            _sequence, width, height = before
            size = width * height * BYTES_PER_PIXEL
            if before[0] != sequence or size > _PIXELS:
                continue
            self._copied = max(self._copied, size)
            self._copy[:size] = memory[slot + _MARK_SIZE : slot + _MARK_SIZE + size]
            if _MARK.unpack_from(memory, slot) == before:
                return FrameView(int(sequence), width, height, memoryview(self._copy)[:size])
        return None

    def wipe(self) -> None:
        """Overwrite every frame, also when the worker that wrote them is no more."""
        if self._memory is not None:
            _wipe(_bytes(self._memory))
        self._forget_copy()

    def close(self) -> None:
        """Overwrite and remove the memory; twice does no harm."""
        memory, self._memory = self._memory, None
        if memory is not None:
            _wipe(_bytes(memory))
            self._forget_copy()
            memory.close()
            with contextlib.suppress(FileNotFoundError):
                memory.unlink()

    def _forget_copy(self) -> None:
        self._copy[: self._copied] = bytes(self._copied)
        self._copied = 0


def _bytes(memory: SharedMemory) -> memoryview:
    assert memory.buf is not None, "not used after close"
    return memory.buf


def _slot(sequence: int) -> int:
    return _HEADER_SIZE + sequence % _BUFFERS * _SLOT


def _wipe(memory: memoryview) -> None:
    written = _HEADER.unpack_from(memory)[1]
    _HEADER.pack_into(memory, 0, 0, written)
    memory[_HEADER_SIZE:_SIZE] = bytes(_SIZE - _HEADER_SIZE)
