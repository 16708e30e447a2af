"""Injection: a virtual camera plays a file where the kiosk expects its own. And the cut from one source to another."""

from collections.abc import Sequence
from random import Random
from typing import Final

import numpy as np

from face.opencv import Image, cv2
from face.pad.light_colours import LightColour
from face.pad.moves import Move
from face.simulation.performer import Performer


class VirtualCamera:
    """Frames that were recorded before, again and again; knows neither prompt nor light."""

    def __init__(self, recorded: Sequence[Image], fps: float) -> None:
        """``fps``: of the file. A camera that is read more often gets the same picture again."""
        self._recorded = tuple(recorded)
        self._fps = fps
        self._begun: float | None = None

    def tell(self, move: Move | None, light: LightColour | None, at: float) -> None:
        pass

    def frame(self, at: float) -> Image:
        self._begun = at if self._begun is None else self._begun
        number = int((at - self._begun) * self._fps + 1e-6) % len(self._recorded)
        return self._recorded[number].copy()


def encoded_again(frames: Sequence[Image], quality: int) -> list[Image]:
    """As a messenger or a video portal leaves them."""
    result = []
    for frame in frames:
        _, data = cv2.imencode(".jpg", frame, (cv2.IMWRITE_JPEG_QUALITY, quality))
        decoded = cv2.imdecode(np.asarray(data, dtype=np.uint8), cv2.IMREAD_COLOR)
        result.append(np.asarray(decoded, dtype=np.uint8))
    return result


_DARK: Final = 6.0  # grey value before a covered lens


class CutIn:
    """Two performers, one after the other: whom the chip names, and an accomplice who follows the prompts."""

    def __init__(
        self, first: Performer, second: Performer, source: Random, *, after_moves: int, gap_s: float = 0.0
    ) -> None:
        """The cut comes once ``after_moves`` moves were asked for and are over; 0: as soon as the first one is asked.
        ``gap_s``: how long the lens is covered meanwhile."""
        self._performers = (first, second)
        self._after = after_moves
        self._delay = source.uniform(0.0, 0.25) if after_moves == 0 else source.uniform(0.3, 0.9)
        self._gap = gap_s
        self._move: Move | None = None
        self._over = 0
        self._cut_at: float | None = None

    def tell(self, move: Move | None, light: LightColour | None, at: float) -> None:
        for performer in self._performers:
            performer.tell(move, light, at)
        if self._move is not None and move is not self._move:
            self._over += 1
        self._move = move
        due = move is not None if self._after == 0 else self._over >= self._after
        if self._cut_at is None and due:
            self._cut_at = at + self._delay

    def frame(self, at: float) -> Image:
        first, second = self._performers
        if self._cut_at is None or at < self._cut_at:
            return first.frame(at)
        seen = second.frame(at)
        if at < self._cut_at + self._gap:
            return np.asarray(seen.astype(np.float32) * 0.01 + _DARK, dtype=np.uint8)
        return seen
