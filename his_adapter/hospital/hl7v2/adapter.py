"""A hospital system that speaks HL7 v2.5.1 over MLLP.

What HL7 v2 cannot do as this port wants it:

- The plain acknowledgement (MSH, MSA, ERR) brings no queue number, no patient number, no price and no receipt number.
  Where a hospital adds them to its answer they are read: PID-3 (MR), PV1-19, PV1-46, and the places in the settings.
  Otherwise the visit number is ours (PV1-19, from the key), the patient's code is ours (PID-3, PI, from the citizen
  number), the fee is `patient_share` of the price in the settings and there is no ticket.
- Whether a visit was there before shows only when the answer says so, by condition 205 in an accepting ERR.
- Services with rooms and prices come from the settings, and nobody says how many people wait.
- A visit can be looked up, and appointments asked for, only where the settings say that the hospital answers that.

Tried against this project's simulator, simple-hl7 (Node.js) and python-hl7, and not with a Vietnamese hospital.
"""

import re
import uuid
from datetime import date

from his_adapter.clock import Now, now
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.hl7v2 import incoming, outgoing
from his_adapter.hospital.hl7v2.exchange import Exchange
from his_adapter.hospital.hl7v2.head import CONTROL_ID_LENGTH, visit_number
from his_adapter.hospital.hl7v2.incoming import SeenVisit
from his_adapter.hospital.hl7v2.link import Link
from his_adapter.hospital.hl7v2.message import Message, MessageError
from his_adapter.hospital.hl7v2.segments import patient_code
from his_adapter.hospital.hl7v2.settings import Hl7Settings
from his_adapter.http import Deadline
from his_adapter.model import (
    Appointment,
    Charge,
    CoverageReport,
    Entitlement,
    Health,
    PatientIdentity,
    PaymentReceipt,
    PaymentReport,
    QueueTicket,
    Registration,
    RegistrationRequest,
    Service,
    TransferVerdict,
    patient_share,
)
from his_adapter.ports import HospitalSystem
from his_adapter.tls import context_of

SYSTEM = "his"
_NUMBER = re.compile(r"[0-9A-Za-z./-]{1,12}")


