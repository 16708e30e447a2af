"""The active challenge: moves asked at random, each to be followed in order and in time."""

from enum import StrEnum

from face.pad.evidence import PadCheck, PadResult, not_assessed
from face.pad.moves import Move
from face.pad.observation import Observation


class Asked(StrEnum):
    """Where the move that is asked for stands."""

    NOTHING = "nothing"
    WAITING = "waiting"
    FOLLOWED = "followed"
    LATE = "late"


class ChallengeAnalysis:
    """Follows the head from prompt to prompt. One instance serves one session."""

    def __init__(self, move_limit_s: float) -> None:
        self._limit = move_limit_s
        self.asked = Asked.NOTHING
        self.at_front = False

    def ask(self, move: Move | None, at: float) -> None:
        """The prompt changes to ``move`` at this time; None: look straight."""
        self.asked = Asked.WAITING if move is not None else Asked.NOTHING

    def feed(self, observation: Observation) -> None:
        self.at_front = abs(observation.mesh.yaw) < 6.0

    def expire(self, now: float) -> None:
        """Time passes, with or without frames."""

    def result(self) -> PadResult:
        return not_assessed(PadCheck.CHALLENGE, "no_moves_seen")
