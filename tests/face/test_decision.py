"""The decision from scores alone."""

import pytest

from face.decision import Outcome, Policy, Reason, ScoredFrame, Scores, best_frames, conclude, fuse, judge
from face.pad.evidence import PadVerdict

SCORES = Scores(accept=0.575, reject=0.345)
POLICY = Policy()


def frames(*scores: float, quality: float = 0.8, every: float = 0.05) -> list[ScoredFrame]:
    return [ScoredFrame(score, quality, number * every) for number, score in enumerate(scores)]


def test_the_best_frames_are_chosen_by_quality_never_by_score() -> None:
    poor = [ScoredFrame(0.9, 0.1, 0.0) for _ in range(10)]
    sharp = [ScoredFrame(0.2, 0.9, 0.0) for _ in range(5)]
    assert fuse(poor + sharp, best_of=5) == pytest.approx(0.2)
    assert best_frames(poor + sharp, best_of=5) == tuple(sharp)


def test_one_odd_frame_changes_nothing() -> None:
    assert fuse(frames(0.8, 0.81, -0.3, 0.79, 0.8), best_of=5) == pytest.approx(0.8)


def test_no_frame_has_no_score() -> None:
    assert fuse([], best_of=5) is None


def test_three_clear_frames_are_an_early_match() -> None:
    assert judge(frames(0.8, 0.8), SCORES, POLICY, 0.1, over=False) is None
    assert judge(frames(0.8, 0.8, 0.8), SCORES, POLICY, 0.1, over=False) == (Outcome.MATCH, Reason.ABOVE_THRESHOLD)


def test_a_match_close_above_the_threshold_needs_all_its_frames() -> None:
    close = SCORES.accept + POLICY.margin / 2
    assert judge(frames(*[close] * 4), SCORES, POLICY, 0.2, over=False) is None
    assert judge(frames(*[close] * 5), SCORES, POLICY, 0.2, over=False) == (Outcome.MATCH, Reason.ABOVE_THRESHOLD)


def test_a_no_needs_many_frames_over_some_seconds() -> None:
    few = frames(*[0.1] * 7, every=0.6)
    assert judge(few, SCORES, POLICY, 5.0, over=False) is None
    many_at_once = frames(*[0.1] * 20)
    assert judge(many_at_once, SCORES, POLICY, 1.0, over=False) is None
    assert judge(many_at_once, SCORES, POLICY, POLICY.reject_after_s, over=False) == (
        Outcome.NO_MATCH,
        Reason.BELOW_THRESHOLD,
    )


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([], (Outcome.UNDECIDED, Reason.TOO_FEW_FRAMES)),
        ([0.9, 0.9], (Outcome.UNDECIDED, Reason.TOO_FEW_FRAMES)),
        ([0.1] * 4, (Outcome.UNDECIDED, Reason.TOO_FEW_FRAMES)),
        ([0.1] * 7, (Outcome.UNDECIDED, Reason.NEAR_THRESHOLD)),
        ([SCORES.accept - 0.01] * 20, (Outcome.UNDECIDED, Reason.NEAR_THRESHOLD)),
        ([SCORES.reject] * 20, (Outcome.UNDECIDED, Reason.NEAR_THRESHOLD)),
        ([SCORES.reject - 0.01] * 8, (Outcome.NO_MATCH, Reason.BELOW_THRESHOLD)),
        ([SCORES.accept] * 5, (Outcome.MATCH, Reason.ABOVE_THRESHOLD)),
    ],
)
def test_at_the_time_limit_there_is_an_outcome(scores: list[float], expected: tuple[Outcome, Reason]) -> None:
    assert judge(frames(*scores), SCORES, POLICY, POLICY.time_limit_s, over=True) == expected


@pytest.mark.parametrize("score", [0.557, 0.561])
def test_the_look_alikes_of_the_development_set_are_undecided_not_accepted(score: float) -> None:
    """Two women of the London set, different people, score so with SFace: above the score of FMR 1e-5 (0.505)."""
    assert judge(frames(*[score] * 40), SCORES, POLICY, 9.9, over=False) is None
    assert judge(frames(*[score] * 40), SCORES, POLICY, 10.0, over=True) == (Outcome.UNDECIDED, Reason.NEAR_THRESHOLD)


@pytest.mark.parametrize(
    ("match", "pad", "expected"),
    [
        (Outcome.MATCH, PadVerdict.PASSED, (Outcome.MATCH, Reason.ABOVE_THRESHOLD)),
        (Outcome.MATCH, PadVerdict.NOT_ASSESSED, (Outcome.MATCH, Reason.ABOVE_THRESHOLD)),
        (Outcome.MATCH, PadVerdict.ALARM, (Outcome.UNDECIDED, Reason.PAD_ALARM)),
        (Outcome.MATCH, PadVerdict.INCOMPLETE, (Outcome.UNDECIDED, Reason.PAD_INCOMPLETE)),
        (Outcome.UNDECIDED, PadVerdict.ALARM, (Outcome.UNDECIDED, Reason.PAD_ALARM)),
        (Outcome.UNDECIDED, PadVerdict.INCOMPLETE, (Outcome.UNDECIDED, Reason.NEAR_THRESHOLD)),
        (Outcome.NO_MATCH, PadVerdict.ALARM, (Outcome.NO_MATCH, Reason.BELOW_THRESHOLD)),
        (Outcome.NO_MATCH, PadVerdict.PASSED, (Outcome.NO_MATCH, Reason.BELOW_THRESHOLD)),
    ],
)
def test_a_match_counts_only_with_the_presentation_attack_detection(
    match: Outcome, pad: PadVerdict, expected: tuple[Outcome, Reason]
) -> None:
    reasons = {
        Outcome.MATCH: Reason.ABOVE_THRESHOLD,
        Outcome.NO_MATCH: Reason.BELOW_THRESHOLD,
        Outcome.UNDECIDED: Reason.NEAR_THRESHOLD,
    }
    assert conclude((match, reasons[match]), pad) == expected


@pytest.mark.parametrize(
    "wrong",
    [{"early_frames": 0}, {"best_of": 2}, {"reject_frames": 4}, {"margin": -0.1}, {"reject_after_s": 11.0}],
)
def test_a_policy_that_contradicts_itself_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="<="):
        Policy(**wrong)  # type: ignore[arg-type]


def test_scores_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="accept >= reject"):
        Scores(accept=0.3, reject=0.4)
