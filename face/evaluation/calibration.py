"""The thresholds that a set of scores proposes for a model pack, in the form the pack's manifest has."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from face.evaluation.metrics import Scores
from face.models.calibration import Threshold
from face.models.pack import ModelHash

RATES = ("1e-2", "1e-3", "1e-4", "1e-5", "1e-6")


@dataclass(frozen=True, slots=True)
class Proposal:
    """``thresholds``: the rates that the impostors at hand are enough for. ``missing``: those they are not.

    ``group_factor``: how much higher the FMR was inside the worst group that shows at least five false matches; None if
    no group shows that many.
    """

    thresholds: tuple[Threshold, ...]
    missing: tuple[str, ...]
    group_factor: float | None
    manifest: str


def propose(scores: Scores, *, data: str, simulated: bool, group_factor: float | None = None) -> Proposal:
    """``data``: what the scores were measured on, as the manifest will say it."""
    found: list[Threshold] = []
    missing: list[str] = []
    for name in RATES:
        threshold = _threshold(scores, name, data, simulated)
        # Two rates may share a threshold when scores tie; the manifest wants them to rise.
        if threshold is None or (found and threshold.score <= found[-1].score):
            missing.append(name)
        else:
            found.append(threshold)
    return Proposal(tuple(found), tuple(missing), group_factor, _manifest(found, group_factor))


def proposal_json(proposal: Proposal, models: Iterable[ModelHash]) -> dict[str, object]:
    """As ``python -m face adopt`` and ``recalibrate`` read it back: they refuse it for any weights but these."""
    return {
        "models": {item.role: item.sha256 for item in models},
        "thresholds": [item.model_dump() for item in proposal.thresholds],
        "not_measurable": list(proposal.missing),
        "group_factor": proposal.group_factor,
        "manifest": proposal.manifest,
    }


def _threshold(scores: Scores, name: str, data: str, simulated: bool) -> Threshold | None:
    at = scores.threshold_at(float(name))
    if at is None or not at.measurable or not len(scores.genuine):
        return None
    score = math.ceil(at.score * 1e6) / 1e6  # as the manifest writes it, and never below
    fmr, fnmr = scores.fmr(score), scores.fnmr(score)
    if not fmr.errors:  # equal scores: below this one lies a higher rate than the one wanted, and here lies none
        return None
    assert fmr.low is not None
    assert fmr.high is not None
    assert fnmr.value is not None
    try:
        return Threshold(
            fmr=name,
            score=score,
            fnmr=fnmr.value,
            fmr_low=fmr.low,
            fmr_high=fmr.high,
            genuine=fnmr.trials,
            impostor=fmr.trials,
            data=data,
            simulated=simulated,
        )
    except ValidationError:  # the same, less exact
        return None


def _manifest(thresholds: list[Threshold], group_factor: float | None) -> str:
    """TOML, to be put into ``[recogniser]`` in place of what is there."""
    lines = [f"group_factor = {group_factor:.1f}\n"] if group_factor is not None else []
    for item in thresholds:
        lines.append("[[recogniser.threshold]]")
        lines += [f"{name} = {_toml(value)}" for name, value in item.model_dump().items()]
        lines.append("")
    return "\n".join(lines)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6f}" if value >= 1e-3 or value == 0 else f"{value:.3e}"
    return json.dumps(value, ensure_ascii=False)  # a basic string of TOML escapes as JSON does
