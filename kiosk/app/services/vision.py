"""The camera: QR codes, the chip photo's template, the live comparison. All of it happens in the vision worker."""

from collections.abc import Callable

from face.decision import Outcome
from kiosk.app.session import SessionHolder
from kiosk.flow import effects, events
from kiosk.flow.values import Device, FaceOutcome, FaultCode
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
    WipeSession,
)

OUTCOMES = {
    Outcome.MATCH: FaceOutcome.MATCH,
    Outcome.NO_MATCH: FaceOutcome.NO_MATCH,
    Outcome.UNDECIDED: FaceOutcome.UNDECIDED,
}


class VisionService:
    """Answers ScanCode, StopCamera and CompareFace; turns the worker's messages into events."""

    def __init__(
        self,
        send: Callable[[object], None],
        dispatch: Callable[[events.Event], None],
        holder: SessionHolder,
        use_code: Callable[[int, str], None],
    ) -> None:
        self._send = send
        self._dispatch = dispatch
        self._holder = holder
        self._use_code = use_code
        self._enrolling: tuple[int, Callable[[bool], None]] | None = None

    def scan(self, effect: effects.ScanCode) -> None:
        """Look for a QR code."""
        self._send(ScanCodes(effect.session))

    def stop(self, session: int) -> None:
        """The camera rests."""
        self._send(StopVision(session))

    def compare(self, effect: effects.CompareFace) -> None:
        """Compare the living face with the enrolled photo."""
        patient = self._holder.of(effect.session)
        if patient is not None:
            patient.face_attempts = effect.attempt
            self._send(CompareFace(effect.session, effect.attempt))

    def enrol(self, session: int, image: bytes, then: Callable[[bool], None]) -> None:
        """Make a template of the chip's photo; `then` hears whether that was possible."""
        self._enrolling = (session, then)
        self._send(EnrolPhoto(session, image))

    def wipe(self, session: int) -> None:
        """Forget template, frames and crops of a patient."""
        self._enrolling = None
        self._send(WipeSession(session))

    def on_code(self, message: CodeSeen) -> None:
        """A code came into view."""
        self._use_code(message.session, message.text)

    def on_enrolled(self, message: PhotoEnrolled) -> None:
        """The answer to `enrol`."""
        self._finish_enrolment(message.session, message.ok)

    def on_worker_down(self) -> None:
        """The vision process ended: whoever waits for it must not wait for ever."""
        self._dispatch(events.DeviceChanged(Device.CAMERA, False, FaultCode.CAMERA_DOWN))
        if self._enrolling is not None:
            self._finish_enrolment(self._enrolling[0], False)
        present = self._holder.present
        if present.number and present.consent is not None:
            self._dispatch(events.FaceFailed(present.number, FaultCode.CAMERA_DOWN))

    def _finish_enrolment(self, session: int, usable: bool) -> None:
        if self._enrolling is None or self._enrolling[0] != session:
            return
        _, then = self._enrolling
        self._enrolling = None
        if self._holder.of(session) is not None:
            then(usable)

    def on_progress(self, message: FaceProgress) -> None:
        """Advice and how far the comparison is."""
        self._dispatch(events.FaceProgressed(message.session, message.guidance, message.fraction))

    def on_done(self, message: FaceDone) -> None:
        """The decision, kept for the match log."""
        patient = self._holder.of(message.session)
        if patient is not None:
            patient.decision = message.decision
            self._dispatch(events.FaceDecided(message.session, OUTCOMES[message.decision.outcome]))

    def on_failed(self, message: FaceFailed) -> None:
        """No comparison was possible."""
        self._dispatch(events.FaceFailed(message.session, FaultCode.CAMERA_DOWN))

    def on_camera(self, message: CameraStatus) -> None:
        """The camera came or went."""
        fault = None if message.ok else FaultCode.CAMERA_DOWN
        self._dispatch(events.DeviceChanged(Device.CAMERA, message.ok, fault))
