"""What presentation attack detection found: one result per check and the verdict that follows from them."""

from dataclasses import dataclass
from enum import StrEnum

from face.pad.moves import Move


class PadCheck(StrEnum):
    CHALLENGE = "challenge"  # moves asked at random, followed in order and in time
    PLANE = "plane"  # points tracked over a turn do not lie on one rigid plane
    LIGHT = "light"  # the skin follows the colours of the kiosk's own screen
    CONTINUITY = "continuity"  # one face, one track, one camera from the first frame to the last
    PASSIVE = "passive"  # a pack's own classifier of single pictures


class PadState(StrEnum):
    SUCCESSFUL = "successful"
    FAILED = "failed"  # by evidence: something was seen that a living person before a camera does not show
    NOT_ASSESSED = "not_assessed"


@dataclass(frozen=True, slots=True)
class PadResult:
    """One check. ``score`` in [0, 1], 1 = bona fide, None if not assessed; ``reason`` is a stable token for the log."""

    check: PadCheck
    state: PadState
    score: float | None
    reason: str

    def __post_init__(self) -> None:
        if self.score is not None and not 0.0 <= self.score <= 1.0:
            raise ValueError("a score lies in [0, 1]")


class PadVerdict(StrEnum):
    """What the checks say together, by :class:`~face.pad.policy.PadPolicy`. "Not assessed" is said, never left out."""

    PASSED = "passed"
    ALARM = "alarm"  # a required check failed by evidence: to the counter
    INCOMPLETE = "incomplete"  # a required check could not be made, or the moves were not followed in time
    NOT_ASSESSED = "not_assessed"  # the policy requires nothing


@dataclass(frozen=True, slots=True)
class PadEvidence:
    """The verdict with its grounds. ``results`` has each check that is not off; ``moves`` are those asked, in order."""

    verdict: PadVerdict
    results: tuple[PadResult, ...]
    moves: tuple[Move, ...]

    def result(self, check: PadCheck) -> PadResult | None:
        return next((result for result in self.results if result.check is check), None)


def not_assessed(check: PadCheck, reason: str) -> PadResult:
    return PadResult(check, PadState.NOT_ASSESSED, None, reason)
