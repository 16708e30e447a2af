"""What colour of light each patch of skin sends to the camera in one frame: linear, robust, without clipped pixels."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from face.detect import Box
from face.mesh import FaceMesh
from face.mesh_points import (
    SKIN_CHIN,
    SKIN_FOREHEAD,
    SKIN_LEFT_CHEEK,
    SKIN_LEFT_EDGE,
    SKIN_NOSE,
    SKIN_RIGHT_CHEEK,
    SKIN_RIGHT_EDGE,
    Group,
)
from face.opencv import Image, cv2
from face.pad.light_colours import linear

Values = npt.NDArray[np.float64]

PATCHES: Final[tuple[Group, ...]] = (
    *(SKIN_FOREHEAD, SKIN_NOSE, SKIN_LEFT_CHEEK, SKIN_RIGHT_CHEEK),
    *(SKIN_LEFT_EDGE, SKIN_RIGHT_EDGE, SKIN_CHIN),
)
"""Bare skin that faces different ways: the first four look at the screen, the last three less so."""

# sRGB values that say how much light there was: below, JPEG and the sensor's noise decide; above, the pixel is full.
_DARKEST, _BRIGHTEST = 8, 250
_LIGHT: Final = np.array([linear(value) for value in range(256)])
_TRIM: Final = 10.0  # percent of a patch's pixels left out at either end: a hair, a pore, a glint
_USABLE: Final = 0.5  # part of a patch's pixels that must be neither black nor full
_LEAST_PIXELS: Final = 40
_MOST_PIXELS: Final = 4000  # of a patch's rectangle; the grain of so many is far below that of a swaying head


@dataclass(frozen=True, slots=True, eq=False)
class LightSample:
    """One frame's measurement. NaN where nothing could be measured.

    ``skin``: 7 x 3, linear red, green, blue of each patch in parts of full scale. ``places``: 7 x 2, the patches'
    middles in eye distances. ``background``: 3, what lies beside the head.
    """

    timestamp: float
    skin: Values
    places: Values
    background: Values


def measure(image: Image, mesh: FaceMesh, timestamp: float, beside: tuple[Box, ...]) -> LightSample:
    """The sample of a frame (H x W x 3 uint8, blue-green-red). ``beside``: where the background is looked at."""
    scale = max(mesh.eye_distance, 1e-6)
    outlines = [mesh.points[list(group), :2].astype(np.float64) for group in PATCHES]
    places = np.array([outline.mean(axis=0) for outline in outlines]) / scale
    skin = np.array([_patch(image, outline) for outline in outlines])
    pixels = [_cut(image, box)[::4, ::4].reshape(-1, 3) for box in beside]
    background = _mean(np.concatenate(pixels)) if pixels else np.full(3, np.nan)
    return LightSample(timestamp, skin, places - places.mean(axis=0), background)


def beside_head(image: Image, box: Box) -> tuple[Box, ...]:
    """Two strips of the room left and right of the head, as far as the frame has them, above the shoulders.

    Taken once and kept: the head sways before a room that stands still.
    """
    height, width = image.shape[:2]
    top, bottom = max(0.0, box.y), min(float(height), box.y + 0.6 * box.height)
    strips = (
        (max(0.0, box.x - 1.2 * box.width), box.x - 0.4 * box.width),
        (box.x + 1.4 * box.width, min(float(width), box.x + 2.2 * box.width)),
    )
    return tuple(
        Box(left, top, right - left, bottom - top)
        for left, right in strips
        if right - left >= 0.15 * box.width and bottom - top >= 0.3 * box.height
    )


def _patch(image: Image, outline: Values) -> Values:
    low = np.floor(outline.min(axis=0)).astype(int)
    high = np.ceil(outline.max(axis=0)).astype(int) + 1
    height, width = image.shape[:2]
    if low.min() < 0 or high[0] > width or high[1] > height:
        return np.full(3, np.nan)
    columns, rows = high - low
    thin = max(1, int(np.sqrt(columns * rows / _MOST_PIXELS)))
    mask = np.zeros((rows, columns), dtype=np.uint8)
    cv2.fillPoly(mask, [np.round(outline - low).astype(np.int32)], (1,))
    return _mean(image[low[1] : high[1] : thin, low[0] : high[0] : thin][mask[::thin, ::thin] > 0])


def _cut(image: Image, box: Box) -> Image:
    return image[int(box.y) : int(box.y + box.height), int(box.x) : int(box.x + box.width)]


def _mean(pixels: Image) -> Values:
    """Linear red, green, blue of N x 3 pixels: the mean without the dimmest and brightest tenth."""
    usable = pixels[(pixels.min(axis=1) >= _DARKEST) & (pixels.max(axis=1) <= _BRIGHTEST)]
    if len(usable) < max(_LEAST_PIXELS, _USABLE * len(pixels)):
        return np.full(3, np.nan)
    light = _LIGHT[usable]
    total = light.sum(axis=1)
    low, high = np.percentile(total, (_TRIM, 100 - _TRIM))
    mean = light[(total >= low) & (total <= high)].mean(axis=0)[::-1].copy()
    usable.fill(0)  # a copy of skin
    return np.asarray(mean, dtype=np.float64)
