"""Print attack: a printed portrait of the victim, held in the hands and moved as the prompts say."""

from random import Random

import numpy as np

from face.opencv import Image, cv2
from face.pad.light_colours import LightColour
from face.pad.moves import Move
from face.simulation.behaviour import Behaviour, Traits
from face.simulation.performer import ScreenWatch
from face.simulation.room import Room, lambert, paint
from face.simulation.sensor import Sensor
from face.simulation.sheet import held

_INK_BLACK = (0.03, 0.10)  # light that black ink still throws back, by printer and paper
_SATURATION = (0.72, 0.95)  # an office printer's gamut against the camera's
_HALFTONE = (0.0, 5.0)  # grey values of the screen's dots once the camera has blurred them
_GRAIN = (0.8, 2.5)


class HeldPrint:
    """The paper turns where a head should: to the sides, up, and closer. It cannot blink."""

    def __init__(
        self, picture: Image, eyes: tuple[float, float, float], room: Room, sensor: Sensor, *, seed: int, share: float
    ) -> None:
        """``picture``: the portrait at its size in the frame. ``eyes``: x, y between the eyes, and their distance."""
        source = Random(seed)
        height, width = room.wall.shape[:2]
        self._texture, margin = print_of(picture, source)
        x, y, distance = eyes
        tall, wide = self._texture.shape[:2]
        centre = (width / 2 + wide / 2 - margin - x, 0.46 * height + tall / 2 - margin - y)
        self.bend = source.uniform(0.05, 0.22) * source.choice((-1, 1)) if source.random() < 0.4 else 0.0
        self._surface = held(
            (wide, tall),
            frame=(width, height),
            centre=centre,
            eye_distance=distance,
            bend=self.bend,
            upright=source.random() < 0.8,
        )
        self._behaviour = Behaviour(attackers_hands(source), distance, source.randrange(2**31))
        self._screen = ScreenWatch(share)
        self._room, self._sensor = room, sensor

    def tell(self, move: Move | None, light: LightColour | None, at: float) -> None:
        self._behaviour.tell(move, at)
        self._screen.tell(light, at)

    def frame(self, at: float) -> Image:
        pose, _ = self._behaviour.at(at)
        light, gain = self._screen.at(at), self._sensor.gain
        image = self._room.behind(light, gain)
        view = self._surface.look(pose)
        paint(image, view, self._texture, lambert(view, light, gain))
        return self._sensor.develop(image, at)


def attackers_hands(source: Random) -> Traits:
    """Hands move a picture farther than a neck turns, and tremble more than a head."""
    return Traits(
        reaction_s=source.uniform(0.35, 0.8),
        duration_s=source.uniform(0.4, 0.8),
        yaw=source.uniform(18.0, 38.0),
        pitch=source.uniform(12.0, 28.0),
        closer=source.uniform(1.22, 1.4),
        sway=source.uniform(1.0, 2.5),
        blinks=False,
    )


def print_of(picture: Image, source: Random) -> tuple[Image, int]:
    """The portrait on paper (H x W x 4) and the width of the white margin about it."""
    black, saturation = source.uniform(*_INK_BLACK), source.uniform(*_SATURATION)
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR).astype(np.float32)
    ink = grey + saturation * (picture.astype(np.float32) - grey)
    lifted = 255 * np.sqrt(black) * 0.55
    ink = lifted + ink * (1 - lifted / 255) * source.uniform(0.92, 1.0)
    margin = round(source.uniform(0.0, 0.06) * picture.shape[1])
    paper = cv2.copyMakeBorder(ink, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(238, 240, 240))
    sheet = np.asarray(paper, dtype=np.float32)
    rows, columns = np.mgrid[: sheet.shape[0], : sheet.shape[1]].astype(np.float32)
    pitch, strength = source.uniform(2.2, 4.5), source.uniform(*_HALFTONE)
    for channel, degrees in enumerate((0, 75, 15)):  # yellow, magenta and cyan screens stand at these angles
        angle = np.radians(degrees + source.uniform(-2, 2))
        u, v = columns * np.cos(angle) + rows * np.sin(angle), rows * np.cos(angle) - columns * np.sin(angle)
        dots = np.cos(2 * np.pi * u / pitch) * np.cos(2 * np.pi * v / pitch)
        sheet[:, :, channel] += strength * dots
    grain = np.random.default_rng(source.randrange(2**31)).normal(0, source.uniform(*_GRAIN), sheet.shape[:2])
    sheet += grain[:, :, None].astype(np.float32)
    tint = np.array([source.uniform(0.94, 1.0), source.uniform(0.97, 1.0), source.uniform(0.97, 1.02)], np.float32)
    opaque = np.full(sheet.shape[:2], 255, np.float32)
    opaque[[0, -1], :] = opaque[:, [0, -1]] = 0  # what is beyond the edge repeats it
    return np.dstack([np.clip(np.rint(sheet * tint), 0, 255), opaque]).astype(np.uint8), margin
