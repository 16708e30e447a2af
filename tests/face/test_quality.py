"""Each fault of a frame has its own guidance."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from face.degradation.effects import RANGES, Effect, apply
from face.degradation.live import Level, degrade
from face.degradation.portrait import find_landmarks
from face.degradation.worn import MASK_COLOURS, mask
from face.measures import FaceQuality, Pose
from face.models.pack import ModelPack
from face.opencv import Image, cv2
from face.pad.light_colours import LightColour
from face.quality import Guidance, Limits, advise
from face.simulation.head import HeadModel
from face.simulation.pose import Pose3d, ScreenLight
from face.simulation.scene import HEIGHT, WIDTH
from face.verify import Verifier


@pytest.fixture
def frame(people: Mapping[str, Any]) -> Image:
    """Lan before a plain wall, 1280 x 720."""
    return placed(people["lan"].live, 700)


def placed(portrait: Image, size: int, x: int | None = None) -> Image:
    canvas = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    picture = cv2.resize(portrait, (size, size), interpolation=cv2.INTER_AREA)
    left = (WIDTH - size) // 2 if x is None else x
    canvas[HEIGHT - size : HEIGHT, left : left + size] = picture
    return canvas


def guidance(verifier: Verifier, image: Image) -> Guidance:
    return verifier.look(np.ascontiguousarray(image))[0]


def test_a_plain_portrait_is_good(verifier: Verifier, frame: Image) -> None:
    assert guidance(verifier, frame) is Guidance.GOOD


def test_everybody_is_good_whatever_the_colour_of_skin(verifier: Verifier, people: Mapping[str, Any]) -> None:
    assert {guidance(verifier, placed(person.live, 700)) for person in people.values()} == {Guidance.GOOD}


def black(image: Image) -> Image:
    return (image * 0.02).astype(np.uint8)


def white(image: Image) -> Image:
    return np.full_like(image, 250)


def shaken(image: Image) -> Image:
    return np.asarray(cv2.blur(image, (27, 1)), dtype=np.uint8)


def nobody(image: Image) -> Image:
    return np.full_like(image, 180)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (black, Guidance.TOO_DARK),
        (white, Guidance.TOO_BRIGHT),
        (shaken, Guidance.BLURRED),
        (nobody, Guidance.NO_FACE),
    ],
)
def test_a_spoilt_frame_says_what_to_do(
    verifier: Verifier, frame: Image, spoil: Callable[[Image], Image], expected: Guidance
) -> None:
    assert guidance(verifier, spoil(frame)) is expected


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        (Effect.DEFOCUS, Guidance.BLURRED),
        (Effect.DARK, Guidance.TOO_DARK),
        (Effect.OVER_BRIGHT, Guidance.TOO_BRIGHT),
        (Effect.BACK_LIGHT, Guidance.BACK_LIT),
        (Effect.TILT, Guidance.TURN_TO_CAMERA),
        (Effect.FAR, Guidance.TOO_FAR),
        (Effect.NEAR, Guidance.TOO_NEAR),
        (Effect.GLARE, Guidance.GLARE),
        (Effect.MASK, Guidance.MASK),
        (Effect.CLOSED_EYES, Guidance.EYES_CLOSED),
    ],
)
def test_each_fault_has_its_own_advice_and_a_mild_one_has_none(
    verifier: Verifier, people: Mapping[str, Any], effect: Effect, expected: Guidance
) -> None:
    """Simulated frames. A mask and shut eyes are there or not."""
    for person in ("lan", "minh"):
        portrait = people[person].live
        assert guidance(verifier, apply(effect, portrait, 1)) is expected
        if effect not in (Effect.MASK, Effect.CLOSED_EYES):
            assert guidance(verifier, apply(effect, portrait, 2, strength=RANGES[effect].mild)) is Guidance.GOOD


@pytest.mark.parametrize("colour", MASK_COLOURS, ids=str)
@pytest.mark.parametrize("person", ["hung", "duc"])
def test_a_mask_is_seen_in_any_colour(
    verifier: Verifier, people: Mapping[str, Any], person: str, colour: tuple[float, float, float]
) -> None:
    portrait = people[person].live
    masked = mask(portrait, find_landmarks(portrait), colour)
    assert guidance(verifier, apply(None, masked, 3)) is Guidance.MASK


def test_glasses_alone_are_no_fault(verifier: Verifier, people: Mapping[str, Any]) -> None:
    assert guidance(verifier, apply(Effect.GLASSES, people["hung"].live, 1)) is Guidance.GOOD


def test_light_from_one_side_is_not_taken_for_a_blurred_face(verifier: Verifier, people: Mapping[str, Any]) -> None:
    for person in ("duc", "hung", "lan", "minh"):
        assert guidance(verifier, apply(Effect.SIDE_LIGHT, people[person].live, 1, strength=0.9)) is Guidance.GOOD


@pytest.mark.parametrize("person", ["lan", "hung", "duc", "minh"])
def test_a_poor_frame_of_a_bare_face_is_accepted(verifier: Verifier, people: Mapping[str, Any], person: str) -> None:
    """Far, dim, noisy, lit from one side (simulated): no mask, no shut eyes, no darkness is seen in it."""
    assert guidance(verifier, degrade(people[person].live, Level.POOR, 11)) is Guidance.GOOD


@pytest.mark.parametrize("colour", list(LightColour))
def test_the_screens_own_light_is_taken_for_no_mask(verifier: Verifier, head: HeadModel, colour: LightColour) -> None:
    assert guidance(verifier, head.render(light=ScreenLight(colour, 0.3))) is Guidance.GOOD


GOOD = FaceQuality(
    eye_distance=100.0,
    pose=Pose(0.0, 0.0, 0.0),
    bright_part=150.0,
    around=190.0,
    saturated=0.0,
    cover_colour=-0.07,
    cover_light=0.1,
    lower_features=0.35,
    glare=0.0,
    sharpness=0.12,
    eyes_open=0.27,
    score=0.8,
)


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ({}, Guidance.GOOD),
        ({"bright_part": 45.0, "around": 250.0}, Guidance.BACK_LIT),
        ({"bright_part": 70.0, "around": 250.0}, Guidance.BACK_LIT),
        ({"bright_part": 70.0}, Guidance.GOOD),
        ({"bright_part": 90.0, "around": 250.0}, Guidance.GOOD),
        ({"bright_part": 45.0, "cover_colour": 0.5}, Guidance.TOO_DARK),
        ({"cover_colour": 0.5, "pose": Pose(0.0, 25.0, 0.0)}, Guidance.MASK),
        ({"cover_light": 0.9}, Guidance.MASK),
        ({"lower_features": 0.08}, Guidance.MASK),
        ({"lower_features": 0.08, "sharpness": 0.01}, Guidance.BLURRED),
        ({"lower_features": 0.08, "pose": Pose(25.0, 0.0, 0.0)}, Guidance.TURN_TO_CAMERA),
        ({"pose": Pose(0.0, 25.0, 0.0), "sharpness": 0.01}, Guidance.TURN_TO_CAMERA),
        ({"pose": Pose(-21.0, 0.0, 0.0)}, Guidance.TURN_TO_CAMERA),
        ({"sharpness": 0.01, "eyes_open": 0.05}, Guidance.BLURRED),
        ({"glare": 0.5, "eyes_open": 0.05}, Guidance.GLARE),
        ({"eyes_open": 0.05}, Guidance.EYES_CLOSED),
    ],
)
def test_of_several_faults_the_first_is_named(faults: dict[str, Any], expected: Guidance) -> None:
    assert advise(replace(GOOD, **faults), Limits()) is expected


def test_a_person_far_away_is_too_far(verifier: Verifier, people: Mapping[str, Any]) -> None:
    assert guidance(verifier, placed(people["lan"].live, 300)) is Guidance.TOO_FAR


def test_a_face_that_fills_the_frame_is_too_near(verifier: Verifier, people: Mapping[str, Any]) -> None:
    close_up = cv2.resize(people["lan"].live[90:550, 110:570], (WIDTH, WIDTH))[200:920]
    assert guidance(verifier, np.asarray(close_up, dtype=np.uint8)) is Guidance.TOO_NEAR


def test_two_people_side_by_side_are_two_faces(verifier: Verifier, people: Mapping[str, Any]) -> None:
    both = placed(people["lan"].live, 600, x=20)
    both[:, 640:] = placed(people["hung"].live, 600, x=660)[:, 640:]
    assert guidance(verifier, both) is Guidance.TWO_FACES


def test_somebody_small_in_the_background_does_not_disturb(verifier: Verifier, people: Mapping[str, Any]) -> None:
    queue = placed(people["lan"].live, 700, x=60)
    queue[440:720, 960:1240] = placed(people["hung"].live, 280, x=960)[440:720, 960:1240]
    found, face, _, _ = verifier.look(queue)
    assert found is Guidance.GOOD
    assert face is not None
    assert face.box.x < 640


@pytest.fixture(scope="module")
def head(people: Mapping[str, Any], pack: ModelPack) -> HeadModel:
    return HeadModel.from_portrait(people["lan"].live, pack)


@pytest.mark.parametrize(
    ("pose", "expected"),
    [
        (Pose3d(yaw=15), Guidance.GOOD),
        (Pose3d(yaw=-15), Guidance.GOOD),
        (Pose3d(pitch=10), Guidance.GOOD),
        (Pose3d(pitch=-10), Guidance.GOOD),
        (Pose3d(roll=12), Guidance.GOOD),
        (Pose3d(yaw=30), Guidance.TURN_TO_CAMERA),
        (Pose3d(yaw=-30), Guidance.TURN_TO_CAMERA),
        (Pose3d(pitch=-22), Guidance.TURN_TO_CAMERA),
        (Pose3d(roll=-28), Guidance.TURN_TO_CAMERA),
    ],
    ids=str,
)
def test_a_head_turned_away_is_asked_to_turn_back(
    verifier: Verifier, head: HeadModel, pose: Pose3d, expected: Guidance
) -> None:
    assert guidance(verifier, head.render(pose)) is expected
