"""Error rates of presentation attack detection, by ISO/IEC 30107-3, one attack instrument species at a time.

APCER: the share of a species' attacks that are classified as bona fide. BPCER: the share of bona fide presentations
that are classified as attacks. APNRR and BPNRR: the shares that get no response, here an incomplete challenge, which
sends nobody through either. IAPAR: the share of attacks that the whole system accepts, comparison included.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from face.decision import Outcome
from face.evaluation.intervals import Rate, rate, rule_of_three
from face.evaluation.pad_trial import Trial
from face.pad.evidence import PadCheck, PadState, PadVerdict

BONA_FIDE = "bona_fide"


@dataclass(frozen=True, slots=True)
class CheckCounts:
    """How often a check said what; ``reasons`` of those that were not successful."""

    successful: int
    failed: int
    not_assessed: int
    reasons: dict[str, int]


@dataclass(frozen=True, slots=True)
class SpeciesReport:
    """``classified``: as bona fide for an attack (APCER), as an attack for a bona fide presentation (BPCER).

    ``no_response``: APNRR or BPNRR. ``accepted``: the session's outcome was a match (IAPAR for attacks).
    """

    clips: int
    classified: Rate
    no_response: Rate
    accepted: Rate
    checks: dict[PadCheck, CheckCounts]
    outcomes: dict[str, int]


@dataclass(frozen=True, slots=True)
class PadReport:
    """``attacks`` by species. ``passed``: attacks that were classified as bona fide, to look at."""

    policy: str
    pack: str
    bona_fide: SpeciesReport | None
    attacks: dict[str, SpeciesReport]
    passed: tuple[Trial, ...]
    alarmed: tuple[Trial, ...]
    simulated: bool


def report_trials(trials: Sequence[Trial], *, policy: str, pack: str, simulated: bool) -> PadReport:
    by_species: dict[str, list[Trial]] = {}
    for item in trials:
        by_species.setdefault(item.species, []).append(item)
    bona_fide = by_species.pop(BONA_FIDE, [])
    attacks = [item for items in by_species.values() for item in items]
    return PadReport(
        policy=policy,
        pack=pack,
        bona_fide=_species(bona_fide, PadVerdict.ALARM) if bona_fide else None,
        attacks={name: _species(items, PadVerdict.PASSED) for name, items in sorted(by_species.items())},
        passed=tuple(item for item in attacks if item.verdict is PadVerdict.PASSED),
        alarmed=tuple(item for item in bona_fide if item.verdict is PadVerdict.ALARM),
        simulated=simulated,
    )


def _species(trials: Sequence[Trial], wrong: PadVerdict) -> SpeciesReport:
    count = len(trials)
    return SpeciesReport(
        clips=count,
        classified=rate(sum(item.verdict is wrong for item in trials), count),
        no_response=rate(sum(item.verdict is PadVerdict.INCOMPLETE for item in trials), count),
        accepted=rate(sum(item.outcome is Outcome.MATCH for item in trials), count),
        checks={check: counts for check in PadCheck if (counts := _check(trials, check)) is not None},
        outcomes=dict(Counter(f"{item.outcome}: {item.reason}" for item in trials).most_common()),
    )


def _check(trials: Sequence[Trial], check: PadCheck) -> CheckCounts | None:
    results = [result for item in trials for result in item.results if result.check is check]
    if not results:
        return None
    states = Counter(result.state for result in results)
    reasons = Counter(result.reason for result in results if result.state is not PadState.SUCCESSFUL)
    return CheckCounts(
        successful=states[PadState.SUCCESSFUL],
        failed=states[PadState.FAILED],
        not_assessed=states[PadState.NOT_ASSESSED],
        reasons=dict(reasons.most_common()),
    )


def pad_json(report: PadReport) -> dict[str, object]:
    return {
        "policy": report.policy,
        "pack": report.pack,
        "apcer": {name: _rate_json(item.classified) for name, item in report.attacks.items()},
        "bpcer": None if report.bona_fide is None else _rate_json(report.bona_fide.classified),
        "apnrr": {name: _rate_json(item.no_response) for name, item in report.attacks.items()},
        "bpnrr": None if report.bona_fide is None else _rate_json(report.bona_fide.no_response),
        "iapar": {name: _rate_json(item.accepted) for name, item in report.attacks.items()},
        "bona_fide_accepted": None if report.bona_fide is None else _rate_json(report.bona_fide.accepted),
        "checks": {name: _checks_json(item) for name, item in _all(report)},
        "outcomes": {name: item.outcomes for name, item in _all(report)},
        "passed": [_trial_json(item) for item in report.passed],
        "alarmed": [_trial_json(item) for item in report.alarmed],
        "notes": list(pad_notes(report)),
        "simulated": report.simulated,
    }


def pad_notes(report: PadReport) -> Iterator[str]:
    yield f"policy {report.policy}, pack {report.pack}"
    if report.simulated:
        yield "simulated: people and attacks were rendered from portraits; a real camera, screen and print show more"
    for name, item in report.attacks.items():
        limit = rule_of_three(item.clips)
        if item.classified.errors == 0 and limit is not None:
            yield f"{name}: none of {item.clips} passed, which leaves up to {100 * limit:.3g} % possible (rule of 3)"
    if report.policy == "advisory":
        yield "An advisory policy requires nothing: no attack is classified, the checks alone are counted."
    yield "Masks and other species that are not listed were not tried."


def pad_text(report: PadReport) -> str:
    simulated = "  (simulated)" if report.simulated else ""
    lines = [f"attacks, policy {report.policy}{simulated}"]
    lines.append(f"  {'species':<11} clips  {'APCER':<25}{'APNRR':<11}IAPAR")
    lines += [_line(name, item) for name, item in report.attacks.items()]
    if report.bona_fide is not None:
        lines += ["", f"{'':<14}clips  {'BPCER':<25}{'BPNRR':<11}accepted"]
        lines.append(_line(BONA_FIDE, report.bona_fide))
    for name, item in _all(report):
        lines += ["", f"{name}: what each check said"]
        for check, counts in item.checks.items():
            said = f"successful {counts.successful}, failed {counts.failed}, not assessed {counts.not_assessed}"
            reasons = ", ".join(f"{reason} {count}" for reason, count in counts.reasons.items())
            lines.append(f"  {check:<11} {said}{'; ' + reasons if reasons else ''}")
        lines.append(f"  outcomes    {', '.join(f'{text} {count}' for text, count in item.outcomes.items())}")
    lines += [f"passed: {clip.species} {clip.name} ({clip.notes})" for clip in report.passed]
    lines += [f"alarmed: {clip.name} ({clip.notes}): {_failed(clip)}" for clip in report.alarmed]
    return "\n".join([*lines, "", *(f"- {note}" for note in pad_notes(report))])


def _all(report: PadReport) -> Iterator[tuple[str, SpeciesReport]]:
    yield from report.attacks.items()
    if report.bona_fide is not None:
        yield BONA_FIDE, report.bona_fide


def _line(name: str, item: SpeciesReport) -> str:
    rates = f"{_long(item.classified):<25}{_share(item.no_response):<11}{_share(item.accepted)}"
    return f"  {name:<11} {item.clips:>5}  {rates}"


def _long(item: Rate) -> str:
    high = "" if item.high is None else f" (<{100 * item.high:.2g} %)"
    return f"{item.errors} = {_share(item)}{high}"


def _share(item: Rate) -> str:
    return "-" if item.value is None else f"{100 * item.value:.3g} %"


def _failed(item: Trial) -> str:
    return ", ".join(f"{result.check} {result.reason}" for result in item.results if result.state is PadState.FAILED)


def _rate_json(item: Rate) -> dict[str, object]:
    return {"errors": item.errors, "trials": item.trials, "value": item.value, "low": item.low, "high": item.high}


def _checks_json(item: SpeciesReport) -> dict[str, object]:
    return {
        str(check): {
            "successful": counts.successful,
            "failed": counts.failed,
            "not_assessed": counts.not_assessed,
            "reasons": counts.reasons,
        }
        for check, counts in item.checks.items()
    }


def _trial_json(item: Trial) -> dict[str, object]:
    return {
        "species": item.species,
        "clip": item.name,
        "person": item.person,
        "notes": item.notes,
        "outcome": str(item.outcome),
        "failed": {str(r.check): r.reason for r in item.results if r.state is PadState.FAILED},
        "scores": {str(r.check): r.score for r in item.results},
    }
