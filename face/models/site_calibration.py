"""What ``python -m face evaluate`` and ``calibrate`` measured for a pack, read back from their JSON."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from face.errors import FaceError, FaceErrorCode
from face.models.calibration import Threshold

# Where a site's people are too few or too alike to measure it: the highest of the published figures, see the default
# pack's manifest.
DEFAULT_GROUP_FACTOR = 20.0


class _Proposal(BaseModel):
    model_config = ConfigDict(frozen=True)

    thresholds: Annotated[tuple[Threshold, ...], Field(min_length=2)]
    group_factor: float | None = None
    models: dict[str, str]


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True)

    calibration: _Proposal


class SiteCalibration(BaseModel):
    """``thresholds`` and ``group_factor`` for the weights with these SHA-256, by role."""

    model_config = ConfigDict(frozen=True)

    thresholds: tuple[Threshold, ...]
    group_factor: float
    models: dict[str, str]

    def must_be_of(self, hashes: dict[str, str]) -> None:
        """Raises :class:`FaceError` (``model_refused``) unless it was measured with this recogniser and detector."""
        for role in ("detector", "recogniser"):
            if self.models.get(role) != hashes[role]:
                detail = f"the calibration was measured with another {role} ({self.models.get(role, 'none named')})"
                raise FaceError(FaceErrorCode.MODEL_REFUSED, detail)


def read_site_calibration(path: Path) -> SiteCalibration:
    """Raises :class:`FaceError` (``model_refused``) when the file holds no calibration of at least two rates."""
    try:
        report = _Report.model_validate_json(path.read_bytes())
    except OSError as error:
        raise FaceError(FaceErrorCode.MODEL_REFUSED, f"{path.name}: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise FaceError(FaceErrorCode.MODEL_REFUSED, f"{path.name}: {where}: {first['msg']}") from None
    measured = report.calibration.group_factor
    # A measured factor below the published one is luck of a small sample as likely as not: the stricter one holds.
    factor = max(measured or 0.0, DEFAULT_GROUP_FACTOR)
    return SiteCalibration(
        thresholds=report.calibration.thresholds, group_factor=factor, models=report.calibration.models
    )
