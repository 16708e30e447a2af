"""The face mesh: which way round its angles are, and what counts as a face at all."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from face.detect import Box, Detector
from face.mesh import FaceMesh, MeshModel, kabsch
from face.mesh_points import CHIN, FOREHEAD, LEFT_CHEEK, NOSE_TIP, POINTS, RIGHT_CHEEK
from face.models.pack import ModelPack
from face.opencv import Image, cv2


class Fitting:
    def __init__(self, pack: ModelPack) -> None:
        self._detector, self._model = Detector(pack), MeshModel(pack)

    def __call__(self, image: Image) -> FaceMesh:
        return self._model.fit(image, self._detector.detect(image)[0].box)

    def at(self, image: Image, box: Box) -> FaceMesh:
        return self._model.fit(image, box)


@pytest.fixture(scope="module")
def fit(pack: ModelPack) -> Fitting:
    return Fitting(pack)


@pytest.fixture(scope="module")
def meshes(fit: Fitting, people: Mapping[str, Any]) -> dict[str, FaceMesh]:
    return {name: fit(person.live) for name, person in people.items()}


def turned(mesh: FaceMesh, *, about: int, degrees: float) -> FaceMesh:
    """The mesh turned about the x (0), y (1) or z (2) axis by the right-hand rule, as a head turns."""
    angle = np.radians(degrees)
    one, other = [axis for axis in range(3) if axis != about]
    rotation = np.eye(3)
    rotation[[one, other], [one, other]] = np.cos(angle)
    sign = -1 if about == 1 else 1
    rotation[one, other], rotation[other, one] = -sign * np.sin(angle), sign * np.sin(angle)
    middle = mesh.points.mean(axis=0)
    return FaceMesh(((mesh.points - middle) @ rotation.T + middle).astype(np.float32), mesh.presence)


def test_people_who_look_into_the_camera_have_small_angles_and_open_eyes(meshes: dict[str, FaceMesh]) -> None:
    for mesh in meshes.values():
        assert abs(mesh.yaw) < 8
        assert abs(mesh.pitch) < 12
        assert abs(mesh.roll) < 8
        assert all(0.15 < eye < 0.4 for eye in mesh.eye_openness)
        assert mesh.presence > 0.999


def test_the_points_lie_on_the_face_in_pixels_of_the_frame(
    fit: Fitting, pack: ModelPack, people: Mapping[str, Any]
) -> None:
    image = people["lan"].live
    face, mesh = Detector(pack).detect(image)[0], fit(image)
    nose = face.landmarks[2]
    assert np.hypot(*(mesh.points[NOSE_TIP, :2] - nose)) < 0.25 * face.eye_distance
    assert mesh.eye_distance == pytest.approx(face.eye_distance, rel=0.1)
    assert mesh.points[NOSE_TIP, 2] < mesh.points[LEFT_CHEEK, 2]  # nearer to the camera
    assert mesh.points[FOREHEAD, 1] < mesh.points[CHIN, 1]


def test_the_mirrored_picture_has_the_opposite_yaw_and_roll(fit: Fitting, people: Mapping[str, Any]) -> None:
    for person in people.values():
        straight, mirrored = fit(person.live), fit(np.ascontiguousarray(person.live[:, ::-1]))
        assert mirrored.yaw == pytest.approx(-straight.yaw, abs=6)
        assert mirrored.roll == pytest.approx(-straight.roll, abs=3)
        assert mirrored.pitch == pytest.approx(straight.pitch, abs=5)


def test_a_picture_turned_clockwise_shows_a_head_rolled_clockwise(fit: Fitting, people: Mapping[str, Any]) -> None:
    image = people["lan"].live
    height, width = image.shape[:2]
    before = fit(image).roll
    for degrees in (-20, -10, 10, 20):
        clockwise = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
        tilted = np.asarray(cv2.warpAffine(image, clockwise, (width, height)), dtype=np.uint8)
        assert fit(tilted).roll - before == pytest.approx(degrees, abs=4)


@pytest.mark.parametrize("degrees", [-35.0, -10.0, 20.0])
def test_a_turned_mesh_says_by_how_much_and_which_way(meshes: dict[str, FaceMesh], degrees: float) -> None:
    mesh = meshes["hung"]
    left = turned(mesh, about=1, degrees=-degrees)  # y points down
    assert left.yaw - mesh.yaw == pytest.approx(degrees, abs=2.5)
    cheeks = left.points[[LEFT_CHEEK, RIGHT_CHEEK], :2].mean(axis=0) - mesh.points[[LEFT_CHEEK, RIGHT_CHEEK], :2].mean(
        0
    )
    nose = left.points[NOSE_TIP, :2] - mesh.points[NOSE_TIP, :2]
    assert np.sign((nose - cheeks)[0]) == np.sign(degrees)  # the nose goes to the picture's right
    up = turned(mesh, about=0, degrees=-degrees)
    assert up.pitch - mesh.pitch == pytest.approx(degrees, abs=2.5)
    assert np.sign(
        (up.points[NOSE_TIP] - up.points[LEFT_CHEEK] - mesh.points[NOSE_TIP] + mesh.points[LEFT_CHEEK])[1]
    ) == (-np.sign(degrees))
    assert turned(mesh, about=2, degrees=degrees).roll - mesh.roll == pytest.approx(degrees, abs=1)


def test_turning_does_not_look_like_going_away(meshes: dict[str, FaceMesh]) -> None:
    mesh = meshes["minh"]
    away = turned(mesh, about=1, degrees=40)
    assert away.eye_distance < 0.85 * mesh.eye_distance
    assert away.frontal_eye_distance == pytest.approx(mesh.frontal_eye_distance, rel=1e-3)


def test_shut_lids_and_an_open_mouth_are_seen(meshes: dict[str, FaceMesh]) -> None:
    points = meshes["duc"].points.copy()
    points[[159, 160, 158]] = points[[145, 144, 153]]  # the left eye's upper lid on the lower one
    points[14, 1] += 0.4 * meshes["duc"].eye_distance  # the lower lip dropped
    changed = FaceMesh(points, 1.0)
    left, right = changed.eye_openness
    assert left < 0.05 < 0.15 < right
    assert changed.mouth_openness > 0.5 > 0.2 > meshes["duc"].mouth_openness


def test_beside_the_face_nothing_is_present(fit: Fitting, people: Mapping[str, Any], pack: ModelPack) -> None:
    image = people["lan"].live
    wall = np.full((720, 1280, 3), 90, dtype=np.uint8)
    assert fit.at(wall, Box(400, 200, 300, 300)).presence < 0.01
    box = Detector(pack).detect(image)[0].box
    assert fit.at(image, Box(box.x, box.y + 1.4 * box.height, box.width, box.height)).presence < 0.5


def test_the_rotation_is_a_rotation_even_of_a_mirrored_shape() -> None:
    shape = np.random.default_rng(5).normal(0, 1, (20, 3))
    rotation, scale = kabsch(shape, 2.5 * shape)
    np.testing.assert_allclose(rotation, np.eye(3), atol=1e-9)
    assert scale == pytest.approx(2.5)
    mirrored, _ = kabsch(shape, shape * [-1, 1, 1])
    assert np.linalg.det(mirrored) == pytest.approx(1)


def test_anything_but_468_points_in_space_is_no_mesh() -> None:
    with pytest.raises(ValueError, match=str(POINTS)):
        FaceMesh(np.zeros((478, 3), dtype=np.float32), 1.0)
