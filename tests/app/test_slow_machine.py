"""Which ends of a demonstration are the machine's fault, and which are the story's."""

import pytest

from kiosk.app.report import FaceReport, PadCheckReport, SessionReport, TicketReport
from kiosk.app.slow_machine import REASONS, advice, slow_reasons


def ended(*checks, sent_to="counter", outcome="undecided", reason="pad_incomplete", pad="incomplete"):
    face = FaceReport(
        score=0.8,
        threshold=0.57,
        fmr="1e-5",
        match=outcome == "match",
        outcome=outcome,
        reason=reason,
        attempts=2,
        seconds=9.0,
        presentation_attack_detection=pad,
        checks=tuple(PadCheckReport(check, state, None, why) for check, state, why in checks),
        moves=(),
    )
    return SessionReport(
        outcome="counter" if sent_to else "checked_in",
        reason="face_not_seen" if sent_to else None,
        sent_to=sent_to,
        chip=None,
        face=face,
        insurance=None,
        visit=None,
        payment=None,
        ticket=TicketReport(True),
    )


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_frames_and_colours_that_come_too_slowly_are_the_machines_fault(reason):
    found = slow_reasons(ended(("challenge", "successful", "followed"), ("light", "not_assessed", reason)))
    assert found == (f"light: {reason}",)
    assert reason in advice(found)
    assert "--pad off" in advice(found)
    assert "\n" not in advice(found)


def test_a_comparison_without_frames_is_too():
    assert slow_reasons(ended(reason="too_few_frames")) == ("comparison: too_few_frames",)


@pytest.mark.parametrize(
    "story",
    [
        ended(("challenge", "not_assessed", "not_followed_in_time")),
        ended(("plane", "failed", "flat"), ("light", "not_assessed", "too_few_frames"), pad="alarm"),
        ended(("light", "not_assessed", "too_few_frames"), outcome="no_match", reason="below_threshold"),
        ended(("light", "not_assessed", "too_few_frames"), sent_to=None, outcome="match", pad="not_assessed"),
        ended(("light", "successful", "follows"), reason="near_threshold", pad="passed"),
    ],
    ids=["did not move", "alarm", "another person", "checked in", "undecided by itself"],
)
def test_what_else_leads_to_the_counter_is_not(story):
    assert slow_reasons(story) == ()
