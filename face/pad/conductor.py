"""What is asked when: the phases of a session, adaptive before a person or as recorded with a clip."""

from enum import StrEnum
from random import Random

from face.pad.challenge import Asked, ChallengeAnalysis
from face.pad.light_colours import LightColour, random_sequence
from face.pad.moves import Move, another_move, random_moves
from face.pad.observation import Observation
from face.pad.policy import PadPolicy
from face.pad.prompt import Prompt
from face.pad.script import ChallengeScript, TimedPrompt

STRAIGHT_FRAMES = 3  # good ones before the first move: the front is measured on them
LOST_S = 0.7  # without a face; before the first move the straight phase then begins again
_STRAIGHT_MIN_S = 0.5  # when no light is shown


class Phase(StrEnum):
    POSITION = "position"
    STRAIGHT = "straight"
    MOVE = "move"
    RETURN = "return"
    DONE = "done"


class Conductor:
    """Asks one thing after the other and goes on when the challenge says that it was done."""

    def __init__(self, policy: PadPolicy, random: Random, challenge: ChallengeAnalysis) -> None:
        self._policy = policy
        self._random = random
        self._challenge = challenge
        self._waiting = list(random_moves(random, policy.moves)) if policy.asks_moves else []
        self._asked: list[Move] = []
        self._followed: list[Move] = []
        self._retries = policy.retries
        self._steps = len(self._waiting)
        self._colours: tuple[LightColour, ...] = ()
        self._since = 0.0  # when the phase began
        self._seen = 0.0  # the last face
        self._good = 0
        self.phase = Phase.POSITION
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

    def feed(self, observation: Observation) -> None:
        """After the challenge has seen the frame."""
        now = observation.timestamp
        self._seen = now
        good = observation.embedding is not None
        if self.phase is Phase.POSITION and good:
            self._enter(Phase.STRAIGHT, now)
            self._good = 0
            if self._policy.shows_light:
                self._colours = random_sequence(self._random, self._policy.light_steps)
        if self.phase is Phase.STRAIGHT:
            self._good += good
        if self.phase is Phase.RETURN and self._challenge.at_front and (self._waiting or good):
            self._next(now)
        self._time(now)

    def miss(self, timestamp: float) -> None:
        if self.phase is Phase.STRAIGHT and timestamp - self._seen > LOST_S:
            self._enter(Phase.POSITION, timestamp)
            self._colours = ()
        self._time(timestamp)

    def _time(self, now: float) -> None:
        if self.phase is Phase.STRAIGHT:
            self._straight(now)
        elif self.phase is Phase.MOVE:
            self._move(now)
        elif self.phase is Phase.RETURN and now - self._since > self._policy.return_limit_s:
            self._enter(Phase.DONE, now)
        light = self._colour(now)
        move = self._asked[-1] if self.phase is Phase.MOVE else None
        self.prompt = Prompt(move, light, len(self._followed), self._steps)

    def _straight(self, now: float) -> None:
        length = len(self._colours) * self._policy.light_step_s or _STRAIGHT_MIN_S
        if now - self._since >= length and self._good >= STRAIGHT_FRAMES and self._challenge.at_front:
            self._next(now)

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

    def _colour(self, now: float) -> LightColour | None:
        if self.phase is not Phase.STRAIGHT:
            return None
        step = int((now - self._since) / self._policy.light_step_s)
        return self._colours[step] if 0 <= step < len(self._colours) else None


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
        self.done = False

    @property
    def prompt(self) -> Prompt:
        current = self._current
        move, light = (current.move, current.light) if current is not None else (None, None)
        return Prompt(move, light, self._done_moves, len(self.moves))

    @property
    def progress(self) -> float:
        return min(1.0, self._elapsed / max(self._script.prompts[-1].at_s, 1e-6))

    def feed(self, observation: Observation) -> None:
        self._time(observation.timestamp)
        last = self._script.prompts[-1]
        ended = last.move is None and self._elapsed >= last.at_s
        if ended and self._challenge.at_front and observation.embedding is not None:
            self.done = True

    def miss(self, timestamp: float) -> None:
        self._time(timestamp)

    def _time(self, now: float) -> None:
        if self._start is None:
            self._start = now
        self._elapsed = now - self._start
        self._challenge.expire(now)
        before, self._current = self._current, self._script.at(self._elapsed)
        moved = before.move if before is not None else None
        move = self._current.move if self._current is not None else None
        if move is not moved and self._current is not None:
            self._done_moves += moved is not None
            self._challenge.ask(move, self._start + self._current.at_s)
