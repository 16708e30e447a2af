import numpy as np
import pytest

from face.detect import Detector
from face.mesh import FaceMesh, MeshModel
from face.models.pack import ModelPack
from tests.face.pad.performer import HEIGHT, WIDTH, Performer


@pytest.fixture(scope="session")
def front_mesh(pack: ModelPack, people: dict[str, object]) -> FaceMesh:
    """The mesh of a demonstration portrait, 30 pixels between the eyes, in the middle of the performer's frame."""
    live = people["lan"].live  # type: ignore[attr-defined]
    mesh = MeshModel(pack).fit(live, Detector(pack).detect(live)[0].box)
    points = (mesh.points - mesh.points.mean(axis=0)) * (30 / mesh.eye_distance)
    points += np.array([WIDTH / 2, HEIGHT / 2, 0])
    return FaceMesh(points.astype(np.float32), mesh.presence)


@pytest.fixture
def performer(front_mesh: FaceMesh) -> Performer:
    return Performer(front_mesh)
