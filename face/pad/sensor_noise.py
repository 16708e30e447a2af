"""Is there a sensor's noise, new with each frame?

Every sensor's pixels vary from frame to frame where nothing moves (photon and read noise). A picture drawn or decoded
once and sent again and again does not vary there, and a forger who adds a few noise patterns in turn repeats them.
"""

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

Blocks = npt.NDArray[np.int16]  # spots x 64 pixels


class SensorNoise:
    """Keeps 96 spots of 8 x 8 pixels of the last frames until :meth:`close`. ``floor`` in grey levels; 0: no check."""

    def __init__(self, floor: float) -> None:
        self._floor = floor
        self._ring: Blocks = np.zeros((_LAGS, _ROWS * _COLUMNS, _SIDE * _SIDE), dtype=np.int16)
        self._frames = 0
        self._levels: list[list[float]] = [[] for _ in range(_LAGS)]
        self._reason: str | None = None

    def feed(self, image: Image) -> None:
        """A frame that differs from the one before it."""
        spots = _spots(image)
        held = min(self._frames, _LAGS)
        for lag, level in enumerate(_quiet_levels(spots, self._ring[:held])):
            self._levels[lag].append(level)
        self._ring[1:] = self._ring[:-1].copy()
        self._ring[0] = spots
        spots.fill(0)
        self._frames += 1
        self._reason = self._judge()

    @property
    def level(self) -> float | None:
        """Standard deviation of the noise, grey levels; None with too few frames or no spot fit to measure on."""
        return float(np.median(self._levels[0])) if len(self._levels[0]) >= _FRAMES_MIN else None

    @property
    def reason(self) -> str | None:
        """``no_sensor_noise``, ``repeated_noise`` or None."""
        return self._reason

    def close(self) -> None:
        self._ring.fill(0)

    def _judge(self) -> str | None:
        level = self.level
        if level is None or self._floor == 0:
            return None
        if level < self._floor:
            return "no_sensor_noise"
        later = [float(np.median(levels)) for levels in self._levels[1:] if len(levels) >= _FRAMES_MIN]
        return "repeated_noise" if later and min(later) < _REPEAT_MAX * level else None


def _spots(image: Image) -> Blocks:
    height, width = image.shape[:2]
    tops = np.linspace(0, height - _SIDE, _ROWS).astype(int)
    lefts = np.linspace(0, width - _SIDE, _COLUMNS).astype(int)
    rows = (tops[:, None] + np.arange(_SIDE)).reshape(-1)
    columns = (lefts[:, None] + np.arange(_SIDE)).reshape(-1)
    green = image[rows][:, columns, 1].reshape(_ROWS, _SIDE, _COLUMNS, _SIDE)
    return np.ascontiguousarray(green.transpose(0, 2, 1, 3)).reshape(_ROWS * _COLUMNS, -1).astype(np.int16)


def _quiet_levels(now: Blocks, earlier: Blocks) -> list[float]:
    """One for each of the earlier frames; none where too few spots are fit to measure on."""
    mean = now.mean(axis=1)
    usable = (mean > _DARK) & (mean < _BRIGHT)
    if int(usable.sum()) < _BLOCKS_MIN or not len(earlier):
        return []
    change = (now[None, usable] - earlier[:, usable]).astype(np.float32)
    spread = change.std(axis=2)  # a lamp's flicker lifts a spot as a whole: this takes it out
    return [float(level) / 2**0.5 for level in np.percentile(spread, _QUIET, axis=1)]
