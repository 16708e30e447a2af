"""Which model packs a machine has, and which of them may decide.

Packs lie in several folders: those that ship with the product, and a site's own, where a hospital puts a pack it holds
a licence for. A pack is named by its folder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from face.errors import FaceError
from face.models.pack import MANIFEST, Manifest, load_pack, read_manifest

NOT_ADOPTED = "not adopted: it has weights but no manifest.toml"
NOT_CALIBRATED = "not calibrated: it has no thresholds"


@dataclass(frozen=True, slots=True)
class PackSummary:
    """One folder. ``ok``: it may decide; otherwise ``reason`` says why not. ``usable``: it may at least be evaluated.

    ``licence`` and ``commercial_use`` are those of all its weights together: the licences side by side, and commercial
    use only where every file allows it. None or empty when the manifest cannot be read.
    """

    folder: Path
    name: str
    version: str
    ok: bool
    usable: bool
    reason: str
    licence: str
    commercial_use: bool | None
    runtime: str


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
            found.append(_refused(folder, f"{first.folder} has the same name") if first else summarise(folder))
    return tuple(found)


def summarise(folder: Path) -> PackSummary:
    """What one folder holds."""
    if not (folder / MANIFEST).is_file():
        return _refused(folder, NOT_ADOPTED)
    try:
        manifest = read_manifest(folder)
    except FaceError as error:
        return _refused(folder, error.detail)
    reason, usable = "", True
    try:
        load_pack(folder)
    except FaceError as error:
        reason, usable = error.detail, False
    if usable and manifest.name != folder.name:
        reason, usable = f"{MANIFEST} names it {manifest.name}: the folder must have the pack's name", False
    if usable and not manifest.recogniser.threshold:
        reason = NOT_CALIBRATED
    return _summary(folder, manifest, usable, reason)


def _summary(folder: Path, manifest: Manifest, usable: bool, reason: str) -> PackSummary:
    weights = manifest.roles.values()
    return PackSummary(
        folder=folder,
        name=folder.name,
        version=manifest.version,
        ok=not reason,
        usable=usable,
        reason=reason,
        licence=", ".join(dict.fromkeys(item.licence for item in weights)),
        commercial_use=all(item.commercial_use for item in weights),
        runtime=manifest.recogniser.runtime,
    )


def _refused(folder: Path, reason: str) -> PackSummary:
    return PackSummary(folder, folder.name, "", False, False, reason, "", None, "")
