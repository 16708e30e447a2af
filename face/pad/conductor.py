"""What is asked when: the phases of a session, adaptive before a person or as recorded with a clip."""

import math
from enum import StrEnum
from random import Random

from face.pad.challenge import Asked, ChallengeAnalysis
from face.pad.face_track import LOST_MAX_S
from face.pad.light_colours import LightColour, random_sequence
from face.pad.moves import Move, another_move, random_moves
from face.pad.policy import PadPolicy
from face.pad.prompt import Prompt
from face.pad.script import ChallengeScript, TimedPrompt

STRAIGHT_FRAMES = 3  # good ones before the first move: the front is measured on them
_UNSEEN_MAX_S = 1.0
"""So long may frames that are not fit for matching follow each other under the light. It would be another one's light:
whoever shuts the eyes is known to nobody. Longer than a blink, and four of the frames that are compared."""
_STRAIGHT_MIN_S = 0.5  # when no light is shown
SCREEN_PATIENCE_S = 1.5
"""A screen that has not painted a colour by then is too slow for the light check: no more of them are shown."""
_LIGHT_FRAMES = 3  # with a face on them that a colour waits for on a slow camera; the check needs two
_LIGHT_MAX_S = 1.5  # so long at most
_PAUSE_S = (0.2, 0.6)  # at the front before the next prompt: its moment must not be foreseen either


class Phase(StrEnum):
    POSITION = "position"
    STRAIGHT = "straight"
    MOVE = "move"
    RETURN = "return"
    DONE = "done"


class Conductor:
    """Asks one thing after the other and goes on when the challenge says that it was done.

    ``reports_light``: a colour's time begins with :meth:`light_shown`, not when it is asked for.
    """

    def __init__(
        self, policy: PadPolicy, random: Random, challenge: ChallengeAnalysis, *, reports_light: bool = False
    ) -> None:
        self._reports_light = reports_light
        self._policy = policy
        self._random = random
        self._challenge = challenge
        self._waiting = list(random_moves(random, policy.moves)) if policy.asks_moves else []
        self._asked: list[Move] = []
        self._followed: list[Move] = []
        self._retries = policy.retries
        self._steps = len(self._waiting)
        self._colours: list[LightColour] = []  # those to come
        self._colour: LightColour | None = None
        self._colour_asked = -math.inf  # when it, or the usual picture after it, was asked for
        self._colour_since: float | None = None  # when it came on the screen; None: not yet
        self._colour_frames = 0
        self._since = 0.0  # when the phase began
        self._seen = 0.0  # the last face
        self._good = 0
        self._good_at = 0.0  # the last good one
        self._pause = 0.0
        self._front_since: float | None = None
        self.phase = Phase.POSITION
        self.prompt_at = 0.0  # since when the prompt is as it is
        self.prompt = Prompt(None, None, 0, self._steps)

    @property
    def moves(self) -> tuple[Move, ...]:
        return tuple(self._asked)

    @property
    def done(self) -> bool:
        return self.phase is Phase.DONE

    @property
    def progress(self) -> float:
        if self.done:
            return 1.0
        if self.phase in (Phase.POSITION, Phase.STRAIGHT):
            return 0.1 if self.phase is Phase.STRAIGHT else 0.0
        return 0.3 + 0.6 * len(self._followed) / max(1, self._steps)

    def tell(self, now: float) -> None:
        """Before the checks see the frame of this time: nothing here, prompts follow what was seen."""

    def feed(self, now: float, *, good: bool) -> None:
        """A face at this time, after the challenge has seen it. ``good``: fit for matching, and the same person."""
        self._lose(now)
        self._seen = now
        if self.phase is Phase.POSITION and good:
            self._enter(Phase.STRAIGHT, now)
            self._good = 0
            if self._policy.shows_light:
                self._colours = list(random_sequence(self._random, self._policy.light_steps))
        self._good += good
        if good:
            self._good_at = now
        self._colour_frames += self._colour_since is not None and now >= self._colour_since
        rests = self._challenge.at_front or not self._policy.asks_moves
        self._front_since = (self._front_since if self._front_since is not None else now) if rests else None
        if self.phase is Phase.RETURN and self._rested(now) and good:  # after every move: it was this person's
            self._next(now)
        self._time(now)

    def miss(self, now: float) -> None:
        """A time without a usable face."""
        self._front_since = None
        self._lose(now)
        self._time(now)

    def light_shown(self, at: float) -> None:
        """The colour that was asked for last is on the screen since ``at``."""
        if self._colour is not None and self._colour_since is None:
            self._colour_since = at

    def _lose(self, now: float) -> None:
        """Whoever leaves before the first move, or cannot be recognised, may come back and begin again."""
        lost = now - self._seen > LOST_MAX_S or now - self._good_at > _UNSEEN_MAX_S
        if self.phase is Phase.STRAIGHT and lost:
            self._enter(Phase.POSITION, now)
            self._colours = []

    def _rested(self, now: float) -> bool:
        pause = self._pause if self._waiting else 0.0
        return self._front_since is not None and now - self._front_since >= pause

    def _time(self, now: float) -> None:
        self._light(now)
        if self.phase is Phase.STRAIGHT:
            lit = self._colour is None and not self._colours and now - self._since >= _STRAIGHT_MIN_S
            if lit and self._good >= STRAIGHT_FRAMES and self._rested(now):
                self._next(now)
        elif self.phase is Phase.MOVE:
            self._move(now)
        elif self.phase is Phase.RETURN and now - self._since > self._policy.return_limit_s:
            self._enter(Phase.DONE, now)
        move = self._asked[-1] if self.phase is Phase.MOVE else None
        prompt = Prompt(move, self._colour, len(self._followed), self._steps)
        if prompt != self.prompt:
            self.prompt, self.prompt_at = prompt, now

    def _light(self, now: float) -> None:
        """Each colour for its whole time, however late the frames come: never more than two changes a second."""
        if self.phase is not Phase.STRAIGHT:
            if self._colour is not None:
                self._ask_colour(None, now)
        elif self._colour is None:
            if self._colours and now - self._colour_asked >= self._policy.light_step_s:
                self._ask_colour(self._colours.pop(0), now)
        elif self._colour_since is None:
            if now - self._colour_asked >= SCREEN_PATIENCE_S:
                self._colours = []
                self._ask_colour(None, now)
        elif self._is_enough(now - self._colour_since):
            self._ask_colour(self._colours.pop(0) if self._colours else None, now)

    def _is_enough(self, seconds: float) -> bool:
        """Of a colour that has been on the screen for so long."""
        if seconds < self._policy.light_step_s:
            return False
        return self._colour_frames >= _LIGHT_FRAMES or seconds >= max(_LIGHT_MAX_S, self._policy.light_step_s)

    def _ask_colour(self, colour: LightColour | None, now: float) -> None:
        self._colour, self._colour_asked = colour, now
        self._colour_since = None if self._reports_light else now
        self._colour_frames = 0

    def _move(self, now: float) -> None:
        self._challenge.expire(now)
        if self._challenge.failed:
            self._enter(Phase.DONE, now)
            return
        if self._challenge.asked is Asked.FOLLOWED:
            self._followed.append(self._asked[-1])
        elif self._challenge.asked is not Asked.LATE:
            return
        elif self._retries > 0:
            self._retries -= 1
            turn = not any(move.is_turn for move in (*self._followed, *self._waiting))
            self._waiting.insert(0, another_move(self._random, self._asked[-1], turn=turn))
        else:
            self._enter(Phase.DONE, now)
            return
        self._enter(Phase.RETURN, now)
        self._challenge.ask(None, now)

    def _next(self, now: float) -> None:
        if not self._waiting:
            self._enter(Phase.DONE, now)
            return
        move = self._waiting.pop(0)
        self._asked.append(move)
        self._enter(Phase.MOVE, now)
        self._challenge.ask(move, now)

    def _enter(self, phase: Phase, now: float) -> None:
        self.phase, self._since = phase, now
        self._pause = self._random.uniform(*_PAUSE_S)
        self._front_since = None


