"""Faces, prints, screens and files under the screen's colours: first as measured light, then as pictures.

All light here is simulated (``light_model``, and a portrait lit by an ellipsoid's relief).
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from face.detect import Detector
from face.mesh import MeshModel
from face.models.pack import ModelPack
from face.opencv import Image, cv2
from face.pad.evidence import PadCheck, PadResult, PadState
from face.pad.light import LightAnalysis
from face.pad.light_colours import LIGHT, LightColour, linear, random_sequence
from face.pad.light_patches import PATCHES, LightSample, beside_head, measure
from face.pad.light_response import Step, fit, log_ratios
from face.pad.observation import Observation
from face.pad.screen_times import ScreenTimes
from tests.face.light_model import FLAT, PLACES, USUAL, Lit

SEEDS = range(3)


def sequence(seed: int, steps: int = 4) -> tuple[LightColour, ...]:
    return random_sequence(random.Random(seed), steps)


def check(samples: Sequence[LightSample], told: Sequence[LightColour], *, step_s: float = 0.5) -> PadResult:
    analysis = LightAnalysis()
    for number, colour in enumerate(told):
        analysis.note_colour(colour, 100.0 + number * step_s)
    analysis.note_colour(None, 100.0 + len(told) * step_s)
    for sample in samples:
        analysis.add(sample)
    return analysis.result()


def states(lit: Lit, **options: float) -> set[tuple[PadState, str]]:
    results = [check(lit.samples(sequence(seed), seed=seed, **options), sequence(seed)) for seed in SEEDS]
    assert all((result.score is None) == (result.state is PadState.NOT_ASSESSED) for result in results)
    return {(result.state, result.reason) for result in results}


FOLLOWS = {(PadState.SUCCESSFUL, "follows")}


@pytest.mark.parametrize("screen", [0.06, 0.3, 1.0, 3.0])
def test_a_face_follows_from_a_bright_hall_to_a_dark_room(screen: float) -> None:
    assert states(Lit(screen=screen)) == FOLLOWS


@pytest.mark.parametrize(
    "lit",
    [
        Lit(room=(1.3, 1.0, 0.55)),
        Lit(room=(0.8, 1.0, 1.3)),
        Lit(room_shade=np.array([1.0, 1.0, 1.3, 0.7, 1.6, 0.4, 1.0])),
        Lit(noise=0.008, sway=0.01),
        Lit(balance_s=0.7, balance_strength=0.9),
        Lit(delay=0.0),
        Lit(delay=0.55),
        Lit(behind=0.5),
    ],
    ids=["warm lamps", "daylight", "window", "noisy", "quick balance", "no delay", "long delay", "wall behind"],
)
def test_a_face_follows_in_every_room(lit: Lit) -> None:
    assert states(lit) == FOLLOWS


def test_a_print_follows_too_and_is_flat_even_when_it_is_tilted() -> None:
    assert states(Lit(facing=FLAT)) == {(PadState.FAILED, "flat")}
    assert states(Lit(facing=FLAT + 0.12 * PLACES[:, 0])) == {(PadState.FAILED, "flat")}


def test_a_shining_screen_hardly_answers() -> None:
    assert states(Lit(facing=0.05 * FLAT, emits=1.5)) == {(PadState.FAILED, "no_response")}


def test_the_reflection_on_a_tablet_is_no_relief() -> None:
    """Glass throws the same light back before bright and dark parts of the picture, so the dark ones follow more."""
    tone = np.array([1.5, 1.0, 1.3, 1.0, 0.7, 0.5, 1.0])
    for glass in (0.012, 0.03, 0.08):
        found = states(Lit(facing=0 * FLAT, tone=tone, glass=glass))
        assert {state for state, _ in found} <= {PadState.NOT_ASSESSED, PadState.FAILED}
    assert states(Lit(facing=0 * FLAT, tone=tone, glass=0.03)) == {(PadState.NOT_ASSESSED, "like_a_mirror")}
    assert states(Lit(tone=tone)) == FOLLOWS, "the same face without a pane"


def test_one_patch_beside_the_picture_is_neither_the_face_nor_its_relief() -> None:
    """The chin of a video ends at the tablet's edge; the hand below it answers like a hand, the video hardly."""
    hand = np.array([0.04, 0.04, 0.04, 0.04, 0.04, 0.04, 0.9])
    found = states(Lit(facing=hand, screen=1.2))
    assert {state for state, _ in found} <= {PadState.NOT_ASSESSED, PadState.FAILED}
    assert (PadState.NOT_ASSESSED, "patches_disagree") in found


