"""Which service answers which effect."""

from collections.abc import Callable
from typing import assert_never

from kiosk.app.services.chip import ChipService
from kiosk.app.services.insurance import InsuranceService
from kiosk.app.services.payment import PaymentService
from kiosk.app.services.ticket import TicketService
from kiosk.app.services.vision import VisionService
from kiosk.app.services.visit import VisitService
from kiosk.flow import Model, effects


class Executor:
    """Hands each effect to its service. `ended` hears of a session's end while the patient's data still exists."""

    def __init__(
        self,
        *,
        chip: ChipService,
        vision: VisionService,
        insurance: InsuranceService,
        visit: VisitService,
        payment: PaymentService,
        ticket: TicketService,
        begun: Callable[[effects.BeginSession], None],
        ended: Callable[[effects.EndSession, Model], None],
        call_staff: Callable[[], None],
    ) -> None:
        self._chip = chip
        self._vision = vision
        self._insurance = insurance
        self._visit = visit
        self._payment = payment
        self._ticket = ticket
        self._begun = begun
        self._ended = ended
        self._call_staff = call_staff

    def execute(self, effect: effects.Effect, before: Model, after: Model) -> None:
        """Start what `effect` asks for; nothing here waits."""
        match effect:
            case effects.BeginSession():
                self._begun(effect)
            case effects.EndSession():
                self._ended(effect, before)
            case effects.ScanCode():
                self._vision.scan(effect)
            case effects.StopCamera(session):
                self._vision.stop(session)
            case effects.CompareFace():
                self._visit.note_consent(effect.session, after)
                self._vision.compare(effect)
            case effects.UseNumber():
                self._chip.use_number(effect)
            case effects.ReadChip():
                self._chip.read(effect)
            case effects.CancelRead(session):
                self._chip.cancel(session)
            case effects.CheckInsurance():
                self._insurance.check(effect)
            case effects.ListServices():
                self._visit.list_services(effect)
            case effects.Register():
                self._visit.register(effect, after)
            case effects.SettleLocally():
                self._visit.settle_locally(effect)
            case effects.RecordReferral():
                self._visit.refer(effect, after)
            case effects.RecordDeparture():
                self._visit.depart(effect, before)
            case effects.RequestPayment():
                self._payment.request(effect)
            case effects.StopPayment(session):
                self._payment.stop(session)
            case effects.PrintTicket():
                self._ticket.print_ticket(effect, after)
            case effects.PrintReferral():
                self._ticket.print_referral(effect, after)
            case effects.CallStaff():
                self._call_staff()
            case _:
                assert_never(effect)
