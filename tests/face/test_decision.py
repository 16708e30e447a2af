"""The decision from scores alone."""

import pytest

from face.decision import Outcome, Policy, Reason, ScoredFrame, fuse, judge

THRESHOLD = 0.456
POLICY = Policy()


def frames(*scores: float, quality: float = 0.8, every: float = 0.05) -> list[ScoredFrame]:
    return [ScoredFrame(score, quality, number * every) for number, score in enumerate(scores)]


def test_the_best_frames_are_chosen_by_quality_never_by_score() -> None:
    poor = [ScoredFrame(0.9, 0.1, 0.0) for _ in range(10)]
    sharp = [ScoredFrame(0.2, 0.9, 0.0) for _ in range(5)]
    assert fuse(poor + sharp, best_of=5) == pytest.approx(0.2)


def test_one_odd_frame_changes_nothing() -> None:
    assert fuse(frames(0.8, 0.81, -0.3, 0.79, 0.8), best_of=5) == pytest.approx(0.8)


def test_no_frame_has_no_score() -> None:
    assert fuse([], best_of=5) is None


def test_three_clear_frames_are_an_early_match() -> None:
    assert judge(frames(0.8, 0.8), THRESHOLD, POLICY, 0.1) is None
    assert judge(frames(0.8, 0.8, 0.8), THRESHOLD, POLICY, 0.1) == (Outcome.MATCH, Reason.ABOVE_THRESHOLD)


def test_a_match_close_above_the_threshold_needs_all_its_frames() -> None:
    close = THRESHOLD + POLICY.margin / 2
    assert judge(frames(*[close] * 4), THRESHOLD, POLICY, 0.2) is None
    assert judge(frames(*[close] * 5), THRESHOLD, POLICY, 0.2) == (Outcome.MATCH, Reason.ABOVE_THRESHOLD)


def test_a_no_needs_many_frames_over_some_seconds() -> None:
    few = frames(*[0.1] * 7, every=0.6)
    assert judge(few, THRESHOLD, POLICY, 5.0) is None
    many_at_once = frames(*[0.1] * 20)
    assert judge(many_at_once, THRESHOLD, POLICY, 1.0) is None
    assert judge(many_at_once, THRESHOLD, POLICY, 3.0) == (Outcome.NO_MATCH, Reason.BELOW_THRESHOLD)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([], (Outcome.UNDECIDED, Reason.TOO_FEW_FRAMES)),
        ([0.9, 0.9], (Outcome.UNDECIDED, Reason.TOO_FEW_FRAMES)),
        ([0.1] * 7, (Outcome.UNDECIDED, Reason.TOO_FEW_FRAMES)),
        ([THRESHOLD - 0.01] * 20, (Outcome.UNDECIDED, Reason.NEAR_THRESHOLD)),
        ([0.1] * 8, (Outcome.NO_MATCH, Reason.BELOW_THRESHOLD)),
        ([THRESHOLD] * 5, (Outcome.MATCH, Reason.ABOVE_THRESHOLD)),
    ],
)
def test_at_the_time_limit_there_is_an_outcome(scores: list[float], expected: tuple[Outcome, Reason]) -> None:
    assert judge(frames(*scores), THRESHOLD, POLICY, POLICY.time_limit_s) == expected


@pytest.mark.parametrize(
    "wrong",
    [{"early_frames": 0}, {"best_of": 2}, {"reject_frames": 4}, {"margin": -0.1}, {"reject_after_s": 11.0}],
)
def test_a_policy_that_contradicts_itself_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="<="):
        Policy(**wrong)  # type: ignore[arg-type]
