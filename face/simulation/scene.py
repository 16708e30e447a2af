"""Draws what the simulated camera sees. Same seed, same scene, same frame number: the same picture."""

import math
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from face.opencv import Image, cv2
from face.simulation.commands import Scene, ShowBlack, ShowDark, ShowNobody, ShowPerson, ShowQr, ShowTwo

WIDTH, HEIGHT, FPS = 1280, 720, 20
WALL = (206, 212, 210)  # blue-green-red: a light wall
SENSOR_NOISE = 2.5  # standard deviation in grey values, a small sensor indoors
DARK_GAIN = 0.13
FEATHER = 70  # pixels over which a portrait's studio background fades into the wall

# ID-1 card, ISO/IEC 7810: 85.60 x 53.98 mm, drawn at this many pixels per millimetre (held close to the lens).
CARD_PX_PER_MM = 10.0
CARD_MM = (85.6, 54.0)
CARD_TOP = 120
CARD_TOP_BELOW_FACE = 360
QR_MM = 24.0  # the citizen card's front QR with its quiet zone is about this wide


class UnknownPersonError(LookupError):
    """No ``live.jpg`` for this id."""


class SceneRenderer:
    """One per process. ``people``: a folder of folders, each with a ``live.jpg``."""

    def __init__(self, people: Path, seed: int = 0) -> None:
        self._people = people
        self._sway = _Sway(seed)
        self._noise = _noise_bank(seed)
        self._canvas: tuple[Scene, Image] | None = None

    def prepare(self, scene: Scene) -> None:
        """Draw the still part. Raises :class:`UnknownPersonError`."""
        if self._canvas is None or self._canvas[0] != scene:
            self._canvas = (scene, self._draw(scene))

    def render(self, scene: Scene, number: int) -> Image:
        """Frame ``number`` of the scene, HEIGHT x WIDTH x 3: moved, dimmed and with the sensor's noise on it."""
        self.prepare(scene)
        assert self._canvas is not None
        if isinstance(scene, ShowBlack):
            return self._add_noise(np.zeros((HEIGHT, WIDTH, 3), np.uint8), number)
        seconds = number / FPS
        matrix, gain = self._sway.at(seconds)
        if isinstance(scene, ShowDark):
            gain *= DARK_GAIN
        moved = cv2.warpAffine(self._canvas[1], matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        return self._add_noise(np.asarray(cv2.convertScaleAbs(moved, alpha=gain), dtype=np.uint8), number)

    def _draw(self, scene: Scene) -> Image:
        match scene:
            case ShowPerson(id=person) | ShowDark(id=person):
                return _stand([(self._portrait(person), WIDTH // 2, 1.0)])
            case ShowTwo(ids=(left, right)):
                places = (WIDTH * 3 // 10, WIDTH * 7 // 10)
                return _stand([(self._portrait(one), x, 0.95) for one, x in zip((left, right), places, strict=True)])
            case ShowQr(text=text, id=holder):
                people = [] if holder is None else [(self._portrait(holder), WIDTH // 2, 0.9)]
                canvas = _stand(people)
                _hold_card(canvas, text, CARD_TOP_BELOW_FACE if people else CARD_TOP)
                return canvas
            case ShowNobody() | ShowBlack():
                return _stand([])

    def _portrait(self, person: str) -> Image:
        image = cv2.imread(str(self._people / person / "live.jpg"), cv2.IMREAD_COLOR)
        if image is None:
            raise UnknownPersonError(person)
        return np.asarray(image, dtype=np.uint8)

    def _add_noise(self, image: Image, number: int) -> Image:
        shift = random.Random(number)
        x, y = shift.randrange(self._noise.shape[1] - WIDTH), shift.randrange(self._noise.shape[0] - HEIGHT)
        noise = self._noise[y : y + HEIGHT, x : x + WIDTH]
        return np.asarray(cv2.add(image, noise, dtype=cv2.CV_8U), dtype=np.uint8)


class _Sway:
    """How a standing person moves: a few slow sines with seeded phases."""

    def __init__(self, seed: int) -> None:
        source = random.Random(seed)
        self._phases = [source.uniform(0, 2 * math.pi) for _ in range(5)]

    def at(self, seconds: float) -> tuple[npt.NDArray[np.float64], float]:
        """The affine matrix (2 x 3) about the frame's middle, and the brightness."""

        def wave(index: int, period: float) -> float:
            return math.sin(2 * math.pi * seconds / period + self._phases[index])

        matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 1.5 * wave(2, 5.3), 1.0 + 0.02 * wave(3, 6.1))
        shift = np.array([12 * wave(0, 4.7), 6 * wave(1, 3.1)])
        turn_and_shift = np.asarray(matrix, dtype=np.float64)
        turn_and_shift[:, 2] += shift
        return turn_and_shift, 1.0 + 0.04 * wave(4, 2.3)


def _noise_bank(seed: int) -> npt.NDArray[np.int16]:
    """Noise larger than a frame; each frame adds another part of it. Fresh noise for each would cost 50 ms."""
    source = np.random.default_rng(seed)
    values = source.normal(0, SENSOR_NOISE, (HEIGHT + 128, WIDTH + 128, 3))
    return np.asarray(np.rint(values), dtype=np.int16)


def _stand(people: Sequence[tuple[Image, int, float]]) -> Image:
    """Portraits on the frame's lower edge, each with its middle's x and its scale, before one wall."""
    canvas = _wall([portrait for portrait, _, _ in people])
    for portrait, centre_x, scale in people:
        picture = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        height, width = min(picture.shape[0], HEIGHT), picture.shape[1]
        across, down = np.arange(width), np.arange(height)
        alpha_x = np.clip(np.minimum(across, across[::-1]) / FEATHER, 0, 1)
        alpha = (np.clip(down / FEATHER, 0, 1)[:, None] * alpha_x[None, :])[:, :, None]
        left = max(0, centre_x - width // 2)
        region = canvas[HEIGHT - height : HEIGHT, left : left + width]
        seen = slice(0, region.shape[1])
        blended = picture[:height, seen] * alpha[:, seen] + region * (1 - alpha[:, seen])
        region[:] = np.rint(blended).astype(np.uint8)
    return canvas


def _wall(portraits: Sequence[Image]) -> Image:
    """A wall in the mean colour of the portraits' own backgrounds, row by row, so no frame shows about them."""
    rows = np.full((HEIGHT, 1, 3), WALL, dtype=np.float64)
    if portraits:
        edges = [np.concatenate([item[:, :12], item[:, -12:]], axis=1).mean(axis=1) for item in portraits]
        rows = np.mean([np.asarray(cv2.resize(edge[:, None], (1, HEIGHT))) for edge in edges], axis=0)
        shoulders = HEIGHT * 55 // 100  # farther down the edges show clothes
        rows[shoulders:] = rows[shoulders - 40 : shoulders].mean(axis=0)
        rows = np.asarray(cv2.blur(rows, (1, 61)))
    return np.repeat(np.rint(rows).astype(np.uint8), WIDTH, axis=1)


def _hold_card(canvas: Image, text: str, top: int) -> None:
    """A card of ID-1 size with the QR where the citizen card has it: upper right."""
    import segno

    width, height = (round(side * CARD_PX_PER_MM) for side in CARD_MM)
    left = (WIDTH - width) // 2
    cv2.rectangle(canvas, (left, top), (left + width, top + height), (222, 236, 226), cv2.FILLED)
    cv2.rectangle(canvas, (left, top), (left + width, top + height), (150, 165, 155), 3)
    cv2.rectangle(canvas, (left + 40, top + 190), (left + 240, top + 460), (190, 200, 195), cv2.FILLED)
    for line in range(6):
        y = top + 270 + 38 * line
        cv2.line(canvas, (left + 280, y), (left + 780 - 60 * (line % 3), y), (120, 130, 125), 4)
    symbol = segno.make(text, error="m", micro=False, encoding="utf-8", eci=False)
    modules = np.array([list(row) for row in symbol.matrix_iter(border=4)], dtype=np.uint8)
    pixels = max(2, round(QR_MM * CARD_PX_PER_MM / modules.shape[0]))
    code = np.where(np.kron(modules, np.ones((pixels, pixels), np.uint8)) > 0, 20, 245).astype(np.uint8)
    x, y = left + width - code.shape[1] - 20, top + 20
    canvas[y : y + code.shape[0], x : x + code.shape[1]] = code[:, :, None]
