"""The light behind a face."""

import numpy as np

from face.detect import Box
from face.opencv import Image, cv2

_STEP = 4  # every fourth pixel will do
# In parts of the detector's box, from its middle: what is looked at, and the head and shoulders within it that are not.
_REACH_X, _ABOVE, _BELOW = 1.5, 1.2, 0.5
_HEAD_X, _HEAD_ABOVE = 0.75, 0.85


def light_around(image: Image, box: Box) -> float:
    """Median grey value beside and above the head; 0 when the head fills the picture."""
    grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(image[::_STEP, ::_STEP]), cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    y, x = np.ogrid[: grey.shape[0], : grey.shape[1]]
    across = np.abs(x * _STEP - (box.x + box.width / 2)) / box.width
    down = (y * _STEP - (box.y + box.height / 2)) / box.height
    near = (across < _REACH_X) & (down > -_ABOVE) & (down < _BELOW)
    around = grey[near & ~((across < _HEAD_X) & (down > -_HEAD_ABOVE))]
    return float(np.median(around)) if around.size else 0.0
