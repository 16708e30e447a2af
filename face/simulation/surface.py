"""A relief before a pinhole camera: a head, a sheet of paper, a screen. Which of its points does each pixel show?

The relief is a depth over a flat picture, on a coarse grid. A pose turns every cell about a joint and projects it;
Newton's method inverts that field. Nothing may fold over itself: there is one depth for each point of the picture.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from face.opencv import cv2
from face.simulation.pose import Pose3d
from face.simulation.sampling import Field, enlarged, sample_field

Size = tuple[int, int]  # width, height
Rotation = npt.NDArray[np.float32]

GRID: Final = 4  # pixels between the cells of the coarse fields; a nose is ten of them wide
MARGIN: Final = 48  # cells beyond the picture's edges, for what moves there
_NEWTON_STEPS: Final = 8
_GOOD_ENOUGH: Final = 0.3  # pixels, the worst cell


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """On the coarse grid of :func:`grid`. ``depth``: pixels towards the camera. ``normals``: H x W x 3, unit.
    ``weight``: 1 turns with the pose, 0 does not."""

    depth: Field
    normals: Field
    weight: Field


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What one pose shows in the frame's ``columns``. ``pixels``: where on the picture each pixel lies, H x W x 2.
    ``still`` and ``turned``: normals on the coarse grid, before and after the turn. ``near``: how much more of a lamp's
    light beside the camera arrives there than at the relief's ground at scale 1."""

    columns: slice
    pixels: Field
    still: Field
    turned: Field
    near: Field

    def spread(self, coarse: Field) -> Field:
        """A coarse field of this view for its pixels."""
        return enlarged(coarse, GRID, (self.pixels.shape[1], self.pixels.shape[0]))


