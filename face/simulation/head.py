"""A person who turns the head, blinks, comes closer and is lit by a screen, from one frontal portrait.

Every pixel of the portrait has a depth (:mod:`face.simulation.relief`) and moves with the pose as a point in space
(:mod:`face.simulation.surface`): the nose moves farther than the cheeks, and grows more when the person comes closer.
The screen's light falls on the relief by Lambert's law (:mod:`face.simulation.room`). What one portrait cannot show
stays wrong: docs/face.md, "Simulated people and attacks".
"""

from dataclasses import replace
from typing import Final

import numpy as np

from face.models.pack import ModelPack
from face.opencv import Image
from face.simulation.portrait import Portrait, PortraitMaker
from face.simulation.pose import Pose3d, ScreenLight
from face.simulation.room import PLAIN, Gain, Room, lambert, paint
from face.simulation.surface import Relief, Size, Surface

FRAME: Final[Size] = (640, 480)  # width, height
EYES_SHARE: Final = 0.165  # of the frame's height between the eyes, at scale 1: 79 pixels of 480

# In eye distances (63 mm): a person 60 cm from the lens, and the neck joint behind and below the eyes.
DISTANCE: Final = 9.5
_JOINT_BEHIND: Final = 1.0
_JOINT_BELOW: Final = 0.9
YAW_MAX: Final = 25.0  # a pose beyond these is drawn at them: the far half of the face would have to disappear
PITCH_MAX: Final = 18.0
_EYES_AT: Final = 0.46  # of the frame's height: a little above its middle, as guidance asks for


class HeadModel:
    """One simulated person. Rendering keeps no state: the same arguments give the same picture."""

    def __init__(self, portrait: Portrait, frame: Size = FRAME, background: Image | None = None) -> None:
        """``background``: H x W x 3, else a wall in the portrait's own background colour."""
        self._portrait = portrait
        self.frame = frame
        width, height = frame
        tall, wide = portrait.textures[0].shape[:2]
        left, top = width / 2 - portrait.centre[0], _EYES_AT * height - portrait.centre[1]
        top = max(top, float(height - tall))  # the photograph reaches the frame's lower edge
        eyes = portrait.eye_distance
        joint = (portrait.centre[0] + left, portrait.centre[1] + top + _JOINT_BELOW * eyes, -_JOINT_BEHIND * eyes)
        self._surface = Surface(
            Relief(portrait.depth, portrait.normals, portrait.weight),
            frame=frame,
            size=(wide, tall),
            offset=(left, top),
            joint=joint,
            distance=DISTANCE * eyes,
        )
        self.room = Room(background if background is not None else _wall(portrait, frame, round(top)))

    @classmethod
    def from_portrait(
        cls, image: Image, pack: ModelPack | None = None, *, frame: Size = FRAME, eye_distance: float | None = None
    ) -> "HeadModel":
        """Raises :class:`face.simulation.portrait.PortraitError` when there is no face on ``image``.

        ``eye_distance``: pixels between the eyes at scale 1; else :data:`EYES_SHARE` of the frame's height.
        """
        maker = PortraitMaker(pack)
        return cls(maker.make(image, eye_distance or EYES_SHARE * frame[1]), frame)

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
        gain: Gain = PLAIN,
        onto: Image | None = None,
    ) -> Image:
        """The frame, H x W x 3, uint8, blue-green-red, without the sensor's noise.

        ``blink``: 0 eyes open, 1 shut. ``light`` None: the room's light alone, as the portrait was taken. ``gain``: the
        camera's, on linear light. ``onto``: a frame to stand in, which is changed, instead of the person's own room.
        """
        pose = pose or Pose3d()
        pose = replace(pose, yaw=_within(pose.yaw, YAW_MAX), pitch=_within(pose.pitch, PITCH_MAX))
        frame = self.room.behind(light, gain) if onto is None else onto
        view = self._surface.look(pose)
        textures = self._portrait.textures
        texture = textures[round(_within(max(0.0, blink), 1.0) * (len(textures) - 1))]
        paint(frame, view, texture, lambert(view, light, gain))
        return frame


def _wall(portrait: Portrait, frame: Size, top: int) -> Image:
    rows = np.clip(np.arange(frame[1]) - top, 0, len(portrait.wall) - 1)
    colours = np.rint(portrait.wall[rows])[:, None, :]
    return np.asarray(np.repeat(colours, frame[0], axis=1), dtype=np.uint8)


def _within(value: float, most: float) -> float:
    return max(-most, min(most, value))
