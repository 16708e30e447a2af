"""The ticket, the counter's slip, and good-bye."""

from dataclasses import replace

from kiosk.flow.effects import PrintReferral
from kiosk.flow.events import DonePressed, PaymentSettled, ReferralRecorded, Tick, TicketFailed, TicketPrinted
from kiosk.flow.model import Model
from kiosk.flow.moves import end, go, rest, stay
from kiosk.flow.screens import AtCounter, OutOfService, ShowTicket, ThankYou, Welcome
from kiosk.flow.table import Step, on, on_each
from kiosk.flow.values import FaultCode, Outcome, PrintState


@on_each((ShowTicket, AtCounter), TicketPrinted)
def printed(model: Model, screen: ShowTicket | AtCounter, _: TicketPrinted) -> Step:
    return stay(model, replace(screen, printing=PrintState.PRINTED))


@on(ShowTicket, TicketFailed)
def ticket_failed(model: Model, screen: ShowTicket, event: TicketFailed) -> Step:
    # without paper the number on screen is all the patient has: give time to write it down
    until = model.now + model.delays.counter_shown
    return stay(model, replace(screen, printing=PrintState.FAILED, problem=event.fault, until=until))


@on(AtCounter, TicketFailed)
def slip_failed(model: Model, screen: AtCounter, _: TicketFailed) -> Step:
    return stay(model, replace(screen, printing=PrintState.FAILED))


@on(AtCounter, ReferralRecorded)
def referral_recorded(model: Model, screen: AtCounter, event: ReferralRecorded) -> Step:
    return stay(model, replace(screen, number=event.number), PrintReferral(model.session, screen.reason))


@on(ShowTicket, PaymentSettled)
def money_came_late(model: Model, screen: ShowTicket, event: PaymentSettled) -> Step:
    return stay(replace(model, patient=replace(model.patient, payment=event.state)), screen)


@on(ShowTicket, DonePressed, ThankYou)
def ticket_done(model: Model, _: ShowTicket, __: DonePressed) -> Step:
    return end(model, Outcome.CHECKED_IN)


@on(ShowTicket, Tick, ThankYou)
def ticket_ticks(model: Model, screen: ShowTicket, _: Tick) -> Step:
    if model.now >= screen.until:
        return end(model, Outcome.CHECKED_IN)
    shown_since = screen.until - model.delays.ticket_shown
    if screen.printing is PrintState.PRINTING and model.now - shown_since >= model.delays.print_limit:
        late = replace(screen, printing=PrintState.FAILED, problem=FaultCode.PRINTER_DOWN)
        return stay(model, replace(late, until=model.now + model.delays.counter_shown))
    return stay(model, screen)


@on(AtCounter, DonePressed, ThankYou)
def counter_done(model: Model, screen: AtCounter, _: DonePressed) -> Step:
    return end(model, Outcome.COUNTER, screen.reason)


@on(AtCounter, Tick, ThankYou)
def counter_ticks(model: Model, screen: AtCounter, _: Tick) -> Step:
    return stay(model, screen) if model.now < screen.until else end(model, Outcome.COUNTER, screen.reason)


@on(ThankYou, DonePressed, Welcome, OutOfService)
def thanked(model: Model, _: ThankYou, __: DonePressed) -> Step:
    return _back_to_rest(model)


@on(ThankYou, Tick, Welcome, OutOfService)
def thanks_ticks(model: Model, screen: ThankYou, _: Tick) -> Step:
    # a forgotten card is asked for a while longer, but something left on the reader must not close the kiosk
    patience = model.delays.card_return if model.card_present else 0.0
    return stay(model, screen) if model.now < screen.until + patience else _back_to_rest(model)


def _back_to_rest(model: Model) -> Step:
    return go(replace(model, language=model.home_language, large_text=model.home_large_text), rest(model))
