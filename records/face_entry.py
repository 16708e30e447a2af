"""The face part of a match-log entry, in both formats.

Format 1 knew the score and its threshold. Format 2 adds why the outcome is what it is, the frames' quality, and what
each check of presentation attack detection said. An entry is written again in the format it was read in, or its hash
would no longer fit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from records.canonical import JsonValue, decimal_text
from records.evidence import FaceEvidence, FaceOutcome, FrameQuality, ModelHash, PadCheck, PadState, Verdict

WITH_PAD = 2
"""The first format that holds presentation attack detection."""


def write_face(face: FaceEvidence, version: int) -> Mapping[str, JsonValue]:
    """For canonical JSON. A format that has no place for a value leaves it out."""
    known: dict[str, JsonValue] = {
        "outcome": face.outcome.value,
        "score": _decimal(face.score),
        "threshold": _decimal(face.threshold),
        "fmr": _decimal(face.fmr),
        "attempts": face.attempts,
        "liveness": face.liveness.value,
        "models": [{"name": model.name, "sha256": model.sha256} for model in face.models],
    }
    if version < WITH_PAD:
        return known
    return known | {
        "reason": face.reason,
        "reject": _decimal(face.reject),
        "extrapolated": face.extrapolated,
        "quality": None if face.quality is None else _quality(face.quality),
        "pad": [
            {"check": item.check, "state": item.state.value, "score": _decimal(item.score), "reason": item.reason}
            for item in face.pad
        ],
        "moves": list(face.moves),
    }


def read_face(raw: Mapping[str, Any], version: int) -> FaceEvidence:
    """The evidence of a format's text. Raises KeyError, TypeError or ValueError for anything else."""
    models: Sequence[Mapping[str, Any]] = raw["models"]
    later: dict[str, Any] = {}
    if version >= WITH_PAD:
        checks: Sequence[Mapping[str, Any]] = raw["pad"]
        later = {
            "reason": str(raw["reason"]),
            "reject": _number(raw["reject"]),
            "extrapolated": raw["extrapolated"] is True,
            "quality": None if raw["quality"] is None else _read_quality(raw["quality"]),
            "pad": tuple(
                PadCheck(str(item["check"]), PadState(item["state"]), _number(item["score"]), str(item["reason"]))
                for item in checks
            ),
            "moves": tuple(str(move) for move in raw["moves"]),
        }
    return FaceEvidence(
        outcome=FaceOutcome(raw["outcome"]),
        score=_number(raw["score"]),
        threshold=_number(raw["threshold"]),
        fmr=_number(raw["fmr"]),
        attempts=int(raw["attempts"]),
        liveness=Verdict(raw["liveness"]),
        models=tuple(ModelHash(str(model["name"]), str(model["sha256"])) for model in models),
        **later,
    )


def _quality(quality: FrameQuality) -> Mapping[str, JsonValue]:
    return {
        "used": quality.frames_used,
        "good": quality.frames_good,
        "lowest": _decimal(quality.lowest),
        "highest": _decimal(quality.highest),
    }


def _read_quality(raw: Mapping[str, Any]) -> FrameQuality:
    return FrameQuality(int(raw["used"]), int(raw["good"]), _number(raw["lowest"]), _number(raw["highest"]))


def _decimal(value: float | None) -> str | None:
    return None if value is None else decimal_text(value)


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)
