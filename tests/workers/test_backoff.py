"""Pauses between restarts: pure, so the tests own the clock."""

import pytest

from kiosk.workers.backoff import Backoff, Pause, RestartPolicy

POLICY = RestartPolicy(first_s=0.5, longest_s=10, window_s=120, permanent_after=8, permanent_s=30)


def fail_at(*times: float) -> list[Pause]:
    backoff, pauses = Backoff(POLICY), []
    for now in times:
        backoff, pause = backoff.failed(now)
        pauses.append(pause)
    return pauses


def test_pauses_double_up_to_the_longest() -> None:
    assert [pause.seconds for pause in fail_at(1, 2, 3, 4, 5, 6, 7)] == [0.5, 1, 2, 4, 8, 10, 10]


def test_many_failures_in_the_window_are_permanent_and_tried_slowly() -> None:
    pauses = fail_at(*range(10))
    assert [pause.permanent for pause in pauses] == [False] * 7 + [True] * 3
    assert pauses[-1] == Pause(30, permanent=True)


def test_a_worker_that_ran_long_begins_anew() -> None:
    assert fail_at(0, 1, 2, 200)[-1] == Pause(0.5, permanent=False)


def test_a_permanent_fault_is_temporary_again_after_a_quiet_window() -> None:
    assert fail_at(*range(9), 129)[-1] == Pause(0.5, permanent=False)


def test_the_history_does_not_grow() -> None:
    backoff = Backoff(POLICY)
    for now in range(1000):
        backoff, _ = backoff.failed(now / 100)
    assert len(backoff.failures) == POLICY.permanent_after


@pytest.mark.parametrize(
    "wrong",
    [{"first_s": 0}, {"first_s": 20}, {"longest_s": 40}, {"factor": 0.5}, {"permanent_after": 0}, {"window_s": 0}],
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="and"):
        RestartPolicy(**wrong)  # type: ignore[arg-type]
