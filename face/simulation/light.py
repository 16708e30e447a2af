"""Between pixel values and light: what is added in a room is light, not pixel values (sRGB, IEC 61966-2-1)."""

from typing import Final

import numpy as np
import numpy.typing as npt

from face.opencv import Image, cv2
from face.pad.light_colours import linear

_DECODE: Final = np.array([linear(value) for value in range(256)], dtype=np.float32)
_CODES: Final = 4096


def _encode_table() -> npt.NDArray[np.uint8]:
    light = np.arange(65536) / _CODES
    curve = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(np.clip(curve, 0, 1) * 255), dtype=np.uint8)


_ENCODE: Final = _encode_table()


def decode(image: Image) -> npt.NDArray[np.float32]:
    """Pixel values to light, 0 to 1, float32."""
    return np.asarray(cv2.LUT(image, _DECODE), dtype=np.float32)


def encode(light: npt.NDArray[np.float32], gain: float = 1.0) -> Image:
    """Light times ``gain`` to pixel values; what is brighter than white is white."""
    codes = cv2.addWeighted(light, gain * _CODES, light, 0.0, 0.0, dtype=cv2.CV_16U)
    return np.asarray(cv2.LUT(codes, _ENCODE), dtype=np.uint8)
