"""A face's own coordinates, so that everything drawn on it turns and scales with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from face.opencv import Image, Points, cv2

Mask = npt.NDArray[np.float32]  # H x W, in [0, 1]


@dataclass(frozen=True, slots=True, eq=False)
class FaceAxes:
    """Origin between the eyes; x along the eyes to the picture's right, y to the chin; unit: the eye distance.

    On an average adult the mouth is at y = 0.95, the chin at 1.7, the cheeks' outline at x = +-1.1.
    """

    origin: npt.NDArray[np.float64]
    across: npt.NDArray[np.float64]
    down: npt.NDArray[np.float64]
    unit: float

    @classmethod
    def of(cls, landmarks: Points) -> Self:
        """From five points (pixels): eye, eye, nose, mouth corner, corner. ``ValueError`` if the eyes coincide."""
        left, right = landmarks[0].astype(np.float64), landmarks[1].astype(np.float64)
        unit = float(np.hypot(*(right - left)))
        if unit < 1.0:
            raise ValueError("the eyes are less than a pixel apart")
        across = (right - left) / unit
        return cls((left + right) / 2, across, np.array([-across[1], across[0]]), unit)

    def pixels(self, points: Sequence[tuple[float, float]]) -> Points:
        """Points of the face (N x 2, eye distances) in pixels of the picture."""
        local = np.asarray(points, dtype=np.float64)
        placed = self.origin + self.unit * (local[:, :1] * self.across + local[:, 1:] * self.down)
        return placed.astype(np.float32)

    def local(self, points: Points) -> npt.NDArray[np.float64]:
        """Pixels (N x 2) in the face's coordinates."""
        away = points.astype(np.float64) - self.origin
        return np.stack([away @ self.across, away @ self.down], axis=-1) / self.unit

    def grid(self, height: int, width: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """x and y of every pixel of a picture, each H x W."""
        x = np.arange(width, dtype=np.float32)[None, :] - np.float32(self.origin[0])
        y = np.arange(height, dtype=np.float32)[:, None] - np.float32(self.origin[1])
        unit = np.float32(self.unit)
        along = (x * np.float32(self.across[0]) + y * np.float32(self.across[1])) / unit
        below = (x * np.float32(self.down[0]) + y * np.float32(self.down[1])) / unit
        return np.asarray(along, dtype=np.float32), np.asarray(below, dtype=np.float32)

    def polygon(self, image: Image, points: Sequence[tuple[float, float]], soft: float = 0.02) -> Mask:
        """A filled polygon of the face as a mask, its edge ``soft`` eye distances wide."""
        mask = np.zeros(image.shape[:2], dtype=np.uint8)
        corners = np.rint(self.pixels(points) * 16).astype(np.int32)  # four fractional bits
        cv2.fillPoly(mask, [corners], (255,), lineType=cv2.LINE_AA, shift=4)
        return soften(np.asarray(mask / 255, dtype=np.float32), soft * self.unit)


def soften(mask: Mask, sigma: float) -> Mask:
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma), dtype=np.float32) if sigma > 0.3 else mask


def blend(image: Image, other: Image | tuple[float, float, float], mask: Mask) -> Image:
    """``image`` where the mask is 0, ``other`` (a picture or one blue-green-red colour) where it is 1."""
    over = np.asarray(other, dtype=np.float32)
    mixed = image + (over - image.astype(np.float32)) * mask[:, :, None]
    return to_bytes(mixed)


def to_bytes(values: npt.NDArray[np.float32]) -> Image:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
