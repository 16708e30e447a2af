"""Simulated chip pictures and live frames: the same by seed, of the size asked for, and as bad as they say."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from face.__main__ import main as face_command
from face.degradation import chip, light, optics, sensor, worn
from face.degradation.__main__ import main
from face.degradation.axes import FaceAxes
from face.degradation.effects import RANGES, Effect, apply
from face.degradation.live import CONDITIONS, Level, degrade, draw, frames
from face.degradation.place import place
from face.degradation.portrait import find_landmarks
from face.degradation.survey import survey
from face.detect import DetectedFace
from face.errors import FaceError, FaceErrorCode
from face.opencv import Image, Points, cv2
from face.picture import decode_picture
from face.verify import Verifier


@pytest.fixture(scope="module")
def portrait(people: Mapping[str, Any]) -> Image:
    return people["hung"].live


@pytest.fixture(scope="module")
def points(portrait: Image) -> Points:
    return find_landmarks(portrait)


def grey(image: Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.float64)


# --- the chip's picture


@pytest.mark.parametrize(
    ("kind", "size", "limit"), [("jp2", (480, 640), 12_000), ("jp2", (240, 320), 6_000), ("jpeg", (240, 320), 8_000)]
)
def test_a_chip_picture_fills_its_limit_and_never_passes_it(
    portrait: Image, points: Points, kind: chip.Kind, size: tuple[int, int], limit: int
) -> None:
    encoded = chip.encode(portrait, kind=kind, size=size, limit_bytes=limit, landmarks=points)
    assert 0.9 * limit < len(encoded) <= limit
    height, width = decode_picture(encoded).shape[:2]
    assert width / height == pytest.approx(0.75, abs=0.01)
    assert width <= size[0]


def test_more_bytes_lose_less(portrait: Image, points: Points) -> None:
    crop = chip.crop_portrait(portrait, 0.75, points)

    def loss(limit: int) -> float:
        decoded = decode_picture(chip.encode(crop, kind="jpeg", limit_bytes=limit))
        return float(np.abs(decoded.astype(int) - crop.astype(int)).mean())

    assert loss(20_000) < loss(10_000) < loss(5_000)


def test_the_same_portrait_gives_the_same_bytes(portrait: Image, points: Points) -> None:
    twice = [chip.encode(portrait, size=(240, 320), limit_bytes=6_000, landmarks=points) for _ in range(2)]
    assert twice[0] == twice[1]


def test_a_small_portrait_is_not_enlarged(portrait: Image) -> None:
    small = np.ascontiguousarray(portrait[::7, ::7])
    decoded = decode_picture(chip.encode(small, size=(480, 640)))
    assert decoded.shape[1] <= 100
    assert decoded.shape[0] <= 100


def test_a_tiny_picture_is_kept_without_loss(portrait: Image) -> None:
    small = np.ascontiguousarray(portrait[300:340, 300:340])
    assert np.array_equal(decode_picture(chip.encode(small)), small)


def test_what_cannot_be_made_so_small_is_said(portrait: Image) -> None:
    with pytest.raises(ValueError, match="does not fit 400 bytes"):
        chip.encode(portrait, kind="jpeg", limit_bytes=400)


def test_the_crop_is_about_the_face(portrait: Image, points: Points) -> None:
    moved = np.roll(portrait, 120, axis=1)
    crop = chip.crop_portrait(moved, 0.75, points + np.array([120, 0], dtype=np.float32))
    eyes = FaceAxes.of(find_landmarks(np.ascontiguousarray(crop))).origin
    assert eyes[0] / crop.shape[1] == pytest.approx(0.5, abs=0.05)
    assert eyes[1] / crop.shape[0] == pytest.approx(0.42, abs=0.05)


# --- the live frame


def test_the_same_seed_is_the_same_frame_and_another_seed_another(portrait: Image, points: Points) -> None:
    first, again, other = (degrade(portrait, Level.POOR, seed, landmarks=points) for seed in (1, 1, 2))
    assert first.shape == (720, 1280, 3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_frames_of_one_stay_differ_but_little(portrait: Image, points: Points) -> None:
    one, two = frames(portrait, Level.NORMAL, 3, 2, landmarks=points)
    assert np.array_equal(one, degrade(portrait, Level.NORMAL, 3, landmarks=points))
    assert not np.array_equal(one, two)
    assert float(np.abs(one.astype(int) - two.astype(int)).mean()) < 12
    eyes = [FaceAxes.of(find_landmarks(frame)) for frame in (one, two)]
    assert float(np.hypot(*(eyes[0].origin - eyes[1].origin))) < 0.25 * eyes[0].unit


def test_every_draw_keeps_to_its_levels_spans() -> None:
    for level, spans in CONDITIONS.items():
        for seed in range(50):
            what = draw(level, seed)
            for name in ("eye_distance", "defocus", "motion", "noise", "gamma", "side_light"):
                low, high = getattr(spans, name)
                assert low <= getattr(what, name) <= high, (level, seed, name)
            assert spans.tilt[0] <= abs(what.tilt) <= spans.tilt[1]
    assert {draw(Level.POOR, seed).from_left for seed in range(10)} == {True, False}


def test_each_level_is_worse_than_the_one_before(verifier: Verifier, people: Mapping[str, Any]) -> None:
    person = people["hung"]
    points = find_landmarks(person.live)
    eye_distances: list[float] = []
    scores: list[float] = []
    with verifier.enrol(person.chip) as template:
        for level in Level:
            frame = degrade(person.live, level, 1, landmarks=points)
            [face, *_] = verifier._detector.detect(frame)
            low, high = CONDITIONS[level].eye_distance
            assert 0.9 * low < face.eye_distance < 1.1 * high
            eye_distances.append(face.eye_distance)
            scores.append(_score(verifier, frame, face, template.embedding))
    assert eye_distances == sorted(eye_distances, reverse=True)
    assert scores == sorted(scores, reverse=True)
    assert scores[1] > verifier.threshold  # the poor level is one that must still be accepted


def _score(verifier: Verifier, frame: Image, face: DetectedFace, embedding: np.ndarray) -> float:
    from face.align import align

    return float(verifier._embedder.embed(align(frame, face.landmarks)) @ embedding)


def test_a_picture_without_a_face_is_refused() -> None:
    with pytest.raises(FaceError) as error:
        degrade(np.full((300, 300, 3), 128, dtype=np.uint8), Level.NORMAL, 1)
    assert error.value.code is FaceErrorCode.NO_FACE


# --- single effects, by what they do to the values


def test_noise_is_as_strong_as_asked_and_stronger_in_the_shadows() -> None:
    source = np.random.default_rng(1)
    spread = [
        float(sensor.camera_noise(np.full((200, 200, 3), value, dtype=np.uint8), 8, source).std())
        for value in (40, 128, 220)
    ]
    assert spread[1] == pytest.approx(8, rel=0.03)
    assert spread[0] > spread[1] > spread[2]


def test_motion_blur_smears_along_its_angle_and_keeps_the_light() -> None:
    point = np.zeros((61, 61, 3), dtype=np.uint8)
    point[29:32, 29:32] = 255

    def extent(angle: float) -> tuple[float, float]:
        smeared = grey(optics.motion_blur(point, 20, angle))
        assert smeared.sum() == pytest.approx(grey(point).sum(), rel=0.1)
        rows, columns = np.nonzero(smeared > 2)
        return float(np.ptp(columns)), float(np.ptp(rows))

    across, down = extent(0), extent(90)
    assert across[0] >= 18
    assert across[1] <= 5
    assert down == across[::-1]


def test_no_strength_changes_nothing(portrait: Image, points: Points) -> None:
    source = np.random.default_rng(1)
    for same in (
        optics.defocus(portrait, 0),
        optics.motion_blur(portrait, 0, 30),
        sensor.camera_noise(portrait, 0, source),
        light.tone(portrait, 1),
        light.exposure(portrait, 1),
        light.side_light(portrait, points, 0, from_left=True),
        light.back_light(portrait, points, 0),
    ):
        assert np.array_equal(same, portrait)


@pytest.mark.parametrize("from_left", [True, False])
def test_side_light_takes_its_part_of_one_cheek(portrait: Image, points: Points, from_left: bool) -> None:
    lit = light.side_light(portrait, points, 0.6, from_left=from_left)
    left, right = (_patch(lit, points, x, 0.6) / _patch(portrait, points, x, 0.6) for x in (-0.7, 0.7))
    near, far = (left, right) if from_left else (right, left)
    assert near > 0.85
    assert far < 0.6


def test_back_light_darkens_the_face_and_brightens_what_is_behind(portrait: Image, points: Points) -> None:
    lit = light.back_light(portrait, points, 0.7)
    assert _patch(lit, points, 0.6, 0.6) < 0.5 * _patch(portrait, points, 0.6, 0.6)
    assert grey(lit)[:60].mean() > max(230, grey(portrait)[:60].mean())


def _patch(image: Image, points: Points, x: float, y: float) -> float:
    """Mean grey of a small patch of the face, in eye distances."""
    centre_x, centre_y = np.rint(FaceAxes.of(points).pixels([(x, y)])[0]).astype(int)
    return float(grey(image)[centre_y - 6 : centre_y + 7, centre_x - 6 : centre_x + 7].mean())


def test_a_portrait_stands_where_it_is_put(portrait: Image, points: Points) -> None:
    frame, placed = place(portrait, points, 100, 10, (50, -20))
    axes = FaceAxes.of(placed)
    assert axes.unit == pytest.approx(100, abs=0.5)
    assert axes.origin == pytest.approx([690, 340], abs=1)
    before = np.degrees(np.arctan2(*FaceAxes.of(points).across[::-1]))
    assert np.degrees(np.arctan2(*axes.across[::-1])) - before == pytest.approx(10, abs=0.1)
    seen = FaceAxes.of(find_landmarks(frame))  # and the face is drawn there
    assert float(np.hypot(*(seen.origin - axes.origin))) < 0.08 * axes.unit


@pytest.mark.parametrize(
    ("effect", "y", "other_y"),
    [(Effect.MASK, 1.1, -0.3), (Effect.HAND, 1.2, -0.3), (Effect.GLARE, 0.0, 1.1), (Effect.CLOSED_EYES, 0.02, 1.1)],
)
def test_what_is_worn_changes_its_place_and_no_other(
    portrait: Image, points: Points, effect: Effect, y: float, other_y: float
) -> None:
    plain, worn = (apply(one, portrait, 4, landmarks=points) for one in (None, effect))
    placed = find_landmarks(plain)
    x = 0.5 if y < 0.5 else 0.0
    change = np.abs(plain.astype(np.int16) - worn).astype(np.uint8)
    assert _patch(change, placed, x, y) > 6
    assert _patch(change, placed, x, other_y) < 3


SPREADS: dict[Effect, Callable[[Image], float]] = {
    Effect.NOISE: lambda frame: float(grey(frame)[:80, :80].std()),
    Effect.DEFOCUS: lambda frame: -float(np.abs(np.diff(grey(frame))).mean()),
    Effect.MOTION_BLUR: lambda frame: -float(np.abs(np.diff(grey(frame), axis=0)).mean()),
    Effect.GAMMA: lambda frame: -float(frame.mean()),
    Effect.DARK: lambda frame: -float(frame.mean()),
    Effect.OVER_BRIGHT: lambda frame: float((frame >= 250).mean()),
}


@pytest.mark.parametrize("effect", SPREADS)
def test_the_severe_frame_shows_more_of_the_effect(portrait: Image, points: Points, effect: Effect) -> None:
    measure = SPREADS[effect]
    none = measure(apply(None, portrait, 1, landmarks=points))
    mild = measure(apply(effect, portrait, 1, strength=RANGES[effect].mild, landmarks=points))
    severe = measure(apply(effect, portrait, 1, landmarks=points))
    assert none < mild < severe


def test_masks_come_in_several_colours(portrait: Image, points: Points) -> None:
    axes = FaceAxes.of(points)
    x, y = np.rint(axes.pixels([(0.0, 1.2)])[0]).astype(int)
    seen = [worn.mask(portrait, points, colour)[y, x].astype(int) for colour in worn.MASK_COLOURS]
    for number, one in enumerate(seen):
        assert all(np.abs(one - other).max() > 15 for other in seen[:number])


def test_every_effect_has_a_range_and_keeps_the_frames_size(portrait: Image, points: Points) -> None:
    assert set(RANGES) == set(Effect)
    for effect in (Effect.FAR, Effect.NEAR, Effect.TILT, Effect.GLASSES):
        assert apply(effect, portrait, 1, landmarks=points).shape == (720, 1280, 3)


# --- the command


def test_the_command_writes_frames_and_chip_pictures(tmp_path: Path, people_directory: Path, portrait: Image) -> None:
    source = str(people_directory / "hung" / "live.jpg")
    frame, file = tmp_path / "frame.png", tmp_path / "chip.jp2"
    assert main([source, str(frame), "--level", "poor", "--seed", "7"]) == 0
    assert np.array_equal(cv2.imread(str(frame)), degrade(portrait, Level.POOR, 7))
    assert main([source, str(file), "--chip", "jp2", "--size", "240x320", "--limit", "6000"]) == 0
    assert file.read_bytes() == chip.encode(portrait, size=(240, 320), limit_bytes=6000)


def test_the_command_says_what_it_cannot_use(
    tmp_path: Path, people_directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = str(people_directory / "hung" / "live.jpg")
    assert main([str(people_directory / "LICENCE.md"), str(tmp_path / "out.png"), "--level", "poor"]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert main([source, str(tmp_path / "out.xyz"), "--level", "normal"]) == 2
    assert "no picture format" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_survey_counts_each_effect_once_a_portrait(
    verifier: Verifier, portrait: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = {effect: RANGES[effect] for effect in (Effect.FAR, Effect.MASK)}
    monkeypatch.setattr("face.degradation.survey.RANGES", chosen)
    table = survey(verifier, [portrait])
    assert table[("none", None)] == {"good": 1}
    assert table[("far", RANGES[Effect.FAR].severe)] == {"too_far": 1}
    assert set(table) == {("none", None), ("far", 1.4), ("far", 3), ("mask", 1)}
    assert all(counts.total() == 1 for counts in table.values())


def test_the_command_prints_the_survey(
    people_directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("face.degradation.survey.RANGES", {Effect.FAR: RANGES[Effect.FAR]})
    assert face_command(["survey", str(people_directory / "hung" / "live.jpg"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["simulated"] is True
    assert {"effect": "far", "strength": 3, "too_far": 1} in printed["rows"]
    assert face_command(["survey", str(people_directory / "LICENCE.md")]) == 2
    assert "LICENCE.md" in capsys.readouterr().err