class ScriptedConductor:
    """Repeats what was asked when the clip was recorded."""

    def __init__(self, script: ChallengeScript, challenge: ChallengeAnalysis) -> None:
        self._script = script
        self._challenge = challenge
        self._start: float | None = None
        self._elapsed = 0.0
        self._current: TimedPrompt | None = None
        self._done_moves = 0
        self.moves = script.moves
        self.phase = Phase.STRAIGHT
        self.prompt_at = 0.0
        self.done = False

    @property
    def prompt(self) -> Prompt:
        current = self._current
        move, light = (current.move, current.light) if current is not None else (None, None)
        return Prompt(move, light, self._done_moves, len(self.moves))

    @property
    def progress(self) -> float:
        return min(1.0, self._elapsed / max(self._script.prompts[-1].at_s, 1e-6))

    def feed(self, now: float, *, good: bool) -> None:
        """A face at this time, after the challenge has seen it."""
        last = self._script.prompts[-1]
        ended = last.move is None and self._elapsed >= last.at_s
        self.done = self.done or (ended and self._challenge.at_front and good)

    def light_shown(self, at: float) -> None:
        """A clip's colours have the times of its script."""

    def miss(self, now: float) -> None:
        self.tell(now)

    def tell(self, now: float) -> None:
        """Before the checks see the frame of this time: what was asked by then."""
        if self._start is None:
            self._start = now
        self._elapsed = now - self._start
        self._challenge.expire(now)
        before, self._current = self._current, self._script.at(self._elapsed)
        self.prompt_at = self._start + self._current.at_s if self._current is not None else now
        self.phase = Phase.MOVE if self._current is not None and self._current.move is not None else self.phase
        moved = before.move if before is not None else None
        move = self._current.move if self._current is not None else None
        if move is not moved and self._current is not None:
            self._done_moves += moved is not None
            self._challenge.ask(move, self.prompt_at)
