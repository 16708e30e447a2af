"""Choosing the department, registering the visit, paying now or later. From here nothing may be lost or doubled."""

from dataclasses import replace

from kiosk.flow.effects import Effect, PrintTicket, Register, RequestPayment, SettleLocally, StopPayment
from kiosk.flow.events import (
    CounterPressed,
    PayLaterPressed,
    PaymentRequested,
    PaymentSettled,
    RegistrationFailed,
    ServiceConfirmed,
    ServicePageTurned,
    ServiceSelected,
    ServicesListed,
    Tick,
    VisitRegistered,
)
from kiosk.flow.model import Model
from kiosk.flow.moves import go, refer, stay
from kiosk.flow.screens import AtCounter, ChooseService, Paying, Registering, ShowTicket
from kiosk.flow.table import Step, on
from kiosk.flow.values import CoverageOutcome, FaultCode, PaymentState, Visit

SETTLE_LIMIT = 5.0
"""Reading back the recorded visit is a local matter; longer than this means that the store itself is in trouble."""


@on(ChooseService, ServicesListed, AtCounter)
def services_listed(model: Model, screen: ChooseService, event: ServicesListed) -> Step:
    if not event.services:
        return refer(model, FaultCode.NO_SERVICES)
    booked = [service.choice for service in event.services if service.appointment]
    chosen = booked[0] if len(booked) == 1 else None  # what the patient came for; of several, the patient says which
    return stay(replace(model, touched_at=model.now), replace(screen, services=event.services, selected=chosen))


@on(ChooseService, Tick, AtCounter)
def services_late(model: Model, screen: ChooseService, _: Tick) -> Step:
    if screen.services is None and model.now >= screen.until:
        return refer(model, FaultCode.NO_SERVICES)
    return stay(model, screen)


@on(ChooseService, ServiceSelected)
def service_selected(model: Model, screen: ChooseService, event: ServiceSelected) -> Step:
    offered = any(service.choice == event.choice for service in screen.services or ())
    return stay(model, replace(screen, selected=event.choice) if offered else screen)


@on(ChooseService, ServicePageTurned)
def service_page(model: Model, screen: ChooseService, event: ServicePageTurned) -> Step:
    return stay(model, replace(screen, page=max(0, event.page)))


@on(ChooseService, ServiceConfirmed, Registering)
def service_confirmed(model: Model, screen: ChooseService, _: ServiceConfirmed) -> Step:
    chosen = next((service for service in screen.services or () if service.choice == screen.selected), None)
    if chosen is None:
        return stay(model, screen)
    known = replace(model, patient=replace(model.patient, service=chosen))
    effect = Register(model.session, chosen.code, model.patient.self_pay, chosen.appointment)
    return go(known, Registering(model.now + model.delays.register_limit), effect)


@on(Registering, VisitRegistered, Paying, ShowTicket)
def visit_registered(model: Model, _: Registering, event: VisitRegistered) -> Step:
    known = replace(model, patient=replace(model.patient, visit=event.visit))
    if not _fee_is_certain(known, event.visit):
        return _ticket(known, PaymentState.PAY_LATER)
    if event.visit.fee_dong == 0:
        return _ticket(known, PaymentState.NOT_DUE)
    asking = Paying(model.now + model.delays.payment_start_limit)
    waiting = replace(known, patient=replace(known.patient, payment=PaymentState.WAITING))
    return go(waiting, asking, RequestPayment(model.session, event.visit.fee_dong))


def _fee_is_certain(model: Model, visit: Visit) -> bool:
    """No money is asked for before the insurance and the hospital system have both answered."""
    coverage = model.patient.coverage
    return not visit.provisional and coverage is not None and coverage.outcome is not CoverageOutcome.UNVERIFIED


@on(Registering, RegistrationFailed, AtCounter)
def registration_failed(model: Model, _: Registering, event: RegistrationFailed) -> Step:
    return refer(model, event.fault)


@on(Registering, Tick, AtCounter)
def registering_ticks(model: Model, screen: Registering, _: Tick) -> Step:
    if model.now < screen.until:
        return stay(model, screen)
    if screen.settling:
        return refer(model, FaultCode.STORE_FAILED)
    return stay(model, Registering(model.now + SETTLE_LIMIT, settling=True), SettleLocally(model.session))


def _ticket(model: Model, payment: PaymentState, *effects: Effect) -> Step:
    settled = replace(model, patient=replace(model.patient, payment=payment))
    shown = ShowTicket(model.now + model.delays.ticket_shown)
    return go(settled, shown, *effects, PrintTicket(model.session))


@on(Paying, PaymentRequested)
def payment_requested(model: Model, screen: Paying, event: PaymentRequested) -> Step:
    until = model.now + min(event.request.life_s, model.delays.payment_life)
    return stay(model, replace(screen, request=event.request, until=until))


@on(Paying, PaymentSettled, ShowTicket)
def payment_settled(model: Model, _: Paying, event: PaymentSettled) -> Step:
    return _ticket(model, event.state)


def _pay_later(model: Model) -> Step:
    return _ticket(model, PaymentState.PAY_LATER, StopPayment(model.session))


@on(Paying, PayLaterPressed, ShowTicket)
def pay_later(model: Model, _: Paying, __: PayLaterPressed) -> Step:
    return _pay_later(model)


@on(Paying, CounterPressed, ShowTicket)
def counter_while_paying(model: Model, _: Paying, __: CounterPressed) -> Step:
    # the visit is registered already: the desk only takes the money
    return _pay_later(replace(model, overlay=None))


@on(Paying, Tick, ShowTicket)
def payment_ticks(model: Model, screen: Paying, _: Tick) -> Step:
    return stay(model, screen) if model.now < screen.until else _pay_later(model)
