"""The active challenge: moves asked at random, each to be followed in order and in time.

Everything is measured against how this person looked straight at the screen just before: noses are crooked, cameras
hang high, lids are heavy. What speaks against a living person who reads the prompts: the other way first, a move that
had begun before its prompt could be read, a move that nobody asked for. One of these happens to people (left and right
are mixed up easily) and only costs score; two are a recording that plays its own moves.
"""

import math
from collections import deque
from enum import StrEnum

import numpy as np

from face.pad.evidence import PadCheck, PadResult, PadState, not_assessed
from face.pad.head_pose import Front, Pose, Reading, read_pose
from face.pad.move_watch import MoveLimits, MoveWatch, Seen
from face.pad.moves import Move
from face.pad.observation import Observation


class Asked(StrEnum):
    """Where the move that is asked for stands."""

    NOTHING = "nothing"
    WAITING = "waiting"
    FOLLOWED = "followed"
    LATE = "late"


class Strike(StrEnum):
    """What a living person who reads the prompts does not do."""

    WRONG_MOVE = "wrong_move"
    MOVED_BEFORE_PROMPT = "moved_before_prompt"
    MOVED_WITHOUT_PROMPT = "moved_without_prompt"


# People look round at a voice: a glance nobody asked for weighs half.
_WEIGHT = {Strike.WRONG_MOVE: 1.0, Strike.MOVED_BEFORE_PROMPT: 1.0, Strike.MOVED_WITHOUT_PROMPT: 0.5}
_STRIKES_MAX = 2.0
_SCORE_PER_STRIKE = 0.7
_FRONT_FRAMES = 3  # before a deviation from the front means anything


class ChallengeAnalysis:
    """Follows the head from prompt to prompt. ``required``: how many moves must be followed.

    One instance serves one session; only numbers are kept of a frame.
    """

    def __init__(self, required: int, move_limit_s: float, limits: MoveLimits | None = None) -> None:
        self._required = required
        self._limit_s = move_limit_s
        self._limits = limits or MoveLimits()
        self._front = Front()
        self._asked_at = 0.0
        self._asked_any = False
        self._watch: MoveWatch | None = None
        self._timely: list[float] = []
        self._clear: list[float] = []
        self._strikes: list[Strike] = []
        self._still: deque[Reading] = deque(maxlen=3)  # the last readings at the front, in a row
        self._settled = False  # at the front since the last move: from here a move counts as one
        self._unasked = 0  # readings in a row of a turn that nobody asked for
        self._slow = False
        self._last = -math.inf
        self.asked = Asked.NOTHING

    @property
    def at_front(self) -> bool:
        """The head rests at the front: for two frames, or for one of a slow camera."""
        return len(self._still) >= (1 if self._slow else 2)

    @property
    def failed(self) -> bool:
        """Enough was seen that no later frame can mend."""
        return sum(_WEIGHT[strike] for strike in self._strikes) >= _STRIKES_MAX

    def pose(self, observation: Observation) -> Pose | None:
        """Where the head is against its front; None before one is known."""
        return self._front.relative(read_pose(observation))

    def ask(self, move: Move | None, at: float) -> None:
        """The prompt changes to ``move`` at this time (the frames' clock); None: look straight."""
        self.expire(at)
        if self.asked is Asked.WAITING:  # the next prompt ends the time of the last one
            self.asked = Asked.LATE
        self._watch = None
        if move is None:
            return
        self._front.recentre(tuple(self._still), self._limits.front)
        self._asked_at, self._asked_any, self.asked = at, True, Asked.WAITING
        self._watch = MoveWatch(move, at, self._limits, resting=bool(self._still))

    def feed(self, observation: Observation) -> None:
        reading = read_pose(observation)
        now = reading.timestamp
        self._slow, self._last = now - self._last > self._limits.slow_frame_s, now
        self.expire(now)
        if not self._asked_any:
            self._front.learn(reading)
        pose = self._front.relative(reading)
        if pose is None:
            return
        if max(abs(pose.yaw), abs(pose.pitch)) <= self._limits.front:
            self._still.append(reading)
        else:
            self._still.clear()
        if self._watch is not None and self.asked is Asked.WAITING:
            self._judge(self._watch, pose)
        elif self._watch is not None and self.asked is Asked.FOLLOWED:
            self._watch.follow(pose)
            self._clear[-1] = self._watch.clearness
        else:
            self._look_for_unasked(pose)

    def expire(self, now: float) -> None:
        """Time passes, with or without frames."""
        if self.asked is Asked.WAITING and now - self._asked_at > self._limit_s:
            self.asked = Asked.LATE

    def result(self) -> PadResult:
        """Reasons: ``followed``, ``followed_after_<strike>``; the strike that failed it; ``no_moves_asked``,
        ``not_followed_in_time``, ``not_finished``."""
        if not self._asked_any:
            return not_assessed(PadCheck.CHALLENGE, "no_moves_asked")
        if self.failed:
            worst = max(Strike, key=lambda strike: _WEIGHT[strike] * self._strikes.count(strike))
            return PadResult(PadCheck.CHALLENGE, PadState.FAILED, 0.0, worst.value)
        if len(self._timely) < self._required:
            late = self.asked is Asked.LATE
            return not_assessed(PadCheck.CHALLENGE, "not_followed_in_time" if late else "not_finished")
        each = [timely * clear for timely, clear in zip(self._timely, self._clear, strict=True)]
        score = float(np.mean(each)) * _SCORE_PER_STRIKE ** len(self._strikes)
        reason = f"followed_after_{self._strikes[0].value}" if self._strikes else "followed"
        return PadResult(PadCheck.CHALLENGE, PadState.SUCCESSFUL, score, reason)

    def _judge(self, watch: MoveWatch, pose: Pose) -> None:
        self._settled = False
        match watch.feed(pose, slow=self._slow):
            case Seen.FOLLOWED:
                self.asked = Asked.FOLLOWED
                self._timely.append(1.0 - 0.5 * min(1.0, (pose.timestamp - self._asked_at) / self._limit_s))
                self._clear.append(watch.clearness)
            case Seen.WRONG:
                self._strikes.append(Strike.WRONG_MOVE)
            case Seen.BEFORE:
                self._strikes.append(Strike.MOVED_BEFORE_PROMPT)
            case None:
                pass

    def _look_for_unasked(self, pose: Pose) -> None:
        if self.at_front and self._front.frames >= _FRONT_FRAMES:
            self._settled = True
            self._unasked = 0
        elif self._settled and pose.turned(self._limits.turn, self._limits.up) >= self._limits.wrong_part:
            self._unasked += 1
            if self._unasked >= (1 if self._slow else 2):
                self._settled, self._unasked = False, 0
                self._strikes.append(Strike.MOVED_WITHOUT_PROMPT)
