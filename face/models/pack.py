"""A model pack: a folder with a ``manifest.toml`` and the weights it pins by SHA-256."""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from face.errors import FaceError, FaceErrorCode
from face.models.calibration import Calibration, OperatingPoint, Threshold

MANIFEST = "manifest.toml"

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]  # no path leaves the folder


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
    """A face detector with five landmarks. ``long_side``: detection works on a copy of at most so many pixels, and on
    half as many where a large face is expected."""

    runtime: Literal["opencv-yunet"]
    score_threshold: float = Field(gt=0, lt=1)
    nms_threshold: float = Field(gt=0, lt=1)
    long_side: int = Field(ge=160, le=1920)


class MeshSpec(Weights):
    """A face mesh of 468 points on a square crop (MediaPipe's topology, :mod:`face.mesh_points`)."""

    runtime: Literal["opencv-tflite"]


class EyesSpec(Weights):
    """The outline of one eye on a close crop (MediaPipe's iris model, :mod:`face.eyes`)."""

    runtime: Literal["opencv-tflite"]


class PassivePadSpec(Weights):
    """A model that judges single pictures for presentation attacks; :mod:`face.pad.passive` says what it must take and
    give. ``bona_fide``: index of the class of living faces in its output."""

    runtime: Literal["onnxruntime"]
    size: int = Field(ge=32, le=512)
    margin: float = Field(ge=1, le=4)  # side of the square crop over the longer side of the detector's box
    channels: Literal["RGB", "BGR"]
    mean: float
    std: float = Field(gt=0)
    bona_fide: int = Field(ge=0)


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
    # How many times the stated FMR may be reached inside one sex and ethnic group; see ModelPack.accept_score.
    group_factor: float = Field(ge=1, le=1000)
    # None: the pack can be evaluated and calibrated, but decides nothing
    threshold: Annotated[tuple[Threshold, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _stricter_rate_needs_higher_score(self) -> "RecogniserSpec":
        ordered = sorted(self.threshold, key=lambda item: float(item.fmr), reverse=True)
        scores = [item.score for item in ordered]
        if scores != sorted(set(scores)) or len({item.fmr for item in ordered}) != len(ordered):
            raise ValueError("thresholds must rise as the FMR falls, one for each FMR")
        if len(ordered) == 1:
            raise ValueError("one threshold says nothing about the rates beside it: none, or two and more")
        return self


class Manifest(_Strict):
    schema_version: Literal[2] = Field(alias="schema")
    name: str = Field(min_length=1)
    version: str = Field(min_length=1)
    detector: DetectorSpec
    recogniser: RecogniserSpec
    mesh: MeshSpec
    eyes: EyesSpec
    passive_pad: PassivePadSpec | None = None

    @property
    def roles(self) -> dict[str, Weights]:
        named = {"detector": self.detector, "recogniser": self.recogniser, "mesh": self.mesh, "eyes": self.eyes}
        return named | ({"passive_pad": self.passive_pad} if self.passive_pad else {})


@dataclass(frozen=True, slots=True)
class ModelHash:
    """Which weights took part in a decision; goes into the match log."""

    role: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelPack:
    """A pack whose files were all present and unaltered when it was loaded."""

    directory: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def version(self) -> str:
        return self.manifest.version

    @property
    def detector(self) -> DetectorSpec:
        return self.manifest.detector

    @property
    def recogniser(self) -> RecogniserSpec:
        return self.manifest.recogniser

    @property
    def detector_path(self) -> Path:
        return self.directory / self.manifest.detector.file

    @property
    def recogniser_path(self) -> Path:
        return self.directory / self.manifest.recogniser.file

    @property
    def mesh_path(self) -> Path:
        return self.directory / self.manifest.mesh.file

    @property
    def eyes_path(self) -> Path:
        return self.directory / self.manifest.eyes.file

    @property
    def passive_pad(self) -> PassivePadSpec | None:
        return self.manifest.passive_pad

    @property
    def passive_pad_path(self) -> Path | None:
        return self.directory / self.passive_pad.file if self.passive_pad else None

    @property
    def hashes(self) -> tuple[ModelHash, ...]:
        """Every role's weights, in the manifest's order."""
        return tuple(ModelHash(role, weights.sha256) for role, weights in self.manifest.roles.items())

    @property
    def calibration(self) -> Calibration:
        """Raises :class:`FaceError` (``unknown_fmr``) when the pack was never calibrated."""
        return Calibration(self.name, self.recogniser.threshold, self.recogniser.group_factor)

    def threshold(self, fmr: str) -> Threshold:
        """The threshold measured at this false match rate, for example ``"1e-4"``.

        Raises :class:`FaceError` (``unknown_fmr``) when the pack names none: a threshold is never guessed.
        """
        return self.calibration.threshold(fmr)

    def accept_score(self, fmr: str) -> OperatingPoint:
        """From this score on a comparison is a match at ``fmr``; :class:`Calibration` says how it is found.

        Raises :class:`FaceError` (``unknown_fmr``) for a rate that the pack does not name.
        """
        return self.calibration.accept_score(fmr)

    def reject_score(self) -> OperatingPoint:
        """Below this score a comparison is no match; between the two it is undecided."""
        return self.calibration.reject_score()


def read_manifest(directory: Path) -> Manifest:
    """The manifest alone, weights unseen. Raises :class:`FaceError` (``model_refused``)."""
    path = directory / MANIFEST
    try:
        return Manifest.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise _refused(path, error.strerror or type(error).__name__) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _refused(path, str(error)) from None
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
        raise _refused(path, reasons) from None


def load_pack(directory: Path) -> ModelPack:
    """Read and verify a pack. Raises :class:`FaceError` (``model_refused``) naming the file and the reason."""
    manifest = read_manifest(directory)
    for weights in manifest.roles.values():
        _check(directory / weights.file, weights.sha256)
        if not (directory / weights.licence_file).is_file():
            raise _refused(directory / weights.licence_file, "the licence text is missing")
    return ModelPack(directory, manifest)


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
