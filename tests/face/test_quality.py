"""Each fault of a frame has its own guidance."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from face.models.pack import ModelPack
from face.opencv import Image, cv2
from face.quality import Guidance
from face.simulation.head import HeadModel
from face.simulation.pose import Pose3d
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


def darker(image: Image) -> Image:
    return (image * 0.2).astype(np.uint8)


def black(image: Image) -> Image:
    return (image * 0.02).astype(np.uint8)


def overexposed(image: Image) -> Image:
    return np.clip(image.astype(np.int32) * 2 + 40, 0, 255).astype(np.uint8)


def white(image: Image) -> Image:
    return np.full_like(image, 250)


def blurred(image: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 5), dtype=np.uint8)


def shaken(image: Image) -> Image:
    return np.asarray(cv2.blur(image, (21, 1)), dtype=np.uint8)


def nobody(image: Image) -> Image:
    return np.full_like(image, 180)


def tilted(image: Image) -> Image:
    matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 40, 1.0)
    turned = cv2.warpAffine(image, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, dtype=np.uint8)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (darker, Guidance.TOO_DARK),
        (black, Guidance.TOO_DARK),
        (overexposed, Guidance.TOO_BRIGHT),
        (white, Guidance.TOO_BRIGHT),
        (blurred, Guidance.BLURRED),
        (shaken, Guidance.BLURRED),
        (nobody, Guidance.NO_FACE),
        (tilted, Guidance.TURN_TO_CAMERA),
    ],
)
def test_a_spoilt_frame_says_what_to_do(
    verifier: Verifier, frame: Image, spoil: Callable[[Image], Image], expected: Guidance
) -> None:
    assert guidance(verifier, spoil(frame)) is expected


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