class Surface:
    """Holds no state between calls."""

    def __init__(
        self,
        relief: Relief,
        *,
        frame: Size,
        size: Size,
        offset: tuple[float, float],
        joint: tuple[float, float, float],
        distance: float,
    ) -> None:
        """``size``: of the picture. ``offset``: of its left upper corner in the frame at rest. ``joint``: what the pose
        turns about, x, y in the frame, z towards the camera. ``distance``: from lens to ground. All in pixels."""
        self._relief = relief
        self._frame = frame
        self._offset = offset
        self._distance = distance
        grid_x, grid_y = grid(size)
        back = (distance - relief.depth) / distance
        self._x = (grid_x + offset[0] - frame[0] / 2) * back
        self._y = (grid_y + offset[1] - frame[1] / 2) * back
        self._joint = (joint[0] - frame[0] / 2, joint[1] - frame[1] / 2, joint[2])

    def look(self, pose: Pose3d) -> View:
        seen = self._project(pose)
        # Beyond the picture's left and right edges there is nothing to see.
        first = _cell(float(seen[:, MARGIN, 0].min()), 0, self._frame[0])
        last = max(first + 1, _cell(float(seen[:, -MARGIN, 0].max()) + 2 * GRID, 0, self._frame[0]))
        where = self._source_of(seen, first, last)
        still = sample_field(self._relief.normals, where)
        depth = sample_field(self._relief.depth, where)
        columns = slice(first * GRID, min(last * GRID, self._frame[0]))
        pixels = (where - np.float32(MARGIN) + np.float32(0.5)) * np.float32(GRID) - np.float32(0.5)
        return View(
            columns=columns,
            pixels=enlarged(pixels, GRID, (columns.stop - columns.start, self._frame[1])),
            still=still,
            turned=np.asarray(still @ rotation_of(pose).T, dtype=np.float32),
            near=np.asarray((self._distance / (self._distance / pose.scale - depth)) ** 2, dtype=np.float32),
        )

    def _project(self, pose: Pose3d) -> Field:
        """Where each coarse cell of the picture is seen: H x W x 2 frame pixels."""
        weight = self._relief.weight
        joint_x, joint_y, joint_z = self._joint
        rotation = rotation_of(pose)
        x, y, z = self._x - joint_x, self._y - joint_y, self._relief.depth - joint_z
        turned = [rotation[i, 0] * x + rotation[i, 1] * y + rotation[i, 2] * z for i in range(3)]
        x, y, z = (before + weight * (after - before) for before, after in zip((x, y, z), turned, strict=True))
        zoom = self._distance / (self._distance / pose.scale - (z + joint_z))
        seen_x = (x + joint_x) * zoom + (self._frame[0] / 2 + pose.shift[0])
        seen_y = (y + joint_y) * zoom + (self._frame[1] / 2 + pose.shift[1])
        return np.asarray(np.dstack([seen_x, seen_y]), dtype=np.float32)

    def _source_of(self, seen: Field, first: int, last: int) -> Field:
        """For the frame's coarse columns from ``first`` to ``last`` the places on the picture's grid seen there."""
        cells = np.dstack(
            np.meshgrid(
                (np.arange(first, last, dtype=np.float32) + 0.5) * GRID - 0.5,
                (np.arange(-(-self._frame[1] // GRID), dtype=np.float32) + 0.5) * GRID - 0.5,
            )
        ).astype(np.float32)
        slope_x = cv2.Sobel(seen, cv2.CV_32F, 1, 0, ksize=1, scale=0.5)
        slope_y = cv2.Sobel(seen, cv2.CV_32F, 0, 1, ksize=1, scale=0.5)
        a, c = slope_x[:, :, 0], slope_x[:, :, 1]
        b, d = slope_y[:, :, 0], slope_y[:, :, 1]
        determinant = np.maximum(a * d - b * c, 0.15 * GRID * GRID)
        inverse = np.asarray(np.dstack([d, -b, -c, a]) / determinant[:, :, None], dtype=np.float32)
        # To begin with as if nothing were turned.
        offset = np.array(self._offset, dtype=np.float32)
        where = ((cells - offset + np.float32(0.5)) / np.float32(GRID) - np.float32(0.5)) + np.float32(MARGIN)
        limit = np.array([seen.shape[1] - 1.0, seen.shape[0] - 1.0], dtype=np.float32)
        reach = 24.0
        for _ in range(_NEWTON_STEPS):
            off = cells - sample_field(seen, where)
            slope = sample_field(inverse, where)
            step_x = slope[:, :, 0] * off[:, :, 0] + slope[:, :, 1] * off[:, :, 1]
            step_y = slope[:, :, 2] * off[:, :, 0] + slope[:, :, 3] * off[:, :, 1]
            step = np.clip(np.dstack([step_x, step_y]), -reach, reach)
            moved = np.clip(where + step, 0, limit)
            farthest = float(np.abs(moved - where).max()) * GRID
            where = moved
            if farthest < _GOOD_ENOUGH:
                break
            reach = max(1.5, reach / 2)  # beside a steep nose whole steps would jump to and fro
        return np.asarray(where, dtype=np.float32)


def grid(size: Size) -> tuple[Field, Field]:
    """The pixel of a picture each coarse cell stands for; MARGIN cells more on every side."""
    across, down = (
        (np.arange(-MARGIN, -(-length // GRID) + MARGIN, dtype=np.float32) + 0.5) * GRID - 0.5 for length in size
    )
    grid_x, grid_y = np.meshgrid(across.astype(np.float32), down.astype(np.float32))
    return np.ascontiguousarray(grid_x), np.ascontiguousarray(grid_y)


def rotation_of(pose: Pose3d) -> Rotation:
    """3 x 3, for x to the right, y down, z towards the camera: roll, then pitch, then yaw."""
    yaw, pitch, roll = np.radians([pose.yaw, pose.pitch, pose.roll])
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    tilt = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return np.asarray(turn @ nod @ tilt, dtype=np.float32)


def _cell(pixel: float, low: int, width: int) -> int:
    return max(low, min(-(-width // GRID), int(pixel // GRID)))
