"""The whole state of the kiosk's front: one frozen value."""

from dataclasses import dataclass, field

from kiosk.flow.delays import Delays
from kiosk.flow.screens import Overlay, Screen, Welcome
from kiosk.flow.values import (
    ChipTrust,
    Coverage,
    Device,
    FaceOutcome,
    FaultCode,
    Honorific,
    Identity,
    Language,
    PaymentState,
    Service,
    Visit,
)


@dataclass(frozen=True, slots=True)
class Patient:
    """What this session has learned so far. Gone when the session ends."""

    identity: Identity | None = None
    trust: ChipTrust | None = None
    photo: bool = False
    consent: bool | None = None
    face: FaceOutcome | None = None
    coverage: Coverage | None = None
    self_pay: bool = False
    service: Service | None = None
    visit: Visit | None = None
    payment: PaymentState = PaymentState.NOT_DUE


@dataclass(frozen=True, slots=True)
class Model:
    """`session` counts patients; 0 means nobody yet. `now` is the last Tick. `faults`: devices that are down."""

    screen: Screen = field(default_factory=Welcome)
    overlay: Overlay | None = None
    now: float = 0.0
    touched_at: float = 0.0
    session: int = 0
    active: bool = False
    patient: Patient = field(default_factory=Patient)
    card_present: bool = False
    cards_collide: bool = False
    faults: frozenset[tuple[Device, FaultCode]] = frozenset()
    language: Language = Language.VI
    home_language: Language = Language.VI
    large_text: bool = False
    home_large_text: bool = False
    delays: Delays = field(default_factory=Delays)

    @property
    def honorific(self) -> Honorific:
        """How the screens address the person."""
        return self.patient.identity.honorific if self.patient.identity else Honorific.GUEST

    def down(self, device: Device) -> FaultCode | None:
        """Why `device` is down, or None."""
        return next((fault for broken, fault in self.faults if broken is device), None)


def initial(delays: Delays | None = None, *, language: Language = Language.VI, large_text: bool = False) -> Model:
    """The kiosk as it starts; every session ends in this language and text size."""
    return Model(
        delays=delays or Delays(),
        language=language,
        home_language=language,
        large_text=large_text,
        home_large_text=large_text,
    )
