"""Draws what the simulated camera sees. Same seed, same scene, same prompts, same frame numbers: the same pictures."""

import random
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from face.opencv import Image, cv2
from face.pad.light_colours import LightColour
from face.pad.moves import Move
from face.simulation.card import draw_card
from face.simulation.cast import Cast, UnknownPersonError
from face.simulation.commands import (
    Scene,
    ShowBlack,
    ShowCutIn,
    ShowDark,
    ShowNobody,
    ShowPerson,
    ShowPrint,
    ShowQr,
    ShowReplay,
    ShowTwo,
)
from face.simulation.injected import CutIn
from face.simulation.scenery import FPS, HEIGHT, WIDTH, Black, Dark, People, Performed, Scenery, Still, at_rest
from face.simulation.staging import Species, Staging

WALL: Final = (206, 212, 210)  # blue-green-red: a light wall
SENSOR_NOISE: Final = 2.5  # standard deviation in grey values, a small sensor indoors
# Pixels between the eyes: the room left by the frame, by a second person, by a card held up.
_EYES: Final = 114.0
_EYES_OF_TWO: Final = 104.0
_EYES_BEHIND_CARD: Final = 100.0
_CARD_TOP: Final = 120
_CARD_TOP_BELOW_FACE: Final = 360

__all__ = ["FPS", "HEIGHT", "WIDTH", "SceneRenderer", "UnknownPersonError"]


class SceneRenderer:
    """``people``: a folder of people (:class:`~face.simulation.cast.Cast`).

    One thread may :meth:`set_up` while another asks a scenery for frames and :meth:`add_noise` to them.
    """

    def __init__(self, people: Path, seed: int = 0) -> None:
        self._cast = Cast(people, (WIDTH, HEIGHT))
        self._seed = seed
        self._noise = _noise_bank(seed)
        self._current: tuple[Scene, Scenery] | None = None
        self._number = -1

    def set_up(self, scene: Scene) -> Scenery:
        """What the scene puts before the camera, from its beginning. Raises :class:`UnknownPersonError`."""
        match scene:
            case ShowPerson(id=person):
                return self._people([(person, 0.5)], _EYES)
            case ShowDark(id=person):
                return Dark(self._people([(person, 0.5)], _EYES))
            case ShowTwo(ids=(left, right)):
                return self._people([(left, 0.27), (right, 0.73)], _EYES_OF_TWO)
            case ShowQr(text=text, id=holder):
                canvas = _empty_room() if holder is None else at_rest(self._cast.head(holder, _EYES_BEHIND_CARD))
                draw_card(canvas, text, _CARD_TOP if holder is None else _CARD_TOP_BELOW_FACE)
                return Still(canvas, self._seed)
            case ShowNobody():
                return Still(_empty_room(), self._seed)
            case ShowBlack():
                return Black()
            case ShowPrint(id=person):
                return self._attack(Species.PRINT, person)
            case ShowReplay(id=person):
                return self._attack(Species.REPLAY, person)
            case ShowCutIn(ids=(first, second), after_moves=after_moves):
                return self._cut_in(first, second, after_moves)

    def prepare(self, scene: Scene) -> None:
        """Set the scene up for :meth:`render`. Raises :class:`UnknownPersonError`."""
        if self._current is None or self._current[0] != scene:
            self._current, self._number = (scene, self.set_up(scene)), -1

    def tell(self, move: Move | None, light: LightColour | None, number: int) -> None:
        """The screen asks and shows this from frame ``number`` of the prepared scene on."""
        assert self._current is not None
        self._current[1].tell(move, light, number)

    def render(self, scene: Scene, number: int) -> Image:
        """Frame ``number`` of the scene, HEIGHT x WIDTH x 3, with the sensor's noise on it.

        An earlier number than the last one begins the scene anew, without prompts.
        """
        if number < self._number:
            self._current = None
        self.prepare(scene)
        assert self._current is not None
        self._number = number
        return self.add_noise(self._current[1].frame(number), number)

    def add_noise(self, image: Image, number: int) -> Image:
        """Each frame number has noise of its own."""
        shift = random.Random(number)
        x, y = shift.randrange(self._noise.shape[1] - WIDTH), shift.randrange(self._noise.shape[0] - HEIGHT)
        noise = self._noise[y : y + HEIGHT, x : x + WIDTH]
        return np.asarray(cv2.add(image, noise, dtype=cv2.CV_8U), dtype=np.uint8)

    def _people(self, places: list[tuple[str, float]], eye_distance: float) -> People:
        return People([(self._cast.head(person, eye_distance), place) for person, place in places], self._seed)

    def _attack(self, species: Species, person: str) -> Performed:
        staged = Staging(self._cast).stage(species, person, random.Random(f"{self._seed} {species} {person}"))
        return Performed(staged.performer)

    def _cut_in(self, first: str, second: str, after_moves: int) -> Performed:
        staging, source = Staging(self._cast), random.Random(f"{self._seed} {first} {second}")
        one, other = (staging.actor(person, source) for person in (first, second))
        return Performed(CutIn(one, other, source, after_moves=after_moves))


def _empty_room() -> Image:
    return np.full((HEIGHT, WIDTH, 3), WALL, dtype=np.uint8)


def _noise_bank(seed: int) -> npt.NDArray[np.int16]:
    """Noise larger than a frame; each frame adds another part of it. Fresh noise for each would cost 50 ms."""
    source = np.random.default_rng(seed)
    values = source.normal(0, SENSOR_NOISE, (HEIGHT + 128, WIDTH + 128, 3))
    return np.asarray(np.rint(values), dtype=np.int16)
