"""One session of presentation attack detection: what is asked when, which checks see which frames, and the verdict."""

import math
from collections.abc import Callable
from random import Random
from typing import Protocol

from face.pad.challenge import ChallengeAnalysis
from face.pad.conductor import Conductor, Phase, ScriptedConductor
from face.pad.continuity import ContinuityAnalysis
from face.pad.evidence import PadCheck, PadEvidence, PadResult, PadState, not_assessed
from face.pad.light import LightAnalysis
from face.pad.light_colours import LightColour
from face.pad.observation import Observation
from face.pad.plane import PlaneAnalysis
from face.pad.policy import Mode, PadPolicy
from face.pad.prompt import Prompt
from face.pad.script import ChallengeScript

Clock = Callable[[], float]


class PassiveCheck(Protocol):
    """A pack's classifier of single pictures, over the frames of one session."""

    def feed(self, observation: Observation) -> None: ...

    def result(self) -> PadResult: ...

    def close(self) -> None: ...


class PadSession:
    """Feed it every frame; show :attr:`prompt`; when :attr:`done`, :meth:`evidence`.

    The phases go on by themselves: position (until a good frame: one with an embedding) - straight (the colours of
    light; frames for the match) - the moves, each with a return to the front and a good frame of the same person.
    A face lost before the first move begins the straight phase anew; what the light said against it until then stays.
    Frames that come once it is done are watched for continuity: a match that rests on them must be of the same person.

    The session's time is that of the frames. ``clock`` (seconds, never back) only ends a session whose camera sends
    none. ``random`` chooses moves, colours and pauses: ``SystemRandom`` in production. ``script``: the prompts that
    were shown when a clip was recorded, instead of adaptive ones. ``reports_light``: whoever shows the prompts says
    when a colour is on the screen (:meth:`light_shown`); without, it counts as shown when it is asked for.
    """

    def __init__(
        self,
        policy: PadPolicy,
        clock: Clock,
        random: Random,
        *,
        script: ChallengeScript | None = None,
        passive: PassiveCheck | None = None,
        reports_light: bool = False,
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._opened = clock()
        required = len(script.moves) if script is not None else policy.moves
        self._challenge = ChallengeAnalysis(required, policy.move_limit_s)
        self._plane = PlaneAnalysis()
        self._continuity = ContinuityAnalysis(policy.noise_floor)
        self._reports_light = reports_light and script is None
        self._light = LightAnalysis(reported=self._reports_light)
        self._light_against: PadResult | None = None
        self._passive = passive
        self._conductor: Conductor | ScriptedConductor
        if script is None:
            self._conductor = Conductor(policy, random, self._challenge, reports_light=reports_light)
        else:
            self._conductor = ScriptedConductor(script, self._challenge)
        self._lit = False
        self._noted_at = -math.inf
        self.begun = 0
        """How often the straight phase began: more than once when the face was lost before the first move."""
        self._moving = False
        self._closed = False

    @property
    def prompt(self) -> Prompt:
        """What the person shall do and the screen shall show now."""
        return self._conductor.prompt

    @property
    def progress(self) -> float:
        """Part of the session that is behind, in [0, 1]; goes back only when the face was lost before the moves."""
        return self._conductor.progress

    @property
    def done(self) -> bool:
        """No more frames are needed: all phases are through, one ran out of time, or the verdict is certain."""
        if self._policy.is_off or self._conductor.done:
            return True
        if self._policy.continuity is Mode.REQUIRED and self._continuity.failed:
            return True
        return self._clock() - self._opened >= self._policy.session_limit_s

    def feed(self, observation: Observation) -> None:
        """A frame with one usable face. Raises ``ValueError`` once closed."""
        done = self._must_be_open()
        if self._policy.is_off:
            return
        now = observation.timestamp
        self._continuity.feed(observation)
        if done or self._continuity.resized:
            return
        self._conductor.tell(now)
        self._follow_prompt(now)
        self._challenge.feed(observation)
        before = self._conductor.phase
        good = observation.embedding is not None and self._is_same_person()
        self._conductor.feed(now, good=good)
        self._follow_phase(before)
        self._follow_prompt(now)
        self._light.feed(observation)
        if self._policy.plane is not Mode.OFF:
            self._plane.feed(observation, self._challenge.pose(observation), self.prompt.move)
        if self._passive is not None and self._policy.passive is not Mode.OFF:
            self._passive.feed(observation)

    def miss(self, timestamp: float) -> None:
        """A frame without a usable face: none, two, or one that was not measured. Raises ``ValueError`` once closed."""
        done = self._must_be_open()
        self._continuity.miss(timestamp)
        if not done:
            self._pass(timestamp)

    def lose(self, now: float) -> None:
        """The camera is away: there are no frames until ``now``, by the clock that stamps them. Raises ``ValueError``
        once closed."""
        done = self._must_be_open()
        self._continuity.lose(now)
        if not done:
            self._pass(now)

    def _pass(self, timestamp: float) -> None:
        before = self._conductor.phase
        self._conductor.miss(timestamp)
        self._follow_phase(before)
        self._follow_prompt(timestamp)

    def light_shown(self, colour: LightColour | None, at: float) -> None:
        """The screen has painted ``colour`` at ``at``, on the frames' clock; None: its usual picture.

        A report that nobody waits for is ignored. Raises ``ValueError`` once closed.
        """
        if self._must_be_open():
            return
        if self._light.note_shown(colour, at):
            self._conductor.light_shown(at)

    def evidence(self) -> PadEvidence:
        """What is known by now. Raises ``ValueError`` once closed."""
        if self._closed:
            raise ValueError("the session is closed")
        results = tuple(self._result(check) for check in PadCheck if self._policy.mode(check) is not Mode.OFF)
        return PadEvidence(self._policy.verdict(results), results, self._conductor.moves)

    def close(self) -> None:
        """Overwrite and forget everything that came from frames."""
        self._closed = True
        self._plane.close()
        self._continuity.close()
        self._light.close()
        if self._passive is not None:
            self._passive.close()

    def _must_be_open(self) -> bool:
        """Whether the phases are through."""
        if self._closed:
            raise ValueError("the session is closed")
        return self.done

    def _is_same_person(self) -> bool:
        return self._policy.continuity is Mode.OFF or self._continuity.same_person

    def _follow_phase(self, before: Phase) -> None:
        phase = self._conductor.phase
        if phase is before:
            return
        if phase is Phase.STRAIGHT:
            self.begun += 1
            self._continuity.begin_again()
        elif phase is Phase.POSITION:
            said = self._light.result()
            if said.state is PadState.FAILED:  # whoever holds up a picture must not get it wiped out by taking it away
                self._light_against = said
            self._light.close()
            self._light, self._lit = LightAnalysis(reported=self._reports_light), False

    def _follow_prompt(self, now: float) -> None:
        """What the screen is told, the light check is told; the first move is where the person must be seen again."""
        prompt = self._conductor.prompt
        if prompt.light is not None or self._lit:
            self._lit = True
            # A stream whose times go back is the continuity check's; here it must not end the process.
            self._noted_at = max(self._noted_at, min(now, self._conductor.prompt_at))
            self._light.note_colour(prompt.light, self._noted_at)
        if prompt.move is not None and not self._moving:
            self._moving = True
            self._continuity.expect_return()

    def _result(self, check: PadCheck) -> PadResult:
        match check:
            case PadCheck.CHALLENGE:
                return self._challenge.result()
            case PadCheck.PLANE:
                return self._plane.result()
            case PadCheck.LIGHT:
                return self._light_against or self._light.result()
            case PadCheck.CONTINUITY:
                return self._continuity.result()
            case PadCheck.PASSIVE:
                return self._passive.result() if self._passive is not None else not_assessed(check, "no_model")
