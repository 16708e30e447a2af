"""One session of presentation attack detection: what is asked when, which checks see which frames, and the verdict."""

from collections.abc import Callable
from random import Random

from face.pad.challenge import ChallengeAnalysis
from face.pad.conductor import Conductor, ScriptedConductor
from face.pad.evidence import PadCheck, PadEvidence, PadResult, not_assessed
from face.pad.observation import Observation
from face.pad.policy import Mode, PadPolicy
from face.pad.prompt import Prompt
from face.pad.script import ChallengeScript

Clock = Callable[[], float]


class PadSession:
    """Feed it every frame; show :attr:`prompt`; stop when :attr:`done`; then :meth:`evidence`.

    The session's time is that of the frames. ``clock`` (seconds, never back) only ends a session whose camera sends
    none. ``random`` chooses the moves and colours: ``SystemRandom`` in production. ``script``: the prompts that were
    shown when a clip was recorded, instead of adaptive ones.

    The phases go on by themselves: position (until a good straight frame) - straight (colours of light; frames for the
    match) - moves, each with a return to the front - front (one more good frame of the same track).
    """

    def __init__(
        self, policy: PadPolicy, clock: Clock, random: Random, *, script: ChallengeScript | None = None
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._opened = clock()
        required = len(script.moves) if script is not None else policy.moves
        self._challenge = ChallengeAnalysis(required, policy.move_limit_s)
        self._conductor: Conductor | ScriptedConductor
        if script is None:
            self._conductor = Conductor(policy, random, self._challenge)
        else:
            self._conductor = ScriptedConductor(script, self._challenge)
        self._closed = False

    @property
    def prompt(self) -> Prompt:
        """What the person shall do and the screen shall show now."""
        return self._conductor.prompt

    @property
    def progress(self) -> float:
        """Part of the session that is behind, in [0, 1]; never goes back but when the face was lost early."""
        return self._conductor.progress

    @property
    def done(self) -> bool:
        """No more frames are needed: all phases are through, one ran out of time, or the policy is off."""
        if self._policy.is_off or self._conductor.done:
            return True
        return self._clock() - self._opened >= self._policy.session_limit_s

    def feed(self, observation: Observation) -> None:
        """A frame with one usable face. Raises ``ValueError`` once closed."""
        if self._closed:
            raise ValueError("the session is closed")
        if self.done:
            return
        self._challenge.feed(observation)
        self._conductor.feed(observation)

    def miss(self, timestamp: float) -> None:
        """A frame without a usable face: none, two, or one that was not measured. Raises ``ValueError`` once closed."""
        if self._closed:
            raise ValueError("the session is closed")
        if not self.done:
            self._conductor.miss(timestamp)

    def evidence(self) -> PadEvidence:
        """What is known by now; final once :attr:`done`."""
        results = tuple(self._result(check) for check in PadCheck if self._policy.mode(check) is not Mode.OFF)
        return PadEvidence(self._policy.verdict(results), results, self._conductor.moves)

    def close(self) -> None:
        """Overwrite and forget everything that came from frames."""
        self._closed = True

    def _result(self, check: PadCheck) -> PadResult:
        if check is PadCheck.CHALLENGE:
            return self._challenge.result()
        return not_assessed(check, "no_frames")
