"""An experiment as JSON and as a table for people."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from face.evaluation.calibration import proposal_json
from face.evaluation.experiment import Experiment, FnmrAt
from face.evaluation.groups import GroupRates
from face.evaluation.intervals import Rate, rule_of_three
from face.evaluation.outcomes import Outcomes, ScoreOutcomes

_FAULTS_LISTED = 50


def to_json(result: Experiment) -> dict[str, object]:
    """Plain values. The keys are an interface: other programs read them."""
    return {
        "genuine": result.genuine,
        "impostor": result.impostor,
        "fte": result.fte.value,
        "fta": result.fta.value,
        "eer": None if result.equal_error is None else result.equal_error.rate,
        "fnmr": {name: _fnmr(item) for name, item in result.fnmr.items()},
        "policy": _policy(result),
        "histograms": asdict(result.histogram),
        "det": [asdict(point) for point in result.det],
        "groups": {by: {name: asdict(item) for name, item in of.items()} for by, of in result.groups.items()},
        "calibration": proposal_json(result.calibration, result.models),
        "notes": list(notes(result)),
        "simulated": result.settings.simulated,
    }


def notes(result: Experiment) -> Iterator[str]:
    """What the figures do not say by themselves."""
    settings = result.settings
    yield f"pack {result.pack}"
    if settings.chip == "original":
        yield "chip pictures as given"
    else:
        yield f"simulated: chip pictures encoded again as {settings.chip} of at most {settings.chip_bytes} bytes"
    if settings.level is None:
        yield "live pictures as given, one frame each"
    else:
        yield (
            f"simulated: live pictures degraded to level {settings.level}, {settings.frames} frames of one stay each, "
            f"seed {settings.seed}"
        )
    yield "Error rates are of comparisons made, whatever the quality gate says; the gate counts in policy alone."
    yield "Intervals are 95 % Wilson intervals. Pairs that share a person are not independent: the true ones are wider."
    limit = rule_of_three(result.impostor)
    if limit is not None:
        yield f"No error in {result.impostor} impostor comparisons would leave an FMR of up to {limit:.1e} possible."
    short = [name for name, item in result.fnmr.items() if not item.measurable]
    if short:
        yield (
            f"FMR {', '.join(short)}: fewer impostors than one over the rate; the threshold lies just above the "
            "highest of them and the rate is not measured."
        )
    if result.policy is None:
        yield "The pack has no thresholds, so there is no policy to apply: put in those of calibration."
    elif result.policy.at.extrapolated:
        yield "The policy's accept score lies beyond the rates the pack was measured at: extrapolated."
    if settings.level is None and result.policy is not None:
        yield "One picture stands for a whole stay before the camera: a person could have followed the guidance."
    yield "Years between the two pictures are only in the figures if they are in the pictures."
    yield from _fault_notes(result.faults)


def _fault_notes(faults: Mapping[str, str]) -> Iterator[str]:
    for number, (picture, reason) in enumerate(faults.items()):
        if number == _FAULTS_LISTED:
            yield f"and {len(faults) - _FAULTS_LISTED} more pictures that could not be used"
            return
        yield f"not used, {reason}: {picture}"


def to_text(result: Experiment) -> str:
    """A table of everything but the curves."""
    simulated = "  (simulated)" if result.settings.simulated else ""
    error = "-" if result.equal_error is None else _percent(result.equal_error.rate)
    lines = [
        f"comparisons      genuine {result.genuine}, impostor {result.impostor}{simulated}",
        f"failure to enrol {_rate(result.fte)}",
        f"      to acquire {_rate(result.fta)}",
        f"EER              {error}",
        "",
        "FMR    threshold  FNMR",
    ]
    for name, item in result.fnmr.items():
        threshold = "-" if item.threshold is None else f"{item.threshold:.4f}"
        note = "" if item.measurable else "  (too few impostors for this rate)"
        if item.by_people is not None and item.by_people[1] > 0:
            note = f"  people drawn anew: {_percent(item.by_people[0])} to {_percent(item.by_people[1])}{note}"
        lines.append(f"{name}   {threshold:>9}  {_rate(item.fnmr)}{note}")
    if result.policy is not None:
        at = result.policy.at
        lines += ["", f"policy at FMR {at.fmr}: accept from {at.accept:.3f}, no match below {at.reject:.3f}"]
        lines += _outcome_lines("genuine", result.policy.genuine)
        lines += _outcome_lines("impostor", result.policy.impostor)
        lines.append("  by score alone, whatever the quality gate says:")
        lines += [_score_line("genuine", result.policy.genuine_scores)]
        lines += [_score_line("impostor", result.policy.impostor_scores)]
    for by, groups in result.groups.items():
        lines += ["", f"{by:<24} genuine  impostor  FNMR               FMR                lowest  highest  refused"]
        lines += [_group_line(name, group) for name, group in groups.items()]
    if result.calibration.manifest:
        lines += ["", "proposed for the pack's manifest:", "", result.calibration.manifest.rstrip()]
    return "\n".join([*lines, "", *(f"- {note}" for note in notes(result))])


def _outcome_lines(name: str, outcomes: Outcomes) -> list[str]:
    counts = (
        f"accepted {outcomes.accepted}, undecided {outcomes.undecided}, rejected {outcomes.rejected}, "
        f"refused {outcomes.refused}"
    )
    return [f"  {name:<9}{outcomes.total} pairs: {counts}"] + [
        f"           refused, {reason}: {count}" for reason, count in outcomes.reasons.items()
    ]


def _score_line(name: str, counts: ScoreOutcomes) -> str:
    return f"  {name:<9}accepted {counts.accepted}, undecided {counts.undecided}, rejected {counts.rejected}"


def _group_line(name: str, group: GroupRates) -> str:
    lowest = "-" if group.genuine_lowest is None else f"{group.genuine_lowest:.3f}"
    highest = "-" if group.impostor_highest is None else f"{group.impostor_highest:.3f}"
    rates = f"{_short(group.fnmr):<19}{_short(group.fmr):<19}"
    counts = f"{group.genuine:>7}  {group.impostor:>8}"
    return f"  {name:<22} {counts}  {rates}{lowest:>6}  {highest:>7}  {group.refused.errors:>7}"


def _fnmr(item: FnmrAt) -> dict[str, object]:
    found: dict[str, object] = {
        "value": item.fnmr.value,
        "low": item.fnmr.low,
        "high": item.fnmr.high,
        "threshold": item.threshold,
        "measurable": item.measurable,
    }
    if item.by_people is not None:
        found["low_by_people"], found["high_by_people"] = item.by_people
    return found


def _policy(result: Experiment) -> dict[str, object] | None:
    if result.policy is None:
        return None
    return {
        **asdict(result.policy.at),
        "genuine": {
            **asdict(result.policy.genuine),
            "missed_without_rejection": result.policy.genuine.missed_without_rejection,
        },
        "impostor": asdict(result.policy.impostor),
        "without_gate": {
            "genuine": asdict(result.policy.genuine_scores),
            "impostor": asdict(result.policy.impostor_scores),
        },
    }


def _percent(value: float) -> str:
    return f"{100 * value:.3g} %"


def _rate(item: Rate) -> str:
    if item.value is None or item.low is None or item.high is None:
        return "no trial"
    bounds = f"{_percent(item.low)} to {_percent(item.high)}"
    return f"{_percent(item.value)} ({item.errors} of {item.trials}; {bounds})"


def _short(item: Rate) -> str:
    return "-" if item.value is None else f"{_percent(item.value)} (<{_percent(item.high or 0.0)})"
