"""Rates against cases worked out by hand, and what must hold for any scores."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from face.evaluation.intervals import rate, rule_of_three, wilson
from face.evaluation.metrics import Scores

GENUINE = [0.30, 0.60, 0.70, 0.80, 0.90]
IMPOSTOR = [-0.10, 0.00, 0.05, 0.10, 0.15, 0.20, 0.25, 0.40, 0.50, 0.65]

scores = st.lists(st.integers(-100, 100).map(lambda value: value / 100), min_size=1, max_size=60)
thresholds = st.integers(-101, 101).map(lambda value: value / 100)


def test_a_score_at_the_threshold_says_same() -> None:
    experiment = Scores(GENUINE, IMPOSTOR)
    fmr, fnmr = experiment.fmr(0.50), experiment.fnmr(0.60)
    assert (fmr.errors, fmr.trials, fmr.value) == (2, 10, 0.2)
    assert (fnmr.errors, fnmr.trials, fnmr.value) == (1, 5, 0.2)


def test_the_threshold_at_a_rate_is_the_lowest_that_keeps_it() -> None:
    experiment = Scores(GENUINE, IMPOSTOR)
    at = experiment.threshold_at(0.2)
    assert at is not None
    assert at.measurable
    assert at.score == np.nextafter(0.40, 1)  # two of ten pass: 0.50 and 0.65
    assert experiment.fmr(at.score).value == 0.2
    assert experiment.fmr(0.40).value == 0.3


def test_with_too_few_impostors_the_threshold_lies_just_above_them_and_is_not_measured() -> None:
    at = Scores(GENUINE, IMPOSTOR).threshold_at(0.01)
    assert at is not None
    assert not at.measurable
    assert at.score == np.nextafter(0.65, 1)


@pytest.mark.parametrize(("count", "fmr", "allowed"), [(300_000, 1e-5, 3), (29_000, 1e-3, 29), (999, 1e-3, 0)])
def test_the_number_of_matches_a_rate_allows_is_not_lost_to_rounding(count: int, fmr: float, allowed: int) -> None:
    experiment = Scores([], np.arange(count) / count)
    at = experiment.threshold_at(fmr)
    assert at is not None
    assert experiment.fmr(at.score).errors == allowed
    assert at.measurable == (allowed > 0)


def test_the_equal_error_rate_lies_where_the_two_rates_cross() -> None:
    # At 0.50: FMR 2/10, FNMR 1/5 - equal.
    found = Scores(GENUINE, IMPOSTOR).equal_error()
    assert found is not None
    assert found.rate == pytest.approx(0.2)
    # From 0.3 to 0.6 the FMR stays 1/3 while the FNMR rises from 0 to 1/2: they meet two thirds of the way.
    found = Scores([0.3, 0.7], [0.1, 0.2, 0.6]).equal_error()
    assert found is not None
    assert found.rate == pytest.approx(1 / 3)
    assert found.threshold == pytest.approx(0.5)


def test_scores_that_do_not_overlap_have_no_equal_error() -> None:
    found = Scores([0.8, 0.9], [0.1, 0.2]).equal_error()
    assert found is not None
    assert found.rate == 0
    assert 0.2 < found.threshold <= 0.8


def test_without_comparisons_there_are_no_rates() -> None:
    nothing = Scores([], [])
    assert nothing.equal_error() is None
    assert nothing.threshold_at(0.1) is None
    assert nothing.det() == ()
    assert nothing.fmr(0.5).value is None
    assert Scores([0.5], []).threshold_at(0.1) is None


def test_a_score_must_be_a_number() -> None:
    with pytest.raises(ValueError, match="finite"):
        Scores([math.nan], [0.1])


@given(scores, scores, thresholds, thresholds)
def test_a_higher_threshold_never_matches_more_and_never_misses_less(
    genuine: list[float], impostor: list[float], one: float, other: float
) -> None:
    experiment = Scores(genuine, impostor)
    low, high = sorted((one, other))
    assert experiment.fmr(low).errors >= experiment.fmr(high).errors
    assert experiment.fnmr(low).errors <= experiment.fnmr(high).errors
    assert experiment.fmr(low).errors == sum(score >= low for score in impostor)
    assert experiment.fnmr(low).errors == sum(score < low for score in genuine)


@given(scores, scores, st.floats(0.001, 0.999))
def test_the_threshold_keeps_its_rate_and_no_lower_score_does(
    genuine: list[float], impostor: list[float], fmr: float
) -> None:
    experiment = Scores(genuine, impostor)
    at = experiment.threshold_at(fmr)
    assert at is not None
    kept = experiment.fmr(at.score)
    assert kept.errors <= fmr * len(impostor) + 1e-6
    below = experiment.fmr(float(np.nextafter(at.score, -2)))
    assert below.errors > fmr * len(impostor)


@given(scores, scores)
def test_the_curve_goes_from_all_to_none_and_the_equal_error_is_on_it(
    genuine: list[float], impostor: list[float]
) -> None:
    experiment = Scores(genuine, impostor)
    curve = experiment.det()
    assert (curve[0].fmr, curve[0].fnmr) == (1.0, 0.0)
    assert (curve[-1].fmr, curve[-1].fnmr) == (0.0, 1.0)
    assert all(a.fmr >= b.fmr and a.fnmr <= b.fnmr for a, b in pairwise(curve))
    found = experiment.equal_error()
    assert found is not None
    # Swapping genuine and impostor and turning the axis round changes nothing.
    mirrored = Scores([-score for score in impostor], [-score for score in genuine]).equal_error()
    assert mirrored is not None
    assert mirrored.rate == pytest.approx(found.rate, abs=1e-9)
    assert 0 <= found.rate <= 1


def test_a_thinned_curve_keeps_both_ends_and_stays_on_the_whole_one() -> None:
    random = np.random.default_rng(5)
    experiment = Scores(random.normal(0.6, 0.15, 3000), random.normal(0.1, 0.15, 5000))
    thin, whole = experiment.det(100), experiment.det()
    assert 60 <= len(thin) <= 100
    assert set(thin) <= set(whole)
    assert (thin[0], thin[-1]) == (whole[0], whole[-1])


def test_intervals_by_published_values() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for errors, trials, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (1, 29, 0.0061, 0.1718)):
        assert wilson(errors, trials) == pytest.approx((low, high), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert rule_of_three(30_000) == pytest.approx(1e-4)
    assert rule_of_three(0) is None


@given(st.integers(1, 10_000).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_an_interval_holds_its_rate_and_stays_within_bounds(counts: tuple[int, int]) -> None:
    found = rate(*counts)
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high


def test_no_trial_is_unknown_and_impossible_counts_are_refused() -> None:
    assert rate(0, 0).value is None
    with pytest.raises(ValueError, match="3 errors of 2"):
        rate(3, 2)
