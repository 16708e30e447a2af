"""The figures of a site's calibration: of people, never of one person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from face.embed import Embedding
from face.evaluation.calibration import Proposal, proposal_json, propose
from face.evaluation.intervals import Rate, rule_of_three
from face.evaluation.metrics import Floats, Scores
from face.evaluation.outcomes import OperatingScores
from face.evaluation.site import Observed, Participant
from face.models.pack import ModelHash
from face.pad.evidence import PadState


@dataclass(frozen=True, slots=True)
class SiteReport:
    """``pairs_of_people``: impostor comparisons that are independent of each other, near enough; the rule of three is
    taken of them and not of all comparisons. ``at`` None: the pack was never calibrated."""

    people: int
    templates: int
    photos: int
    scores: Scores
    pairs_of_people: int
    at: OperatingScores | None
    observed: Observed
    calibration: Proposal
    models: tuple[ModelHash, ...]
    simulated: bool

    @property
    def fmr(self) -> Rate | None:
        return None if self.at is None else self.scores.fmr(self.at.accept)

    @property
    def fnmr(self) -> Rate | None:
        return None if self.at is None else self.scores.fnmr(self.at.accept)


def summarise(
    people: Sequence[Participant],
    observed: Observed,
    at: OperatingScores | None,
    models: tuple[ModelHash, ...],
    *,
    site: str,
    simulated: bool,
) -> SiteReport:
    scores = Scores(list(_genuine(people)), list(_impostor(people)))
    data = f"{site}: {len(people)} consenting people before the kiosk's camera"
    counted = [person for person in people if any(True for _ in person.live)]
    return SiteReport(
        people=len(counted),
        templates=sum(1 for person in people for _ in person.live),
        photos=sum(person.photo is not None for person in people),
        scores=scores,
        pairs_of_people=len(counted) * (len(counted) - 1) // 2,
        at=at,
        observed=observed,
        calibration=propose(scores, data=data, simulated=simulated),
        models=models,
        simulated=simulated,
    )


def _genuine(people: Sequence[Participant]) -> Iterator[float]:
    for person in people:
        if person.photo is not None:
            yield from (_cosine(person.photo, template) for template in person.live)
        for one, other in combinations(person.stays, 2):
            yield from (_cosine(a, b) for a in one for b in other)


def _impostor(people: Sequence[Participant]) -> Iterator[float]:
    for one, other in combinations(people, 2):
        yield from (_cosine(a, b) for a in one.live for b in other.live)
        if one.photo is not None:
            yield from (_cosine(one.photo, template) for template in other.live)
        if other.photo is not None:
            yield from (_cosine(other.photo, template) for template in one.live)


def _cosine(a: Embedding, b: Embedding) -> float:
    return float(a @ b)


def site_json(report: SiteReport) -> dict[str, object]:
    """Only figures. ``calibration`` is what ``python -m face recalibrate`` reads."""
    error, observed = report.scores.equal_error(), report.observed
    return {
        "people": report.people,
        "templates": report.templates,
        "photos": report.photos,
        "genuine": len(report.scores.genuine),
        "impostor": len(report.scores.impostor),
        "pairs_of_people": report.pairs_of_people,
        "genuine_lowest": _first(report.scores.genuine),
        "impostor_highest": _first(report.scores.impostor[::-1]),
        "eer": None if error is None else error.rate,
        "policy": None if report.at is None else _policy(report, report.at),
        "camera": {
            "fps": None if not observed.intervals else 1.0 / max(1e-6, median(observed.intervals)),
            "faults": dict(observed.faults),
            "guidance": {str(name): count for name, count in observed.guidance.most_common()},
            "eye_distance_median": _median(observed.eye_distances),
            "quality_median": _median(observed.qualities),
        },
        "light": {
            "assessed": sum(item.state is not PadState.NOT_ASSESSED for item in observed.light),
            "successful": sum(item.state is PadState.SUCCESSFUL for item in observed.light),
            "people": len(observed.light),
            "score_median": _median([item.score for item in observed.light if item.score is not None]),
            "reasons": sorted({item.reason for item in observed.light if item.state is not PadState.SUCCESSFUL}),
        },
        "calibration": proposal_json(report.calibration, report.models),
        "notes": list(site_notes(report)),
        "simulated": report.simulated,
    }


def _policy(report: SiteReport, at: OperatingScores) -> dict[str, object]:
    fmr, fnmr = report.scores.fmr(at.accept), report.scores.fnmr(at.accept)
    return {
        "fmr": at.fmr,
        "accept": at.accept,
        "reject": at.reject,
        "false_matches": fmr.errors,
        "false_non_matches": fnmr.errors,
        "fnmr": fnmr.value,
        "fnmr_high": fnmr.high,
        "fmr_below": rule_of_three(report.pairs_of_people) if fmr.errors == 0 else None,
    }


def site_notes(report: SiteReport) -> Iterator[str]:
    if report.simulated:
        yield "simulated: the camera was a simulation"
    limit = rule_of_three(report.pairs_of_people)
    if limit is not None:
        yield (
            f"{report.people} people are {report.pairs_of_people} pairs of people: without any false match the FMR is "
            f"below {limit:.1g} with 95 % confidence, no more. To show 1e-4 takes 30,000 pairs."
        )
    if not report.photos:
        yield "Without reference photos genuine pairs are of one day and one camera: the FNMR against chips is higher."
    yield "Staff are not patients: age, masks, wheelchairs and hurry are missing."
    yield "No picture and no template was kept."


def site_text(report: SiteReport) -> str:
    observed, scores = report.observed, report.scores
    frames = sum(observed.guidance.values())
    lines = [
        f"people {report.people}, templates {report.templates}, reference photos {report.photos}",
        f"genuine  {len(scores.genuine)} comparisons, lowest {_number(_first(scores.genuine))}",
        f"impostor {len(scores.impostor)} comparisons, highest {_number(_first(scores.impostor[::-1]))}",
    ]
    if report.at is not None and report.fmr is not None and report.fnmr is not None:
        lines += [
            f"at the policy's FMR {report.at.fmr} (accept from {report.at.accept:.3f}):",
            f"  false matches     {report.fmr.errors} of {report.fmr.trials}",
            f"  false non-matches {report.fnmr.errors} of {report.fnmr.trials}",
        ]
    rate = f"{1.0 / max(1e-6, median(observed.intervals)):.1f} frames a second" if observed.intervals else "no frames"
    lines += [f"camera: {rate}, eyes {_number(_median(observed.eye_distances), 0)} pixels apart"]
    lines += [f"  {name}: {count} of {frames} frames" for name, count in observed.guidance.most_common()]
    lines += [f"  fault {name}: {count}" for name, count in observed.faults.most_common()]
    if observed.light:
        good = sum(item.state is PadState.SUCCESSFUL for item in observed.light)
        lines.append(f"screen light: answered by {good} of {len(observed.light)} people")
    if report.calibration.manifest:
        lines += ["", "proposed for the pack's manifest:", "", report.calibration.manifest.rstrip()]
    return "\n".join([*lines, "", *(f"- {note}" for note in site_notes(report))])


def _first(values: Floats) -> float | None:
    return float(values[0]) if len(values) else None


def _median(values: Sequence[float]) -> float | None:
    return float(median(values)) if values else None


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
