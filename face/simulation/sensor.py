"""A small camera's sensor: noise, and an automatic exposure and white balance that follow the picture late."""

from random import Random
from typing import Final

import numpy as np

from face.opencv import Image, cv2
from face.simulation.room import Gain

_SPARE: Final = 128  # pixels the noise bank is larger than a frame
_EXPOSURE_PART: Final = 0.5  # of a change of brightness that the exposure makes good
_LAG_S: Final = 0.8


class Sensor:
    """``noise``: standard deviation in grey values; 1.5 in good light, 3.5 in a dim hall. ``balance``: part of a change
    of colour that the white balance makes good, 0 when it is locked."""

    def __init__(self, size: tuple[int, int], seed: int, *, noise: float = 2.5, balance: float = 0.0) -> None:
        width, height = size
        self._size = size
        self._source = Random(seed)
        values = np.random.default_rng(seed).normal(0, noise, (height + _SPARE, width + _SPARE, 3))
        self._noise = np.asarray(np.rint(values), dtype=np.int16)
        self._balance = balance
        self._first: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None = None
        self._log_gain = np.zeros(3)  # blue, green, red
        self._last = 0.0

    @property
    def gain(self) -> Gain:
        """For the next frame: red, green, blue."""
        blue, green, red = np.exp(self._log_gain)
        return (float(red), float(green), float(blue))

    def develop(self, image: Image, at: float) -> Image:
        """The picture the sensor gives at this time, made from one without noise."""
        self._measure(image, at)
        width, height = self._size
        x, y = self._source.randrange(_SPARE), self._source.randrange(_SPARE)
        noise = self._noise[y : y + height, x : x + width]
        return np.asarray(cv2.add(image, noise, dtype=cv2.CV_8U), dtype=np.uint8)

    def _measure(self, image: Image, at: float) -> None:
        """The picture's middle is measured, as cameras do."""
        height, width = image.shape[:2]
        middle = image[height // 6 : -height // 6 : 8, width // 5 : -width // 5 : 8]
        seen = 2.2 * np.log(np.maximum(middle.mean(axis=(0, 1)), 1.0) / 255)
        if self._first is None:
            self._first, self._last = seen, at
            return
        off = seen - self._log_gain - self._first  # in the light, whatever the gain is now
        wanted = -_EXPOSURE_PART * off.mean() - self._balance * (off - off.mean())
        part = 1 - np.exp(-max(0.0, at - self._last) / _LAG_S)
        self._log_gain = self._log_gain + part * (wanted - self._log_gain)
        self._last = at
