"""What the glass of a held screen throws back of the kiosk's light: a haze everywhere, and a mirror image below."""

from random import Random
from typing import Final

import numpy as np

from face.simulation.pose import Pose3d, ScreenLight
from face.simulation.sampling import Field
from face.simulation.surface import GRID, Size, View

# A kiosk's screen of 0.35 m x 0.2 m fills 0.17 sr of what a face 0.6 m away sees: on white paper its light is 0.17 / pi
# of its own luminance. The other way round, its luminance is the paper's light over this.
_PAPER_TO_SCREEN: Final = 0.054
_MIRROR: Final = (0.01, 0.045)  # of luminance: coated glass to plain glass
_HAZE: Final = (0.003, 0.015)  # of the light that arrives: fingerprints, matt coatings
_ROOM: Final = (0.002, 0.02)  # the same of the room's light, which does not change
# The mirror image of a screen below the camera lies below the middle of glass that faces the camera, at half the
# distance and half the size. In eye distances; it moves by twice the angle of the glass.
_BELOW: Final = (1.6, 3.2)
_HALF_WIDTH: Final = 1.4
_HALF_HEIGHT: Final = 0.8
_EDGE: Final = 0.35
_LEVER: Final = 7.0


class Glass:
    def __init__(self, source: Random, frame: Size, eye_distance: float) -> None:
        self._mirror = source.uniform(*_MIRROR)
        self._haze, self._room = source.uniform(*_HAZE), source.uniform(*_ROOM)
        self._below = source.uniform(*_BELOW)
        self._eyes = eye_distance
        self._frame = frame

    def reflection(self, view: View, pose: Pose3d, light: ScreenLight) -> Field:
        """Light added to what the screen gives, coarse, H x W x 3, blue-green-red."""
        yaw, pitch = np.radians([pose.yaw, pose.pitch])
        middle_x = self._frame[0] / 2 + np.tan(2 * yaw) * _LEVER * self._eyes
        middle_y = 0.46 * self._frame[1] + (self._below - np.tan(2 * pitch) * _LEVER) * self._eyes
        rows, columns = np.mgrid[: view.near.shape[0], : view.near.shape[1]].astype(np.float32)
        x = np.abs(columns * GRID + view.columns.start - middle_x) / self._eyes - _HALF_WIDTH
        y = np.abs(rows * GRID - middle_y) / self._eyes - _HALF_HEIGHT
        seen = np.clip(0.5 - x / _EDGE, 0, 1) * np.clip(0.5 - y / _EDGE, 0, 1)
        strength = light.share * (self._haze + self._mirror / _PAPER_TO_SCREEN * seen)
        colour = np.array(light.rgb[::-1], dtype=np.float32)
        room = (1 - light.share) * self._room
        return np.asarray(strength[:, :, None] * colour + room, dtype=np.float32)
