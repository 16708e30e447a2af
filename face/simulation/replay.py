"""Replay attack: a video of the victim on a tablet or telephone that is held before the camera."""

from random import Random

import numpy as np
import numpy.typing as npt

from face.opencv import Image, cv2
from face.pad.light_colours import LightColour
from face.pad.moves import Move
from face.simulation.behaviour import Behaviour, Traits
from face.simulation.glass import Glass
from face.simulation.performer import Performer, ScreenWatch
from face.simulation.room import Room, paint
from face.simulation.sensor import Sensor
from face.simulation.sheet import held
from face.simulation.surface import View


class HeldScreen:
    """The screen gives its own light: the room's and the kiosk's show on it only by reflection."""

    def __init__(
        self,
        film: Performer,
        eyes: tuple[float, float, float],
        room: Room,
        sensor: Sensor,
        *,
        seed: int,
        share: float,
        size: float = 1.0,
        tilts: bool = False,
    ) -> None:
        """``film``: as large as the frame; is told the prompts. ``eyes``: x, y between the eyes on it, and their
        distance. ``size``: of the screen, in parts of the frame. ``tilts``: the hands follow the prompts."""
        source = Random(seed)
        self._film = film
        height, width = room.wall.shape[:2]
        self._shown = (round(size * width), round(size * height))
        self._bezel = round(source.uniform(0.015, 0.07) * width)
        wide, tall = self._shown[0] + 2 * self._bezel, self._shown[1] + 2 * self._bezel
        x, y, distance = (size * value for value in eyes)
        centre = (width / 2 + wide / 2 - self._bezel - x, 0.46 * height + tall / 2 - self._bezel - y)
        self._surface = held((wide, tall), frame=(width, height), centre=centre, eye_distance=distance)
        self._behaviour = Behaviour(_hands(source, tilts), distance, source.randrange(2**31))
        self._brightness = source.uniform(0.7, 1.05)
        # White of the held screen (100 to 400 cd/m2) over white paper in a hall (70 to 130 cd/m2 at 200 to 400 lux).
        # The camera exposes for the screen, so the room about it is darker, and so is what the glass throws back.
        self._outshines = source.uniform(1.0, 4.0)
        self._tint = np.array([source.uniform(0.95, 1.08), 1.0, source.uniform(0.92, 1.02)], dtype=np.float32)
        self._glass = Glass(source, (width, height), distance)
        self._moire = _Moire(source)
        self._screen = ScreenWatch(share)
        self._room, self._sensor = room, sensor

    def tell(self, move: Move | None, light: LightColour | None, at: float) -> None:
        self._film.tell(move, light, at)
        self._behaviour.tell(move, at)
        self._screen.tell(light, at)

    def frame(self, at: float) -> Image:
        pose, _ = self._behaviour.at(at)
        light, gain = self._screen.at(at), np.array(self._sensor.gain[::-1], dtype=np.float32)
        red, green, blue = (value / self._outshines for value in self._sensor.gain)
        image = self._room.behind(light, (red, green, blue))
        view = self._surface.look(pose)
        emitted = np.empty((*view.near.shape, 3), dtype=np.float32)
        emitted[:] = self._brightness * self._tint * gain
        gloss = self._glass.reflection(view, pose, light) * gain / self._outshines
        paint(image, view, self._texture(at), emitted, np.asarray(gloss, dtype=np.float32))
        self._moire.draw(image, view, self._bezel, at)
        return self._sensor.develop(image, at)

    def _texture(self, at: float) -> Image:
        b = self._bezel
        picture = cv2.resize(self._film.frame(at), self._shown, interpolation=cv2.INTER_AREA)
        framed = cv2.copyMakeBorder(picture, b, b, b, b, cv2.BORDER_CONSTANT, value=(14, 13, 13))
        opaque = np.full(framed.shape[:2], 255, np.uint8)
        opaque[[0, -1], :] = opaque[:, [0, -1]] = 0
        return np.dstack([framed, opaque]).astype(np.uint8)


class _Moire:
    """The beat between the screen's pixels and the camera's, and the bands of a rolling shutter."""

    def __init__(self, source: Random) -> None:
        # Screen pixels for each camera pixel; the part over a whole number is what is seen.
        self._pitch = (source.uniform(0.7, 1.35), source.uniform(0.7, 1.35))
        self._strength = source.uniform(1.0, 9.0)
        self._bands = source.uniform(0.0, 4.0) if source.random() < 0.4 else 0.0
        self._drift = source.uniform(-0.7, 0.7)
        angles = np.arange(256) * (2 * np.pi / 256)
        self._table: npt.NDArray[np.float32] = np.sin(angles).astype(np.float32)

    def draw(self, image: Image, view: View, bezel: int, at: float) -> None:
        across, down = view.pixels[:, :, 0] - bezel, view.pixels[:, :, 1] - bezel
        fine = self._table[(across * (256 * self._pitch[0])).astype(np.int32) & 255]
        coarse = self._table[(down * (256 * self._pitch[1])).astype(np.int32) & 255]
        pattern = self._strength * (0.6 * fine + 0.4 * coarse)
        rows = np.arange(image.shape[0], dtype=np.float32)[:, None]
        pattern += self._bands * np.sin(2 * np.pi * (rows / image.shape[0] * 1.5 + self._drift * at))
        pattern[(across < 0) | (down < 0)] = 0
        region = image[:, view.columns]
        shade = np.dstack([pattern, np.roll(pattern, 1, axis=1), np.roll(pattern, 2, axis=1)])  # the stripes' colours
        image[:, view.columns] = cv2.add(region, shade, dtype=cv2.CV_8U)


def _hands(source: Random, tilts: bool) -> Traits:
    return Traits(
        reaction_s=source.uniform(0.4, 0.9),
        duration_s=source.uniform(0.4, 0.8),
        yaw=source.uniform(15.0, 30.0),
        pitch=source.uniform(10.0, 22.0),
        closer=source.uniform(1.2, 1.35),
        sway=source.uniform(0.6, 2.0),
        follows=tilts,
        blinks=False,
    )
