"""What stands before the simulated camera: each is told the prompt and asked for frames by number, without noise."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from face.opencv import Image, cv2
from face.pad.light_colours import LightColour
from face.pad.moves import Move
from face.simulation.behaviour import Behaviour, Traits
from face.simulation.head import HeadModel
from face.simulation.performer import Performer, ScreenWatch
from face.simulation.pose import Pose3d
from face.simulation.room import PLAIN, Room

WIDTH, HEIGHT, FPS = 1280, 720, 20
DARK_GAIN = 0.13
SCREEN_SHARE: Final = 0.22  # of the light on a face in a hall; docs/face.md, "Simulated people and attacks"
_BREATH: Final = 0.04  # how much a lamp and an exposure waver


class Scenery(Protocol):
    def tell(self, move: Move | None, light: LightColour | None, number: int) -> None:
        """What the kiosk's screen asks for and shows from frame ``number`` on."""

    def frame(self, number: int) -> Image:
        """H x W x 3. Numbers do not go back."""


class Still:
    """A canvas that hands hold, or an empty room: it moves as a whole, with the slow waves of somebody who stands."""

    def __init__(self, canvas: Image, seed: int) -> None:
        self._canvas = canvas
        source = random.Random(seed)
        self._phases = [source.uniform(0, 2 * math.pi) for _ in range(5)]

    def tell(self, move: Move | None, light: LightColour | None, number: int) -> None:
        pass

    def frame(self, number: int) -> Image:
        matrix, gain = self._sway(number / FPS)
        moved = cv2.warpAffine(self._canvas, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(cv2.convertScaleAbs(moved, alpha=gain), dtype=np.uint8)

    def _sway(self, seconds: float) -> tuple[npt.NDArray[np.float64], float]:
        """The affine matrix (2 x 3) about the frame's middle, and the brightness."""

        def wave(index: int, period: float) -> float:
            return math.sin(2 * math.pi * seconds / period + self._phases[index])

        matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 1.5 * wave(2, 5.3), 1.0 + 0.02 * wave(3, 6.1))
        turn_and_shift = np.asarray(matrix, dtype=np.float64)
        turn_and_shift[:, 2] += np.array([12 * wave(0, 4.7), 6 * wave(1, 3.1)])
        return turn_and_shift, 1.0 + _BREATH * wave(4, 2.3)


class People:
    """Living people in one room, each at a place of their own. All of them read the prompts."""

    def __init__(self, heads: Sequence[tuple[HeadModel, float]], seed: int) -> None:
        """Each with the middle of the body, in parts of the frame's width."""
        self._heads = [(head, (place - 0.5) * WIDTH) for head, place in heads]
        walls = [head.room.wall.astype(np.float32) for head, _ in heads]
        self._room = Room(np.asarray(np.rint(np.mean(walls, axis=0)), dtype=np.uint8))
        self._behaviours = [
            Behaviour(Traits(), head.eye_distance, seed + index) for index, (head, _) in enumerate(heads)
        ]
        self._screen = ScreenWatch(SCREEN_SHARE)
        self._phase = random.Random(seed).uniform(0, 2 * math.pi)

    def tell(self, move: Move | None, light: LightColour | None, number: int) -> None:
        for behaviour in self._behaviours:
            behaviour.tell(move, number / FPS)
        self._screen.tell(light, number / FPS)

    def frame(self, number: int) -> Image:
        seconds = number / FPS
        light = self._screen.at(seconds)
        lamp = 1 + 2 * _BREATH * math.sin(2 * math.pi * seconds / 2.3 + self._phase)
        gain = (lamp, lamp, lamp)
        image = self._room.behind(light, gain)
        for (head, shift), behaviour in zip(self._heads, self._behaviours, strict=True):
            pose, lids = behaviour.at(seconds)
            head.render(_beside(pose, shift), blink=lids, light=light, gain=gain, onto=image)
        return image


class Dark:
    """The same with hardly any light."""

    def __init__(self, inner: Scenery) -> None:
        self._inner = inner

    def tell(self, move: Move | None, light: LightColour | None, number: int) -> None:
        self._inner.tell(move, light, number)

    def frame(self, number: int) -> Image:
        return np.asarray(cv2.convertScaleAbs(self._inner.frame(number), alpha=DARK_GAIN), dtype=np.uint8)


class Performed:
    """An attack, or anything else that plays by seconds."""

    def __init__(self, performer: Performer) -> None:
        self._performer = performer

    def tell(self, move: Move | None, light: LightColour | None, number: int) -> None:
        self._performer.tell(move, light, number / FPS)

    def frame(self, number: int) -> Image:
        return self._performer.frame(number / FPS)


class Black:
    """The lens is covered."""

    def tell(self, move: Move | None, light: LightColour | None, number: int) -> None:
        pass

    def frame(self, number: int) -> Image:
        return np.zeros((HEIGHT, WIDTH, 3), np.uint8)


def at_rest(head: HeadModel) -> Image:
    """The person standing still, to draw on."""
    return head.render(Pose3d(), gain=PLAIN)


def _beside(pose: Pose3d, shift: float) -> Pose3d:
    return replace(pose, shift=(pose.shift[0] + shift, pose.shift[1]))
