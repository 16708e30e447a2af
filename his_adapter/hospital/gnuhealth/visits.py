"""A visit: a health service with its fee and the appointment that is checked in, made once under any circumstances.

**The key.** GNU Health knows no idempotency keys. ``gnuhealth.health_service.name`` is the one field of a visit that is
unique in the database and takes a value from outside (without one, the server counts), so a walk-in visit's service is
called ``KIOSK:<key>``, and a booked one's ``KIOSK@<code of the appointment>``: one key makes one service, one
appointment is checked in once, and the database itself refuses the second, however many kiosks try at one moment. The
key also stands in the remarks of the service's line, where it is found for booked visits and with the digest of what
was asked. (A hospital with millions of visits gives that column an index: ``text_pattern_ops``.)

**The order.** Patient, card, an appointment that does not count yet, the service with its line and its link to the
appointment in one transaction, and only then the appointment's code and check-in. Whatever was done before a kiosk died
is found and gone on from. At worst a cancelled appointment without a code is left behind.
"""

from dataclasses import dataclass

from his_adapter.clock import ZONE
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.gnuhealth.appointments import CONFIRMED, Appointments
from his_adapter.hospital.gnuhealth.catalogue import Catalogue, Offer
from his_adapter.hospital.gnuhealth.insurance import Cards
from his_adapter.hospital.gnuhealth.marks import PREFIX, Insurance, VisitMark, key_text, like, request_digest
from his_adapter.hospital.gnuhealth.patients import PATIENT, PatientFile
from his_adapter.hospital.gnuhealth.rows import AppointmentRow, LineRow, PatientCodeRow, ServiceRow
from his_adapter.hospital.gnuhealth.session import Domain, Tryton
from his_adapter.hospital.gnuhealth.wire import Refusal, RpcRefused
from his_adapter.http import Deadline
from his_adapter.model import (
    Charge,
    Priority,
    Registration,
    RegistrationRequest,
    patient_share,
)

