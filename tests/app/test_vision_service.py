"""Codes, templates and decisions, between the flow and the vision worker."""

import pytest

from face.decision import Decision, Outcome, Reason
from face.pad.evidence import PadCheck, PadEvidence, PadResult, PadState, PadVerdict
from face.pad.moves import Move
from kiosk.app.services.vision import VisionService
from kiosk.flow import effects, events
from kiosk.flow.values import Device, FaceGuidance, FaceMove, FaceOutcome, FaultCode, ScreenLight
from kiosk.workers.messages import (
    CameraStatus,
    CodeSeen,
    CompareFace,
    EnrolPhoto,
    FaceDone,
    FaceFailed,
    FaceProgress,
    LightShown,
    PhotoEnrolled,
    ScanCodes,
    StopVision,
    VisionFault,
    WipeSession,
)

NOTHING_ASSESSED = PadEvidence(PadVerdict.NOT_ASSESSED, (), ())


@pytest.fixture
def sent():
    return []


@pytest.fixture
def codes():
    return []


@pytest.fixture
def service(sent, heard, holder, codes):
    return VisionService(sent.append, heard.append, holder, lambda session, text: codes.append((session, text)))


def decision(outcome, pad=NOTHING_ASSESSED):
    return Decision(
        outcome=outcome,
        reason=Reason.ABOVE_THRESHOLD,
        score=0.8,
        threshold=0.456,
        reject=0.384,
        fmr="1e-4",
        extrapolated=False,
        frames=(),
        frames_good=5,
        seconds=1.0,
        model_hashes=(),
        pad=pad,
    )


def test_commands_reach_the_worker(service, sent, holder):
    service.scan(effects.ScanCode(1))
    service.compare(effects.CompareFace(1, 2))
    service.stop(1)
    service.wipe(1)
    assert sent == [ScanCodes(1), CompareFace(1, 2), StopVision(1), WipeSession(1)]
    assert holder.present.face_attempts == 2
    service.compare(effects.CompareFace(9, 1))
    assert len(sent) == 4, "nobody to compare"


def test_the_template_is_made_when_the_comparison_begins_and_not_before(service, sent, heard):
    service.compare(effects.CompareFace(1, 1))
    assert isinstance(sent[0], EnrolPhoto)
    service.on_enrolled(PhotoEnrolled(2, True, None))
    assert len(sent) == 1, "another patient's answer"
    service.on_enrolled(PhotoEnrolled(1, True, None))
    service.on_enrolled(PhotoEnrolled(1, True, None))
    assert sent[1:] == [CompareFace(1, 1)]
    assert heard == []


def test_a_chip_photo_without_a_usable_face_is_said(service, sent, heard):
    service.compare(effects.CompareFace(1, 1))
    service.on_enrolled(PhotoEnrolled(1, False, VisionFault.NO_FACE))
    assert heard == [events.FaceFailed(1, FaultCode.CHIP_PHOTO_UNUSABLE)]


def test_an_enrolment_for_a_patient_who_left_starts_nothing(service, sent, holder):
    service.compare(effects.CompareFace(1, 1))
    holder.wipe()
    service.on_enrolled(PhotoEnrolled(1, True, None))
    assert len(sent) == 1


def test_a_code_goes_where_keys_are_made(service, codes):
    service.on_code(CodeSeen(1, "text"))
    assert codes == [(1, "text")]


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_decision_is_kept_for_the_log(service, heard, holder, outcome):
    service.on_done(FaceDone(1, decision(outcome)))
    assert heard == [events.FaceDecided(1, FaceOutcome(outcome.value))]
    assert holder.present.decision.score == 0.8
    service.on_done(FaceDone(3, decision(outcome)))
    assert len(heard) == 1


@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_alarm_comes_before_whatever_the_comparison_says(service, heard, holder, outcome):
    failed = PadResult(PadCheck.PLANE, PadState.FAILED, 0.02, "rigid_plane")
    alarm = PadEvidence(PadVerdict.ALARM, (failed,), (Move.TURN_LEFT,))
    service.on_done(FaceDone(1, decision(outcome, alarm)))
    assert heard == [events.FaceDecided(1, FaceOutcome.NOT_CONFIRMED)]
    assert holder.present.decision.pad.results == (failed,), "kept for the log"


def test_progress_failure_and_camera_are_told(service, heard):
    service.on_progress(FaceProgress(1, FaceGuidance.TOO_FAR, 0.2))
    service.on_progress(FaceProgress(1, FaceGuidance.GOOD, 0.6, FaceMove.BLINK, ScreenLight.MINT))
    service.on_failed(FaceFailed(1, VisionFault.GONE))
    service.on_camera(CameraStatus(False, VisionFault.GONE))
    service.on_camera(CameraStatus(True, None))
    assert heard == [
        events.FaceProgressed(1, FaceGuidance.TOO_FAR, 0.2),
        events.FaceProgressed(1, FaceGuidance.GOOD, 0.6, FaceMove.BLINK, ScreenLight.MINT),
        events.FaceFailed(1, FaultCode.CAMERA_DOWN),
        events.DeviceChanged(Device.CAMERA, False, FaultCode.CAMERA_DOWN),
        events.DeviceChanged(Device.CAMERA, True, None),
    ]


def test_a_painted_light_is_told_to_the_worker_with_its_time(service, sent, holder):
    service.light_shown(ScreenLight.MINT, 12.5)
    service.light_shown(None, 13.0)
    assert sent == [LightShown(1, ScreenLight.MINT, 12.5), LightShown(1, None, 13.0)]
    holder.wipe()
    service.light_shown(ScreenLight.AMBER, 14.0)
    assert len(sent) == 2, "nobody is here"


def test_a_dead_vision_process_leaves_nobody_waiting(service, heard, holder):
    service.on_worker_down()
    assert heard == [events.DeviceChanged(Device.CAMERA, False, FaultCode.CAMERA_DOWN)]
    holder.present.consent = object()
    service.on_worker_down()
    assert heard[-1] == events.FaceFailed(1, FaultCode.CAMERA_DOWN)
