"""Which call of which adapter answers which operation of the wire."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from his_adapter.ports import HospitalSystem, InsurancePortal
from his_adapter.remote import wire
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


def portal_offers(portal: InsurancePortal) -> tuple[Offer, ...]:
    """The insurance portal's operations."""
    return (
        _offer(wire.CHECK_CARD, lambda question: wire.CardAnswer(answer=portal.check(question.query))),
        _offer(wire.COPAYMENT, lambda question: wire.CopaymentTold(answer=portal.copayment(question.query))),
        _offer(wire.PORTAL_HEALTH, lambda _: wire.HealthAnswer(health=portal.health())),
    )
