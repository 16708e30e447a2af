"""The canonical face the head's rotation is measured against: ``python -m face.models.canonical FOLDER``.

FOLDER holds portraits of many people who look straight into the camera. Their meshes are brought onto each other
(generalised Procrustes analysis, Gower 1975), averaged, made symmetric, and scaled so that the eye centres lie 1
apart. Their mean pitch is what "0 degrees" means. Prints ``face/canonical_face.py``.

The shipped table was made from the 51 neutral portraits of the Face Research Lab London Set (DeBruine & Jones 2017).
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from face.detect import Detector
from face.mesh import MeshModel, kabsch
from face.mesh_points import LEFT_EYE, RIGHT_EYE, RIGID, RIGID_LEFT, RIGID_MIDDLE
from face.models.pack import load_pack
from face.opencv import Points, cv2

Shape = npt.NDArray[np.float64]

DEFAULT_PACK = Path(__file__).resolve().parents[2] / "assets" / "models" / "yunet-sface"
ROUNDS = 5  # after three the mean no longer moves in the fourth decimal
_SOURCE = '''"""The mean face, in eye distances. Made by ``python -m face.models.canonical``, which says how."""

import numpy as np

from face.mesh_points import RIGID_MIDDLE
from face.opencv import Points

_MIDDLE_AND_LEFT = np.array(
    [
{table}
    ],
    dtype=np.float32,
)
_RIGHT = _MIDDLE_AND_LEFT[len(RIGID_MIDDLE) :] * np.array([-1, 1, 1], dtype=np.float32)
# x to the picture's right, y down, z away from the camera; rows as in face.mesh_points.RIGID
CANONICAL: Points = np.concatenate([_MIDDLE_AND_LEFT, _RIGHT])
'''
_EYE_CORNERS = [LEFT_EYE[0], LEFT_EYE[3], RIGHT_EYE[0], RIGHT_EYE[3]]


def canonical(meshes: list[Points]) -> Points:
    """The mean of these meshes (468 x 3 each) at :data:`face.mesh_points.RIGID`, symmetric, in eye distances."""
    shapes = [mesh[list(RIGID)].astype(np.float64) for mesh in meshes]
    corners = [mesh[_EYE_CORNERS, :2].astype(np.float64) for mesh in meshes]
    scaled = [shape / _eye_distance(eyes) for shape, eyes in zip(shapes, corners, strict=True)]
    mean = np.mean([shape - shape.mean(axis=0) for shape in scaled], axis=0)
    for _ in range(ROUNDS):
        fitted = []
        for shape in scaled:
            rotation, scale = kabsch(mean, shape)
            fitted.append((shape - shape.mean(axis=0)) @ rotation / scale)
        mean = _symmetric(np.mean(fitted, axis=0))
        mean -= mean.mean(axis=0)
    eyes = [list(RIGID).index(number) for number in _EYE_CORNERS]
    return np.asarray(mean / _eye_distance(mean[eyes, :2]), dtype=np.float32)


def _eye_distance(corners: Shape) -> float:
    """Between the middles of the left two and the right two of four eye corners."""
    return float(np.hypot(*(corners[2:].mean(axis=0) - corners[:2].mean(axis=0))))


def _symmetric(shape: Shape) -> Shape:
    middle, side = len(RIGID_MIDDLE), len(RIGID_LEFT)
    mirrored = np.concatenate([shape[:middle], shape[middle + side :], shape[middle : middle + side]]) * [-1, 1, 1]
    return np.asarray((shape + mirrored) / 2)


def source_of(shape: Points) -> str:
    """The text of ``face/canonical_face.py``: the points in the middle and on the left; the right mirrors them."""
    rows = shape[: len(RIGID_MIDDLE) + len(RIGID_LEFT)] + 0.0
    table = "\n".join(f"        ({x:.4f}, {y:.4f}, {z:.4f})," for x, y, z in rows.round(4).tolist())
    return _SOURCE.format(table=table.replace("-0.0000", "0.0000"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m face.models.canonical", description="Derive the canonical face.")
    parser.add_argument("folder", type=Path, help="portraits (JPEG) of people who look straight into the camera")
    parser.add_argument("--pack", type=Path, default=DEFAULT_PACK)
    options = parser.parse_args()
    pack = load_pack(options.pack)
    detector, model = Detector(pack), MeshModel(pack)
    fitted = []
    for path in sorted(options.folder.glob("*.jpg")):
        image = np.asarray(cv2.imread(str(path)), dtype=np.uint8)
        faces = detector.detect(image)
        if len(faces) != 1:
            print(f"{path.name}: {len(faces)} faces, left out", file=sys.stderr)  # noqa: T201 - a command
            continue
        fitted.append(model.fit(image, faces[0].box, eyes=False))
    meshes = [mesh.points for mesh in fitted]
    if len(meshes) < 10:
        print(f"{len(meshes)} usable portraits are too few for a mean face", file=sys.stderr)  # noqa: T201
        return 1
    print(source_of(canonical(meshes)), end="")  # noqa: T201 - the command's answer
    for name in ("yaw", "pitch", "roll"):
        angles = np.array([getattr(mesh, name) for mesh in fitted])
        print(f"{name}: mean {angles.mean():.1f}, standard deviation {angles.std():.1f} degrees", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
