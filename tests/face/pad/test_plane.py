"""Heads have relief; pictures have none, however they are moved, tilted and bent."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from face.canonical_face import CANONICAL
from face.detect import Detector
from face.mesh import MeshModel
from face.models.pack import ModelPack
from face.opencv import Image, cv2
from face.pad.evidence import PadResult, PadState
from face.pad.head_pose import Front, read_pose
from face.pad.moves import Move
from face.pad.observation import Observation
from face.pad.parallax import Array, measure_relief, tilt_of
from face.pad.plane import PlaneAnalysis, PlaneLimits
from face.simulation.head import HeadModel
from face.simulation.pose import Pose3d
from tests.face.pad.performer import rotation

HEAD: Array = CANONICAL.astype(np.float64)
CAMERA = 9.0  # eye distances between lens and face: 57 cm


def seen(points: Array, turn: Array, shift: Array) -> Array:
    """Through a pinhole."""
    moved = points @ turn.T + shift
    return np.asarray(moved[:, :2] * CAMERA / (CAMERA + moved[:, 2:3]))


def picture_of_head(bend: float) -> Array:
    """The head as printed on paper that is bent like a tile: its points have only the paper's depth."""
    printed = np.zeros_like(HEAD)
    printed[:, :2] = seen(HEAD, np.eye(3), np.zeros(3))
    printed[:, 2] = bend * printed[:, 0] ** 2
    return printed


def relief(body: Array, yaw: float, pitch: float, shift: Array, seed: int, noise: float = 0.004) -> float:
    source = np.random.default_rng(seed)
    turn = rotation(yaw, pitch)
    before = seen(body, np.eye(3), np.zeros(3)) + source.normal(0, noise, (len(body), 2))
    after = seen(body, turn, shift) + source.normal(0, noise, (len(body), 2))
    zoom = CAMERA / (CAMERA + shift[2])
    return measure_relief(before, after, HEAD[:, 2], zoom * turn[:2, 2]).share


shifts = st.tuples(*[st.floats(-0.5, 0.5)] * 2, st.floats(-1.5, 1.5)).map(np.array)
turns = st.tuples(st.sampled_from([-1, 1]), st.floats(9, 25)).map(lambda pair: pair[0] * pair[1])


@settings(max_examples=60, deadline=None)
@given(yaw=turns, pitch=st.floats(-4, 4), shift=shifts, seed=st.integers(0, 10_000))
def test_a_head_shows_its_relief_however_it_turns_and_steps(yaw: float, pitch: float, shift: Array, seed: int) -> None:
    assert 0.4 < relief(HEAD, yaw, pitch, shift, seed) < 2.0


@settings(max_examples=60, deadline=None)
@given(yaw=turns, pitch=st.floats(-10, 10), shift=shifts, bend=st.floats(-0.3, 0.3), seed=st.integers(0, 10_000))
def test_a_picture_shows_none_flat_or_bent(yaw: float, pitch: float, shift: Array, bend: float, seed: int) -> None:
    assert abs(relief(picture_of_head(bend), yaw, pitch, shift, seed)) < 0.25


def test_some_tracks_that_slipped_change_nothing() -> None:
    turn, source = rotation(15, 0), np.random.default_rng(1)
    before, after = seen(HEAD, np.eye(3), np.zeros(3)), seen(HEAD, turn, np.zeros(3))
    after[source.choice(len(after), 8, replace=False)] += source.normal(0, 0.3, (8, 2))
    assert measure_relief(before, after, HEAD[:, 2], turn[:2, 2]).share > 0.6


def test_too_few_points_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        measure_relief(HEAD[:6, :2], HEAD[:6, :2], HEAD[:6, 2], np.array([0.2, 0.0]))


@pytest.mark.parametrize(("yaw", "pitch", "axis"), [(30, 0, 0), (-30, 0, 0), (0, 30, 1)])
def test_a_tilted_picture_is_foreshortened_the_way_it_tilts(yaw: float, pitch: float, axis: int) -> None:
    flat = picture_of_head(0.0)
    tilt, way = tilt_of(flat[:, :2], seen(flat, rotation(yaw, pitch), np.zeros(3)))
    assert tilt == pytest.approx(30, abs=6)
    assert abs(way[axis]) > 0.9


# --- with pictures: a simulated head and a photograph of it


