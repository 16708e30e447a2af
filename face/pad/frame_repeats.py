"""Has this very frame been seen before? No camera sends one twice, but a slow driver hands the last one out again."""

from hashlib import blake2b
from typing import Final

import numpy as np

from face.opencv import Image

_DUPLICATES_MAX: Final = 0.5  # of all frames: a camera of 15 frames a second read at 30
_EVERY: Final = 16  # row; two frames of a sensor differ in each
_ENOUGH: Final = 8  # frames before a rate is one
_LOOPED_MAX: Final = 1  # returns of an earlier frame; a driver that mixes up its buffers may do it once


class FrameRepeats:
    """Keeps a digest of each frame's pixels, which cannot be turned back into a picture, until :meth:`close`."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self._last = b""
        self._frames = 0
        self._duplicates = 0
        self._looped = 0

    def feed(self, image: Image) -> bool:
        """Whether the frame is new."""
        rows = np.ascontiguousarray(image[::_EVERY])
        digest = blake2b(rows.data, digest_size=16).digest()
        rows.fill(0)
        self._frames += 1
        new = digest not in self._seen
        if digest == self._last:
            self._duplicates += 1
        elif not new:
            self._looped += 1
        self._seen.add(digest)
        self._last = digest
        return new

    @property
    def reason(self) -> str | None:
        """``looped_frames``, ``duplicate_frames`` or None."""
        if self._looped > _LOOPED_MAX:
            return "looped_frames"
        many = self._frames >= _ENOUGH and self._duplicates > _DUPLICATES_MAX * self._frames
        return "duplicate_frames" if many else None

    def close(self) -> None:
        self._seen.clear()
        self._last = b""