def test_a_file_in_place_of_the_camera_does_not_answer() -> None:
    assert states(Lit(screen=0.0)) == {(PadState.FAILED, "no_response")}


def test_a_recording_of_another_session_never_passes_and_is_mostly_recognised() -> None:
    reasons = []
    for seed in range(30):
        result = check(Lit().samples(sequence(seed), seed=seed), sequence(1000 + seed))
        assert result.state is not PadState.SUCCESSFUL
        reasons.append(result.reason)
    assert reasons.count("other_sequence") >= 22


def test_without_evidence_there_is_no_no() -> None:
    trembling = Lit(screen=0.0, noise=0.06, sway=0.06)
    assert states(trembling) == {(PadState.NOT_ASSESSED, "too_little_light")}


def test_one_frame_a_second_is_too_few() -> None:
    assert states(Lit(), fps=1.0) == {(PadState.NOT_ASSESSED, "too_few_frames")}


def test_nothing_shown_or_nothing_seen_is_not_assessed() -> None:
    silent = LightAnalysis()
    assert silent.result().reason == "too_few_frames"
    assert check([], sequence(1)).reason == "too_few_frames"
    assert check(Lit().samples(sequence(1), seed=1), sequence(1)[:2]).reason == "too_few_frames"


def test_clipped_skin_is_not_measured() -> None:
    blind = [replace(sample, skin=np.full((7, 3), np.nan)) for sample in Lit().samples(sequence(1), seed=1)]
    assert check(blind, sequence(1)).reason == "skin_not_measurable"


def test_a_patch_that_is_never_seen_is_left_out() -> None:
    samples = Lit().samples(sequence(2), seed=2)
    for sample in samples:
        sample.skin[0] = np.nan  # hair over the forehead
    assert check(samples, sequence(2)).state is PadState.SUCCESSFUL


def test_the_score_grows_with_the_relief_and_a_print_is_near_zero() -> None:
    def score(facing: Any) -> float:
        return check(Lit(facing=facing).samples(sequence(3), seed=3), sequence(3)).score or 0.0

    relief = Lit().facing - FLAT
    scores = [score(FLAT + part * relief) for part in (0.0, 0.6, 0.75, 1.0)]
    assert scores == sorted(scores)
    assert scores[0] < 0.15
    assert scores[-1] > 0.9


@pytest.mark.parametrize("steps", [3, 5, 7])
def test_longer_and_shorter_sequences_work_as_well(steps: int) -> None:
    shown = sequence(8, steps)
    assert check(Lit().samples(shown, seed=8), shown).state is PadState.SUCCESSFUL


def test_the_delay_is_found_and_the_shown_sequence_is_the_best_of_all() -> None:
    shown = sequence(5)
    samples = Lit(delay=0.32).samples(shown, seed=5)
    times = np.array([sample.timestamp for sample in samples])
    steps = [Step(colour, 100 + 0.5 * number, 100.5 + 0.5 * number) for number, colour in enumerate(shown)]
    found = fit(times, log_ratios(np.array([sample.skin for sample in samples])).mean(axis=1), steps)
    assert found.lag_s == pytest.approx(0.32, abs=0.041)
    assert found.rank == pytest.approx(1 / 320)
    assert found.explained > 0.95 > found.share > 0.15


def test_time_does_not_go_back() -> None:
    analysis = LightAnalysis()
    analysis.note_colour(LightColour.MINT, 2.0)
    with pytest.raises(ValueError, match="in the order"):
        analysis.note_colour(LightColour.AMBER, 1.0)


LATE = (0.3, 1.2, 0.1, 0.9, 0.2)
"""Seconds from the order to the paint, of four colours and of the usual page: a busy machine."""