class Camera:
    """What the real detector and mesh see, frame by frame, while a turn is asked for."""

    def __init__(self, pack: ModelPack) -> None:
        self._detector, self._mesh = Detector(pack), MeshModel(pack)

    def watch(
        self, render: Callable[[float], Image], move: Move = Move.TURN_LEFT, limits: PlaneLimits | None = None
    ) -> PadResult:
        """``render`` draws from 0, the front, to 1, all the way."""
        plane, front, source = PlaneAnalysis(limits), Front(), np.random.default_rng(5)
        for number, part in enumerate([0.0, 0.0, *np.linspace(0.2, 1.0, 5), 1.0]):
            clean = render(part)
            image = np.asarray(np.clip(clean + source.normal(0, 2, clean.shape), 0, 255), dtype=np.uint8)
            [face] = self._detector.detect(image)
            observation = Observation(number / 15, image, face, self._mesh.fit(image, face.box), None)
            reading = read_pose(observation)
            if part == 0:
                front.learn(reading)
            plane.feed(observation, front.relative(reading), move)
        result = plane.result()
        plane.close()
        return result


@pytest.fixture(scope="module")
def camera(pack: ModelPack) -> Camera:
    return Camera(pack)


@pytest.fixture(scope="module")
def head(pack: ModelPack, people: dict[str, Any]) -> HeadModel:
    return HeadModel.from_portrait(people["minh"].live, pack)


@pytest.fixture(scope="module")
def photograph(head: HeadModel) -> Image:
    return head.render(Pose3d())


def held(photograph: Image, yaw: float, pitch: float, bend: float) -> Image:
    """The photograph turned about its middle; ``bend``: the paper's depth at its edges in parts of its width."""
    height, width = photograph.shape[:2]
    focal = 1.5 * width
    turn = rotation(yaw, pitch)
    x, y = np.meshgrid(np.arange(width) - width / 2, np.arange(height) - height / 2)
    rays = np.stack([x, y, np.full_like(x, focal)], axis=-1) @ turn
    eye = np.array([0, 0, -focal]) @ turn
    across = np.zeros_like(x)
    for _ in range(6):
        depth = 4 * bend * across**2 / width
        reach = (depth - eye[2]) / rays[..., 2]
        across, down = eye[0] + reach * rays[..., 0], eye[1] + reach * rays[..., 1]
    where = (across + width / 2).astype(np.float32), (down + height / 2).astype(np.float32)
    return np.asarray(cv2.remap(photograph, *where, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)


@pytest.mark.parametrize("pose", [Pose3d(yaw=20), Pose3d(yaw=-18, shift=(8, 0)), Pose3d(pitch=14)])
def test_a_turning_head_is_seen_to_have_relief(camera: Camera, head: HeadModel, pose: Pose3d) -> None:
    def render(part: float) -> Image:
        shift = (pose.shift[0] * part, 0.0)
        return head.render(Pose3d(yaw=pose.yaw * part, pitch=pose.pitch * part, shift=shift))

    result = camera.watch(render)
    assert (result.state, result.reason) == (PadState.SUCCESSFUL, "relief_seen")
    assert result.score is not None
    assert result.score > 0.8


@pytest.mark.parametrize(
    ("yaw", "pitch", "bend"),
    [(35, 3, 0), (0, 30, 0), (-30, 0, 0.15)],
    ids=["aside", "back", "bent"],
)
def test_a_tilted_photograph_fails(camera: Camera, photograph: Image, yaw: float, pitch: float, bend: float) -> None:
    result = camera.watch(lambda part: held(photograph, yaw * part, pitch * part, bend))
    assert (result.state, result.reason) == (PadState.FAILED, "flat")


@pytest.mark.parametrize("bend", [0.2])
def test_a_photograph_that_is_bent_before_the_camera_never_passes(
    camera: Camera, photograph: Image, bend: float
) -> None:
    assert camera.watch(lambda part: held(photograph, 0, 0, bend * part)).state is not PadState.SUCCESSFUL


def test_a_photograph_that_is_only_moved_shows_nothing(camera: Camera, photograph: Image) -> None:
    def moved(part: float) -> Image:
        matrix = np.array([[1 + 0.1 * part, 0, 40 * part], [0, 1 + 0.1 * part, -20 * part]])
        size = (photograph.shape[1], photograph.shape[0])
        return np.asarray(cv2.warpAffine(photograph, matrix, size, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)

    result = camera.watch(moved)
    assert (result.state, result.reason) == (PadState.NOT_ASSESSED, "no_turn")


def test_without_a_prompt_for_a_turn_nothing_is_measured(camera: Camera, head: HeadModel) -> None:
    result = camera.watch(lambda part: head.render(Pose3d(yaw=20 * part)), Move.BLINK)
    assert result.reason == "no_turn"


def test_with_too_few_points_to_follow_nothing_is_said(camera: Camera, head: HeadModel) -> None:
    """Out of focus there is nothing to track; that is no evidence of anything."""
    limits = PlaneLimits(points_min=400)
    result = camera.watch(lambda part: head.render(Pose3d(yaw=20 * part)), limits=limits)
    assert (result.state, result.reason) == (PadState.NOT_ASSESSED, "too_few_points")
