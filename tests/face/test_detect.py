"""Detection on small copies of the frame: half the copy for a face that is known to be near."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from face.detect import Box, Detector
from face.models.pack import ModelPack
from face.opencv import Image, cv2

NEAR = Box(400, 100, 300, 400)


def frame(portrait: Image, face: Box, height: float) -> Image:
    """A 1280 x 720 frame with this portrait's face in the middle, ``height`` pixels high."""
    scale = height / face.height
    shift = [640 - scale * (face.x + face.width / 2), 360 - scale * (face.y + face.height / 2)]
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    made = cv2.warpAffine(portrait, matrix, (1280, 720), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(made, dtype=np.uint8)


@pytest.fixture(scope="module")
def detector(pack: ModelPack) -> Detector:
    return Detector(pack)


@pytest.mark.parametrize("height", [230, 450])
def test_half_the_copy_finds_a_near_face_in_the_same_place(
    detector: Detector, people: Mapping[str, Any], height: int
) -> None:
    for person in people.values():
        image = frame(person.live, detector.detect(person.live)[0].box, height)
        [whole], [half] = detector.detect(image), detector.detect(image, NEAR)
        assert not np.array_equal(whole.landmarks, half.landmarks)  # another copy was looked at
        difference = np.hypot(*(whole.landmarks - half.landmarks).T)
        assert difference.max() < 0.16 * whole.eye_distance
        assert half.box.height == pytest.approx(whole.box.height, rel=0.15)


def test_a_person_who_stepped_far_back_is_looked_for_on_the_whole_copy(
    detector: Detector, people: Mapping[str, Any]
) -> None:
    portrait = people["duc"].live
    image = frame(portrait, detector.detect(portrait)[0].box, 30)
    [whole], [stepped_back] = detector.detect(image), detector.detect(image, NEAR)
    np.testing.assert_array_equal(stepped_back.landmarks, whole.landmarks)


def test_a_small_face_before_asks_for_the_whole_copy(detector: Detector, people: Mapping[str, Any]) -> None:
    portrait = people["minh"].live
    image = frame(portrait, detector.detect(portrait)[0].box, 250)
    [whole], [again] = detector.detect(image), detector.detect(image, Box(600, 300, 100, 120))
    np.testing.assert_array_equal(again.landmarks, whole.landmarks)
    assert detector.detect(np.zeros((720, 1280, 3), dtype=np.uint8), NEAR) == ()
