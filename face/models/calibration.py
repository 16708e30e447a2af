"""From measured thresholds to the scores a decision is taken at.

A cosine means nothing by itself. What a pack knows is at which score which false match rate (FMR) was measured, on
pairs of people across sexes and origins. Two people of one sex and ethnic group match falsely more often, for SFace 4
to 20 times, and a stranger who borrows a card is likely to be chosen for looking alike. So a match at FMR 1e-5 asks
for the score at which even such a pair stays at 1e-5: the score of the rate 1e-5 over ``group_factor``.

Between measured rates the score is interpolated over the logarithm of the rate; beyond them the line through the
outermost two is continued, and the result says ``extrapolated``. The upper tail of an impostor distribution falls
about exponentially, so the line is a fair guess for one or two decades and no more; it is never called measured.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from face.errors import FaceError, FaceErrorCode

Fmr = Annotated[str, StringConstraints(pattern=r"^1e-[1-9]$")]

# A score that more than one stranger in a hundred reaches is no evidence for the same person.
REJECT_RATE: Final = 1e-2


class Threshold(BaseModel):
    """The score at which a false match rate was measured, with the false non-match rate it cost and on which data.

    ``fmr_low`` to ``fmr_high``: 95 % Wilson interval of the rate, from as many impostor comparisons as ``impostor``
    says. Comparisons that share a person are not independent, so the true interval is wider. ``simulated``: the data
    was degraded or rendered by a program.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    fmr: Fmr
    score: float = Field(gt=-1, lt=1)
    fnmr: float = Field(ge=0, le=1)
    fmr_low: float = Field(ge=0, le=1)
    fmr_high: float = Field(ge=0, le=1)
    genuine: int = Field(ge=1)
    impostor: int = Field(ge=1)
    data: str = Field(min_length=1)
    simulated: bool

    @model_validator(mode="after")
    def _rate_lies_in_its_interval(self) -> "Threshold":
        if not self.fmr_low <= float(self.fmr) <= self.fmr_high:
            raise ValueError("the FMR must lie between fmr_low and fmr_high")
        return self


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """``score``: a cosine. ``rate``: the FMR it belongs to, across groups. ``extrapolated``: nobody measured there."""

    score: float
    rate: float
    extrapolated: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """A pack's thresholds. ``pack``: its name, for the errors."""

    pack: str
    thresholds: tuple[Threshold, ...]
    group_factor: float

    def threshold(self, fmr: str) -> Threshold:
        """The threshold measured at this rate. Raises :class:`FaceError` (``unknown_fmr``): it is never guessed."""
        for item in self.thresholds:
            if item.fmr == fmr:
                return item
        if not self.thresholds:
            raise FaceError(FaceErrorCode.UNKNOWN_FMR, f"pack {self.pack} has no thresholds: calibrate it first")
        known = ", ".join(item.fmr for item in self.thresholds)
        raise FaceError(FaceErrorCode.UNKNOWN_FMR, f"pack {self.pack} has thresholds for FMR {known}, not {fmr}")

    def accept_score(self, fmr: str) -> OperatingPoint:
        """From this score on it is a match: ``fmr`` is kept even inside one sex and ethnic group.

        Raises :class:`FaceError` (``unknown_fmr``) for a rate the pack does not name.
        """
        self.threshold(fmr)
        return self.at(float(fmr) / self.group_factor)

    def reject_score(self) -> OperatingPoint:
        """Below this score it is no match. What lies between the two scores is undecided."""
        return self.at(REJECT_RATE)

    def at(self, rate: float) -> OperatingPoint:
        """The score of any rate in (0, 1). Raises :class:`FaceError` (``unknown_fmr``) when nothing was measured."""
        points = sorted((math.log10(float(item.fmr)), item.score) for item in self.thresholds)
        if len(points) < 2:
            raise FaceError(FaceErrorCode.UNKNOWN_FMR, f"pack {self.pack} has no thresholds: calibrate it first")
        decades, scores = zip(*points, strict=True)
        wanted = math.log10(rate)
        slope = (scores[-1] - scores[0]) / (decades[-1] - decades[0])
        # 1e-9: a named rate is measured, whatever the last bit of its logarithm says
        if wanted < decades[0] - 1e-9:
            return OperatingPoint(scores[0] + slope * (wanted - decades[0]), rate, extrapolated=True)
        if wanted > decades[-1] + 1e-9:
            return OperatingPoint(scores[-1] + slope * (wanted - decades[-1]), rate, extrapolated=True)
        return OperatingPoint(_between(wanted, points), rate, extrapolated=False)


def _between(wanted: float, points: list[tuple[float, float]]) -> float:
    """On the straight line between the two neighbours. Without NumPy: whoever only reads decisions loads this."""
    for (low, low_score), (high, high_score) in pairwise(points):
        if wanted <= high:
            part = max(0.0, wanted - low) / (high - low)
            return low_score + part * (high_score - low_score)
    return points[-1][1]
