"""One verification experiment: a list of pairs and a pack in, every rate out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from face.evaluation.bootstrap import fnmr_intervals, people_of
from face.evaluation.calibration import Proposal, propose
from face.evaluation.comparison import score_pairs
from face.evaluation.gather import read_all
from face.evaluation.groups import GroupRates, group_rates
from face.evaluation.intervals import Rate, rate
from face.evaluation.labels import Label
from face.evaluation.metrics import DetPoint, EqualError, Floats, Scores
from face.evaluation.outcomes import (
    OperatingScores,
    Outcomes,
    ScoreOutcomes,
    by_score,
    count_outcomes,
    operating_scores,
    refused_pairs,
)
from face.evaluation.pairs import Flags, Pairs
from face.evaluation.processes import Progress
from face.evaluation.reading import Reading, Settings
from face.models.pack import ModelHash, load_pack

FMRS = ("1e-2", "1e-3", "1e-4", "1e-5")
BINS = 100  # of width 0.02 over [-1, 1]
DET_POINTS = 200

_GROUP_RATE = "1e-3"  # groups are small: what happens at a rarer rate no group at hand could show
_GROUP_MATCHES_MIN = 5  # false matches in a group before its factor is more than chance


@dataclass(frozen=True, slots=True)
class FnmrAt:
    """The FNMR at the threshold that this set's own impostors put at an FMR.

    ``by_people``: its interval by drawing people anew, None if it was not asked for or people are not known.
    """

    fnmr: Rate
    threshold: float | None
    measurable: bool
    by_people: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Histogram:
    """Numbers of comparisons between ``edges[i]`` and ``edges[i + 1]``."""

    edges: tuple[float, ...]
    genuine: tuple[int, ...]
    impostor: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """``genuine_scores``, ``impostor_scores``: the same without the quality gate, of every pair with two faces."""

    at: OperatingScores
    genuine: Outcomes
    impostor: Outcomes
    genuine_scores: ScoreOutcomes
    impostor_scores: ScoreOutcomes


@dataclass(frozen=True, slots=True)
class Experiment:
    """``fte``: failures to enrol of the chip pictures; ``fta``: failures to acquire of the live ones.

    ``faults``: pictures that could not be used, by role and why. ``policy`` None: the pack was never calibrated.
    """

    settings: Settings
    pack: str
    models: tuple[ModelHash, ...]
    genuine: int
    impostor: int
    fte: Rate
    fta: Rate
    faults: dict[str, str]
    equal_error: EqualError | None
    fnmr: dict[str, FnmrAt]
    policy: PolicyResult | None
    histogram: Histogram
    det: tuple[DetPoint, ...]
    groups: dict[str, dict[str, GroupRates]]
    calibration: Proposal


def run_experiment(
    pairs: Pairs,
    pack_directory: Path,
    settings: Settings,
    *,
    data: str,
    labels: Mapping[Path, Label],
    fmr: str | None = None,
    jobs: int = 1,
    bootstrap: int = 0,
    progress: Progress | None = None,
) -> Experiment:
    """``data``: the name of the set. ``fmr``: the class of the policy's threshold, None for the default policy's.
    ``bootstrap``: how often people are drawn anew for intervals.

    Raises :class:`~face.errors.FaceError` (``model_refused``; ``unknown_fmr`` for a class the pack does not know).
    """
    pack = load_pack(pack_directory)
    at = operating_scores(pack, fmr) if pack.recogniser.threshold else None
    chip, live = read_all(pairs, pack_directory, settings, jobs, progress)
    values = score_pairs(pairs, chip, live)
    made = np.isfinite(values)
    scores = Scores(values[made & pairs.same], values[made & ~pairs.same])
    fnmr = {name: fnmr_at(scores, name) for name in FMRS}
    people = people_of(pairs, labels) if bootstrap else None
    if people is not None:
        intervals = fnmr_intervals(pairs, values, people, [float(name) for name in FMRS], bootstrap, settings.seed)
        fnmr = {
            name: replace(item, by_people=interval)
            for (name, item), interval in zip(fnmr.items(), intervals, strict=True)
        }
    groups = _groups(pairs, values, labels, fnmr[_GROUP_RATE].threshold, refused_pairs(pairs, chip, live))
    return Experiment(
        settings=settings,
        pack=f"{pack.name} {pack.version}",
        models=pack.hashes,
        genuine=len(scores.genuine),
        impostor=len(scores.impostor),
        fte=_without_face(chip),
        fta=_without_face(live),
        faults=_faults(pairs, chip, live),
        equal_error=scores.equal_error(),
        fnmr=fnmr,
        policy=None if at is None else _policy(pairs, values, chip, live, at),
        histogram=_histogram(scores),
        det=scores.det(DET_POINTS),
        groups=groups,
        calibration=propose(scores, data=data, simulated=settings.simulated, group_factor=_worst_factor(groups)),
    )


def fnmr_at(scores: Scores, fmr: str) -> FnmrAt:
    at = scores.threshold_at(float(fmr))
    if at is None:
        return FnmrAt(rate(0, 0), None, measurable=False)
    return FnmrAt(scores.fnmr(at.score), at.score, at.measurable)


def _without_face(readings: Sequence[Reading]) -> Rate:
    return rate(sum(reading.fault is not None for reading in readings), len(readings))


def _faults(pairs: Pairs, chip: Sequence[Reading], live: Sequence[Reading]) -> dict[str, str]:
    sides = (("chip", pairs.chip, chip), ("live", pairs.live, live))
    return {
        f"{role}: {path}": reading.fault
        for role, paths, readings in sides
        for path, reading in zip(paths, readings, strict=True)
        if reading.fault is not None
    }


def _policy(
    pairs: Pairs, values: Floats, chip: Sequence[Reading], live: Sequence[Reading], at: OperatingScores
) -> PolicyResult:
    return PolicyResult(
        at=at,
        genuine=count_outcomes(pairs, pairs.same, values, chip, live, at),
        impostor=count_outcomes(pairs, ~pairs.same, values, chip, live, at),
        genuine_scores=by_score(values[np.isfinite(values) & pairs.same], at),
        impostor_scores=by_score(values[np.isfinite(values) & ~pairs.same], at),
    )


def _histogram(scores: Scores) -> Histogram:
    edges = np.linspace(-1.0, 1.0, BINS + 1)
    genuine, impostor = (np.histogram(np.clip(side, -1, 1), edges)[0] for side in (scores.genuine, scores.impostor))
    return Histogram(
        edges=tuple(round(float(edge), 2) for edge in edges),
        genuine=tuple(int(count) for count in genuine),
        impostor=tuple(int(count) for count in impostor),
    )


def _groups(
    pairs: Pairs, values: Floats, labels: Mapping[Path, Label], threshold: float | None, refused: Flags
) -> dict[str, dict[str, GroupRates]]:
    return group_rates(pairs, values, labels, threshold, refused) if labels and threshold is not None else {}


def _worst_factor(groups: dict[str, dict[str, GroupRates]]) -> float | None:
    factors = [
        group.factor
        for by in groups.values()
        for group in by.values()
        if group.factor is not None and group.fmr.errors >= _GROUP_MATCHES_MIN
    ]
    return max(1.0, *factors) if factors else None
