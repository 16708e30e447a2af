"""The queue ticket and the counter's slip: what stands on them, and whether the printer has confirmed them."""

from collections.abc import Callable
from datetime import datetime

from kiosk.app.mainthread import Tasks
from kiosk.app.session import SessionHolder
from kiosk.flow import Model, effects, events
from kiosk.flow.faults import catalogue
from kiosk.flow.values import Device, FaultCode, Language
from kiosk.printing import PrintResult, TicketContent, flow_fault, print_bitmap, render
from kiosk.settings.schema import Settings


class TicketService:
    """Answers PrintTicket and PrintReferral. A failed print leaves the number on the screen and the visit as it is."""

    def __init__(
        self,
        settings: Settings,
        tasks: Tasks,
        dispatch: Callable[[events.Event], None],
        holder: SessionHolder,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._tasks = tasks
        self._dispatch = dispatch
        self._holder = holder
        self._now = now

    def print_ticket(self, effect: effects.PrintTicket, model: Model) -> None:
        """The ticket of a registered visit."""
        visit, identity, coverage = model.patient.visit, model.patient.identity, model.patient.coverage
        if visit is None:
            return
        service = model.patient.service
        self._print(
            effect.session,
            TicketContent(
                facility=self._facility(model.language),
                printed_at=self._now(),
                language=model.language,
                number=visit.number,
                room=visit.room,
                floor=visit.floor,
                service=service.name(model.language) if service else "",
                people_ahead=visit.people_ahead,
                masked_name=identity.masked_name if identity else "",
                insurance=coverage.outcome if coverage else None,
                payment=model.patient.payment,
                fee_dong=visit.fee_dong,
                provisional=visit.provisional,
                qr_text=f"TD|{visit.number}|{visit.room}",
            ),
        )

    def print_referral(self, effect: effects.PrintReferral, model: Model) -> None:
        """The slip that tells the counter what is known already, so that nothing is asked twice."""
        identity, coverage = model.patient.identity, model.patient.coverage
        patient = self._holder.of(effect.session)
        self._print(
            effect.session,
            TicketContent(
                facility=self._facility(model.language),
                printed_at=self._now(),
                language=model.language,
                number=patient.referral_number if patient else "",
                masked_name=identity.masked_name if identity else "",
                insurance=coverage.outcome if coverage else None,
                counter=self._counter(model.language),
                reason=catalogue()[effect.reason].title(model.language),
            ),
        )

    def _facility(self, language: Language) -> str:
        kiosk = self._settings.kiosk
        return kiosk.facility_name_en if language is Language.EN else kiosk.facility_name_vi

    def _counter(self, language: Language) -> str:
        kiosk = self._settings.kiosk
        return kiosk.counter_en if language is Language.EN else kiosk.counter_vi

    def _print(self, session: int, content: TicketContent) -> None:
        printer = self._settings.printer

        def work() -> PrintResult:
            return print_bitmap(render(content, printer.width_px), printer.host, printer.port, printer.timeout_s)

        self._tasks.run(
            work,
            then=lambda result: self._answer(session, result),
            failed=lambda _: self._dispatch(events.TicketFailed(session, FaultCode.PRINTER_DOWN)),
        )

    def _answer(self, session: int, result: PrintResult) -> None:
        fault = None if result.fault is None else flow_fault(result.fault)
        self._dispatch(events.DeviceChanged(Device.PRINTER, fault is None, fault))
        if result.ok:
            self._dispatch(events.TicketPrinted(session))
        else:
            self._dispatch(events.TicketFailed(session, fault or FaultCode.PRINTER_DOWN))
