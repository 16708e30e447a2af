"""Is there a sensor's noise, new with each frame?

Every sensor's pixels vary from frame to frame where nothing moves (photon and read noise). A picture drawn or decoded
once and sent again and again does not vary there, and a forger who adds a few noise patterns in turn repeats them.
"""

from collections import deque
from typing import Final

import numpy as np
import numpy.typing as npt

from face.opencv import Image

_ROWS: Final = 8
_COLUMNS: Final = 12
_SIDE: Final = 8
_QUIET: Final = 30.0  # percentile of the blocks by change: those in which nothing moved
_DARK, _BRIGHT = 6.0, 249.0  # clipped pixels have no noise
_BLOCKS_MIN: Final = 12
_LAGS: Final = 9
_FRAMES_MIN: Final = 8
_REPEAT_MAX: Final = 0.35  # of the usual difference; independent noise has 1, banding under mains light down to 0.7

Blocks = npt.NDArray[np.int16]  # blocks x 64


class SensorNoise:
    """Keeps 96 spots of 8 x 8 pixels of the last frames until :meth:`close`. ``floor`` in grey levels; 0: no check."""

    def __init__(self, floor: float) -> None:
        self._floor = floor
        self._recent: deque[Blocks] = deque(maxlen=_LAGS)
        self._levels: list[list[float]] = [[] for _ in range(_LAGS)]

    def feed(self, image: Image) -> None:
        """A frame that differs from the one before it."""
        blocks = _spots(image)
        for lag, earlier in enumerate(reversed(self._recent)):
            level = _quiet_level(blocks, earlier)
            if level is not None:
                self._levels[lag].append(level)
        if len(self._recent) == _LAGS:
            self._recent[0].fill(0)
        self._recent.append(blocks)

    @property
    def level(self) -> float | None:
        """Standard deviation of the noise, grey levels; None with too few frames or no spot fit to measure on."""
        return float(np.median(self._levels[0])) if len(self._levels[0]) >= _FRAMES_MIN else None

    @property
    def reason(self) -> str | None:
        """``no_sensor_noise``, ``repeated_noise`` or None."""
        level = self.level
        if level is None or self._floor == 0:
            return None
        if level < self._floor:
            return "no_sensor_noise"
        later = [float(np.median(levels)) for levels in self._levels[1:] if len(levels) >= _FRAMES_MIN]
        return "repeated_noise" if later and min(later) < _REPEAT_MAX * level else None

    def close(self) -> None:
        for blocks in self._recent:
            blocks.fill(0)
        self._recent.clear()


def _spots(image: Image) -> Blocks:
    height, width = image.shape[:2]
    tops = np.linspace(0, height - _SIDE, _ROWS).astype(int)
    lefts = np.linspace(0, width - _SIDE, _COLUMNS).astype(int)
    spots = [image[top : top + _SIDE, left : left + _SIDE, 1].reshape(-1) for top in tops for left in lefts]
    return np.stack(spots).astype(np.int16)


def _quiet_level(now: Blocks, earlier: Blocks) -> float | None:
    mean = now.mean(axis=1)
    usable = (mean > _DARK) & (mean < _BRIGHT)
    if int(usable.sum()) < _BLOCKS_MIN:
        return None
    change = (now - earlier)[usable].astype(np.float32)  # a lamp's flicker lifts a spot as a whole: std takes it out
    return float(np.percentile(change.std(axis=1), _QUIET)) / 2**0.5
