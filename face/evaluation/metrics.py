"""Error rates of comparison, by ISO/IEC 19795-1. Pure: two arrays of scores in, rates out.

A comparison says "same" when its score is at or above the threshold. FMR: the share of impostor comparisons that say
"same"; FNMR: the share of genuine ones that do not. Both are of comparisons that took place: a picture without a face
counts as failure to enrol or to acquire instead, beside these rates and not in them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from face.evaluation.intervals import Rate, rate

Floats = npt.NDArray[np.float64]

_ROUNDING = 1e-9  # 1e-5 of 300,000 is 3 and not 2.9999999


@dataclass(frozen=True, slots=True)
class TargetThreshold:
    """The lowest threshold at which the impostors at hand stay within an FMR.

    ``measurable``: there are at least 1/FMR impostors. With fewer, ``score`` lies just above the highest of them and
    the FMR there may be anything up to three over their number.
    """

    score: float
    measurable: bool


@dataclass(frozen=True, slots=True)
class EqualError:
    """``rate``: where FMR and FNMR are equal, on the straight line between the two measured points next to it."""

    rate: float
    threshold: float


@dataclass(frozen=True, slots=True)
class DetPoint:
    threshold: float
    fmr: float
    fnmr: float


class Scores:
    """Genuine and impostor scores of one experiment. Raises ``ValueError`` for a score that is no number."""

    def __init__(self, genuine: npt.ArrayLike, impostor: npt.ArrayLike) -> None:
        self.genuine: Floats = np.sort(np.asarray(genuine, dtype=np.float64).reshape(-1))
        self.impostor: Floats = np.sort(np.asarray(impostor, dtype=np.float64).reshape(-1))
        if not (np.isfinite(self.genuine).all() and np.isfinite(self.impostor).all()):
            raise ValueError("scores are finite numbers")

    def fmr(self, threshold: float) -> Rate:
        below = int(np.searchsorted(self.impostor, threshold, side="left"))
        return rate(len(self.impostor) - below, len(self.impostor))

    def fnmr(self, threshold: float) -> Rate:
        below = int(np.searchsorted(self.genuine, threshold, side="left"))
        return rate(below, len(self.genuine))

    def threshold_at(self, fmr: float) -> TargetThreshold | None:
        """The lowest threshold whose measured FMR is at most ``fmr`` (0 < fmr < 1). None without impostors."""
        if not 0 < fmr < 1:
            raise ValueError("0 < fmr < 1")
        total = len(self.impostor)
        if not total:
            return None
        allowed = int(fmr * total + _ROUNDING)
        # The first impostor that may not pass: the threshold is the next number above.
        first = float(self.impostor[total - 1 - allowed])
        return TargetThreshold(float(np.nextafter(first, np.inf)), fmr * total + _ROUNDING >= 1)

    def det(self, points: int | None = None) -> tuple[DetPoint, ...]:
        """The detection error trade-off from the lowest threshold to the highest; at most ``points`` of it, evenly."""
        thresholds, fmr, fnmr = self._curve()
        chosen = np.arange(len(thresholds))
        if points is not None and len(thresholds) > points:
            chosen = _where_it_bends(fmr, fnmr, points)
        return tuple(DetPoint(float(thresholds[i]), float(fmr[i]), float(fnmr[i])) for i in chosen)

    def equal_error(self) -> EqualError | None:
        """None if either kind of comparison is missing."""
        if not len(self.genuine) or not len(self.impostor):
            return None
        thresholds, fmr, fnmr = self._curve()
        gap = fmr - fnmr  # falls from 1 to -1
        after = int(np.argmax(gap <= 0))
        before = max(0, after - 1)
        fall = float(gap[before] - gap[after])
        part = float(gap[before]) / fall if fall > 0 else 1.0
        return EqualError(
            rate=float(fmr[before] + part * (fmr[after] - fmr[before])),
            threshold=float(thresholds[before] + part * (thresholds[after] - thresholds[before])),
        )

    def _curve(self) -> tuple[Floats, Floats, Floats]:
        """Every threshold at which a rate changes, with both rates; the last one is above every score."""
        scores = np.unique(np.concatenate([self.genuine, self.impostor]))
        if not len(scores):
            return scores, scores, scores
        thresholds = np.append(scores, np.nextafter(scores[-1], np.inf))
        passed = len(self.impostor) - np.searchsorted(self.impostor, thresholds, side="left")
        missed = np.searchsorted(self.genuine, thresholds, side="left")
        return thresholds, passed / max(1, len(self.impostor)), missed / max(1, len(self.genuine))


def _where_it_bends(fmr: Floats, fnmr: Floats, points: int) -> npt.NDArray[np.int64]:
    """Indices evenly spread over the length of the curve on logarithmic axes, as it is drawn."""
    across, up = _log10(fmr), _log10(fnmr)
    length = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(across)) + np.abs(np.diff(up)))])
    wanted = np.linspace(0.0, length[-1], points)
    return np.unique(np.minimum(np.searchsorted(length, wanted), len(fmr) - 1))


def _log10(rates: Floats) -> Floats:
    """A rate of 0 counts as half the smallest other one, so that the step to it takes few of the points."""
    smallest = rates[rates > 0].min(initial=1.0)
    return np.asarray(np.log10(np.maximum(rates, smallest / 2)), dtype=np.float64)
