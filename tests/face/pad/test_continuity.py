"""One person, one track, one camera: what breaks each of them, and what does not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from face.opencv import Image
from face.pad.continuity import ContinuityAnalysis
from face.pad.evidence import PadResult, PadState
from face.pad.frame_repeats import FrameRepeats
from face.pad.frame_times import FrameTimes
from face.pad.sensor_noise import SensorNoise
from tests.face.pad.performer import FRONT, Performer, Pose, person

FLOOR = 0.08


def run(performer: Performer, poses: list[Pose], analysis: ContinuityAnalysis | None = None) -> ContinuityAnalysis:
    analysis = analysis or ContinuityAnalysis(FLOOR)
    for pose in poses:
        analysis.feed(performer.observation(pose))
    return analysis


def turn(performer: Performer) -> list[Pose]:
    left = Pose(yaw=20)
    return [FRONT] * 10 + performer.glide(FRONT, left, 0.3) + performer.glide(left, FRONT, 0.3) + [FRONT] * 4


def told(result: PadResult) -> tuple[PadState, str]:
    return result.state, result.reason


def failed(analysis: ContinuityAnalysis) -> str:
    result = analysis.result()
    assert result.state is PadState.FAILED, result
    return result.reason


def test_one_person_who_turns_is_one_track(performer: Performer) -> None:
    result = run(performer, turn(performer)).result()
    assert told(result) == (PadState.SUCCESSFUL, "one_track")
    assert result.score == 1.0


def test_a_fast_turn_and_a_step_aside_are_no_cut(performer: Performer) -> None:
    aside = Pose(yaw=-25, x=1.5, closer=1.15)
    poses = [FRONT] * 8 + performer.glide(FRONT, aside, 0.25) + performer.glide(aside, FRONT, 0.25) + [FRONT] * 4
    assert run(performer, poses).result().reason == "one_track"


def test_a_face_that_jumps_and_stays_there_is_another_one(performer: Performer) -> None:
    assert failed(run(performer, [FRONT] * 10 + [Pose(x=3)] * 4)) == "face_jumped"
    assert failed(run(performer, [FRONT] * 10 + [Pose(closer=1.9)] * 4)) == "face_jumped"


def test_one_odd_frame_is_the_detectors(performer: Performer) -> None:
    assert run(performer, [FRONT] * 10 + [Pose(x=4)] + [FRONT] * 4).result().reason == "one_track"


def test_another_room_behind_the_same_face_is_a_cut(performer: Performer) -> None:
    analysis = run(performer, [FRONT] * 10)
    performer.wall = np.ascontiguousarray(performer.wall[::-1, ::-1])
    assert failed(run(performer, [FRONT] * 4, analysis)) == "scene_changed"


def test_a_lamp_that_goes_on_is_no_cut(performer: Performer) -> None:
    analysis = run(performer, [FRONT] * 10)
    performer.wall = np.asarray(performer.wall * 0.6 + 60, dtype=np.uint8)
    assert run(performer, [FRONT] * 4, analysis).result().reason == "one_track"


def test_another_person_at_the_same_place_is_known_by_the_embedding(performer: Performer) -> None:
    analysis = run(performer, [FRONT] * 8)
    assert analysis.same_person
    performer.who = person(2)
    run(performer, [FRONT], analysis)
    assert not analysis.same_person
    assert told(analysis.result()) == (PadState.NOT_ASSESSED, "person_unclear")
    assert failed(run(performer, [FRONT], analysis)) == "swapped_person"


def test_one_bad_embedding_is_not_another_person(performer: Performer) -> None:
    analysis = run(performer, [FRONT] * 8)
    me, performer.who = performer.who, person(2)
    run(performer, [FRONT], analysis)
    performer.who = me
    assert run(performer, [FRONT] * 3, analysis).result().reason == "one_track"


def test_a_face_lost_in_a_turn_may_be_away_for_moments_only(performer: Performer) -> None:
    for seconds, expected in ((0.5, "one_track"), (0.9, "track_lost")):
        analysis = run(performer, turn(performer)[:15])
        for _ in range(round(seconds / performer.frame_s)):
            performer.now += performer.frame_s
            analysis.miss(performer.now)
        assert run(performer, [FRONT] * 4, analysis).result().reason == expected


def test_before_the_moves_a_person_may_come_back_but_not_as_another(performer: Performer) -> None:
    analysis = run(performer, [FRONT] * 8)
    performer.now += 3.0
    analysis.begin_again()
    run(performer, [FRONT] * 8, analysis)
    assert analysis.same_person
    performer.now += 3.0
    analysis.begin_again()
    performer.who = person(2)
    assert failed(run(performer, [FRONT] * 8, analysis)) == "swapped_person"


def test_who_is_not_seen_again_after_the_moves_is_not_assessed(performer: Performer) -> None:
    analysis = run(performer, [FRONT] * 8)
    analysis.expect_return()
    run(performer, [Pose(yaw=15)] * 5, analysis)
    assert analysis.result().reason == "not_seen_again"
    assert run(performer, [FRONT] * 2, analysis).result().reason == "one_track"


def test_one_frame_a_second_is_too_few_to_tell(performer: Performer) -> None:
    performer.frame_s = 0.9
    assert told(run(performer, [FRONT] * 12).result()) == (PadState.NOT_ASSESSED, "frame_rate_too_low")
    performer.frame_s = 1.2
    assert told(run(performer, [FRONT] * 12).result()) == (PadState.NOT_ASSESSED, "frame_gap")


# --- the stream


@settings(deadline=None)
@given(st.lists(st.floats(1 / 120, 0.2), min_size=3, max_size=80))
def test_any_camera_has_possible_times(steps: list[float]) -> None:
    times = FrameTimes()
    for timestamp in np.cumsum(steps):
        times.feed(float(timestamp))
    assert times.impossible is None


@settings(deadline=None)
@given(st.integers(2, 100), st.floats(1 / 120, 0.2))
def test_perfectly_regular_times_are_possible(count: int, step: float) -> None:
    times = FrameTimes()
    for number in range(count):
        times.feed(number * step)
    assert times.impossible is None
    assert times.insufficient is None or step > 0.19


def test_times_that_no_camera_has() -> None:
    backwards, fast, stuck = FrameTimes(), FrameTimes(), FrameTimes()
    for number in range(30):
        backwards.feed(number * 0.05 - (0.5 if number == 20 else 0.0))
        fast.feed(number * 0.001)
        stuck.feed(number // 5 * 0.05)
    assert backwards.impossible == "time_backwards"
    assert fast.impossible == "impossible_rate"
    assert stuck.impossible == "impossible_rate"


def frames(count: int, noise: float = 1.5, seed: int = 1) -> list[Image]:
    source = np.random.default_rng(seed)
    still = source.integers(40, 200, (90, 160, 3))
    return [np.asarray(still + np.rint(source.normal(0, noise, still.shape)), dtype=np.uint8) for _ in range(count)]


def repeats(sequence: list[Image]) -> str | None:
    analysis = FrameRepeats()
    for frame in sequence:
        analysis.feed(frame)
    return analysis.reason


def test_a_file_that_starts_over_is_a_loop() -> None:
    short = frames(12)
    assert repeats(short) is None
    assert repeats(short + short[:1]) is None, "once, a driver may mix up its buffers"
    assert repeats(short + short[:2]) == "looped_frames"


def test_a_slow_driver_may_hand_a_frame_out_twice_but_not_every_frame_thrice() -> None:
    twice = [frame for frame in frames(10) for _ in range(2)]
    thrice = [frame for frame in frames(10) for _ in range(3)]
    assert repeats(twice) is None
    assert repeats(thrice) == "duplicate_frames"


def noise(sequence: list[Image], floor: float = FLOOR) -> SensorNoise:
    analysis = SensorNoise(floor)
    for frame in sequence:
        analysis.feed(frame)
    return analysis


@settings(max_examples=12, deadline=None)
@given(level=st.floats(0.3, 12.0), seed=st.integers(0, 1000))
def test_noise_is_measured_as_it_is(level: float, seed: int) -> None:
    analysis = noise(frames(14, level, seed))
    assert analysis.level == pytest.approx(max(level, 0.29), rel=0.35)
    assert analysis.reason is None


def test_a_stream_without_noise_or_with_frozen_noise_is_no_cameras() -> None:
    still = frames(1, 3.0)[0]
    moving = [still.copy() for _ in range(14)]
    for number, frame in enumerate(moving):
        frame[40:60, 10 + 5 * number : 40 + 5 * number] = 90  # something moves, so no frame equals another
    assert noise(moving).reason == "no_sensor_noise"
    assert noise(moving, floor=0).reason is None, "switched off for cameras that compress the noise away"


@pytest.mark.parametrize("period", [2, 3, 5, 8])
def test_a_few_noise_patterns_in_turn_are_no_sensors(period: int) -> None:
    patterns = frames(period, 2.0)
    sequence = [patterns[number % period].copy() for number in range(40)]
    for number, frame in enumerate(sequence):
        frame[40:60, 10 + 3 * number : 30 + 3 * number] = 90
    assert noise(sequence).reason == "repeated_noise"


def test_lamps_that_flicker_and_clipped_pixels_are_no_forgery() -> None:
    flicker = [
        np.asarray(np.clip(frame * (1 + 0.03 * (number % 2)), 0, 255), dtype=np.uint8)
        for number, frame in enumerate(frames(20))
    ]
    assert noise(flicker).reason is None
    white = [np.full((90, 160, 3), 255, dtype=np.uint8) for _ in range(20)]
    assert noise(white).level is None
    assert noise(white).reason is None
