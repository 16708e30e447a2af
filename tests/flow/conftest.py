"""A kiosk made of the flow alone: events in, effects out, time by hand."""

from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from kiosk.flow import Model, effects, events, initial, screens, step, values
from kiosk.flow.values import (
    ChipTrust,
    Coverage,
    CoverageOutcome,
    FaceOutcome,
    Honorific,
    Identity,
    KeyMode,
    Service,
    Visit,
)

LAN = Identity("NGUYỄN T*** LAN", 1998, "*** *** *** 345", 28, Honorific.CHI)
VALID = Coverage(
    CoverageOutcome.VALID, "000", "GD 4 01 ··· 1234", "31/12/2026", "Xanh Pôn", Decimal(80), right_place=True
)
INTERNAL = Service("NOI", "Nội tổng hợp", "General medicine", "203", "2", 4, 20300)
EYES = Service("MAT", "Mắt", "Eyes", "115", "1", 2, None)
VISIT = Visit("A 047", "203", "2", 4, 20300, provisional=False)


@dataclass
class Front:
    """Drives the pure flow and keeps every effect it asked for."""

    model: Model = field(default_factory=initial)
    asked: list[effects.Effect] = field(default_factory=list)

    def do(self, *happened: events.Event) -> "Front":
        for event in happened:
            result = step(self.model, event)
            self.model = result.model
            self.asked.extend(result.effects)
        return self

    def wait(self, seconds: float) -> "Front":
        """Let time pass in ticks of a second, as the runner does."""
        end = self.model.now + seconds
        while self.model.now < end:
            self.do(events.Tick(min(end, self.model.now + 1.0)))
        return self

    @property
    def screen(self) -> screens.Screen:
        return self.model.screen

    @property
    def session(self) -> int:
        return self.model.session

    def asked_for(self, kind: type) -> list[effects.Effect]:
        return [effect for effect in self.asked if isinstance(effect, kind)]

    def reading(self) -> "Front":
        self.do(events.StartPressed(), events.KeyModeChosen(KeyMode.KEYPAD))
        self.do(*(events.DigitPressed(digit) for digit in "001198990123"), events.NumberEntered())
        return self.do(events.KeyReady(self.session), events.CardPlaced())

    def identified(self, identity: Identity = LAN, *, photo: bool = True) -> "Front":
        self.reading()
        return self.do(events.ChipRead(self.session, identity, ChipTrust.INTEGRITY_ONLY, photo))

    def looking(self) -> "Front":
        return self.identified().do(events.IdentityConfirmed(), events.ConsentGiven())

    def insured(self, coverage: Coverage = VALID) -> "Front":
        self.looking().do(events.FaceDecided(self.session, FaceOutcome.MATCH))
        return self.do(events.InsuranceAnswered(self.session, coverage))

    def choosing(self, coverage: Coverage = VALID) -> "Front":
        self.insured(coverage).do(events.InsuranceAccepted())
        return self.do(events.ServicesListed(self.session, (INTERNAL, EYES)))

    def registering(self, coverage: Coverage = VALID) -> "Front":
        return self.choosing(coverage).do(events.ServiceSelected("NOI"), events.ServiceConfirmed())

    def registered(self, visit: Visit = VISIT, coverage: Coverage = VALID) -> "Front":
        self.registering(coverage)
        return self.do(events.VisitRegistered(self.session, visit))

    def paying(self) -> "Front":
        self.registered()
        return self.do(events.PaymentRequested(self.session, values.PaymentRequest(20300, "000201…", 300.0)))


@pytest.fixture
def front() -> Front:
    return Front()


@pytest.fixture
def lan() -> Identity:
    return LAN
