"""A simulated head really turns: the mesh sees the pose that was asked for, and the face stays the person's."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from face.align import align
from face.detect import Detector
from face.embed import Embedding, load_embedder
from face.mesh import FaceMesh, MeshModel
from face.mesh_points import LEFT_CHEEK, RIGHT_CHEEK
from face.models.pack import ModelPack
from face.opencv import Image
from face.pad.light_colours import LightColour
from face.simulation.head import HeadModel
from face.simulation.portrait import PortraitError
from face.simulation.pose import Pose3d, ScreenLight

CHEEK = 101  # beside the nose, turned to the camera


class Look:
    """What the real models see on a frame."""

    def __init__(self, pack: ModelPack) -> None:
        self._detector, self._mesh, self._embedder = Detector(pack), MeshModel(pack), load_embedder(pack, 1)

    def mesh(self, image: Image) -> FaceMesh:
        [face] = self._detector.detect(image)
        return self._mesh.fit(image, face.box)

    def embedding(self, image: Image) -> Embedding:
        [face] = self._detector.detect(image)
        return self._embedder.embed(align(image, face.landmarks))


@pytest.fixture(scope="module")
def look(pack: ModelPack) -> Look:
    return Look(pack)


@pytest.fixture(scope="module")
def heads(pack: ModelPack, people: Mapping[str, Any]) -> dict[str, HeadModel]:
    return {name: HeadModel.from_portrait(people[name].live, pack) for name in ("lan", "minh")}


@pytest.mark.parametrize("person", ["lan", "minh"])
def test_the_mesh_sees_the_head_turn_as_far_as_it_was_turned(
    look: Look, heads: Mapping[str, HeadModel], person: str
) -> None:
    angles = (-24, -12, 0, 12, 24)
    seen = [look.mesh(heads[person].render(Pose3d(yaw=angle))).yaw for angle in angles]
    assert seen == sorted(seen)
    assert seen[-1] - seen[0] > 0.6 * (angles[-1] - angles[0])
    assert seen[0] < seen[2] - 0.5 * 24
    assert seen[-1] > seen[2] + 0.5 * 24


@pytest.mark.parametrize("person", ["lan", "minh"])
def test_the_mesh_sees_the_head_look_up_and_down_and_tilt(
    look: Look, heads: Mapping[str, HeadModel], person: str
) -> None:
    up, down = (look.mesh(heads[person].render(Pose3d(pitch=angle))).pitch for angle in (14, -14))
    assert up - down > 0.6 * 28
    left, right = (look.mesh(heads[person].render(Pose3d(roll=angle))).roll for angle in (-10, 10))
    assert right - left > 0.6 * 20


def test_coming_closer_is_a_larger_face_whose_nose_grows_more(look: Look, heads: Mapping[str, HeadModel]) -> None:
    far, near = (look.mesh(heads["lan"].render(Pose3d(scale=scale))) for scale in (1.0, 1.35))
    assert near.eye_distance / far.eye_distance == pytest.approx(1.38, abs=0.06)


@pytest.mark.parametrize("person", ["lan", "minh"])
def test_a_blink_is_seen_on_the_lids(look: Look, heads: Mapping[str, HeadModel], person: str) -> None:
    opened, half, shut = (
        np.array(look.mesh(heads[person].render(blink=part)).eye_openness) for part in (0.0, 0.5, 1.0)
    )
    assert (half < opened).all()
    assert (shut < 0.5 * opened).all()


def test_from_the_front_the_face_is_still_the_persons_and_nobody_elses(
    look: Look, heads: Mapping[str, HeadModel], people: Mapping[str, Any]
) -> None:
    lan = look.embedding(people["lan"].live)
    assert lan @ look.embedding(heads["lan"].render(light=ScreenLight(LightColour.AMBER))) > 0.9
    assert lan @ look.embedding(heads["lan"].render(Pose3d(yaw=10))) > 0.8
    assert lan @ look.embedding(heads["minh"].render()) < 0.4


def test_the_screens_light_colours_the_skin_and_follows_its_relief(look: Look, heads: Mapping[str, HeadModel]) -> None:
    head = heads["lan"]
    points = look.mesh(head.render()).points
    lit = {colour: head.render(light=ScreenLight(colour, 0.3)).astype(float) for colour in LightColour}
    blue, _, red = patch(lit[LightColour.AZURE] - lit[LightColour.AMBER], points[CHEEK])
    assert blue > 10
    assert red < -10
    # What faces the screen gains more from its light than the side of the face.
    gain = lit[LightColour.WHITE] / np.maximum(lit[LightColour.AZURE], 1)
    for edge in (LEFT_CHEEK, RIGHT_CHEEK):
        assert patch(gain, points[CHEEK])[2] > patch(gain, points[edge])[2] + 0.015


def patch(picture: npt.NDArray[np.float64], point: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    x, y = round(float(point[0])), round(float(point[1]))
    return np.asarray(picture[y - 3 : y + 4, x - 3 : x + 4].mean(axis=(0, 1)))


def test_the_room_behind_stands_still(heads: Mapping[str, HeadModel]) -> None:
    straight, turned = (heads["lan"].render(Pose3d(yaw=yaw)) for yaw in (0, 25))
    assert (straight[:100, :100] == turned[:100, :100]).all()
    assert (straight[:, 250:390] != turned[:, 250:390]).any()


def test_the_same_pose_is_the_same_picture_and_what_is_no_portrait_is_refused(
    heads: Mapping[str, HeadModel], pack: ModelPack
) -> None:
    pose = Pose3d(yaw=9, pitch=-4, roll=2, scale=1.1, shift=(5.0, -3.0))
    first = heads["minh"].render(pose, blink=0.5)
    heads["minh"].render(Pose3d(yaw=-20))
    assert (heads["minh"].render(pose, blink=0.5) == first).all()
    with pytest.raises(PortraitError, match="no face"):
        HeadModel.from_portrait(np.full((300, 300, 3), 127, np.uint8), pack)