def slow_screen(told: Sequence[LightColour], shown: Sequence[LightColour], *, reported: bool, seed: int) -> PadResult:
    """Each colour is ordered half a second after the one before was painted; ``shown`` is what lights the face."""
    analysis = LightAnalysis(reported=reported)
    painted: list[float] = []
    ordered = 100.0
    for colour, late in zip((*told, None), LATE, strict=True):
        analysis.note_colour(colour, ordered)
        painted.append(ordered + late)
        assert analysis.note_shown(colour, painted[-1]) is reported
        ordered = painted[-1] + 0.5
    for sample in Lit().samples(shown, seed=seed, painted=painted):
        analysis.add(sample)
    return analysis.result()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_screen_that_paints_late_and_says_when_is_followed(seed: int) -> None:
    told = sequence(seed)
    assert slow_screen(told, told, reported=True, seed=seed).reason == "follows"
    assert slow_screen(told, told, reported=False, seed=seed).state is not PadState.SUCCESSFUL, "the orders mislead"


def test_another_sessions_light_stays_another_sessions_when_the_times_are_reported() -> None:
    results = [slow_screen(sequence(seed), sequence(1000 + seed), reported=True, seed=seed) for seed in range(12)]
    assert all(result.state is not PadState.SUCCESSFUL for result in results)
    assert [result.reason for result in results].count("other_sequence") >= 8


def test_a_colour_that_never_came_on_the_screen_is_no_reason_for_an_alarm() -> None:
    told = sequence(4)
    analysis = LightAnalysis(reported=True)
    for number, colour in enumerate((*told, None)):
        analysis.note_colour(colour, 100.0 + number / 2)
        if number != 2:
            assert analysis.note_shown(colour, 100.02 + number / 2)
    for sample in Lit().samples(sequence(1004), seed=4):
        analysis.add(sample)
    result = analysis.result()
    assert (result.state, result.reason) == (PadState.NOT_ASSESSED, "screen_too_slow")


def test_only_the_report_that_is_waited_for_counts() -> None:
    analysis = LightAnalysis(reported=True)
    assert not analysis.note_shown(LightColour.MINT, 1.0), "nothing was asked for"
    analysis.note_colour(LightColour.MINT, 2.0)
    assert not analysis.note_shown(LightColour.AMBER, 2.1), "another colour"
    assert not analysis.note_shown(LightColour.MINT, 1.9), "from before it was asked for"
    assert analysis.note_shown(LightColour.MINT, 2.2)
    assert not analysis.note_shown(LightColour.MINT, 2.3), "painted again: it was there already"


def test_the_usual_page_counts_as_late_as_the_last_colour_until_it_is_reported() -> None:
    times = ScreenTimes(reported=True)
    times.ask(LightColour.MINT, 1.0)
    times.show(LightColour.MINT, 1.4)
    assert times.steps(1.7) == [Step(LightColour.MINT, 1.4, 1.7)]
    times.ask(None, 2.0)
    assert times.steps(9.0) == [Step(LightColour.MINT, 1.4, 2.4)]
    times.show(None, 2.1)
    assert times.steps(9.0) == [Step(LightColour.MINT, 1.4, 2.1)]


def test_closing_forgets() -> None:
    analysis = LightAnalysis()
    for number, colour in enumerate(sequence(1)):
        analysis.note_colour(colour, 100 + number / 2)
    for sample in Lit().samples(sequence(1), seed=1):
        analysis.add(sample)
    assert analysis.result().state is PadState.SUCCESSFUL
    analysis.close()
    assert analysis.result().state is PadState.NOT_ASSESSED


# --- pictures