SERVICE, LINE = "gnuhealth.health_service", "gnuhealth.health_service.line"
_PRIORITY = {
    Priority.AGE: "từ 75 tuổi",
    Priority.DISABILITY: "khuyết tật",
    Priority.PREGNANCY: "phụ nữ có thai",
    Priority.MERIT: "người có công",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit as GNU Health has it."""

    service: ServiceRow
    line: LineRow
    appointment: int
    mark: VisitMark


@dataclass(frozen=True, slots=True)
class Price:
    """What the patient pays, what is known of the insurance, and the card that GNU Health prices by."""

    fee_dong: int
    insurance: Insurance
    card: int | None = None


class Visits:
    """Makes and finds visits."""

    def __init__(self, tryton: Tryton, catalogue: Catalogue, cards: Cards, appointments: Appointments) -> None:
        self._tryton = tryton
        self._catalogue = catalogue
        self._cards = cards
        self._appointments = appointments

    # found

    def by_key(self, deadline: Deadline, key: str) -> Visit | None:
        """The visit that a key made."""
        remarks = ["service_line.remarks", "like", like(key_text(key)) + "%"]
        domain = ["OR", [["name", "=", f"{PREFIX}:{key}"]], [["name", "like", f"{PREFIX}@%"], remarks]]
        visit = self._one(deadline, domain)
        return visit if visit is not None and visit.mark.key == key else None

    def by_code(self, deadline: Deadline, code: str) -> Visit | None:
        """The visit of the appointment that the hospital calls so, when a kiosk has made it."""
        domain = [["name", "like", f"{PREFIX}%"], ["service_line.appointment.name", "=", code]]
        return self._one(deadline, domain)

    def _one(self, deadline: Deadline, domain: Domain) -> Visit | None:
        services = self._tryton.search(deadline, SERVICE, domain, ServiceRow, limit=2)
        for service in services:
            lines = self._tryton.search(deadline, LINE, [["service", "=", service.id]], LineRow)
            for line in lines:
                mark = VisitMark.parse(line.remarks)
                if mark is not None and line.appointment is not None:
                    return Visit(service, line, line.appointment, mark)
        return None

    # made

    def price(self, deadline: Deadline, request: RegistrationRequest, offer: Offer, party: int) -> Price:
        """What the patient pays: his share where the portal has confirmed it and GNU Health can price it, else all."""
        full = offer.service.price_dong
        if request.self_pay:
            return Price(full, Insurance.NONE)
        entitlement = request.counted_entitlement
        if entitlement is None or request.coverage is None:
            return Price(full, Insurance.UNVERIFIED)
        share = patient_share(offer.service, entitlement)
        card = self._cards.keep(deadline, party, request.coverage, entitlement.payable_percent)
        if card is None:
            return Price(full, Insurance.UNPRICED)
        if share != full and not card.priced:
            return Price(full, Insurance.UNPRICED, card.record)
        return Price(share, Insurance.VERIFIED, card.record)

    def booked(self, deadline: Deadline, request: RegistrationRequest, patient: int) -> AppointmentRow:
        """The appointment of the request. Raises OutsideFault REJECTED when it cannot be checked in."""
        appointment = self._appointments.by_code(deadline, request.appointment_id)
        if appointment is None or appointment.patient != patient:
            raise self._tryton.fault(OutsideFaultCode.REJECTED, "not this person's appointment")
        if appointment.state != CONFIRMED:
            raise self._tryton.fault(OutsideFaultCode.REJECTED, "the appointment cannot be checked in now")
        return appointment

    def make(
        self, deadline: Deadline, request: RegistrationRequest, offer: Offer, patient: PatientFile, price: Price
    ) -> tuple[Visit, bool]:
        """The visit of a request, and whether this call has made it: another kiosk may have done so just now."""
        if request.appointment_id:
            try:
                appointment = self.booked(deadline, request, patient.patient).id
            except OutsideFault:
                known = self.by_key(deadline, request.idempotency_key)
                if known is None:
                    raise
                return known, False
            name = f"{PREFIX}@{request.appointment_id}"
        else:
            appointment = self._walk_in(deadline, request, offer, patient, price)
            name = f"{PREFIX}:{request.idempotency_key}"
        values = self._values(request, offer, patient, price)
        values |= {"name": name, "service_line": [["create", [self._line(request, offer, price, appointment)]]]}
        new = True
        try:
            self._tryton.create(deadline, SERVICE, values)
        except RpcRefused as refused:
            new = False
            visit = self._one(deadline, [["name", "=", name]]) if refused.kind is Refusal.USER else None
            if visit is None:
                raise self._tryton.refused(refused, SERVICE) from None
        else:
            visit = self._one(deadline, [["name", "=", name]])
        if visit is None:
            raise self._tryton.fault(OutsideFaultCode.BAD_ANSWER, "the new visit is not found")
        return visit, new

    @staticmethod
    def _values(request: RegistrationRequest, offer: Offer, patient: PatientFile, price: Price) -> dict[str, object]:
        return {
            "desc": description(request, offer),
            "patient": patient.patient,
            "service_date": request.requested_at.astimezone(ZONE).date(),
            "insurance_holder": patient.party,
            "insurance_plan": price.card,
        }

    @staticmethod
    def _line(request: RegistrationRequest, offer: Offer, price: Price, appointment: int) -> dict[str, object]:
        mark = VisitMark(request.idempotency_key, request_digest(request), price.fee_dong, price.insurance)
        return {
            "product": offer.product,
            "desc": offer.service.name_vi,
            "qty": 1,
            "to_invoice": True,
            "appointment": appointment,
            "action_required": price.insurance in {Insurance.UNVERIFIED, Insurance.UNPRICED},
            "remarks": mark.text(),
        }

    def _walk_in(
        self, deadline: Deadline, request: RegistrationRequest, offer: Offer, patient: PatientFile, price: Price
    ) -> int:
        values: dict[str, object] = {
            "patient": patient.patient,
            "healthprof": offer.doctor,
            "appointment_date": request.requested_at,
            "appointment_type": "outpatient",
            "consultations": offer.product,
            "insurance": price.card,
            "comments": comments(request),
        }
        return self._appointments.draft(deadline, values)

    def registration(self, deadline: Deadline, visit: Visit, *, repeated: bool) -> Registration:
        """The visit as the kiosk is told of it, once its appointment is checked in."""
        appointment = self._appointments.check_in(deadline, visit.appointment)
        code = self._tryton.search(deadline, PATIENT, [["id", "=", visit.service.patient]], PatientCodeRow, limit=1)
        offer = self._catalogue.by_product(deadline, visit.line.product)
        charges: tuple[Charge, ...] = ()
        if offer is not None:
            price = max(offer.service.price_dong, visit.mark.fee_dong)
            charges = (Charge(offer.service.code, offer.service.name_vi, price, visit.mark.fee_dong),)
        return Registration(
            visit_id=appointment.code or "",
            patient_code=code[0].code or "" if code else "",
            ticket=None,
            fee_dong=visit.mark.fee_dong,
            charges=charges,
            repeated=repeated,
        )


def description(request: RegistrationRequest, offer: Offer) -> str:
    """The service as staff and the invoice call it."""
    priority = f", ưu tiên: {_PRIORITY[request.priority]}" if request.priority is not Priority.NONE else ""
    return f"{offer.service.name_vi} ({request.kiosk_id}{priority})"


def comments(request: RegistrationRequest) -> str:
    """What the department should know. Written only: the kiosk's role may not read an appointment's comments."""
    parts = [f"Đăng ký tại kiosk {request.kiosk_id}."]
    if request.priority is not Priority.NONE:
        parts.append(f"Ưu tiên: {_PRIORITY[request.priority]}.")
    if request.referral is not None:
        slip = request.referral
        parts.append(f"Giấy chuyển {slip.number} từ {slip.facility_code} {slip.facility_name}".rstrip() + ".")
        if slip.diagnosis_code:
            parts.append(f"Chẩn đoán {slip.diagnosis_code} {slip.diagnosis_name}".rstrip() + ".")
    parts.append("Đã đối chiếu khuôn mặt." if request.face_verified else "Chưa đối chiếu khuôn mặt.")
    return "\n".join(parts)
