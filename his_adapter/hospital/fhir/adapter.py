"""A hospital system that is a FHIR server: R4 (4.0.1) or R4B (4.3.0), JSON, RESTful API.

What is used: Patient, Coverage, CoverageEligibilityRequest and -Response, Appointment, Encounter, ServiceRequest,
ChargeItem, Invoice and PaymentNotice, written as transactions with conditional creates. The CapabilityStatement decides
what is left out: without transactions the same resources are made one after another, without conditional creates each
is searched for first, and types that the server does not know are not written (Patient and Encounter it must know).

Every message is found again by an Identifier of ours: the idempotency key on Encounter, CoverageEligibilityResponse
and PaymentNotice. Without conditional create that is a search and then a create: two kiosks could make one patient's
file at the same moment, and a network that delivers one request twice makes two of something. A repeated message of
one kiosk is safe there too, as long as the one before has come to an end.

Tried against Medplum 4.5 (its router, repository and validator; tests/peers/fhir) and this project's simulator.
"""

from datetime import date

from his_adapter.clock import ZONE
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.fhir.appointments import day_query, is_of, read_appointment
from his_adapter.hospital.fhir.bill import invoice_charges, invoice_dong
from his_adapter.hospital.fhir.catalogue import Catalogue, count
from his_adapter.hospital.fhir.client import SYSTEM, FhirClient
from his_adapter.hospital.fhir.files import Files
from his_adapter.hospital.fhir.query import token
from his_adapter.hospital.fhir.read import (
    Malformed,
    Node,
    code_of,
    dong,
    extension,
    identifier,
    reference_to,
    resource_id,
)
from his_adapter.hospital.fhir.registering import Registering
from his_adapter.hospital.fhir.reporting import Reporting
from his_adapter.hospital.fhir.settings import FhirSettings
from his_adapter.hospital.fhir.visit import GONE, PLANNED
from his_adapter.http import Deadline
from his_adapter.model import (
    Appointment,
    CoverageReport,
    Health,
    PatientIdentity,
    PaymentReceipt,
    PaymentReport,
    QueueTicket,
    Registration,
    RegistrationRequest,
    Room,
    Service,
)
from his_adapter.ports import HospitalSystem


