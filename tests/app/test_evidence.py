"""The face's decision becomes the match log's evidence: nothing of what decided is lost on the way."""

from dataclasses import replace

import pytest

from face.decision import Decision, Outcome, Reason, ScoredFrame
from face.models.pack import ModelHash
from face.pad.evidence import PadCheck, PadEvidence, PadResult, PadState, PadVerdict
from face.pad.moves import Move
from kiosk.app.evidence import evidence_of
from kiosk.app.session import PatientSession
from kiosk.flow import initial
from records import evidence as kept
from records.evidence import Verdict

NOTHING_ASSESSED = PadEvidence(PadVerdict.NOT_ASSESSED, (), ())

RESULTS = (
    PadResult(PadCheck.CHALLENGE, PadState.SUCCESSFUL, 0.9, "followed"),
    PadResult(PadCheck.LIGHT, PadState.FAILED, 0.1, "no_reflection"),
    PadResult(PadCheck.PASSIVE, PadState.NOT_ASSESSED, None, "no_model"),
)
DECISION = Decision(
    outcome=Outcome.UNDECIDED,
    reason=Reason.PAD_ALARM,
    score=0.71,
    threshold=0.575,
    reject=0.34,
    fmr="1e-5",
    extrapolated=True,
    frames=(ScoredFrame(0.7, 0.5, 1.0), ScoredFrame(0.72, 0.9, 1.2)),
    frames_good=6,
    seconds=7.0,
    model_hashes=(ModelHash("recogniser", "ab" * 32),),
    pad=PadEvidence(PadVerdict.ALARM, RESULTS, (Move.TURN_LEFT, Move.BLINK)),
)


def face_of(decision: Decision) -> kept.FaceEvidence:
    evidence = evidence_of(PatientSession(number=1, face_attempts=2, decision=decision), initial())
    assert evidence.face is not None
    return evidence.face


def test_every_check_of_the_living_person_reaches_the_log():
    face = face_of(DECISION)
    assert face.pad == (
        kept.PadCheck("challenge", kept.PadState.SUCCESSFUL, 0.9, "followed"),
        kept.PadCheck("light", kept.PadState.FAILED, 0.1, "no_reflection"),
        kept.PadCheck("passive", kept.PadState.NOT_ASSESSED, None, "no_model"),
    )
    assert face.moves == ("turn_left", "blink")
    assert (face.liveness, face.reason) == (Verdict.FAILED, "pad_alarm")


def test_the_numbers_reach_the_log():
    face = face_of(DECISION)
    assert (face.outcome, face.score, face.threshold, face.reject) == (kept.FaceOutcome.UNDECIDED, 0.71, 0.575, 0.34)
    assert (face.fmr, face.extrapolated, face.attempts) == (1e-5, True, 2)
    assert face.quality == kept.FrameQuality(2, 6, 0.5, 0.9)
    assert face.models == (kept.ModelHash("recogniser", "ab" * 32),)


def test_a_decision_without_frames_says_so():
    face = face_of(replace(DECISION, score=None, frames=(), frames_good=0))
    assert face.quality == kept.FrameQuality(0, 0, None, None)


@pytest.mark.parametrize(
    ("verdict", "liveness"),
    [
        (PadVerdict.PASSED, Verdict.SUCCESSFUL),
        (PadVerdict.ALARM, Verdict.FAILED),
        (PadVerdict.INCOMPLETE, Verdict.UNDETERMINED),
        (PadVerdict.NOT_ASSESSED, Verdict.NOT_SUPPORTED),
    ],
)
def test_the_verdict_is_told_in_the_logs_words(verdict, liveness):
    assert face_of(replace(DECISION, pad=PadEvidence(verdict, (), ()))).liveness is liveness


def test_a_policy_without_checks_is_not_called_a_success():
    assert face_of(replace(DECISION, pad=NOTHING_ASSESSED)).liveness is Verdict.NOT_SUPPORTED
