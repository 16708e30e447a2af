"""A frontal portrait made ready: found, fitted, cut out, with its depth, scaled to the size it has in the frame."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from face.detect import Detector
from face.mesh import MeshModel
from face.mesh_points import CHIN, LEFT_EYE, RIGHT_EYE
from face.models.pack import ModelPack, load_pack
from face.opencv import Image, Points, cv2
from face.simulation.eyelids import shut_in_steps
from face.simulation.matte import background_of, person_matte, without_background
from face.simulation.relief import head_depth, normals
from face.simulation.sampling import Field, sample_field
from face.simulation.surface import GRID, grid

FEATHER: Final = 0.5  # eye distances over which the portrait's own background fades into the room's wall
DEFAULT_PACK: Final = Path(__file__).resolve().parents[2] / "assets" / "models" / "yunet-sface"


_EYE_CORNERS: Final = (LEFT_EYE[0], LEFT_EYE[3], RIGHT_EYE[0], RIGHT_EYE[3])


class PortraitError(ValueError):
    """No face, or no readable picture: it cannot be brought to life."""


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A person to be moved. All in the pixels of ``picture``, the photograph at the size it has in the frame.

    ``textures``: H x W x 4 (blue, green, red, alpha), from open eyes to shut ones. On the coarse grid: ``depth`` to the
    camera, ``normals``, and ``weight`` (1: turns with the head, 0: stays with the shoulders). ``centre``: between the
    eyes. ``wall``: one colour a row, the background the person was photographed against.
    """

    picture: Image
    textures: tuple[Image, ...]
    depth: Field
    normals: Field
    weight: Field
    mesh: Points
    centre: tuple[float, float]
    eye_distance: float
    wall: npt.NDArray[np.float32]


class PortraitMaker:
    """Fits portraits. One instance serves one thread."""

    def __init__(self, pack: ModelPack | None = None) -> None:
        pack = pack or load_pack(DEFAULT_PACK)
        self._detector = Detector(pack)
        self._mesh = MeshModel(pack)

    def make(self, image: Image, eye_distance: float) -> Portrait:
        """Raises :class:`PortraitError`. ``eye_distance``: pixels between the eyes in the frame at scale 1."""
        faces = self._detector.detect(image)
        if not faces:
            raise PortraitError("no face on the portrait")
        found = self._mesh.fit(image, faces[0].box)
        scale = eye_distance / found.eye_distance
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        picture = np.asarray(
            cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC), np.uint8
        )
        mesh = np.asarray(found.points * np.float32(scale), dtype=np.float32)
        matte = person_matte(picture, mesh)
        coloured = without_background(picture, matte)
        body = _below_chin(mesh, matte.shape, eye_distance)
        alpha = np.maximum(matte, body) * _sides(matte.shape[1], eye_distance)
        inside = (body > matte)[:, :, None]  # where the shoulders end is left to the photograph
        texture = np.dstack([np.where(inside, picture, coloured), np.rint(alpha * 255)]).astype(np.uint8)
        grid_x, grid_y = grid((picture.shape[1], picture.shape[0]))
        person = _sample(matte, grid_x, grid_y)
        depth = head_depth(mesh, person, grid_x, grid_y, eye_distance)
        return Portrait(
            picture=picture,
            textures=shut_in_steps(texture, mesh),
            depth=depth,
            normals=normals(depth, GRID),
            weight=_headness(mesh, person, grid_y, eye_distance),
            mesh=mesh,
            centre=(float(mesh[:, 0].mean()), float(mesh[list(_EYE_CORNERS), 1].mean())),
            eye_distance=eye_distance,
            wall=background_of(picture, (np.maximum(matte, body) > 0.5).astype(np.uint8))[:, 0],
        )


def _sample(field: npt.NDArray[np.float32], grid_x: Field, grid_y: Field) -> Field:
    soft = np.asarray(cv2.blur(field, (GRID, GRID)), dtype=np.float32)
    return sample_field(soft, np.dstack([grid_x, grid_y]))


def _below_chin(mesh: Points, shape: tuple[int, ...], eye_distance: float) -> npt.NDArray[np.float32]:
    """1 on the lower part of the photograph, background and all, fading upwards."""
    height, width = shape[0], shape[1]
    fade = FEATHER * eye_distance
    down = np.clip((np.arange(height) - float(mesh[CHIN, 1]) - 0.3 * eye_distance) / fade, 0, 1)
    return np.repeat(down[:, None], width, axis=1).astype(np.float32)


def _sides(width: int, eye_distance: float) -> npt.NDArray[np.float32]:
    """1 but at the photograph's left and right edges, where it fades."""
    across = np.arange(width)
    return np.clip(np.minimum(across, across[::-1]) / (FEATHER * eye_distance), 0, 1).astype(np.float32)


def _headness(mesh: Points, person: Field, grid_y: Field, eye_distance: float) -> Field:
    """The neck twists: from all at the chin to nothing at the shoulders."""
    down = np.clip((grid_y - float(mesh[CHIN, 1])) / (1.5 * eye_distance), 0, 1)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * down), dtype=np.float32)
