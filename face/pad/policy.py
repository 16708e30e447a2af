"""Which checks are made and which count: the policy, and the verdict it draws from their results."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from face.pad.evidence import PadCheck, PadResult, PadState, PadVerdict


class Mode(StrEnum):
    OFF = "off"  # not made
    ADVISORY = "advisory"  # made and logged, never decides
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class PadPolicy:
    """How each check counts, and how much time people get."""

    challenge: Mode = Mode.REQUIRED
    plane: Mode = Mode.REQUIRED
    light: Mode = Mode.REQUIRED
    continuity: Mode = Mode.REQUIRED
    passive: Mode = Mode.ADVISORY  # no weights of clean provenance exist that were measured on attacks
    moves: int = 2
    # A move that was not followed is asked again as another one, this often.
    retries: int = 1
    # From the prompt to the end of the move. Slow, old and hard-of-hearing people read first and move then.
    move_limit_s: float = 5.0
    # Back to the front after a move.
    return_limit_s: float = 4.0
    # The screen changes colour every half second: WCAG 2.3.1 allows three flashes a second, these are two soft steps.
    light_steps: int = 4
    light_step_s: float = 0.5
    # All phases together, from the session's beginning; an abandoned session ends by itself.
    session_limit_s: float = 45.0
    # Temporal noise, grey levels, below which a stream is no camera's; 0 for cameras that send H.264.
    noise_floor: float = 0.08

    def __post_init__(self) -> None:
        if not 1 <= self.moves <= 5 or not 0 <= self.retries <= 3:
            raise ValueError("1 to 5 moves and 0 to 3 retries")
        if not 3 <= self.light_steps <= 12 or self.light_step_s < 0.5:  # of two nobody could tell which they were
            raise ValueError("3 to 12 light steps, none shorter than half a second (WCAG 2.3.1)")
        if min(self.move_limit_s, self.return_limit_s, self.session_limit_s) <= 0 or self.noise_floor < 0:
            raise ValueError("time limits are positive and the noise floor is not negative")

    @classmethod
    def named(cls, name: str) -> Self:
        """``active`` (the default), ``advisory`` (all checks made, none decides) or ``off``. Raises ``ValueError``."""
        if name == "active":
            return cls()
        if name not in ("advisory", "off"):
            raise ValueError(f"no PAD policy is called {name!r}")
        mode = Mode(name)
        return cls(challenge=mode, plane=mode, light=mode, continuity=mode, passive=mode)

    def mode(self, check: PadCheck) -> Mode:
        modes = {
            PadCheck.CHALLENGE: self.challenge,
            PadCheck.PLANE: self.plane,
            PadCheck.LIGHT: self.light,
            PadCheck.CONTINUITY: self.continuity,
            PadCheck.PASSIVE: self.passive,
        }
        return modes[check]

    @property
    def is_off(self) -> bool:
        return all(self.mode(check) is Mode.OFF for check in PadCheck)

    @property
    def asks_moves(self) -> bool:
        """The plane test lives on the turns of the challenge."""
        return self.challenge is not Mode.OFF or self.plane is not Mode.OFF

    @property
    def shows_light(self) -> bool:
        return self.light is not Mode.OFF

    def verdict(self, results: Iterable[PadResult]) -> PadVerdict:
        """From the results of the required checks alone. One that has no result was not assessed."""
        required = {check for check in PadCheck if self.mode(check) is Mode.REQUIRED}
        if not required:
            return PadVerdict.NOT_ASSESSED
        states = {result.check: result.state for result in results}
        seen = {states.get(check, PadState.NOT_ASSESSED) for check in required}
        if PadState.FAILED in seen:
            return PadVerdict.ALARM
        return PadVerdict.INCOMPLETE if PadState.NOT_ASSESSED in seen else PadVerdict.PASSED
