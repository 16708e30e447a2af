"""The screens of a check-in: one frozen value each, holding only what belongs to that moment."""

from dataclasses import dataclass

from kiosk.flow.values import (
    Coverage,
    FaceGuidance,
    FaceMove,
    FaultCode,
    HoldReason,
    KeyMode,
    PaymentRequest,
    PrintState,
    ReadStage,
    ScreenLight,
    Service,
)


@dataclass(frozen=True, slots=True)
class OutOfService:
    """A device without which no check-in can begin is missing; the patient is sent to the counter."""

    fault: FaultCode


@dataclass(frozen=True, slots=True)
class Welcome:
    """Nobody is here. No personal data exists."""


@dataclass(frozen=True, slots=True)
class GiveKey:
    """The chip needs its key: the card's front QR shown to the camera, or its 12-digit number on the keypad."""

    mode: KeyMode
    digits: str = ""
    problem: FaultCode | None = None
    tries: int = 0
    checking: bool = False


@dataclass(frozen=True, slots=True)
class PlaceCard:
    """The key is known; the card is not on the reader (or two are)."""

    tries: int = 0
    problem: FaultCode | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The chip is being read. `fraction` 0–1 of all bytes; `holds` counts the interruptions so far."""

    until: float
    tries: int = 0
    stage: ReadStage = ReadStage.OPENING
    fraction: float = 0.0
    holds: int = 0


@dataclass(frozen=True, slots=True)
class HoldCard:
    """The read was interrupted; it goes on when the card (or the reader) is back before `until`."""

    reason: HoldReason
    until: float
    tries: int = 0
    fraction: float = 0.0
    holds: int = 0


@dataclass(frozen=True, slots=True)
class ConfirmIdentity:
    """ "Is this you?", masked."""


@dataclass(frozen=True, slots=True)
class AskConsent:
    """Consent to the face comparison: its own purpose, equal buttons, refusal costs nothing (Law 91/2025, Art. 9)."""


@dataclass(frozen=True, slots=True)
class LookAtCamera:
    """Live preview and one instruction at a time. `progress` 0–1 of the whole check.

    `move` is asked for before any advice; while `light` is set the screen shines in that colour around the picture.
    """

    attempt: int = 1
    guidance: FaceGuidance = FaceGuidance.STARTING
    progress: float = 0.0
    retry_after: FaultCode | None = None
    move: FaceMove | None = None
    light: ScreenLight | None = None


@dataclass(frozen=True, slots=True)
class CheckingInsurance:
    """The portal is asked."""

    until: float


@dataclass(frozen=True, slots=True)
class ShowInsurance:
    """What the portal said, and what it means in money."""

    coverage: Coverage


@dataclass(frozen=True, slots=True)
class ChooseService:
    """Departments with room and queue. `services` is None while the list is loading."""

    services: tuple[Service, ...] | None = None
    selected: str | None = None
    page: int = 0
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class Registering:
    """The visit is recorded here first, then the hospital system is told. `settling`: it took too long."""

    until: float
    settling: bool = False


@dataclass(frozen=True, slots=True)
class Paying:
    """QR payment; `request` is None while the bank is asked."""

    until: float
    request: PaymentRequest | None = None


@dataclass(frozen=True, slots=True)
class ShowTicket:
    """Number and room, on screen and on paper."""

    until: float
    printing: PrintState = PrintState.PRINTING
    problem: FaultCode | None = None


@dataclass(frozen=True, slots=True)
class ThankYou:
    """Good-bye; waits for the card to be taken."""

    until: float


@dataclass(frozen=True, slots=True)
class AtCounter:
    """A person takes over. `number` is the counter's ticket once recorded; nothing typed is lost."""

    reason: FaultCode
    until: float
    number: str = ""
    printing: PrintState = PrintState.PRINTING


Screen = (
    OutOfService
    | Welcome
    | GiveKey
    | PlaceCard
    | Reading
    | HoldCard
    | ConfirmIdentity
    | AskConsent
    | LookAtCamera
    | CheckingInsurance
    | ShowInsurance
    | ChooseService
    | Registering
    | Paying
    | ShowTicket
    | ThankYou
    | AtCounter
)


@dataclass(frozen=True, slots=True)
class StaffCalled:
    """Laid over the screen: a member of staff is on the way; go on, or go to the counter."""

    until: float


@dataclass(frozen=True, slots=True)
class StillThere:
    """Laid over the screen: any touch goes on; at `until` the session is closed."""

    until: float


Overlay = StaffCalled | StillThere