class Hl7Hospital(HospitalSystem):
    """`HospitalSystem` over MLLP, on one connection that is kept. Updates carry a control id that follows from their
    key, so that a receiver which keeps control ids takes each one once."""

    def __init__(self, settings: Hl7Settings, clock: Now = now) -> None:
        """Raises OSError when a TLS file cannot be used."""
        self._settings = settings
        self._clock = clock
        tls = context_of(settings.tls) if settings.tls is not None else None
        self._link = Link(SYSTEM, settings.host, settings.port, tls)
        self._exchange = Exchange(SYSTEM, self._link)

    def list_services(self) -> tuple[Service, ...]:
        """The departments of the settings; see the port."""
        return self._settings.services

    def appointments(self, patient: PatientIdentity, day: date) -> tuple[Appointment, ...]:
        """SQM^S25; none where the hospital answers no schedule queries; see the port."""
        if not self._settings.appointments:
            return ()
        control_id = _fresh_id()
        query = outgoing.appointments_query(self._settings, patient, day, control_id, self._clock())
        answer, _ = self._exchange.ask(query, self._deadline())
        if not self._something_found(answer):
            return ()
        if (more := answer.first("DSC")) is not None and more.text(1):
            raise _bad("more appointments than a day has")
        try:
            return incoming.appointments_in(answer, patient, day)
        except MessageError as error:
            raise _bad(str(error)) from None

    def register(self, request: RegistrationRequest) -> Registration:
        """ADT^A04; see the port.

        A hospital that keeps no control ids may call the second try a duplicate visit number. Where it answers visit
        queries it is asked whether that visit is this one.
        """
        service = self._settings.service(request.service_code)
        if service is None:
            raise _refused("unknown department")
        if request.appointment_id and not self._settings.appointments:
            raise _refused("no appointments here")
        deadline = self._deadline()
        message = outgoing.registration(self._settings, request, service)
        try:
            answer, acknowledgement = self._exchange.ask(message, deadline)
        except OutsideFault as fault:
            known = self._known(request, deadline) if fault.code is OutsideFaultCode.CONFLICT else None
            if known is None:
                raise
            return known
        seen = incoming.visit_in(answer)
        ours = SeenVisit(visit_number(request.idempotency_key), patient_code=patient_code(request.patient.number))
        return self._registration(
            answer, seen, ours, service, request.counted_entitlement, repeated=acknowledgement.known_before
        )

    def registration_by_key(self, idempotency_key: str) -> Registration | None:
        """QBP^ZV1 by the visit number that the key gives; see the port.

        Raises OutsideFault REJECTED where the hospital answers no visit queries. When the answer has no balance, the
        fee is the full price: the most it can be.
        """
        if not self._settings.visit_query:
            raise _refused("no visit queries here")
        found = self._look_up(visit_number(idempotency_key), self._deadline())
        if found is None:
            return None
        answer, seen = found
        service = self._settings.service(seen.service_code)
        if service is None:
            raise _bad("a visit to an unknown department")
        return self._registration(answer, seen, SeenVisit(visit_number(idempotency_key)), service, None, repeated=True)

    def report_coverage(self, report: CoverageReport) -> None:
        """ADT^A08; see the port."""
        self._exchange.ask(outgoing.coverage_update(self._settings, report), self._deadline())

    def record_payment(self, report: PaymentReport) -> PaymentReceipt:
        """DFT^P03; see the port. The hospital's books have it under FT1-2 and FT1-30, receipt number or not."""
        answer, acknowledgement = self._exchange.ask(outgoing.payment(self._settings, report), self._deadline())
        place = self._settings.receipt_number
        number = place.value(answer) if place is not None and report.verdict is TransferVerdict.EXACT else ""
        return PaymentReceipt(number, acknowledgement.known_before)

    def health(self) -> Health:
        """NMQ^N01 (14.3.1), the receiver's clock. A refusal is a sign of life too: few receivers know the question."""
        deadline = self._deadline()
        try:
            if self._settings.health_query:
                query = outgoing.clock_query(self._settings, _fresh_id(), self._clock())
                _, acknowledgement = self._exchange.converse(query, deadline)
                fault = acknowledgement.fault(SYSTEM)
                if fault is not None and acknowledgement.conditions and fault.retryable:
                    return Health(SYSTEM, fault.code, fault.detail)
            else:
                with self._link.line(deadline):
                    pass
        except OutsideFault as fault:
            return Health(SYSTEM, fault.code, fault.detail)
        return Health(SYSTEM)

    def close(self) -> None:
        """Release the connection."""
        self._link.close()

    def _look_up(self, number: str, deadline: Deadline) -> tuple[Message, SeenVisit] | None:
        query = outgoing.visit_query(self._settings, number, _fresh_id(), self._clock())
        answer, _ = self._exchange.ask(query, deadline)
        if not self._something_found(answer):
            return None
        seen = incoming.visit_in(answer)
        if number not in (seen.number, seen.proposed):
            raise _bad("another visit than the one asked for")
        return answer, seen

    def _known(self, request: RegistrationRequest, deadline: Deadline) -> Registration | None:
        """The visit that stands under the request's number already, if it is this person's and to this department."""
        service = self._settings.service(request.service_code)
        number = visit_number(request.idempotency_key)
        found = self._look_up(number, deadline) if self._settings.visit_query else None
        if found is None or service is None:
            return None
        answer, seen = found
        pid = answer.first("PID")
        if seen.service_code != service.code or pid is None or not incoming.is_same_person(pid, request.patient):
            return None
        ours = SeenVisit(number, patient_code=patient_code(request.patient.number))
        return self._registration(answer, seen, ours, service, request.counted_entitlement, repeated=True)

    def _registration(
        self,
        answer: Message,
        seen: SeenVisit,
        ours: SeenVisit,
        service: Service,
        entitlement: Entitlement | None,
        *,
        repeated: bool,
    ) -> Registration:
        share = patient_share(service, entitlement)
        fee = share if seen.balance_dong is None else seen.balance_dong
        charge = Charge(service.code, service.name_vi, service.price_dong, min(fee, service.price_dong))
        return Registration(
            visit_id=seen.number or ours.number,
            patient_code=seen.patient_code or ours.patient_code,
            ticket=self._ticket(answer, service),
            fee_dong=fee,
            charges=(charge,) if fee <= service.price_dong else (),
            repeated=repeated,
        )

    def _ticket(self, answer: Message, service: Service) -> QueueTicket | None:
        place = self._settings.queue_number
        number = place.value(answer) if place is not None else ""
        if not number:
            return None
        if not _NUMBER.fullmatch(number):
            raise _bad("a queue number of at most twelve characters")
        return QueueTicket(number, service.room)

    def _something_found(self, answer: Message) -> bool:
        try:
            status = incoming.query_status(answer)
        except MessageError as error:
            raise _bad(str(error)) from None
        if status in (incoming.FOUND, incoming.NOTHING):
            return status == incoming.FOUND
        raise _refused("query refused")

    def _deadline(self) -> Deadline:
        return Deadline(self._settings.timeout_s)


def _fresh_id() -> str:
    """A control id for a question, which may be asked any number of times."""
    return uuid.uuid4().hex[:CONTROL_ID_LENGTH].upper()


def _bad(detail: str) -> OutsideFault:
    return OutsideFault(OutsideFaultCode.BAD_ANSWER, SYSTEM, detail)


def _refused(detail: str) -> OutsideFault:
    return OutsideFault(OutsideFaultCode.REJECTED, SYSTEM, detail)
