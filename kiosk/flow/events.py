"""What can happen. Touches come from screens; results come from the runner and carry the session they belong to.

A result whose `session` is not the present one belongs to a patient who has gone: the machine drops it.
"""

from dataclasses import dataclass

from kiosk.flow.values import (
    ChipTrust,
    Coverage,
    Device,
    FaceGuidance,
    FaceMove,
    FaceOutcome,
    FaultCode,
    Identity,
    KeyMode,
    Language,
    PaymentRequest,
    PaymentState,
    ReadStage,
    ScreenLight,
    Service,
    Visit,
)


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passes. `now` is monotonic seconds; the flow has no other clock."""

    now: float


@dataclass(frozen=True, slots=True)
class Touched:
    """A finger anywhere: somebody is here."""


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    language: Language


@dataclass(frozen=True, slots=True)
class LargeTextChosen:
    on: bool


@dataclass(frozen=True, slots=True)
class StartPressed:
    """The patient touches the welcome screen before placing a card."""


@dataclass(frozen=True, slots=True)
class NoCardPressed:
    """ "I have no card"."""


@dataclass(frozen=True, slots=True)
class StaffPressed:
    """ "Call staff", on every screen."""


@dataclass(frozen=True, slots=True)
class OverlayClosed:
    """ "Go on" on an overlay."""


@dataclass(frozen=True, slots=True)
class CounterPressed:
    """ "Go to the counter", possible anywhere."""


@dataclass(frozen=True, slots=True)
class CancelPressed:
    """ "Stop": leave without a trace, possible until a visit is recorded."""


@dataclass(frozen=True, slots=True)
class KeyModeChosen:
    mode: KeyMode


@dataclass(frozen=True, slots=True)
class DigitPressed:
    digit: str


@dataclass(frozen=True, slots=True)
class DigitErased:
    """One digit back."""


@dataclass(frozen=True, slots=True)
class NumberEntered:
    """All twelve digits are there and the patient goes on."""


@dataclass(frozen=True, slots=True)
class IdentityConfirmed:
    """ "Yes, this is me"."""


@dataclass(frozen=True, slots=True)
class IdentityDenied:
    """ "Not me": the card of somebody else, or a wrong chip."""


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """Consent to the face comparison."""


@dataclass(frozen=True, slots=True)
class ConsentRefused:
    """No face comparison: the counter checks the card by eye."""


@dataclass(frozen=True, slots=True)
class InsuranceAccepted:
    """The patient has seen what the insurance pays and goes on (or pays alone)."""


@dataclass(frozen=True, slots=True)
class ServiceSelected:
    choice: str


@dataclass(frozen=True, slots=True)
class ServicePageTurned:
    page: int


@dataclass(frozen=True, slots=True)
class ServiceConfirmed:
    """Register for the selected service."""


@dataclass(frozen=True, slots=True)
class PayLaterPressed:
    """Pay at the desk."""


@dataclass(frozen=True, slots=True)
class DonePressed:
    """Finished with the ticket or the counter screen."""


@dataclass(frozen=True, slots=True)
class CardPlaced:
    """A card lies on the reader."""


@dataclass(frozen=True, slots=True)
class CardTaken:
    """No card lies on the reader."""


@dataclass(frozen=True, slots=True)
class CardsCollide:
    """More than one card is in the field."""


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """A device came or went; `fault` says why it went."""

    device: Device
    ok: bool
    fault: FaultCode | None = None


@dataclass(frozen=True, slots=True)
class KeyReady:
    """A key was derived from the QR or the number; the runner keeps it."""

    session: int


@dataclass(frozen=True, slots=True)
class KeyRefused:
    session: int
    fault: FaultCode


@dataclass(frozen=True, slots=True)
class ReadProgressed:
    session: int
    stage: ReadStage
    fraction: float
    identity: Identity | None = None


@dataclass(frozen=True, slots=True)
class ChipRead:
    """Every file is here. `photo` tells whether the chip gave a picture that can be decoded."""

    session: int
    identity: Identity
    trust: ChipTrust
    photo: bool


@dataclass(frozen=True, slots=True)
class ReadFailed:
    session: int
    fault: FaultCode


@dataclass(frozen=True, slots=True)
class FaceProgressed:
    """`move` is what the patient shall do now, `light` what the screen shall show now; None: nothing of the kind."""

    session: int
    guidance: FaceGuidance
    progress: float
    move: FaceMove | None = None
    light: ScreenLight | None = None


@dataclass(frozen=True, slots=True)
class FaceDecided:
    session: int
    outcome: FaceOutcome


@dataclass(frozen=True, slots=True)
class FaceFailed:
    session: int
    fault: FaultCode


@dataclass(frozen=True, slots=True)
class InsuranceAnswered:
    session: int
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class ServicesListed:
    """Departments, priced for this patient, today's appointments first.

    Empty: none could be had, not even the last known list.
    """

    session: int
    services: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class VisitRegistered:
    session: int
    visit: Visit


@dataclass(frozen=True, slots=True)
class RegistrationFailed:
    session: int
    fault: FaultCode


@dataclass(frozen=True, slots=True)
class PaymentRequested:
    session: int
    request: PaymentRequest


@dataclass(frozen=True, slots=True)
class PaymentSettled:
    """PAID, REVIEW, or PAY_LATER when the bank cannot be reached."""

    session: int
    state: PaymentState


@dataclass(frozen=True, slots=True)
class ReferralRecorded:
    """The counter's ticket number."""

    session: int
    number: str


@dataclass(frozen=True, slots=True)
class TicketPrinted:
    session: int


@dataclass(frozen=True, slots=True)
class TicketFailed:
    session: int
    fault: FaultCode


TOUCHES = (
    Touched
    | LanguageChosen
    | LargeTextChosen
    | StartPressed
    | NoCardPressed
    | StaffPressed
    | OverlayClosed
    | CounterPressed
    | CancelPressed
    | KeyModeChosen
    | DigitPressed
    | DigitErased
    | NumberEntered
    | IdentityConfirmed
    | IdentityDenied
    | ConsentGiven
    | ConsentRefused
    | InsuranceAccepted
    | ServiceSelected
    | ServicePageTurned
    | ServiceConfirmed
    | PayLaterPressed
    | DonePressed
)
"""Events that come from a finger: they show that somebody is here."""

RESULTS = (
    KeyReady
    | KeyRefused
    | ReadProgressed
    | ChipRead
    | ReadFailed
    | FaceProgressed
    | FaceDecided
    | FaceFailed
    | InsuranceAnswered
    | ServicesListed
    | VisitRegistered
    | RegistrationFailed
    | PaymentRequested
    | PaymentSettled
    | ReferralRecorded
    | TicketPrinted
    | TicketFailed
)
"""Events that answer an effect and belong to one session."""

CARDS = CardPlaced | CardTaken | CardsCollide
"""A hand at the reader also shows that somebody is here."""

Event = TOUCHES | RESULTS | CARDS | Tick | DeviceChanged
"""Everything that can happen: fingers, answers, time, cards and devices."""
