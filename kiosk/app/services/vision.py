"""The camera: QR codes, the chip photo's template, the live comparison. All of it happens in the vision worker."""

from collections.abc import Callable

from face.decision import Decision, Outcome
from face.pad.evidence import PadVerdict
from kiosk.app.session import SessionHolder
from kiosk.flow import effects, events
from kiosk.flow.values import Device, FaceOutcome, FaultCode, ScreenLight
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
    WipeSession,
)

_OUTCOMES = {
    Outcome.MATCH: FaceOutcome.MATCH,
    Outcome.NO_MATCH: FaceOutcome.NO_MATCH,
    Outcome.UNDECIDED: FaceOutcome.UNDECIDED,
}


def outcome_of(decision: Decision) -> FaceOutcome:
    """What the flow is told. An alarm comes first: whether the faces match is then no longer the question."""
    if decision.pad.verdict is PadVerdict.ALARM:
        return FaceOutcome.NOT_CONFIRMED
    return _OUTCOMES[decision.outcome]


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
        self._enrolling: int | None = None

    def scan(self, effect: effects.ScanCode) -> None:
        """Look for a QR code."""
        self._send(ScanCodes(effect.session))

    def stop(self, session: int) -> None:
        """The camera rests."""
        self._send(StopVision(session))

    def compare(self, effect: effects.CompareFace) -> None:
        """Compare the living face with the chip's photo.

        The template is made here, after the consent and not before: it is sensitive data (Law 91/2025/QH15, Art. 31).
        """
        patient = self._holder.of(effect.session)
        if patient is None or patient.readout is None or patient.readout.photo is None:
            return
        patient.face_attempts = effect.attempt
        if effect.attempt == 1:
            self._enrolling = effect.session
            self._send(EnrolPhoto(effect.session, patient.readout.photo.data))
        else:
            self._send(CompareFace(effect.session, effect.attempt))

    def light_shown(self, light: ScreenLight | None, at: float) -> None:
        """The window has painted the face screen in a new light, or as usual again, at `at` (`time.monotonic()`)."""
        session = self._holder.present.number
        if session:
            self._send(LightShown(session, light, at))

    def wipe(self, session: int) -> None:
        """Forget template, frames and crops of a patient."""
        self._enrolling = None
        self._send(WipeSession(session))

    def on_code(self, message: CodeSeen) -> None:
        """A code came into view."""
        self._use_code(message.session, message.text)

    def on_enrolled(self, message: PhotoEnrolled) -> None:
        """The template is there, and the comparison begins; or the chip's photo cannot be used."""
        if self._enrolling != message.session or self._holder.of(message.session) is None:
            return
        self._enrolling = None
        if message.ok:
            self._send(CompareFace(message.session, 1))
        else:
            self._dispatch(events.FaceFailed(message.session, FaultCode.CHIP_PHOTO_UNUSABLE))

    def on_worker_down(self) -> None:
        """The vision process ended: whoever waits for it must not wait for ever."""
        self._dispatch(events.DeviceChanged(Device.CAMERA, False, FaultCode.CAMERA_DOWN))
        present = self._holder.present
        if present.number and present.consent is not None:
            self._dispatch(events.FaceFailed(present.number, FaultCode.CAMERA_DOWN))

    def on_progress(self, message: FaceProgress) -> None:
        """Advice, what is asked, and how far the check is."""
        self._dispatch(
            events.FaceProgressed(message.session, message.guidance, message.fraction, message.move, message.light)
        )

    def on_done(self, message: FaceDone) -> None:
        """The decision, kept for the match log."""
        patient = self._holder.of(message.session)
        if patient is not None:
            patient.decision = message.decision
            self._dispatch(events.FaceDecided(message.session, outcome_of(message.decision)))

    def on_failed(self, message: FaceFailed) -> None:
        """No comparison was possible."""
        self._dispatch(events.FaceFailed(message.session, FaultCode.CAMERA_DOWN))

    def on_camera(self, message: CameraStatus) -> None:
        """The camera came or went."""
        fault = None if message.ok else FaultCode.CAMERA_DOWN
        self._dispatch(events.DeviceChanged(Device.CAMERA, message.ok, fault))
