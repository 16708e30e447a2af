"""Recent answers: one question at a time per card."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from his_adapter.bhyt.answers import MAX_KEPT, RecentAnswers
from his_adapter.faults import OutsideFaultCode
from his_adapter.model import CoverageAction, CoverageAnswer, CoverageOutcome


def answer(fault: OutsideFaultCode | None = None) -> CoverageAnswer:
    return CoverageAnswer(CoverageOutcome.VALID, CoverageAction.GO_ON, "000", "000", datetime.now(UTC), fault=fault)


class Asked:
    def __init__(self, fault: OutsideFaultCode | None = None) -> None:
        self.times = 0
        self._fault = fault

    def __call__(self) -> CoverageAnswer:
        self.times += 1
        return answer(self._fault)


def test_an_answer_is_kept_for_its_time() -> None:
    moment = 0.0
    answers, asked = RecentAnswers(300, lambda: moment), Asked()
    first = answers.get(b"card", asked)
    moment = 299.0
    assert answers.get(b"card", asked) is first
    moment = 300.0
    assert answers.get(b"card", asked) is not first
    assert asked.times == 2


def test_an_outage_is_not_kept() -> None:
    answers, asked = RecentAnswers(300), Asked(OutsideFaultCode.TIMEOUT)
    answers.get(b"card", asked)
    answers.get(b"card", asked)
    assert asked.times == 2


def test_only_so_many_are_kept() -> None:
    answers, asked = RecentAnswers(300), Asked()
    for number in range(MAX_KEPT + 2):
        answers.get(number.to_bytes(2, "big"), asked)
    answers.get((0).to_bytes(2, "big"), asked)
    assert asked.times == MAX_KEPT + 3


def test_cleared_answers_are_asked_for_again() -> None:
    answers, asked = RecentAnswers(300), Asked()
    answers.get(b"card", asked)
    answers.clear()
    answers.get(b"card", asked)
    assert asked.times == 2


def test_callers_share_the_question_under_way() -> None:
    answers = RecentAnswers(300)
    started, go_on = threading.Event(), threading.Event()
    asked = Asked()

    def slowly() -> CoverageAnswer:
        started.set()
        go_on.wait()
        return asked()

    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(answers.get, b"card", slowly)
        started.wait()
        others = [pool.submit(answers.get, b"card", asked) for _ in range(4)]
        assert answers.get(b"another card", answer).code == "000"  # is not held up
        go_on.set()
        assert {id(other.result()) for other in others} == {id(first.result())}
    assert asked.times == 1


def test_a_bug_reaches_everybody_and_blocks_nobody() -> None:
    answers = RecentAnswers(300)

    def broken() -> CoverageAnswer:
        raise RuntimeError("bug")

    with pytest.raises(RuntimeError, match="bug"):
        answers.get(b"card", broken)
    assert answers.get(b"card", answer).code == "000"
