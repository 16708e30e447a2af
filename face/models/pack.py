"""A model pack: a folder with a ``manifest.toml`` and the weights it pins by SHA-256."""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from face.errors import FaceError, FaceErrorCode

MANIFEST = "manifest.toml"

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]  # no path leaves the folder
Fmr = Annotated[str, StringConstraints(pattern=r"^1e-[1-9]$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Weights(_Strict):
    """What every file of a pack says about itself."""

    file: FileName
    sha256: Sha256
    licence: str = Field(min_length=1)
    licence_file: FileName
    commercial_use: bool
    source: str = Field(min_length=1)


class DetectorSpec(Weights):
    """A face detector with five landmarks. ``long_side``: detection works on a copy of at most so many pixels."""

    runtime: Literal["opencv-yunet"]
    score_threshold: float = Field(gt=0, lt=1)
    nms_threshold: float = Field(gt=0, lt=1)
    long_side: int = Field(ge=160, le=1920)


class Threshold(_Strict):
    """The score at which a false match rate was measured, with the false non-match rate it cost and on which data."""

    fmr: Fmr
    score: float = Field(gt=-1, lt=1)
    fnmr: float = Field(ge=0, le=1)
    data: str = Field(min_length=1)


class RecogniserSpec(Weights):
    """An embedder and its input convention: ``size`` pixels square, ``(pixel - mean) / std``, cosine scores.

    ``runtime``: ``onnxruntime`` runs the file directly; ``insightface`` hands it to InsightFace's model zoo, which
    knows the conventions of InsightFace's own (separately licensed) packs.
    """

    runtime: Literal["onnxruntime", "insightface"]
    size: Literal[112]
    channels: Literal["RGB", "BGR"]
    mean: float
    std: float = Field(gt=0)
    dimensions: int = Field(ge=64, le=4096)
    folded_from: Sha256 | None = None
    threshold: Annotated[tuple[Threshold, ...], Field(min_length=1, strict=False)]

    @model_validator(mode="after")
    def _stricter_rate_needs_higher_score(self) -> "RecogniserSpec":
        ordered = sorted(self.threshold, key=lambda item: float(item.fmr), reverse=True)
        scores = [item.score for item in ordered]
        if scores != sorted(set(scores)) or len({item.fmr for item in ordered}) != len(ordered):
            raise ValueError("thresholds must rise as the FMR falls, one for each FMR")
        return self


class Manifest(_Strict):
    schema_version: Literal[1] = Field(alias="schema")
    name: str = Field(min_length=1)
    version: str = Field(min_length=1)
    detector: DetectorSpec
    recogniser: RecogniserSpec


@dataclass(frozen=True, slots=True)
class ModelHash:
    """Which weights took part in a decision; goes into the match log."""

    role: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelPack:
    """A pack whose files were all present and unaltered when it was loaded."""

    directory: Path
    name: str
    version: str
    detector: DetectorSpec
    recogniser: RecogniserSpec

    @property
    def detector_path(self) -> Path:
        return self.directory / self.detector.file

    @property
    def recogniser_path(self) -> Path:
        return self.directory / self.recogniser.file

    @property
    def hashes(self) -> tuple[ModelHash, ...]:
        return (ModelHash("detector", self.detector.sha256), ModelHash("recogniser", self.recogniser.sha256))

    def threshold(self, fmr: str) -> Threshold:
        """The threshold measured at this false match rate, for example ``"1e-4"``.

        Raises :class:`FaceError` (``unknown_fmr``) when the pack names none: a threshold is never guessed.
        """
        for item in self.recogniser.threshold:
            if item.fmr == fmr:
                return item
        known = ", ".join(item.fmr for item in self.recogniser.threshold)
        raise FaceError(FaceErrorCode.UNKNOWN_FMR, f"pack {self.name} has thresholds for FMR {known}, not {fmr}")


def load_pack(directory: Path) -> ModelPack:
    """Read and verify a pack. Raises :class:`FaceError` (``model_refused``) naming the file and the reason."""
    path = directory / MANIFEST
    try:
        manifest = Manifest.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise _refused(path, error.strerror or type(error).__name__) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _refused(path, str(error)) from None
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
        raise _refused(path, reasons) from None
    for weights in (manifest.detector, manifest.recogniser):
        _check(directory / weights.file, weights.sha256)
        if not (directory / weights.licence_file).is_file():
            raise _refused(directory / weights.licence_file, "the licence text is missing")
    return ModelPack(directory, manifest.name, manifest.version, manifest.detector, manifest.recogniser)


def _check(path: Path, expected: str) -> None:
    try:
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _refused(path, error.strerror or type(error).__name__) from None
    if actual != expected:
        raise _refused(path, f"SHA-256 is {actual}, the manifest says {expected}")


def _refused(path: Path, reason: str) -> FaceError:
    return FaceError(FaceErrorCode.MODEL_REFUSED, f"{path.name}: {reason}")
