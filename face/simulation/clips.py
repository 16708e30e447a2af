"""Clips of simulated people and attacks, for PAD tests: in memory, or as folders on disk.

What the kiosk asked is drawn first and fixed; whoever is before the camera reacts to it (or cannot).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Final

from face.opencv import Image
from face.pad.script import ChallengeScript
from face.simulation.cast import Cast
from face.simulation.head import FRAME
from face.simulation.performer import Performer
from face.simulation.staging import Species, Staging
from face.simulation.surface import Size
from face.simulation.timeline import length_of, random_script

FPS: Final = (10.0, 15.0)  # what a kiosk on two cores works through
JITTER: Final = 0.15  # of the time between frames


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """``person``: whose face is shown to be matched. ``frames``: seconds since the first frame and H x W x 3, once."""

    species: Species
    seed: int
    person: str
    notes: str
    script: ChallengeScript
    fps: float
    frames: Iterator[tuple[float, Image]]


class ClipMaker:
    """One people folder, each portrait fitted once. One instance serves one thread."""

    def __init__(self, people: Path, frame: Size = FRAME) -> None:
        self.cast = Cast(people, frame)
        if len(self.cast.people) < 2:
            raise ValueError(f"{people} holds fewer than two portraits")

    def make(self, species: Species, seed: int) -> Clip:
        """The clip of this species and seed. Frames are rendered as they are taken."""
        source = Random(f"{species} {seed}")
        person, accomplice = source.sample(self.cast.people, 2)
        script = random_script(source)
        staged = Staging(self.cast).stage(species, person, source, accomplice)
        fps = source.uniform(*FPS)
        frames = _play(staged.performer, script, fps, source)
        return Clip(species, seed, staged.person, staged.notes, script, fps, frames)


def iterate_clip(species: Species | str, seed: int, people: Path) -> Clip:
    """One clip; the fitted portraits of the last folders are kept. Raises ``ValueError`` for an unknown species."""
    return _maker(people).make(Species(species), seed)


@lru_cache(maxsize=2)
def _maker(people: Path) -> ClipMaker:
    return ClipMaker(people)


def _play(performer: Performer, script: ChallengeScript, fps: float, source: Random) -> Iterator[tuple[float, Image]]:
    at, end = 0.0, length_of(script)
    while at < end:
        prompt = script.at(at)
        if prompt is not None:
            performer.tell(prompt.move, prompt.light, at)
        yield at, performer.frame(at)
        at += source.uniform(1 - JITTER, 1 + JITTER) / fps
