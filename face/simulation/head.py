"""A person who turns the head, blinks, comes closer and is lit by a screen, from one frontal portrait.

Every pixel of the portrait has a depth (:mod:`face.simulation.relief`). For a pose each cell of a coarse grid is turned
about the neck joint and projected through a pinhole; Newton's method inverts that field, and one resampling draws the
frame. So the nose moves farther than the cheeks, and grows more when the person comes closer. The screen's light falls
on the relief by Lambert's law. What one portrait cannot show stays wrong: docs/face.md, "Simulated people and attacks".
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from face.models.pack import ModelPack
from face.opencv import Image, cv2
from face.simulation.light import decode, encode
from face.simulation.portrait import GRID, MARGIN, Portrait, PortraitMaker, grid
from face.simulation.pose import Pose3d, ScreenLight
from face.simulation.sampling import Field, enlarged, sample_field, sample_image

Size = tuple[int, int]
FRAME: Final[Size] = (640, 480)  # width, height

# In eye distances (63 mm): a person 60 cm from the lens, and the neck joint behind and below the eyes.
DISTANCE: Final = 9.5
_JOINT_BEHIND: Final = 1.0
_JOINT_BELOW: Final = 0.9
_NEWTON_STEPS: Final = 8
YAW_MAX: Final = 25.0  # a pose beyond these is drawn at them: the far half of the face would have to disappear
PITCH_MAX: Final = 18.0
_WALL_SHARE: Final = 0.15  # of the screen's light on the face: the wall is three times as far away
_AMBIENT_RELIEF: Final = 0.25  # how much of the room's light depends on where the surface faces (from above, in front)
_ABOVE: Final = np.array([0.0, -0.45, 0.89], dtype=np.float32)  # a ceiling lamp before the person
# The kiosk's screen is below its camera: its light comes a little from below.
_SCREEN: Final = np.array([0.0, 0.25, 0.97], dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Fields:
    """The portrait's coarse cells in space, in pixels, the frame's middle at zero, z towards the camera."""

    x: Field
    y: Field
    z: Field


class HeadModel:
    """One simulated person. Rendering keeps no state: the same arguments give the same picture."""

    def __init__(self, portrait: Portrait, frame: Size = FRAME, background: Image | None = None) -> None:
        """``frame``: width, height. ``background``: H x W x 3, else a wall in the portrait's own background colour."""
        self._portrait = portrait
        self.frame = frame
        width, height = frame
        self._distance = DISTANCE * portrait.eye_distance
        texture = portrait.textures[0]
        grid_x, grid_y = grid(texture.shape[1], texture.shape[0])
        # The eyes a little above the frame's middle, as guidance asks for.
        self._offset = (width / 2 - portrait.centre[0], 0.46 * height - portrait.centre[1])
        if self._offset[1] + texture.shape[0] < height:  # the photograph must reach the frame's lower edge
            self._offset = (self._offset[0], float(height - texture.shape[0]))
        back = (self._distance - portrait.depth) / self._distance
        self._space = _Fields(
            x=(grid_x + self._offset[0] - width / 2) * back,
            y=(grid_y + self._offset[1] - height / 2) * back,
            z=portrait.depth,
        )
        eyes_y = portrait.centre[1] + self._offset[1] - height / 2
        self._joint = (
            portrait.centre[0] + self._offset[0] - width / 2,
            eyes_y + _JOINT_BELOW * portrait.eye_distance,
            -_JOINT_BEHIND * portrait.eye_distance,
        )
        cells_x, cells_y = np.meshgrid(
            (np.arange(-(-width // GRID), dtype=np.float32) + 0.5) * GRID - 0.5,
            (np.arange(-(-height // GRID), dtype=np.float32) + 0.5) * GRID - 0.5,
        )
        self._cells = np.dstack([cells_x, cells_y])
        self._room = decode(background if background is not None else self._wall())

    @classmethod
    def from_portrait(
        cls, image: Image, pack: ModelPack | None = None, *, frame: Size = FRAME, eye_distance: float | None = None
    ) -> "HeadModel":
        """Raises :class:`face.simulation.portrait.PortraitError` when there is no face on ``image``.

        ``eye_distance``: in the frame at scale 1; without it 0.165 of the frame's height.
        """
        maker = PortraitMaker(pack)
        return cls(maker.make(image, eye_distance or 0.165 * frame[1]), frame)

    @property
    def eye_distance(self) -> float:
        """Pixels between the eyes at scale 1."""
        return self._portrait.eye_distance

    def render(
        self,
        pose: Pose3d | None = None,
        *,
        blink: float = 0.0,
        light: ScreenLight | None = None,
        exposure: float = 1.0,
    ) -> Image:
        """The frame, H x W x 3, uint8, blue-green-red, without the sensor's noise.

        ``blink``: 0 eyes open, 1 shut. ``light`` None: the room's light alone, as the portrait was taken.
        ``exposure``: the camera's gain on linear light.
        """
        pose = pose or Pose3d()
        portrait = self._portrait
        where = self._source_of(self._project(pose))
        pixels = (where + 0.5) * GRID - 0.5
        fine = enlarged(pixels, GRID, self.frame)
        texture = portrait.textures[round(min(1.0, max(0.0, blink)) * (len(portrait.textures) - 1))]
        drawn = sample_image(texture, fine)
        on_person = self._light(pose, where, light)
        on_wall = _on_wall(light)
        lit = cv2.multiply(decode(np.ascontiguousarray(drawn[:, :, :3])), on_person)
        room = self._room * np.array(on_wall, dtype=np.float32)
        alpha = cv2.cvtColor(drawn[:, :, 3], cv2.COLOR_GRAY2BGR)
        mixed = cv2.add(room, cv2.multiply(cv2.subtract(lit, room), alpha, scale=1 / 255, dtype=cv2.CV_32F))
        return encode(np.asarray(mixed, dtype=np.float32), exposure)

    def _project(self, pose: Pose3d) -> Field:
        """Where each coarse cell of the portrait is seen: H x W x 2 frame pixels."""
        space, weight = self._space, self._portrait.weight
        joint_x, joint_y, joint_z = self._joint
        rotation = rotation_of(pose)
        x, y, z = space.x - joint_x, space.y - joint_y, space.z - joint_z
        turned = [rotation[i, 0] * x + rotation[i, 1] * y + rotation[i, 2] * z for i in range(3)]
        x, y, z = (before + weight * (after - before) for before, after in zip((x, y, z), turned, strict=True))
        zoom = self._distance / (self._distance / pose.scale - (z + joint_z))
        seen_x = (x + joint_x) * zoom + self.frame[0] / 2 + pose.shift[0]
        seen_y = (y + joint_y) * zoom + self.frame[1] / 2 + pose.shift[1]
        return np.dstack([seen_x, seen_y]).astype(np.float32)

    def _source_of(self, seen: Field) -> Field:
        """For each coarse cell of the frame the place on the portrait's coarse grid that is seen there (Newton)."""
        slope_x = cv2.Sobel(seen, cv2.CV_32F, 1, 0, ksize=1, scale=0.5)
        slope_y = cv2.Sobel(seen, cv2.CV_32F, 0, 1, ksize=1, scale=0.5)
        a, c = slope_x[:, :, 0], slope_x[:, :, 1]
        b, d = slope_y[:, :, 0], slope_y[:, :, 1]
        determinant = np.maximum(a * d - b * c, 0.15 * GRID * GRID)
        inverse = np.asarray(np.dstack([d, -b, -c, a]) / determinant[:, :, None], dtype=np.float32)
        # To begin with as if nothing were turned.
        where = ((self._cells - self._offset + 0.5) / GRID - 0.5 + MARGIN).astype(np.float32)
        limit = np.array([seen.shape[1] - 1.0, seen.shape[0] - 1.0], dtype=np.float32)
        reach = 24.0
        for _ in range(_NEWTON_STEPS):
            there = sample_field(seen, where)
            slope = sample_field(inverse, where)
            off = self._cells - there
            step_x = slope[:, :, 0] * off[:, :, 0] + slope[:, :, 1] * off[:, :, 1]
            step_y = slope[:, :, 2] * off[:, :, 0] + slope[:, :, 3] * off[:, :, 1]
            where += np.clip(np.dstack([step_x, step_y]), -reach, reach)
            reach = max(1.5, reach / 2)  # beside a steep nose whole steps would jump to and fro
            np.clip(where, 0, limit, out=where)
        return np.asarray(where - MARGIN, dtype=np.float32)

    def _light(self, pose: Pose3d, where: Field, light: ScreenLight | None) -> npt.NDArray[np.float32]:
        """What each frame pixel's albedo is multiplied with, H x W x 3 (blue, green, red)."""
        padded = where + np.float32(MARGIN)
        surface = sample_field(self._portrait.normals, padded)
        depth = sample_field(self._portrait.depth, padded)
        turned = np.asarray(surface @ rotation_of(pose).T, dtype=np.float32)
        # The photograph has the studio's light on it; only what changes with the turn is added.
        ambient = 1 + _AMBIENT_RELIEF * ((turned - surface) @ _ABOVE)
        share, rgb = (light.share, light.rgb) if light is not None else (0.0, (0.0, 0.0, 0.0))
        near = (self._distance / (self._distance / pose.scale - depth)) ** 2
        facing = np.maximum(turned @ _SCREEN, 0) * near
        planes = [ambient * (1 - share) + share * value * facing for value in reversed(rgb)]
        coarse = np.dstack(planes).astype(np.float32)
        return enlarged(coarse, GRID, self.frame)

    def _wall(self) -> Image:
        rows = self._portrait.wall
        wanted = np.clip(np.arange(self.frame[1]) - round(self._offset[1]), 0, len(rows) - 1)
        return np.repeat(np.rint(rows[wanted])[:, None, :], self.frame[0], axis=1).astype(np.uint8)


def _on_wall(light: ScreenLight | None) -> tuple[float, float, float]:
    if light is None:
        return (1.0, 1.0, 1.0)
    red, green, blue = (1 - light.share * _WALL_SHARE * (1 - value) for value in light.rgb)
    return (blue, green, red)


def rotation_of(pose: Pose3d) -> npt.NDArray[np.float32]:
    """3 x 3, for x to the right, y down, z towards the camera: roll, then pitch, then yaw."""
    yaw, pitch, roll = np.radians([_within(pose.yaw, YAW_MAX), _within(pose.pitch, PITCH_MAX), pose.roll])
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    tilt = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return np.asarray(turn @ nod @ tilt, dtype=np.float32)


def _within(angle: float, most: float) -> float:
    return max(-most, min(most, angle))
