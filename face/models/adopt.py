"""Making a pack of what a hospital has: an InsightFace folder under its own licence, or a pack with its own thresholds.

An adopted folder is a whole pack: the detector, the mesh and the eyes of the default pack are copied into it with their
licences, so that chip and live pictures go through one detector, the one the thresholds were measured with.
"""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from face.align import SIZE
from face.embed import load_embedder
from face.errors import FaceError, FaceErrorCode
from face.models.calibration import Threshold
from face.models.known_figures import KNOWN_FIGURES
from face.models.manifest_text import manifest_text
from face.models.pack import MANIFEST, Manifest, ModelPack, RecogniserSpec, load_pack
from face.models.site_calibration import DEFAULT_GROUP_FACTOR, SiteCalibration

LICENCE_FILE = "LICENSE-recogniser.txt"


@dataclass(frozen=True, slots=True)
class Licence:
    """What the operator says about the weights. ``text``: the file with the licence or the contract."""

    name: str
    text: Path
    commercial_use: bool


@dataclass(frozen=True, slots=True)
class _Recogniser:
    file: str
    mean: float
    std: float
    dimensions: int


def adopt(
    folder: Path,
    licence: Licence,
    base: ModelPack,
    *,
    recogniser: str | None = None,
    calibration: SiteCalibration | None = None,
    known_figures: bool = False,
    replace: bool = False,
) -> ModelPack:
    """Write a manifest into an InsightFace pack's folder and pin every file. ``base`` gives detector, mesh and eyes.

    ``recogniser``: which file, if more than one would do. Without ``calibration`` and ``known_figures`` the pack has no
    thresholds: it can be evaluated and decides nothing. Raises :class:`FaceError` (``model_refused``).
    """
    if (folder / MANIFEST).exists() and not replace:
        raise _refused(f"{folder.name} has a {MANIFEST} already")
    found = _find_recogniser(folder, recogniser)
    sha256 = _sha256(folder / found.file)
    thresholds, factor = _thresholds(found.file, sha256, base, calibration, known_figures)
    _copy(licence.text, folder / LICENCE_FILE)
    for weights in (base.manifest.detector, base.manifest.mesh, base.manifest.eyes):
        _copy(base.directory / weights.file, folder / weights.file)
        _copy(base.directory / weights.licence_file, folder / weights.licence_file)
    spec = RecogniserSpec(
        file=found.file,
        sha256=sha256,
        licence=licence.name,
        licence_file=LICENCE_FILE,
        commercial_use=licence.commercial_use,
        source="InsightFace model pack, provided and licensed by the operator",
        runtime="insightface",
        size=112,
        channels="RGB",
        mean=found.mean,
        std=found.std,
        dimensions=found.dimensions,
        group_factor=factor,
        threshold=thresholds,
    )
    manifest = Manifest(
        schema=2,
        name=folder.name,
        version=f"adopted-{sha256[:12]}",
        detector=base.manifest.detector,
        recogniser=spec,
        mesh=base.manifest.mesh,
        eyes=base.manifest.eyes,
    )
    return _write(folder, manifest, "Written by python -m face adopt. The licence is the operator's statement.")


def recalibrate(pack: ModelPack, calibration: SiteCalibration, target: Path) -> ModelPack:
    """A copy of ``pack`` in the new folder ``target`` with a site's own thresholds; the original stays as it is.

    Raises :class:`FaceError` (``model_refused``), also when the calibration was measured with other weights.
    """
    calibration.must_be_of({item.role: item.sha256 for item in pack.hashes})
    if target.exists():
        raise _refused(f"{target.name} exists already")
    target.mkdir(parents=True)
    for weights in pack.manifest.roles.values():
        _copy(pack.directory / weights.file, target / weights.file)
        _copy(pack.directory / weights.licence_file, target / weights.licence_file)
    recogniser = pack.recogniser.model_copy(
        update={"threshold": calibration.thresholds, "group_factor": calibration.group_factor}
    )
    manifest = pack.manifest.model_copy(
        update={"name": target.name, "version": f"{pack.version}-site", "recogniser": recogniser}
    )
    return _write(target, manifest, f"{pack.name} {pack.version} with thresholds measured on site.")


def _write(folder: Path, manifest: Manifest, comment: str) -> ModelPack:
    """Put the manifest in place and try the pack. A manifest that does not work does not stay."""
    path, previous = folder / MANIFEST, None
    if path.exists():
        previous = path.read_bytes()
    path.write_text(manifest_text(manifest, comment), encoding="utf-8")
    try:
        pack = load_pack(folder)
        load_embedder(pack, 1).embed(np.full((SIZE, SIZE, 3), 127, dtype=np.uint8))
    except (FaceError, ValueError) as error:
        if previous is None:
            path.unlink()
        else:
            path.write_bytes(previous)
        raise error if isinstance(error, FaceError) else _refused(f"{manifest.recogniser.file}: {error}") from None
    return pack


