"""Alignment and embedding against InsightFace, which trained and ships this convention."""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from face.align import REFERENCE, align, similarity
from face.detect import Detector
from face.embed import load_embedder
from face.errors import FaceError, FaceErrorCode
from face.models.pack import ModelPack
from face.opencv import cv2


def with_recogniser(pack: ModelPack, **update: object) -> ModelPack:
    recogniser = pack.recogniser.model_copy(update=update)
    return replace(pack, manifest=pack.manifest.model_copy(update={"recogniser": recogniser}))


def test_the_crop_is_the_one_insightface_makes(pack: ModelPack, people: Mapping[str, Any]) -> None:
    from insightface.utils.face_align import norm_crop

    for person in people.values():
        [face] = Detector(pack).detect(person.live)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # scikit-image renames what insightface calls
            reference = norm_crop(person.live, face.landmarks)
        difference = np.abs(align(person.live, face.landmarks).astype(int) - reference.astype(int))
        assert difference.mean() < 0.05
        assert difference.max() <= 4  # the border's interpolation rounds differently


def test_a_turned_and_scaled_face_lands_on_the_reference_points() -> None:
    angle, scale = np.radians(17), 3.4
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (REFERENCE @ turn.T + [410, 95]).astype(np.float32)
    matrix = similarity(moved, REFERENCE)
    np.testing.assert_allclose(moved @ matrix[:, :2].T + matrix[:, 2], REFERENCE, atol=1e-3)


def test_a_mirrored_face_is_not_mirrored_back() -> None:
    mirrored = REFERENCE * np.array([-1, 1], dtype=np.float32)
    matrix = similarity(mirrored, REFERENCE)
    assert np.linalg.det(matrix[:, :2]) > 0


def test_both_runtimes_give_the_same_embedding(pack: ModelPack, people: Mapping[str, Any]) -> None:
    """A hospital's InsightFace pack takes the second path; our own weights through it must agree with the first."""
    other = with_recogniser(pack, runtime="insightface")
    own, zoo = load_embedder(pack, 1), load_embedder(other, 1)
    person = people["lan"]
    aligned = align(person.live, Detector(pack).detect(person.live)[0].landmarks)
    first, second = own.embed(aligned), zoo.embed(aligned)
    assert first.shape == (128,)
    assert float(np.linalg.norm(first)) == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(first, second, atol=1e-5)


def test_detection_on_the_small_copy_points_into_the_full_frame(pack: ModelPack, people: Mapping[str, Any]) -> None:
    """The same face once at 700 px and once at twice that: every coordinate doubles to within a pixel or two."""
    detector = Detector(pack)
    small = people["hung"].live
    large = np.asarray(cv2.resize(small, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    [in_small], [in_large] = detector.detect(small), detector.detect(large)
    np.testing.assert_allclose(in_large.landmarks, in_small.landmarks * 2, atol=4)
    assert in_large.eye_distance == pytest.approx(2 * in_small.eye_distance, rel=0.02)


def test_weights_of_another_shape_than_the_manifest_says_are_refused(pack: ModelPack) -> None:
    lying = with_recogniser(pack, dimensions=512)
    with pytest.raises(FaceError) as caught:
        load_embedder(lying, 1)
    assert caught.value.code is FaceErrorCode.MODEL_REFUSED
