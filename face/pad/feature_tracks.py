"""Points of the face's picture, followed from frame to frame: no model of a face, only what the pixels do.

The mesh model draws a head into any flat picture of one, so the plane test must not rest on it. Corners (Shi and Tomasi
1994) are followed by pyramidal Lucas-Kanade, forward and back: a track that does not come back to where it began has
slipped.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from face.mesh import FaceMesh
from face.mesh_points import EYES, FACE_OVAL
from face.opencv import Image, Points, cv2

EYE_PIXELS: Final = 80.0  # the scale at which is tracked: between the eyes
_REACH: Final = 2.4  # the crop's half side, eye distances: the face and room to move
_POINTS: Final = 160
_SHRINK: Final = 0.93  # the oval's edge is hair and background
_RETURN_PIXELS: Final = 0.6
_WINDOW: Final = (17, 17)


class FeatureTracks:
    """Starts on one frame, then steps through the following ones. Holds two grey crops until :meth:`close`."""

    def __init__(self, image: Image, mesh: FaceMesh) -> None:
        self._eyes = max(mesh.frontal_eye_distance, 1.0)
        self._scale = EYE_PIXELS / self._eyes
        oval = mesh.points[list(FACE_OVAL), :2]
        self.centre = np.asarray(oval.mean(axis=0), dtype=np.float64)
        reach = _REACH * self._eyes
        height, width = image.shape[:2]
        self._left, self._top = max(0, int(self.centre[0] - reach)), max(0, int(self.centre[1] - reach))
        self._right, self._bottom = min(width, int(self.centre[0] + reach)), min(height, int(self.centre[1] + reach))
        self._grey = self._crop(image)
        found = cv2.goodFeaturesToTrack(self._grey, _POINTS, 0.004, 4.0, mask=self._mask(mesh), blockSize=5)
        none = np.zeros((0, 2), dtype=np.float32)
        self._first: Points = none if found is None else np.asarray(found, dtype=np.float32).reshape(-1, 2)
        self._now: Points = self._first.copy()

    def __len__(self) -> int:
        return len(self._now)

    def step(self, image: Image) -> None:
        """The next frame; tracks that slip or leave are dropped."""
        grey = self._crop(image)
        if len(self._now):
            there, found = _follow(self._grey, grey, self._now)
            back, returned = _follow(grey, self._grey, there)
            near = np.linalg.norm(back - self._now, axis=1) <= _RETURN_PIXELS
            kept = found & returned & near
            self._first, self._now = self._first[kept], there[kept]
        self._grey.fill(0)
        self._grey = grey

    def pairs(self) -> tuple[Points, Points]:
        """N x 2 twice, pixels of the full frame: where the surviving points were at first and where they are now."""
        origin = np.array([self._left, self._top], dtype=np.float32)
        return self._first / self._scale + origin, self._now / self._scale + origin

    def close(self) -> None:
        self._grey.fill(0)
        self._first, self._now = self._first[:0], self._now[:0]

    def _crop(self, image: Image) -> Image:
        part = image[self._top : self._bottom, self._left : self._right]
        size = (max(8, round(part.shape[1] * self._scale)), max(8, round(part.shape[0] * self._scale)))
        small = cv2.resize(part, size, interpolation=cv2.INTER_AREA if self._scale < 1 else cv2.INTER_LINEAR)
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        small.fill(0)
        return np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.8, dst=grey), dtype=np.uint8)

    def _mask(self, mesh: FaceMesh) -> Image:
        """The face without the eyes, which keep looking at the screen while the head turns."""
        mask = np.zeros(self._grey.shape, dtype=np.uint8)
        oval = mesh.points[list(FACE_OVAL), :2]
        cv2.fillPoly(mask, [self._pixels(self.centre + (oval - self.centre) * _SHRINK)], (255,))
        for eye in EYES:
            lid = mesh.points[list(eye), :2]
            cv2.fillPoly(mask, [self._pixels(lid)], (0,))
        return mask

    def _pixels(self, points: npt.NDArray[np.floating]) -> npt.NDArray[np.int32]:
        origin = np.array([self._left, self._top])
        return np.asarray(np.round((points - origin) * self._scale), dtype=np.int32)


def _follow(before: Image, after: Image, points: Points) -> tuple[Points, npt.NDArray[np.bool_]]:
    there, found, _ = cv2.calcOpticalFlowPyrLK(
        before, after, points.reshape(-1, 1, 2), np.empty(0, dtype=np.float32), winSize=_WINDOW, maxLevel=3
    )
    return np.asarray(there, dtype=np.float32).reshape(-1, 2), found.reshape(-1) > 0
