"""Is something before the face: a mask over mouth and nose, or light mirrored in glasses?

A mask is found by colour. Under any light, skin is the same kind of red on the forehead, on the nose and above the lip;
cloth is not. Of each patch only the ratio of its red to its blue is compared, so neither the skin's own tone nor the
strength of the light plays a part; a beard does not cover the nose, nor a fringe the nose's bridge. A mask in a colour
of skin shows by what is missing: no nostrils, no line between the lips.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from face.detect import Box
from face.mesh import FaceMesh
from face.mesh_points import Group
from face.opencv import Image, Points, cv2

# Points of the mesh (:mod:`face.mesh_points`). A mask reaches from the nose's bridge to below the chin.
_UPPER: Final[Group] = (109, 10, 338, 337, 9, 108, 8, 168, 6, 193, 417, 107, 336, 66, 296, 69, 299, 151, 122, 351)
_NOSE: Final[Group] = (1, 4, 5, 44, 274, 45, 275, 19, 195)
_ABOVE_LIP: Final[Group] = (164, 167, 393, 165, 391, 2, 97, 326)

_SMOOTH = 0.02  # of the eye distance: noise and pores, but no edge of a mask
_BLACK_LEVEL = 8.0  # grey values added to both sides of a ratio: near black the sensor's noise is all there is

# In the aligned crop of 112 x 112: under the nose's tip, and between the mouth's corners.
_NOSTRILS, _LIPS = np.s_[66:82, 42:70], np.s_[82:102, 38:74]
_DARKEST = 4  # per cent of a region: the nostrils, the line between the lips

_GLARE = 245  # grey value of a mirrored lamp; eyes' own highlights are a few pixels
_EYES_Y, _EYES_X, _HALF = 52, (38, 73), (10, 12)  # in the aligned crop of 112 x 112: centres, half height and width


def covering(image: Image, box: Box, mesh: FaceMesh) -> tuple[float, float]:
    """(colour, light): how much less red against blue, and how much darker, the lower face is than the upper one.

    Both are natural logarithms of ratios; of nose and upper lip the one counts that differs less.
    """
    height, width = image.shape[:2]
    left, top = max(0, int(box.x)), max(0, int(box.y))
    right, bottom = min(width, int(box.x + box.width) + 1), min(height, int(box.y + box.height) + 1)
    if right - left < 2 or bottom - top < 2:
        return 0.0, 0.0
    smooth = cv2.GaussianBlur(image[top:bottom, left:right], (0, 0), max(0.8, _SMOOTH * mesh.eye_distance))
    points = mesh.points[:, :2] - np.array([left, top], dtype=np.float32)
    picture = np.asarray(smooth, dtype=np.uint8)
    (upper, bright), nose, lip = (_patch(picture, points, group) for group in (_UPPER, _NOSE, _ABOVE_LIP))
    picture.fill(0)  # a copy of a face is a face
    return min(upper - nose[0], upper - lip[0]), min(bright - nose[1], bright - lip[1])


def lower_features(aligned: Image) -> float:
    """How much darker than what surrounds them nostrils or lips are, the clearer of the two: logarithm, 0 for cloth."""
    grey = np.asarray(cv2.cvtColor(aligned, cv2.COLOR_BGR2GRAY), dtype=np.float32)
    smooth = np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), dtype=np.float64) + _BLACK_LEVEL
    dark, middle = zip(*(np.percentile(smooth[part], (_DARKEST, 50)) for part in (_NOSTRILS, _LIPS)), strict=True)
    return float(np.max(np.log(middle) - np.log(dark)))


def glare(aligned: Image) -> float:
    """The part of one eye's surroundings that is as white as a mirrored lamp, of the eye where it is more."""
    grey = np.asarray(cv2.cvtColor(aligned, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    rows = slice(_EYES_Y - _HALF[0], _EYES_Y + _HALF[0])
    return max(float((grey[rows, x - _HALF[1] : x + _HALF[1]] >= _GLARE).mean()) for x in _EYES_X)


def _patch(picture: Image, points: Points, group: Group) -> tuple[float, float]:
    """Logarithms of red over blue and of brightness: medians of the group's points and halfway to their middle."""
    corners = points[list(group)]
    places = np.rint(np.concatenate([corners, (corners + corners.mean(axis=0)) / 2])).astype(np.int64)
    x, y = places[:, 0].clip(0, picture.shape[1] - 1), places[:, 1].clip(0, picture.shape[0] - 1)
    colour: npt.NDArray[np.float64] = np.median(picture[y, x].astype(np.float64), axis=0) + _BLACK_LEVEL
    return float(np.log(colour[2] / colour[0])), float(np.log(colour @ (0.114, 0.587, 0.299)))
