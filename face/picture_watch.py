"""Does a camera's picture live? A frozen, black or tiny picture is a fault, though frames keep coming."""

import zlib
from dataclasses import dataclass

from face.opencv import Image


@dataclass(frozen=True, slots=True)
class WatchLimits:
    # A sensor's noise never repeats, so identical frames are a hung driver or an injected still.
    frozen_after_s: float = 1.0
    frozen_frames: int = 5  # and not just a slow camera
    # Mean grey of a covered lens or a dead sensor; a dark room with the gain up stays above.
    black_mean: float = 6.0
    black_after_s: float = 1.0
    # Width, height: in smaller pictures the eyes of a face that fills the frame are too close together to compare it.
    smallest: tuple[int, int] = (320, 240)


class PictureWatch:
    """Fed every frame with its time. Pure but for what it remembers: the last picture's checksum and two times."""

    def __init__(self, limits: WatchLimits | None = None) -> None:
        self._limits = limits or WatchLimits()
        self._checksum: int | None = None
        self._same_since = 0.0
        self._same_frames = 0
        self._black_since: float | None = None
        self.frozen = False
        self.black = False
        self.too_small = False

    def feed(self, image: Image, now: float) -> None:
        """Update ``frozen``, ``black`` and ``too_small`` from a frame seen at ``now`` (seconds)."""
        smallest = self._limits.smallest
        self.too_small = max(image.shape[:2]) < max(smallest) or min(image.shape[:2]) < min(smallest)
        sample = image[::8, ::8]  # every eighth pixel still differs when anything does
        checksum = zlib.crc32(sample.tobytes())
        if checksum == self._checksum:
            self._same_frames += 1
        else:
            self._checksum, self._same_since, self._same_frames = checksum, now, 1
        enough = self._same_frames >= self._limits.frozen_frames
        self.frozen = enough and now - self._same_since >= self._limits.frozen_after_s
        if float(sample.mean()) >= self._limits.black_mean:
            self._black_since = None
        elif self._black_since is None:
            self._black_since = now
        self.black = self._black_since is not None and now - self._black_since >= self._limits.black_after_s
