"""Consent, and the live face against the chip's photo."""

from dataclasses import replace

from kiosk.flow.effects import CheckInsurance, CompareFace, StopCamera
from kiosk.flow.events import ConsentGiven, ConsentRefused, FaceDecided, FaceFailed, FaceProgressed
from kiosk.flow.model import Model
from kiosk.flow.moves import go, refer, stay
from kiosk.flow.screens import AskConsent, AtCounter, CheckingInsurance, LookAtCamera
from kiosk.flow.table import Step, on
from kiosk.flow.values import FaceOutcome, FaultCode


@on(AskConsent, ConsentGiven, LookAtCamera)
def consent_given(model: Model, _: AskConsent, __: ConsentGiven) -> Step:
    agreed = replace(model, patient=replace(model.patient, consent=True))
    return go(agreed, LookAtCamera(), CompareFace(model.session, attempt=1))


@on(AskConsent, ConsentRefused, AtCounter)
def consent_refused(model: Model, _: AskConsent, __: ConsentRefused) -> Step:
    return refer(replace(model, patient=replace(model.patient, consent=False)), FaultCode.CONSENT_DECLINED)


@on(LookAtCamera, FaceProgressed)
def face_progressed(model: Model, screen: LookAtCamera, event: FaceProgressed) -> Step:
    progress = min(1.0, max(0.0, event.progress))
    shown = replace(screen, guidance=event.guidance, progress=progress, move=event.move, light=event.light)
    if progress > screen.progress:
        model = replace(model, touched_at=model.now)  # whoever follows is there, without a touch
    return stay(model, shown)


@on(LookAtCamera, FaceDecided, CheckingInsurance, LookAtCamera, AtCounter)
def face_decided(model: Model, screen: LookAtCamera, event: FaceDecided) -> Step:
    known = replace(model, patient=replace(model.patient, face=event.outcome))
    match event.outcome:
        case FaceOutcome.MATCH:
            waiting = CheckingInsurance(model.now + model.delays.insurance_limit)
            return go(known, waiting, StopCamera(model.session), CheckInsurance(model.session))
        case FaceOutcome.NO_MATCH:
            return _try_again(known, screen, FaultCode.FACE_NOT_MATCHED)
        case FaceOutcome.UNDECIDED:
            return _try_again(known, screen, FaultCode.FACE_NOT_SEEN)
        case FaceOutcome.NOT_CONFIRMED:
            # a second try would only teach somebody with a picture what to do better; a person looks instead
            return refer(known, FaultCode.FACE_NOT_CONFIRMED)


def _try_again(model: Model, screen: LookAtCamera, fault: FaultCode) -> Step:
    if screen.attempt >= model.delays.face_tries:
        return refer(model, fault)
    attempt = screen.attempt + 1
    return go(model, LookAtCamera(attempt, retry_after=fault), CompareFace(model.session, attempt))


@on(LookAtCamera, FaceFailed, AtCounter)
def face_failed(model: Model, _: LookAtCamera, event: FaceFailed) -> Step:
    return refer(model, event.fault)
