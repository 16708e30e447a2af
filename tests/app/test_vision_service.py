"""Codes, templates and decisions, between the flow and the vision worker."""

import pytest

from face.decision import Decision, Outcome, PadVerdict, Reason
from kiosk.app.services.vision import VisionService
from kiosk.flow import effects, events
from kiosk.flow.values import Device, FaceGuidance, FaceOutcome, FaultCode
from kiosk.workers.messages import (
    CameraStatus,
    CodeSeen,
    CompareFace,
    EnrolPhoto,
    FaceDone,
    FaceFailed,
    FaceProgress,
    PhotoEnrolled,
    ScanCodes,
    StopVision,
    VisionFault,
    WipeSession,
)


@pytest.fixture
def sent():
    return []


@pytest.fixture
def codes():
    return []


@pytest.fixture
def service(sent, heard, holder, codes):
    return VisionService(sent.append, heard.append, holder, lambda session, text: codes.append((session, text)))


def decision(outcome):
    return Decision(outcome, Reason.ABOVE_THRESHOLD, 0.8, 0.456, "1e-4", 5, 5, 1.0, (), PadVerdict.NOT_ASSESSED)


def test_commands_reach_the_worker(service, sent, holder):
    service.scan(effects.ScanCode(1))
    service.compare(effects.CompareFace(1, 2))
    service.stop(1)
    service.wipe(1)
    assert sent == [ScanCodes(1), CompareFace(1, 2), StopVision(1), WipeSession(1)]
    assert holder.present.face_attempts == 2
    service.compare(effects.CompareFace(9, 1))
    assert len(sent) == 4, "nobody to compare"


def test_a_code_goes_where_keys_are_made(service, codes):
    service.on_code(CodeSeen(1, "text"))
    assert codes == [(1, "text")]


@pytest.mark.parametrize("ok", [True, False])
def test_enrolment_is_answered_once(service, sent, ok):
    answers = []
    service.enrol(1, b"photo", answers.append)
    assert isinstance(sent[0], EnrolPhoto)
    service.on_enrolled(PhotoEnrolled(2, True, None))
    assert answers == [], "another patient's answer"
    service.on_enrolled(PhotoEnrolled(1, ok, None if ok else VisionFault.NO_FACE))
    service.on_enrolled(PhotoEnrolled(1, True, None))
    assert answers == [ok]


def test_an_enrolment_for_a_patient_who_left_is_dropped(service, holder):
    answers = []
    service.enrol(1, b"photo", answers.append)
    holder.wipe()
    service.on_enrolled(PhotoEnrolled(1, True, None))
    assert answers == []


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_decision_is_kept_for_the_log(service, heard, holder, outcome):
    service.on_done(FaceDone(1, decision(outcome)))
    assert heard == [events.FaceDecided(1, FaceOutcome(outcome.value))]
    assert holder.present.decision.score == 0.8
    service.on_done(FaceDone(3, decision(outcome)))
    assert len(heard) == 1


def test_progress_failure_and_camera_are_told(service, heard):
    service.on_progress(FaceProgress(1, FaceGuidance.TOO_FAR, 0.2))
    service.on_failed(FaceFailed(1, VisionFault.GONE))
    service.on_camera(CameraStatus(False, VisionFault.GONE))
    service.on_camera(CameraStatus(True, None))
    assert heard == [
        events.FaceProgressed(1, FaceGuidance.TOO_FAR, 0.2),
        events.FaceFailed(1, FaultCode.CAMERA_DOWN),
        events.DeviceChanged(Device.CAMERA, False, FaultCode.CAMERA_DOWN),
        events.DeviceChanged(Device.CAMERA, True, None),
    ]


def test_a_dead_vision_process_leaves_nobody_waiting(service, heard, holder):
    answers = []
    service.enrol(1, b"photo", answers.append)
    service.on_worker_down()
    assert answers == [False]
    assert heard == [events.DeviceChanged(Device.CAMERA, False, FaultCode.CAMERA_DOWN)]
