"""What the kiosk would have done with each pair, without presentation attack detection."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from face.decision import Policy
from face.evaluation.metrics import Floats
from face.evaluation.pairs import Flags, Pairs
from face.evaluation.reading import Reading
from face.models.pack import ModelPack


@dataclass(frozen=True, slots=True)
class OperatingScores:
    """A match from ``accept`` on, a "no" below ``reject``, to the counter between them."""

    fmr: str
    accept: float
    reject: float
    extrapolated: bool


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Numbers of pairs. ``refused``: by the quality gate or for want of a usable face; ``reasons``: why, side first."""

    total: int
    accepted: int
    undecided: int
    rejected: int
    refused: int
    reasons: dict[str, int]

    @property
    def missed(self) -> int:
        return self.total - self.accepted

    @property
    def missed_without_rejection(self) -> float | None:
        """The part of what was not accepted that a better picture or the counter settles, and nobody was told no."""
        return (self.refused + self.undecided) / self.missed if self.missed else None


@dataclass(frozen=True, slots=True)
class ScoreOutcomes:
    """What the scores alone would have decided of every pair in which both sides have a face."""

    accepted: int
    undecided: int
    rejected: int


def operating_scores(pack: ModelPack, fmr: str | None) -> OperatingScores:
    """At the class asked for, else the default policy's. Raises :class:`~face.errors.FaceError` (``unknown_fmr``)."""
    name = fmr or Policy().fmr
    accept, reject = pack.accept_score(name), pack.reject_score()
    return OperatingScores(name, accept.score, reject.score, accept.extrapolated)


def count_outcomes(
    pairs: Pairs, chosen: Flags, scores: Floats, chip: Sequence[Reading], live: Sequence[Reading], at: OperatingScores
) -> Outcomes:
    """Of the pairs that ``chosen`` marks."""
    refused_chip, refused_live = _refused(chip)[pairs.a], _refused(live)[pairs.b]
    refused = chosen & (refused_chip | refused_live)
    reasons: Counter[str] = Counter()
    for number in np.flatnonzero(refused):
        if refused_chip[number]:
            reasons[f"chip: {chip[pairs.a[number]].refusal}"] += 1
        else:
            reasons[f"live: {live[pairs.b[number]].refusal}"] += 1
    compared = by_score(scores[chosen & ~refused], at)
    return Outcomes(
        total=int(chosen.sum()),
        accepted=compared.accepted,
        undecided=compared.undecided,
        rejected=compared.rejected,
        refused=int(refused.sum()),
        reasons=dict(reasons.most_common()),
    )


def by_score(scores: Floats, at: OperatingScores) -> ScoreOutcomes:
    """``scores``: no NaN."""
    accepted, rejected = int((scores >= at.accept).sum()), int((scores < at.reject).sum())
    return ScoreOutcomes(accepted, len(scores) - accepted - rejected, rejected)


def refused_pairs(pairs: Pairs, chip: Sequence[Reading], live: Sequence[Reading]) -> Flags:
    """One flag a pair: the kiosk would not have compared it."""
    return np.asarray(_refused(chip)[pairs.a] | _refused(live)[pairs.b])


def _refused(readings: Sequence[Reading]) -> Flags:
    return np.array([item.refusal is not None for item in readings], dtype=np.bool_)
