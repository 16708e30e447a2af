"""What the flow asks the outside to do. The runner executes each; results come back as events with the same session."""

from dataclasses import dataclass

from kiosk.flow.values import FaultCode, Outcome


@dataclass(frozen=True, slots=True)
class ScanCode:
    """Look for a QR code in the camera's picture → KeyReady | KeyRefused."""

    session: int


@dataclass(frozen=True, slots=True)
class StopCamera:
    """No preview, no scanning, no face: the camera rests."""

    session: int


@dataclass(frozen=True, slots=True)
class UseNumber:
    """Derive the key from the typed number → KeyReady | KeyRefused."""

    session: int
    digits: str

    def __repr__(self) -> str:
        return f"UseNumber(session={self.session}, digits=<redacted>)"


@dataclass(frozen=True, slots=True)
class ReadChip:
    """Read the card, going on where an interrupted read stopped → ReadProgressed*, ChipRead | ReadFailed."""

    session: int


@dataclass(frozen=True, slots=True)
class CancelRead:
    session: int


@dataclass(frozen=True, slots=True)
class CompareFace:
    """Compare the live face with the chip's photo → FaceProgressed*, FaceDecided | FaceFailed."""

    session: int
    attempt: int


@dataclass(frozen=True, slots=True)
class CheckInsurance:
    """→ InsuranceAnswered (always: a dead portal is an answer, "unverified")."""

    session: int


@dataclass(frozen=True, slots=True)
class ListServices:
    """→ ServicesListed, with the patient's appointments of today among them."""

    session: int


@dataclass(frozen=True, slots=True)
class Register:
    """Record the visit here in one transaction, then tell the HIS → VisitRegistered | RegistrationFailed.

    `self_pay`: the patient goes on without insurance. `appointment`: the one to check in for, empty without.
    """

    session: int
    service: str
    self_pay: bool
    appointment: str = ""


@dataclass(frozen=True, slots=True)
class SettleLocally:
    """The hospital system took too long: answer with the recorded visit, the outbox delivers → VisitRegistered."""

    session: int


@dataclass(frozen=True, slots=True)
class RequestPayment:
    """→ PaymentRequested, later PaymentSettled."""

    session: int
    amount_dong: int


@dataclass(frozen=True, slots=True)
class StopPayment:
    """The patient pays at the desk: cancel the order, keep listening for money already on the way."""

    session: int


@dataclass(frozen=True, slots=True)
class RecordReferral:
    """Record that the counter takes over and why → ReferralRecorded."""

    session: int
    reason: FaultCode


@dataclass(frozen=True, slots=True)
class RecordDeparture:
    """The patient leaves after a consent was given: what was compared leaves its trace. No answer."""

    session: int
    reason: FaultCode


@dataclass(frozen=True, slots=True)
class PrintTicket:
    """→ TicketPrinted | TicketFailed."""

    session: int


@dataclass(frozen=True, slots=True)
class PrintReferral:
    """The counter's slip → TicketPrinted | TicketFailed."""

    session: int
    reason: FaultCode


@dataclass(frozen=True, slots=True)
class CallStaff:
    """Light, bell, message to the desk."""

    session: int


@dataclass(frozen=True, slots=True)
class BeginSession:
    session: int


@dataclass(frozen=True, slots=True)
class EndSession:
    """Wipe everything personal of this session."""

    session: int
    outcome: Outcome
    reason: FaultCode | None = None


Effect = (
    ScanCode
    | StopCamera
    | UseNumber
    | ReadChip
    | CancelRead
    | CompareFace
    | CheckInsurance
    | ListServices
    | Register
    | SettleLocally
    | RequestPayment
    | StopPayment
    | RecordReferral
    | RecordDeparture
    | PrintTicket
    | PrintReferral
    | CallStaff
    | BeginSession
    | EndSession
)
