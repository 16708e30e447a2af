"""GNU Health 5.0 on Tryton 7.0 as the hospital system, over Tryton's JSON-RPC.

Tried against a real GNU Health 5.0.6 on trytond 7.0 and PostgreSQL 15 (``make test-peers``), with the account that
`his_adapter.hospital.gnuhealth.role` makes. GNU Health has no queue numbers and no rates of the Vietnamese health
insurance: the kiosk's own number stands, and the hospital gives each share a plan (`GnuHealthSettings.plans`).

A visit is a ``gnuhealth.health_service`` with one line and the appointment that is checked in; its id is the
appointment's code. How a key makes one visit is said in `visits`, how a transfer is booked once in `payments`.
"""

from datetime import date

from his_adapter.clock import ZONE
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.gnuhealth.appointments import STATES, Appointments
from his_adapter.hospital.gnuhealth.catalogue import Catalogue, Offer
from his_adapter.hospital.gnuhealth.insurance import Cards
from his_adapter.hospital.gnuhealth.late_coverage import LateCoverage
from his_adapter.hospital.gnuhealth.marks import request_digest
from his_adapter.hospital.gnuhealth.patients import Patients
from his_adapter.hospital.gnuhealth.payments import Payments
from his_adapter.hospital.gnuhealth.rows import AppointmentRow
from his_adapter.hospital.gnuhealth.session import SYSTEM, Account, Tryton
from his_adapter.hospital.gnuhealth.settings import GnuHealthSettings
from his_adapter.hospital.gnuhealth.visits import Visit, Visits
from his_adapter.http import Deadline
from his_adapter.model import (
    Appointment,
    AppointmentState,
    CoverageReport,
    Health,
    PatientIdentity,
    PaymentReceipt,
    PaymentReport,
    Registration,
    RegistrationRequest,
    Service,
)
from his_adapter.ports import HospitalSystem


class GnuHealthHospital(HospitalSystem):
    """`HospitalSystem` on GNU Health. Every step is looked up before it is made, so repeating with the key heals."""

    def __init__(self, settings: GnuHealthSettings) -> None:
        account = Account(settings.base_url, settings.database, settings.username, settings.password.get_secret_value())
        self._settings = settings
        self._tryton = Tryton(account, settings.timeout_s)
        self._catalogue = Catalogue(self._tryton, settings.departments)
        self._patients = Patients(self._tryton, settings.country_code)
        self._appointments = Appointments(self._tryton)
        cards = Cards(self._tryton, settings.fund_ref, settings.plans)
        self._visits = Visits(self._tryton, self._catalogue, cards, self._appointments)
        self._payments = Payments(self._tryton, settings.payment_method)
        self._late = LateCoverage(self._tryton, self._visits, cards, self._catalogue, self._payments)

    def list_services(self) -> tuple[Service, ...]:
        """Departments of the configuration that GNU Health has, with its names and prices; see the port."""
        return tuple(offer.service for offer in self._catalogue.offers(self._tryton.deadline()))

    def appointments(self, patient: PatientIdentity, day: date) -> tuple[Appointment, ...]:
        """The person's appointments of a day at the departments of the configuration; see the port."""
        deadline = self._tryton.deadline()
        try:
            file = self._patients.find(deadline, patient)
        except OutsideFault as fault:
            if fault.code is OutsideFaultCode.DUPLICATE_PATIENT:
                return ()
            raise
        if file is None:
            return ()
        rows = self._appointments.of_day(deadline, file.patient, day)
        offers = self._catalogue.offers(deadline) if rows else []
        made = (_appointment(row, offers) for row in rows)
        return tuple(one for one in made if one is not None)

    def register(self, request: RegistrationRequest) -> Registration:
        """Register the visit; see the port. UNREACHABLE is told only as long as nothing can have been done."""
        deadline = self._tryton.deadline()
        visit = self._visits.by_key(deadline, request.idempotency_key)
        if visit is not None:
            return self._again(deadline, request, visit)
        offers = self._catalogue.offers(deadline, request.service_code)
        if not offers:
            raise self._tryton.fault(OutsideFaultCode.REJECTED, "no such department")
        try:
            file = self._patients.find_or_make(deadline, request.patient)
            price = self._visits.price(deadline, request, offers[0], file.party)
            visit, new = self._visits.make(deadline, request, offers[0], file, price)
            if not new:
                return self._again(deadline, request, visit)
            return self._visits.registration(deadline, visit, repeated=False)
        except OutsideFault as fault:
            if fault.code is OutsideFaultCode.UNREACHABLE:
                raise self._tryton.fault(OutsideFaultCode.TIMEOUT, "lost half-way") from None
            raise

    def _again(self, deadline: Deadline, request: RegistrationRequest, visit: Visit) -> Registration:
        if visit.mark.key != request.idempotency_key:
            raise self._tryton.fault(OutsideFaultCode.REJECTED, "the appointment was checked in before")
        if visit.mark.digest != request_digest(request):
            raise self._tryton.fault(OutsideFaultCode.CONFLICT, "the key is of another visit")
        return self._visits.registration(deadline, visit, repeated=True)

    def registration_by_key(self, idempotency_key: str) -> Registration | None:
        """The visit registered under a key; see the port. A visit that was left half-way is finished."""
        deadline = self._tryton.deadline()
        visit = self._visits.by_key(deadline, idempotency_key)
        return None if visit is None else self._visits.registration(deadline, visit, repeated=True)

    def report_coverage(self, report: CoverageReport) -> None:
        """Tell the portal's late answer; see the port and `late_coverage`."""
        self._late.tell(self._tryton.deadline(), report)

    def record_payment(self, report: PaymentReport) -> PaymentReceipt:
        """Tell of money that arrived; see the port and `payments`. The receipt is the invoice's number."""
        deadline = self._tryton.deadline()
        visit = self._visits.by_code(deadline, report.his_visit_id)
        if visit is None:
            raise self._tryton.fault(OutsideFaultCode.REJECTED, "no such visit")
        try:
            return self._payments.book(deadline, visit, report)
        except OutsideFault as fault:
            if fault.code is OutsideFaultCode.UNREACHABLE:
                raise self._tryton.fault(OutsideFaultCode.TIMEOUT, "lost half-way") from None
            raise

    def health(self) -> Health:
        """Whether it answers, takes our account and has a department of ours."""
        try:
            offers = self._catalogue.offers(self._tryton.deadline())
        except OutsideFault as fault:
            return Health(SYSTEM, fault.code, fault.detail)
        if not offers:
            return Health(SYSTEM, OutsideFaultCode.REJECTED, "it has none of the departments")
        return Health(SYSTEM)

    def close(self) -> None:
        """Release the connections."""
        self._tryton.close()


def _appointment(row: AppointmentRow, offers: list[Offer]) -> Appointment | None:
    """As the kiosk knows it: of the department of its product, else of its doctor; None when that is none of ours."""
    offer = next((one for one in offers if one.product == row.product), None) or next(
        (one for one in offers if one.doctor == row.doctor and row.product is None), None
    )
    if offer is None or not row.code or row.starts_at is None:
        return None
    return Appointment(
        appointment_id=row.code,
        service_code=offer.service.code,
        service_name=offer.service.name_vi,
        starts_at=row.starts_at.astimezone(ZONE),
        state=STATES.get(row.state or "", AppointmentState.OVER),
        room=offer.service.room,
    )
