"""How people stand before a kiosk: they sway, blink, read a prompt, and follow it when they have read it."""

import math
from dataclasses import dataclass, replace
from random import Random
from typing import Final, Self

from face.pad.moves import Move
from face.simulation.pose import Pose3d

_SWAY_PERIODS: Final = (4.7, 3.1, 5.3, 6.1, 3.7, 4.1)  # seconds: x, y, roll, scale, yaw, pitch
_STILL: Final = Pose3d()


@dataclass(frozen=True, slots=True)
class Traits:
    """One person's ways. Times in seconds, angles in degrees; ranges in :meth:`random`."""

    reaction_s: float = 0.45  # from the prompt on the screen to the first movement
    duration_s: float = 0.5  # of one move
    yaw: float = 20.0
    pitch: float = 12.0
    closer: float = 1.3
    lids_s: float = 0.35  # a blink on request is slower than an unthinking one
    blink_every_s: float = 4.0
    sway: float = 1.0
    follows: bool = True
    blinks: bool = True

    @classmethod
    def random(cls, source: Random) -> Self:
        """Reaction times of healthy adults to a written instruction are 0.4 to 0.7 s, of old people up to about 1 s."""
        return cls(
            reaction_s=source.uniform(0.35, 0.8),
            duration_s=source.uniform(0.35, 0.65),
            yaw=source.uniform(16.0, 24.0),
            pitch=source.uniform(11.0, 16.0),
            closer=source.uniform(1.24, 1.36),
            lids_s=source.uniform(0.3, 0.55),
            blink_every_s=source.uniform(2.5, 6.0),
            sway=source.uniform(0.5, 1.4),
        )


@dataclass(frozen=True, slots=True)
class _Passage:
    """A movement from one pose to another with the least jerk (Flash and Hogan 1985)."""

    begun: float
    duration: float
    start: Pose3d
    end: Pose3d

    def at(self, seconds: float) -> Pose3d:
        part = min(1.0, max(0.0, (seconds - self.begun) / self.duration))
        done = part**3 * (10 - 15 * part + 6 * part**2)
        return Pose3d(
            yaw=_between(self.start.yaw, self.end.yaw, done),
            pitch=_between(self.start.pitch, self.end.pitch, done),
            roll=_between(self.start.roll, self.end.roll, done),
            scale=_between(self.start.scale, self.end.scale, done),
            shift=(
                _between(self.start.shift[0], self.end.shift[0], done),
                _between(self.start.shift[1], self.end.shift[1], done),
            ),
        )


class Behaviour:
    """Told what the screen asks, says how the head is held. Times must not go back.

    ``eye_distance``: pixels, what sway is measured in.
    """

    def __init__(self, traits: Traits, eye_distance: float, seed: int) -> None:
        self._traits = traits
        self._eyes = eye_distance
        self._source = Random(seed)
        self._phases = [self._source.uniform(0, 2 * math.pi) for _ in _SWAY_PERIODS]
        self._passage = _Passage(0.0, 1.0, _STILL, _STILL)
        self._asked: Move | None = None
        self._pending: list[tuple[float, Move | None]] = []
        self._blinks: list[tuple[float, float]] = []  # begin and duration
        self._next_blink = self._source.uniform(0.3, 1.0) * traits.blink_every_s

    def tell(self, move: Move | None, at: float) -> None:
        """The screen asks for ``move`` from ``at`` on; None: look straight."""
        if move is self._asked or not self._traits.follows:
            return
        self._asked = move
        reaction = self._traits.reaction_s * self._source.uniform(0.85, 1.25)
        self._pending.append((at + reaction, move))

    def at(self, seconds: float) -> tuple[Pose3d, float]:
        """The pose, and how far the lids are down, 0 to 1."""
        while self._pending and self._pending[0][0] <= seconds:
            begun, move = self._pending.pop(0)
            self._begin(begun, move)
        if self._asked is Move.BLINK and not self._pending and self._blinks and self._traits.blinks:
            begun, duration = self._blinks[-1]
            if seconds > begun + duration + 0.5:  # asked still: once more
                self._blinks.append((seconds, self._traits.lids_s))
        while seconds >= self._next_blink:
            if self._asked is not Move.BLINK:
                self._blinks.append((self._next_blink, self._source.uniform(0.15, 0.3)))
            self._next_blink += self._source.uniform(0.6, 1.4) * self._traits.blink_every_s
        self._blinks = [blink for blink in self._blinks if seconds < blink[0] + blink[1] + 1.0]
        lids = max((_lids((seconds - begun) / duration) for begun, duration in self._blinks), default=0.0)
        return self._sway(self._passage.at(seconds), seconds), lids if self._traits.blinks else 0.0

    def _begin(self, begun: float, move: Move | None) -> None:
        duration = self._traits.duration_s * self._source.uniform(0.85, 1.2)
        self._passage = _Passage(begun, duration, self._passage.at(begun), self._target(move))
        if move is Move.BLINK:
            self._blinks.append((begun, self._traits.lids_s))

    def _target(self, move: Move | None) -> Pose3d:
        """Nobody turns about one axis alone."""
        traits, source = self._traits, self._source
        amount = source.uniform(0.9, 1.1)
        turned = Pose3d(pitch=source.uniform(-3, 3), roll=source.uniform(-3, 3))
        match move:
            case Move.TURN_LEFT:
                return replace(turned, yaw=traits.yaw * amount)
            case Move.TURN_RIGHT:
                return replace(turned, yaw=-traits.yaw * amount)
            case Move.LOOK_UP:
                return Pose3d(yaw=source.uniform(-3, 3), pitch=traits.pitch * amount)
            case Move.COME_CLOSER:
                return Pose3d(pitch=source.uniform(-2, 2), scale=1 + (traits.closer - 1) * amount)
            case Move.BLINK | None:
                return Pose3d(yaw=source.uniform(-1.5, 1.5), pitch=source.uniform(-1.5, 1.5))

    def _sway(self, pose: Pose3d, seconds: float) -> Pose3d:
        x, y, roll, scale, yaw, pitch = (
            self._traits.sway * math.sin(2 * math.pi * seconds / period + phase)
            for period, phase in zip(_SWAY_PERIODS, self._phases, strict=True)
        )
        return Pose3d(
            yaw=pose.yaw + 0.8 * yaw,
            pitch=pose.pitch + 0.6 * pitch,
            roll=pose.roll + 0.8 * roll,
            scale=pose.scale * (1 + 0.01 * scale),
            shift=(pose.shift[0] + 0.06 * self._eyes * x, pose.shift[1] + 0.03 * self._eyes * y),
        )


def _lids(part: float) -> float:
    """Down in a third of the time, shut for a quarter, up more slowly."""
    if not 0 <= part <= 1:
        return 0.0
    return min(1.0, part / 0.3, (1 - part) / 0.4)


def _between(start: float, end: float, part: float) -> float:
    return start + (end - start) * part
