"""Watching for one move from its prompt on: followed, another one first, or begun before the prompt could be read."""

from dataclasses import dataclass
from enum import StrEnum

from face.pad.head_pose import Pose
from face.pad.moves import Move


class Seen(StrEnum):
    FOLLOWED = "followed"
    WRONG = "wrong"
    BEFORE = "before"


@dataclass(frozen=True, slots=True)
class MoveLimits:
    """Angles in degrees, relative to the person's own front."""

    # Small angles suffice: stiff necks turn 12 degrees, and mesh angles of still heads vary by about 2.
    turn: float = 12.0
    up: float = 7.0  # the mesh sees about six tenths of a nod: heads that nod 11 degrees come out as 7
    # Within this of the front the head is back.
    front: float = 6.0
    # At this many times its angle it is clearly another move than the one asked for, not a crooked one.
    wrong_part: float = 1.25
    # Nobody reads a prompt and moves sooner; a camera and a screen add a tenth of a second more.
    reaction_min_s: float = 0.15
    # Parts of the person's own eye openness, and how long lids may stay down; old people's do for more than 0.4 s.
    closed_part: float = 0.62
    opened_part: float = 0.80
    closed_max_s: float = 1.5
    # Growth of the eye distance, and from where on the person is on the way.
    closer: float = 1.18
    closer_begun: float = 1.06
    # Above this gap between frames one reading must do, below it two in a row.
    slow_frame_s: float = 0.2


class MoveWatch:
    """``asked_at``: when the prompt appeared, on the frames' clock. ``resting``: the head was at the front then."""

    def __init__(self, move: Move, asked_at: float, limits: MoveLimits, *, resting: bool) -> None:
        self._move = move
        self._earliest = asked_at + limits.reaction_min_s
        self._limits = limits
        self._left: float | None = None if resting else asked_at  # since when it has been away from the front
        self._judged = False  # what the head did since it left the front has been said
        self._run = 0
        self._wrong_run = 0
        self._closed_at: float | None = None
        self._opened = False
        self._closed_part = 1.0
        self._peak = 0.0

    @property
    def clearness(self) -> float:
        """In [0.5, 1]: just reached, to half as far again (or: eyes shut altogether)."""
        if self._move is Move.BLINK:
            beyond = (self._limits.closed_part - self._closed_part) / (self._limits.closed_part / 2)
        else:
            beyond = (self._peak - 1.0) / 0.5
        return 0.5 + 0.5 * min(1.0, max(0.0, beyond))

    def feed(self, pose: Pose, *, slow: bool) -> Seen | None:
        """``slow``: the frame came long after the one before it. Each excursion from the front is judged once."""
        self._leave(pose)
        needed = 1 if slow else 2
        done = self._extent(pose)
        other = self._other(pose)
        self._run = self._run + 1 if done >= 1.0 else 0
        self._wrong_run = self._wrong_run + 1 if other >= self._limits.wrong_part and other > done else 0
        if self._judged:
            return None
        if self._wrong_run >= needed:
            self._judged = True
            return Seen.WRONG
        if self._move is Move.BLINK:
            return Seen.FOLLOWED if self._blinked(pose) else None
        self._peak = max(self._peak, done)
        if self._run < needed:
            return None
        if self._left is not None and self._left < self._earliest:
            self._judged = True
            return Seen.BEFORE
        return Seen.FOLLOWED

    def follow(self, pose: Pose) -> None:
        """After it was followed: how far it goes on."""
        self._peak = max(self._peak, self._extent(pose))

    def _leave(self, pose: Pose) -> None:
        away = max(abs(pose.yaw), abs(pose.pitch)) > self._limits.front
        if self._move is Move.COME_CLOSER:
            away = away or pose.closer > self._limits.closer_begun
        if not away:
            self._left, self._judged, self._peak = None, False, 0.0
        elif self._left is None:
            self._left = pose.timestamp

    def _extent(self, pose: Pose) -> float:
        """How much of the move is there; 1 is enough."""
        limits = self._limits
        match self._move:
            case Move.TURN_LEFT:
                return pose.yaw / limits.turn
            case Move.TURN_RIGHT:
                return -pose.yaw / limits.turn
            case Move.LOOK_UP:
                return pose.pitch / limits.up
            case Move.COME_CLOSER:
                straight = max(abs(pose.yaw), abs(pose.pitch)) <= limits.turn
                return (pose.closer - 1.0) / (limits.closer - 1.0) if straight else 0.0
            case Move.BLINK:
                return 0.0

    def _other(self, pose: Pose) -> float:
        """The farthest of the turns that were not asked for."""
        left, up = pose.yaw / self._limits.turn, pose.pitch / self._limits.up
        match self._move:
            case Move.TURN_LEFT:
                return max(-left, up)
            case Move.TURN_RIGHT:
                return max(left, up)
            case Move.LOOK_UP:
                return abs(left)
            case Move.COME_CLOSER | Move.BLINK:
                return max(abs(left), up)

    def _blinked(self, pose: Pose) -> bool:
        """Open, shut, open again, all after the prompt; on a turned head lids cannot be measured."""
        if pose.timestamp < self._earliest or max(abs(pose.yaw), abs(pose.pitch)) > self._limits.turn:
            self._closed_at = None
            return False
        if pose.openness >= self._limits.opened_part:
            shut, self._closed_at, self._opened = self._closed_at, None, True
            return shut is not None and pose.timestamp - shut <= self._limits.closed_max_s
        if pose.openness <= self._limits.closed_part and self._opened:
            self._closed_at = pose.timestamp if self._closed_at is None else self._closed_at
            self._closed_part = min(self._closed_part, pose.openness)
        return False
