"""Which call of which adapter answers which operation of the wire."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from his_adapter.clock import Now, now
from his_adapter.ports import HospitalSystem, InsurancePortal, PaymentProvider
from his_adapter.remote import wire
from hub.gateway.checkin_desk import CheckInDesk, NoCheckIns
from hub.gateway.hospital_desk import HospitalDesk
from hub.gateway.queue_numbers import QueueNumbers


@dataclass(frozen=True, slots=True)
class Offer:
    """An operation that this hub offers, and what answers it."""

    operation: wire.Operation[Any, Any]
    answer: Callable[[Any], wire.Message]

    @property
    def name(self) -> str:
        """For figures and logs: hospital/register."""
        return self.operation.path.removeprefix("/")


def _offer(
    operation: wire.Operation[wire.Question, wire.Answer], answer: Callable[[wire.Question], wire.Answer]
) -> Offer:
    """The pair, its types checked."""
    return Offer(operation, answer)


def hospital_offers(hospital: HospitalSystem, numbers: QueueNumbers) -> tuple[Offer, ...]:
    """The hospital system's operations."""
    desk = HospitalDesk(hospital, numbers)
    return (
        _offer(wire.LIST_SERVICES, desk.list_services),
        _offer(wire.APPOINTMENTS, desk.appointments),
        _offer(wire.REGISTER, desk.register),
        _offer(wire.REGISTRATION_BY_KEY, desk.registration_by_key),
        _offer(wire.REPORT_COVERAGE, desk.report_coverage),
        _offer(wire.RECORD_PAYMENT, desk.record_payment),
        _offer(wire.HOSPITAL_HEALTH, desk.health),
    )


def portal_offers(portal: InsurancePortal, clock: Now = now) -> tuple[Offer, ...]:
    """The insurance portal's operations. `clock` is the one that the portal's adapter dates its answers by."""

    def check(question: wire.CardQuestion) -> wire.CardAnswer:
        answer = portal.check(question.query)
        return wire.CardAnswer(answer=answer, age_ms=_age_ms(clock() - answer.asked_at))

    def copayment(question: wire.CardQuestion) -> wire.CopaymentTold:
        answer = portal.copayment(question.query)
        return wire.CopaymentTold(answer=answer, age_ms=_age_ms(clock() - answer.asked_at))

    return (
        _offer(wire.CHECK_CARD, check),
        _offer(wire.COPAYMENT, copayment),
        _offer(wire.PORTAL_HEALTH, lambda _: wire.HealthAnswer(health=portal.health())),
    )


def checkin_offers(desk: CheckInDesk | NoCheckIns) -> tuple[Offer, ...]:
    """The operations on check-in records. A hub that sends none says so."""
    return (_offer(wire.SEND_CHECK_IN, desk.send), _offer(wire.CHECK_IN_STANDING, desk.standing))


def payment_offers(payment: PaymentProvider) -> tuple[Offer, ...]:
    """The payments' operations."""
    return (
        _offer(wire.CREATE_PAYMENT, lambda question: wire.MoneyAsked(intent=payment.create(question.request))),
        _offer(wire.PAYMENT_STATUS, lambda question: wire.IntentStanding(status=payment.status(question.intent))),
        _offer(wire.CANCEL_PAYMENT, lambda question: wire.IntentStanding(status=payment.cancel(question.intent))),
        _offer(wire.PAYMENT_HEALTH, lambda _: wire.HealthAnswer(health=payment.health())),
    )


def _age_ms(age: timedelta) -> int:
    """Rounded down, so that no answer seems older than its question; a clock that was set back makes none negative."""
    return max(0, age // timedelta(milliseconds=1))