class Studio:
    """A portrait under simulated light: a room's and a screen's that falls off as on an ellipsoid, or on a sheet."""

    def __init__(self, portrait: Image, detector: Detector, mesh: MeshModel) -> None:
        size = (round(portrait.shape[1] * 480 / portrait.shape[0]), 480)
        self._picture = np.asarray(cv2.resize(portrait, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        self._albedo = np.array([linear(value) for value in range(256)])[self._picture][:, :, ::-1]
        self._detector, self._mesh = detector, mesh
        box = detector.detect(self._picture)[0].box
        down, along = np.mgrid[: size[1], : size[0]]
        across = (along - box.x - box.width / 2) / (box.width / 2)
        upright = (down - box.y - box.height / 2) / (0.62 * box.height)
        depth = 1 - 0.8 * across**2 - 0.5 * upright**2
        self._facing = np.where(depth > 0, np.sqrt(np.maximum(depth, 0)), 0.1)  # the wall behind is far
        self._box = box

    def film(self, shown: Sequence[LightColour], *, screen: float, flat: bool = False, seed: int = 0) -> PadResult:
        noise = np.random.default_rng(seed)
        facing = np.full_like(self._facing, 0.95) if flat else self._facing
        analysis = LightAnalysis()
        for number, colour in enumerate(shown):
            analysis.note_colour(colour, 100 + 0.5 * number)
        analysis.note_colour(None, 100 + 0.5 * len(shown))
        face = self._detector.detect(self._picture)[0]
        mesh = self._mesh.fit(self._picture, face.box)
        for time in np.arange(99.9, 100.6 + 0.5 * len(shown), 0.125):
            step = int(np.floor((time - 100.15) / 0.5))
            light = LIGHT[shown[step]] if 0 <= step < len(shown) else USUAL
            seen = 0.8 * self._albedo * (1 + screen * facing[:, :, None] * np.array(light)) / (1 + 0.6 * screen)
            code = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * np.maximum(seen, 1e-9) ** (1 / 2.4) - 0.055)
            grain = noise.normal(0, 2.5, (48, 64, 1))
            code = (
                255 * code
                + np.asarray(cv2.resize(grain, code.shape[1::-1], interpolation=cv2.INTER_NEAREST))[..., None]
            )
            frame = np.ascontiguousarray(np.clip(np.rint(code), 0, 255).astype(np.uint8)[:, :, ::-1])
            analysis.feed(Observation(float(time), frame, face, mesh, None))
        return analysis.result()


@pytest.fixture(scope="module")
def studio(people: Mapping[str, Any], pack: ModelPack) -> Studio:
    return Studio(people["minh"].live, Detector(pack), MeshModel(pack))


def test_a_portrait_with_relief_follows_and_the_same_portrait_on_paper_is_flat(studio: Studio) -> None:
    real, paper = studio.film(sequence(4), screen=0.3), studio.film(sequence(4), screen=0.3, flat=True)
    assert (real.check, real.state) == (PadCheck.LIGHT, PadState.SUCCESSFUL)
    assert (paper.state, paper.reason) == (PadState.FAILED, "flat")


def test_a_picture_that_the_screen_does_not_reach_is_no_face(studio: Studio) -> None:
    result = studio.film(sequence(6), screen=0.0)
    assert (result.state, result.reason, result.score) == (PadState.FAILED, "no_response", 0.0)


def test_a_frame_gives_the_linear_colour_of_skin_and_room(people: Mapping[str, Any], pack: ModelPack) -> None:
    live = people["lan"].live
    face = Detector(pack).detect(live)[0]
    mesh = MeshModel(pack).fit(live, face.box)
    grey = np.full_like(live, 188)
    grey[..., 2] = 220
    sample = measure(grey, mesh, 1.0, beside_head(live, face.box))
    assert sample.skin == pytest.approx(np.tile([linear(220), linear(188), linear(188)], (len(PATCHES), 1)))
    assert sample.background == pytest.approx([linear(220), linear(188), linear(188)])
    clipped = measure(np.full_like(live, 255), mesh, 1.0, beside_head(live, face.box))
    assert np.isnan(clipped.skin).all()


def test_a_patch_outside_the_frame_is_not_measured(people: Mapping[str, Any], pack: ModelPack) -> None:
    live = people["lan"].live
    face = Detector(pack).detect(live)[0]
    mesh = MeshModel(pack).fit(live, face.box)
    middle = int(face.box.x + face.box.width / 2)
    half = np.ascontiguousarray(live[:, :middle])
    sample = measure(half, mesh, 1.0, beside_head(half, face.box))
    assert np.isnan(sample.skin[[3, 5]]).all(), "the picture's right cheek and edge"
    assert np.isfinite(sample.skin[[2, 4]]).all()


def test_a_turned_head_and_frames_long_after_are_not_measured(studio: Studio) -> None:
    class Turned:
        yaw = 30.0

    analysis = LightAnalysis()
    frame = np.zeros((4, 4, 3), dtype=np.uint8)
    observation = Observation(1.0, frame, None, Turned(), None)  # type: ignore[arg-type]  # must not be looked at
    analysis.feed(observation)  # nothing is shown yet
    analysis.note_colour(LightColour.WHITE, 0.9)
    analysis.feed(observation)  # turned
    analysis.note_colour(None, 1.4)
    analysis.feed(Observation(9.0, frame, None, None, None))  # type: ignore[arg-type]  # long after
    assert analysis.result().reason == "too_few_frames"
