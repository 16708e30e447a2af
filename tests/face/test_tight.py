"""A picture that is nothing but a face."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from face.align import align
from face.detect import Detector
from face.embed import load_embedder
from face.models.pack import ModelPack
from face.opencv import Image, cv2
from face.tight import detect_tight


@pytest.fixture(scope="module")
def detector(pack: ModelPack) -> Detector:
    return Detector(pack)


def cut(image: Image, detector: Detector, part: float, side: int) -> Image:
    """The middle ``part`` of the face's box, ``side`` pixels wide."""
    box = detector.detect(image)[0].box
    x, y, half = box.x + box.width / 2, box.y + box.height / 2, part * box.height / 2
    piece = image[max(0, round(y - half)) : round(y + half), max(0, round(x - half)) : round(x + half)]
    return np.asarray(cv2.resize(piece, (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def test_a_face_that_fills_the_picture_is_found_and_is_the_same_face(
    people: Mapping[str, Any], pack: ModelPack, detector: Detector
) -> None:
    embedder = load_embedder(pack, 1)
    for person in people.values():
        tight = cut(person.live, detector, 0.5, 640)
        assert detector.detect(tight) == (), "the case this is for"
        [face] = detect_tight(detector, tight)
        whole = detector.detect(person.live)[0]
        score = embedder.embed(align(tight, face.landmarks)) @ embedder.embed(align(person.live, whole.landmarks))
        assert score > 0.6


def test_a_picture_with_room_around_the_face_is_looked_at_once(people: Mapping[str, Any], detector: Detector) -> None:
    image = people["lan"].live
    [plain], [found] = detector.detect(image), detect_tight(detector, image)
    assert found.box == plain.box
    assert (found.landmarks == plain.landmarks).all()


def test_no_face_is_no_face(detector: Detector) -> None:
    assert detect_tight(detector, np.full((96, 96, 3), 90, dtype=np.uint8)) == ()