def _find_recogniser(folder: Path, wanted: str | None) -> _Recogniser:
    if not folder.is_dir():
        raise _refused(f"{folder.name} is no folder")
    declared = _declared(folder)
    if declared is not None and wanted in (None, declared[0].name):
        return _inspect(*declared)
    names = [wanted] if wanted else sorted(path.name for path in folder.glob("*.onnx"))
    fitting = [name for name in names if _takes_aligned_faces(folder / name)]
    if len(fitting) != 1:
        which = ", ".join(fitting) if fitting else "none"
        raise _refused(f"{folder.name}: one recogniser (1x3x{SIZE}x{SIZE} to one vector) is needed, found {which}")
    return _inspect(folder / fitting[0], None)


def _declared(folder: Path) -> tuple[Path, Mapping[str, float] | None] | None:
    """InsightFace 2 packages name their recogniser and its input convention in a ``manifest.json`` of their own."""
    from insightface.model_zoo.package_manifest import has_model_package_manifest, load_model_package

    if not has_model_package_manifest(folder):
        return None
    try:
        task = load_model_package(folder).task("recognition")
        preprocessing = task.metadata["preprocessing"]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise _refused(f"{folder.name}: InsightFace's manifest.json names no recogniser ({error})") from None
    path = Path(task.path)
    if path.parent.resolve() != folder.resolve():
        raise _refused(
            f"{folder.name}: the recogniser lies in a folder below, {path.name} must lie beside manifest.toml"
        )
    convention = {"mean": 0.0, "std": 1.0} if isinstance(preprocessing, str) else dict(preprocessing)
    return path, convention


def _takes_aligned_faces(path: Path) -> bool:
    """One square colour picture of the aligned size in, one vector out: what InsightFace routes to ArcFace."""
    import onnx

    try:
        graph = onnx.load_model(str(path), load_external_data=False).graph
    except Exception as error:  # noqa: BLE001 - protobuf's DecodeError has no types and no built-in base
        raise _refused(f"{path.name}: no ONNX file ({type(error).__name__})") from None
    weights = {item.name for item in graph.initializer}
    inputs = [item for item in graph.input if item.name not in weights]
    if len(inputs) != 1 or len(graph.output) != 1:
        return False
    takes, gives = _shape(inputs[0]), _shape(graph.output[0])
    return takes[1:] == [3, SIZE, SIZE] and len(gives) == 2 and gives[1] >= 64


def _shape(value: Any) -> list[int]:
    return [int(item.dim_value) for item in value.type.tensor_type.shape.dim]


def _inspect(path: Path, convention: Mapping[str, float] | None) -> _Recogniser:
    """How InsightFace would feed this file."""
    import onnxruntime
    from insightface.model_zoo.arcface_onnx import ArcFaceONNX

    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        model = ArcFaceONNX(str(path), session=session)
        dimensions = int(np.asarray(model.get_feat(np.zeros((SIZE, SIZE, 3), dtype=np.uint8))).size)
    except Exception as error:  # noqa: BLE001 - onnxruntime raises its own C++ types, of no common base
        raise _refused(f"{path.name}: InsightFace cannot run it ({type(error).__name__})") from None
    mean, std = float(model.input_mean), float(model.input_std)
    if convention is not None:
        mean, std = convention["mean"], convention["std"]
    return _Recogniser(path.name, mean, std, dimensions)


def _thresholds(
    file: str, sha256: str, base: ModelPack, calibration: SiteCalibration | None, known_figures: bool
) -> tuple[tuple[Threshold, ...], float]:
    if calibration is not None:
        calibration.must_be_of({"detector": base.detector.sha256, "recogniser": sha256})
        return calibration.thresholds, calibration.group_factor
    if not known_figures:
        return (), DEFAULT_GROUP_FACTOR
    if file not in KNOWN_FIGURES:
        raise _refused(f"no figures are known for {file}, only for {', '.join(KNOWN_FIGURES)}: calibrate it")
    return KNOWN_FIGURES[file], DEFAULT_GROUP_FACTOR


def _copy(source: Path, target: Path) -> None:
    try:
        if target.exists():
            if not source.samefile(target) and source.read_bytes() != target.read_bytes():
                raise _refused(f"{target.name} is there already and differs")
            return
        shutil.copyfile(source, target)
    except OSError as error:
        raise _refused(f"{source.name}: {error.strerror or type(error).__name__}") from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refused(detail: str) -> FaceError:
    return FaceError(FaceErrorCode.MODEL_REFUSED, detail)
