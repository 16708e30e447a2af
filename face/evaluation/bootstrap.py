"""Intervals that know that pairs of one person go together: people are drawn again, not pairs.

A replicate draws as many people as there are, with replacement, and counts each pair as often as both its people were
drawn; the threshold is found anew in it, so its uncertainty is in the interval too. (Bolle, Ratha, Pankanti, "Error
analysis of pattern recognition systems - the subsets bootstrap", CVIU 93(1), 2004.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from face.evaluation.labels import Label
from face.evaluation.metrics import Floats
from face.evaluation.pairs import Indices, Pairs

_QUANTILES = (0.025, 0.975)
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class People:
    """Who is on either side of each pair: numbers from 0 to ``count`` - 1, -1 for somebody the labels do not name."""

    a: Indices
    b: Indices
    count: int


def people_of(pairs: Pairs, labels: Mapping[Path, Label]) -> People | None:
    """None unless the labels name at least two people."""
    numbers: dict[str, int] = {}

    def number(paths: Sequence[Path]) -> Indices:
        names = [label.person if (label := labels.get(path)) else None for path in paths]
        return np.array([-1 if name is None else numbers.setdefault(name, len(numbers)) for name in names])

    a, b = number(pairs.chip)[pairs.a], number(pairs.live)[pairs.b]
    return People(a, b, len(numbers)) if len(numbers) >= 2 else None


def fnmr_intervals(
    pairs: Pairs, scores: Floats, people: People, fmrs: Sequence[float], replicates: int, seed: int
) -> list[tuple[float, float] | None]:
    """95 % percentile intervals of the FNMR at each FMR. None where no replicate had both kinds of pairs."""
    usable = np.isfinite(scores) & (people.a >= 0) & (people.b >= 0)
    genuine, impostor = (_Side(scores, people, usable & kind) for kind in (pairs.same, ~pairs.same))
    random = np.random.default_rng(seed)
    found: list[list[float]] = [[] for _ in fmrs]
    for _ in range(replicates):
        drawn = np.bincount(random.integers(people.count, size=people.count), minlength=people.count)
        genuine_weights = drawn[genuine.a].astype(np.float64)
        impostor_weights = (drawn[impostor.a] * drawn[impostor.b]).astype(np.float64)
        if not genuine_weights.sum() or not impostor_weights.sum():
            continue
        above = np.cumsum(impostor_weights[::-1])
        for place, fmr in enumerate(fmrs):
            # The highest impostor that may not pass; every genuine score at or below it is missed.
            first = int(np.searchsorted(above, fmr * above[-1] + _ROUNDING, side="right"))
            missed = genuine.scores <= impostor.scores[::-1][first]
            found[place].append(float(genuine_weights[missed].sum() / genuine_weights.sum()))
    return [_interval(values) for values in found]


class _Side:
    """One kind of pairs, by rising score."""

    def __init__(self, scores: Floats, people: People, chosen: npt.NDArray[np.bool_]) -> None:
        places = np.flatnonzero(chosen)
        places = places[np.argsort(scores[places], kind="stable")]
        self.scores, self.a, self.b = scores[places], people.a[places], people.b[places]


def _interval(values: list[float]) -> tuple[float, float] | None:
    if not values:
        return None
    low, high = np.quantile(values, _QUANTILES)
    return float(low), float(high)