class FhirHospital(HospitalSystem):
    """`HospitalSystem` over FHIR R4. Safe from any thread; one limit (`timeout_s`) for a whole call."""

    def __init__(self, settings: FhirSettings) -> None:
        self._settings = settings
        self._client = FhirClient(settings)
        self._files = Files(self._client, settings)
        self._catalogue = Catalogue(self._client, settings)
        self._registering = Registering(self._client, settings, self._files, self._catalogue)
        self._reporting = Reporting(self._client, settings, self._files)

    def list_services(self) -> tuple[Service, ...]:
        """Departments open to a kiosk now; see the port."""
        return self._catalogue.services(self._deadline())

    def appointments(self, patient: PatientIdentity, day: date) -> tuple[Appointment, ...]:
        """The patient's appointments of a day; see the port."""
        deadline = self._deadline()
        if not self._client.capabilities(deadline).has("Appointment", "search-type"):
            return ()
        try:
            file = self._files.patient(patient, deadline)
        except OutsideFault as fault:
            if fault.code is OutsideFaultCode.DUPLICATE_PATIENT:
                return ()
            raise
        if file is None:
            return ()
        try:
            whose = f"Patient/{resource_id(file)}"
            found = self._client.search("Appointment", day_query(whose, day), deadline)
            own = [node for node in found if node.text("resourceType") == "Appointment" and is_of(node, whose)]
            read = [one for node in own if (one := read_appointment(node, self._settings)) is not None]
        except Malformed as error:
            raise self._client.malformed(error) from None
        today = [one for one in read if one.starts_at.astimezone(ZONE).date() == day]
        return tuple(sorted(today, key=lambda one: (one.starts_at, one.appointment_id)))

    def register(self, request: RegistrationRequest) -> Registration:
        """Register the visit; see the port."""
        deadline = self._deadline()
        done = self._registering.register(request, deadline)
        return self._registration(done.encounter, deadline, repeated=not done.new)

    def registration_by_key(self, idempotency_key: str) -> Registration | None:
        """The visit registered under a key; see the port. A visit that is only half made is none yet."""
        deadline = self._deadline()
        encounter = self._registering.known(idempotency_key, deadline)
        try:
            if encounter is None or encounter.need("status") in GONE | {PLANNED}:
                return None
        except Malformed as error:
            raise self._client.malformed(error) from None
        return self._registration(encounter, deadline, repeated=True)

    def report_coverage(self, report: CoverageReport) -> None:
        """Tell what the insurance portal said later; see the port."""
        self._reporting.report_coverage(report, self._deadline())

    def record_payment(self, report: PaymentReport) -> PaymentReceipt:
        """Tell of money that arrived; see the port."""
        return self._reporting.record_payment(report, self._deadline())

    def health(self) -> Health:
        """Whether it answers and takes our account: /metadata is often open to all, so a search is tried too."""
        deadline = self._deadline()
        try:
            self._client.capabilities(deadline)
            query = [("identifier", token(self._settings.systems.visit_key, "health"))]
            self._client.search("Encounter", query, deadline)
        except OutsideFault as fault:
            return Health(SYSTEM, fault.code, fault.detail)
        return Health(SYSTEM)

    def close(self) -> None:
        """Release the connections."""
        self._client.close()

    def _registration(self, encounter: Node, deadline: Deadline, *, repeated: bool) -> Registration:
        try:
            code = code_of(encounter.child("serviceType"), self._settings.systems.service)
            service = self._catalogue.service(code, deadline) if code else None
            bill = self._bill(encounter, deadline)
            return Registration(
                visit_id=resource_id(encounter),
                patient_code=self._patient_code(encounter, deadline),
                ticket=self._ticket(encounter, service),
                fee_dong=self._fee(encounter, bill, service),
                charges=() if bill is None else invoice_charges(bill, service),
                receipt_number="" if bill is None else identifier(bill, self._settings.systems.receipt),
                repeated=repeated,
            )
        except Malformed as error:
            raise self._client.malformed(error) from None

    def _bill(self, encounter: Node, deadline: Deadline) -> Node | None:
        system = self._settings.systems.visit_key
        if not self._client.capabilities(deadline).has("Invoice", "search-type"):
            return None
        return self._files.one("Invoice", system, identifier(encounter, system), deadline)

    def _patient_code(self, encounter: Node, deadline: Deadline) -> str:
        target = reference_to(encounter.child("subject").need("reference"))
        if target is None or target[0] != "Patient":
            raise Malformed(encounter.at("subject.reference"))
        system = self._settings.systems.patient_code
        if not system:
            return target[1]
        file = self._client.read("Patient", target[1], deadline)
        return target[1] if file is None else identifier(file, system) or target[1]

    def _ticket(self, encounter: Node, service: Service | None) -> QueueTicket | None:
        """The place in the queue, where the hospital gives one."""
        queue = self._settings.queue
        holder = extension(encounter, queue.number)
        number = identifier(encounter, queue.number_identifier) or holder.text("valueString")
        if not number and (whole := count(holder)) is not None:
            number = f"{whole:03d}"
        if not number:
            return None
        places = (one.child("location").words("display") for one in encounter.children("location"))
        room = next((Room(place) for place in places if place), Room(""))
        if service is not None and room.name in ("", service.room.name):
            room = service.room
        return QueueTicket(number, room, count(extension(encounter, queue.ahead)))

    def _fee(self, encounter: Node, bill: Node | None, service: Service | None) -> int:
        """By the Invoice; without one, by the Encounter's mark; without that, the full price, the most it can be."""
        owed = None if bill is None else invoice_dong(bill)
        if owed is None:
            owed = dong(extension(encounter, self._settings.extension("patient-share")).child("valueMoney"))
        if owed is None and service is not None:
            owed = service.price_dong
        if owed is None:
            raise self._client.fault(OutsideFaultCode.BAD_ANSWER, "a visit without a fee")
        return owed

    def _deadline(self) -> Deadline:
        return Deadline(self._settings.timeout_s)
