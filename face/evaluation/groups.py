"""The same rates inside one group of people: whoever borrows a card looks like its holder.

A group's genuine pairs are those of its people; its impostor pairs those with both people in it. NIST SP 800-63A-4 asks
that no group fares more than 25 % worse than all people together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from face.evaluation.intervals import Rate, rate
from face.evaluation.labels import Label
from face.evaluation.metrics import Floats, Scores
from face.evaluation.pairs import Flags, Pairs

_BY: dict[str, Callable[[Label], str | None]] = {
    "gender": lambda label: label.gender,
    "ethnicity": lambda label: label.ethnicity,
    "age": lambda label: label.age,
    "gender and ethnicity": lambda label: (
        f"{label.gender} {label.ethnicity}" if label.gender and label.ethnicity else None
    ),
}


@dataclass(frozen=True, slots=True)
class GroupRates:
    """At one threshold for everybody. ``factor``: this group's FMR over that of all pairs; None if either is 0.

    ``refused``: genuine pairs that the kiosk would not have compared, for quality or for want of a face.
    """

    genuine: int
    impostor: int
    genuine_lowest: float | None
    impostor_highest: float | None
    threshold: float
    fnmr: Rate
    fmr: Rate
    factor: float | None
    refused: Rate


def group_rates(
    pairs: Pairs, scores: Floats, labels: Mapping[Path, Label], threshold: float, refused: Flags | None = None
) -> dict[str, dict[str, GroupRates]]:
    """By what divides people, then by group. Only divisions and groups that the labels name.

    ``refused``: one flag a pair; none are without it.
    """
    turned_down = np.zeros(len(pairs.same), dtype=np.bool_) if refused is None else refused
    everybody = _scores(scores, pairs, np.isfinite(scores)).fmr(threshold)
    found: dict[str, dict[str, GroupRates]] = {}
    for name, of in _BY.items():
        chip = _names(pairs.chip, labels, of)[pairs.a]
        live = _names(pairs.live, labels, of)[pairs.b]
        groups = {
            group: _rates(scores, pairs, (chip == group) & (live == group), threshold, everybody, turned_down)
            for group in sorted(set(chip) | set(live) - {""})
            if group
        }
        if groups:
            found[name] = groups
    return found


def _names(paths: Sequence[Path], labels: Mapping[Path, Label], of: Callable[[Label], str | None]) -> np.ndarray:
    return np.array([of(labels[path]) or "" if path in labels else "" for path in paths], dtype=np.str_)


def _scores(scores: Floats, pairs: Pairs, chosen: np.ndarray) -> Scores:
    return Scores(scores[chosen & pairs.same], scores[chosen & ~pairs.same])


def _rates(
    scores: Floats, pairs: Pairs, inside: Flags, threshold: float, everybody: Rate, refused: Flags
) -> GroupRates:
    group = _scores(scores, pairs, np.isfinite(scores) & inside)
    fmr = group.fmr(threshold)
    own = inside & pairs.same
    return GroupRates(
        genuine=len(group.genuine),
        impostor=len(group.impostor),
        genuine_lowest=float(group.genuine[0]) if len(group.genuine) else None,
        impostor_highest=float(group.impostor[-1]) if len(group.impostor) else None,
        threshold=threshold,
        fnmr=group.fnmr(threshold),
        fmr=fmr,
        factor=fmr.value / everybody.value if fmr.value and everybody.value else None,
        refused=rate(int((own & refused).sum()), int(own.sum())),
    )
