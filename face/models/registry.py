"""Which model packs a machine has, and which of them may decide.

Packs lie in several folders: those that ship with the product, and a site's own, where a hospital puts a pack it holds
a licence for. A pack is named by its folder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from face.errors import FaceError
from face.models.pack import MANIFEST, Manifest, load_pack, read_manifest

NOT_ADOPTED = "not adopted: it has weights but no manifest.toml"
NOT_CALIBRATED = "not calibrated: it has no thresholds"


class PackProblem(StrEnum):
    """Why a pack may not decide, for whoever has words for it in more than one language."""

    NOT_ADOPTED = "not_adopted"
    REFUSED = "refused"  # a file is missing, altered or not valid
    WRONG_NAME = "wrong_name"  # its manifest and its folder do not agree
    SAME_NAME = "same_name"  # a pack of this name was found before it
    NOT_CALIBRATED = "not_calibrated"
    NO_SCORE = "no_score"  # calibrated, but not for the rate that is asked for


@dataclass(frozen=True, slots=True)
class PackSummary:
    """One folder. ``problem`` None: it may decide; else ``reason`` has the particulars, in technical English.
    ``usable``: it may at least be evaluated.

    ``licence`` and ``commercial_use`` are those of all its weights together: the licences side by side, and commercial
    use only where every file allows it. None or empty when the manifest cannot be read.
    """

    folder: Path
    name: str
    version: str
    problem: PackProblem | None
    usable: bool
    reason: str
    licence: str
    commercial_use: bool | None
    runtime: str

    @property
    def ok(self) -> bool:
        """It may decide."""
        return self.problem is None


def find_packs(folders: Sequence[Path]) -> tuple[PackSummary, ...]:
    """Every pack in these folders, each file checked against its SHA-256. Of two with one name the first counts.

    Reads all weights: about 0.1 s for 40 MB. A folder that does not exist holds no packs.
    """
    found: list[PackSummary] = []
    for place in folders:
        candidates = place.iterdir() if place.is_dir() else ()
        for folder in sorted(item for item in candidates if item.is_dir() and not item.name.startswith(".")):
            if not (folder / MANIFEST).is_file() and not any(folder.glob("*.onnx")):
                continue
            first = next((item for item in found if item.name == folder.name), None)
            if first is not None:
                found.append(_refused(folder, PackProblem.SAME_NAME, f"{first.folder} has the same name"))
            else:
                found.append(summarise(folder))
    return tuple(found)


def summarise(folder: Path) -> PackSummary:
    """What one folder holds."""
    if not (folder / MANIFEST).is_file():
        return _refused(folder, PackProblem.NOT_ADOPTED, NOT_ADOPTED)
    try:
        manifest = read_manifest(folder)
    except FaceError as error:
        return _refused(folder, PackProblem.REFUSED, error.detail)
    try:
        load_pack(folder)
    except FaceError as error:
        return _summary(folder, manifest, PackProblem.REFUSED, error.detail)
    if manifest.name != folder.name:
        reason = f"{MANIFEST} names it {manifest.name}: the folder must have the pack's name"
        return _summary(folder, manifest, PackProblem.WRONG_NAME, reason)
    if not manifest.recogniser.threshold:
        return _summary(folder, manifest, PackProblem.NOT_CALIBRATED, NOT_CALIBRATED)
    return _summary(folder, manifest, None, "")


def _summary(folder: Path, manifest: Manifest, problem: PackProblem | None, reason: str) -> PackSummary:
    weights = manifest.roles.values()
    return PackSummary(
        folder=folder,
        name=folder.name,
        version=manifest.version,
        problem=problem,
        usable=problem in (None, PackProblem.NOT_CALIBRATED),
        reason=reason,
        licence=", ".join(dict.fromkeys(item.licence for item in weights)),
        commercial_use=all(item.commercial_use for item in weights),
        runtime=manifest.recogniser.runtime,
    )


def _refused(folder: Path, problem: PackProblem, reason: str) -> PackSummary:
    return PackSummary(folder, folder.name, "", problem, False, reason, "", None, "")
