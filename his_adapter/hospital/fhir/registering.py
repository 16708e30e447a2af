"""A registration on a FHIR server: found by its key, or made, once.

With transactions the visit is one Bundle. Without, its resources are made one after another; the Encounter stays
*planned* until the last of them is there and then becomes *arrived*, so that half a visit is never taken for a whole
one, and the same registration again goes on where the first one broke off.
"""

from dataclasses import dataclass

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.content import visit_content
from his_adapter.hospital.fhir import visit
from his_adapter.hospital.fhir.answers import Written
from his_adapter.hospital.fhir.appointments import CHECKED_IN, checked_in, is_of
from his_adapter.hospital.fhir.catalogue import Catalogue
from his_adapter.hospital.fhir.client import Contended, FhirClient
from his_adapter.hospital.fhir.files import Files
from his_adapter.hospital.fhir.insurance import coverage_of
from his_adapter.hospital.fhir.plan import Plan, patient_step
from his_adapter.hospital.fhir.read import (
    Malformed,
    Node,
    has_identifier,
    resource_etag,
    resource_id,
)
from his_adapter.hospital.fhir.settings import FhirSettings
from his_adapter.hospital.fhir.steps import Change, Step, run, run_alone
from his_adapter.hospital.fhir.terms import Json
from his_adapter.http import Deadline
from his_adapter.model import RegistrationRequest, Service

TRIES = 2  # what a condition rejects is looked at again, once


@dataclass(frozen=True, slots=True)
class Registered:
    """A visit on the server. `new` is False when it was there before."""

    encounter: Node
    new: bool


class Registering:
    """Makes visits."""

    def __init__(self, client: FhirClient, settings: FhirSettings, files: Files, catalogue: Catalogue) -> None:
        self._client = client
        self._settings = settings
        self._files = files
        self._catalogue = catalogue

    def register(self, request: RegistrationRequest, deadline: Deadline) -> Registered:
        """Find or make the visit; raises OutsideFault as the port says."""
        service = self._catalogue.service(request.service_code, deadline)
        if service is None:
            raise self._client.fault(OutsideFaultCode.REJECTED, "no such service")
        contended: OutsideFault | None = None
        for _ in range(TRIES):
            try:
                return self._register(request, service, deadline)
            except Contended as reason:
                contended = reason.fault
            except Malformed as error:
                raise self._client.malformed(error) from None
        assert contended is not None
        # whoever is faster than us twice will be done when the outbox tries again
        raise self._client.fault(OutsideFaultCode.SERVER_ERROR, f"contended, {contended.detail}")

    def known(self, key: str, deadline: Deadline) -> Node | None:
        """The Encounter of a key, finished or not; None when there is none."""
        return self._files.one("Encounter", self._settings.systems.visit_key, key, deadline)

    def _register(self, request: RegistrationRequest, service: Service, deadline: Deadline) -> Registered:
        known = self.known(request.idempotency_key, deadline)
        if known is not None:
            self._must_be_same(known, request)
            if known.need("status") != visit.PLANNED:
                return Registered(known, new=False)
        file = self._files.patient(request.patient, deadline)
        patient = None if file is None else f"Patient/{resource_id(file)}"
        card = self._card(request, patient, deadline)
        appointment = self._appointment(request, patient, known, deadline)
        plan = Plan(request, service, self._client.capabilities(deadline), self._settings)
        change: list[Step] = []
        if appointment is not None:
            came = checked_in(appointment, self._settings)
            change.append(Change(resource_id(appointment), resource_etag(appointment), came))
        steps = [*plan.steps(patient, card, visit.ARRIVED), *change]
        whole = self._client.takes_at_once(len(steps), deadline)
        if not whole:
            patient = patient or self._new_patient(request, deadline)
            steps = [*plan.steps(patient, card, visit.PLANNED), *change]
        written = {one.kind: one for one in reversed(run(self._client, steps, deadline, whole=whole))}
        encounter = self._encounter(written["Encounter"], deadline)
        if "Patient" in written and written["Patient"].existed:
            self._must_be_the_patients(written["Patient"], encounter, request, deadline)
        if encounter.need("status") == visit.PLANNED:
            encounter = self._finish(encounter, deadline)
        self._must_be_same(encounter, request)
        return Registered(encounter, new=not written["Encounter"].existed or known is not None)

    def _new_patient(self, request: RegistrationRequest, deadline: Deadline) -> str:
        """Where nothing can be taken back, the file is there and proven before the visit is begun."""
        made = run_alone(self._client, patient_step(request, self._settings), deadline, {})
        if made.existed:
            self._files.must_be(self._file(made, deadline), request.patient)
        return made.reference

    def _must_be_same(self, encounter: Node, request: RegistrationRequest) -> None:
        if encounter.need("status") in visit.GONE:
            raise self._client.fault(OutsideFaultCode.REJECTED, "the hospital took the visit back")
        if not has_identifier(encounter, self._settings.systems.visit_content, visit_content(request)):
            raise self._client.fault(OutsideFaultCode.CONFLICT, "the key stands for another visit")

    def _card(self, request: RegistrationRequest, patient: str | None, deadline: Deadline) -> str | None:
        """The reference of the patient's Coverage with this card, if the server has it.

        Raises OutsideFault DUPLICATE_PATIENT when the card is another file's: most likely the same person's, made at a
        counter without the citizen number.
        """
        coverage = request.coverage
        able = self._client.capabilities(deadline)
        if coverage is None or request.self_pay or not able.has("Coverage", "search-type"):
            return None
        system = self._settings.systems.insurance_card
        found = self._files.by_identifier("Coverage", system, coverage.card_number, deadline)
        if not found:
            return None
        node = None if patient is None else coverage_of(found, patient)
        if node is None:
            raise self._client.fault(OutsideFaultCode.DUPLICATE_PATIENT, "the card is another file's")
        return f"Coverage/{resource_id(node)}"

    def _appointment(
        self, request: RegistrationRequest, patient: str | None, known: Node | None, deadline: Deadline
    ) -> Node | None:
        """The appointment to check in; None when there is none, or when an earlier try has done it."""
        if not request.appointment_id:
            return None
        node = self._client.read("Appointment", request.appointment_id, deadline)
        if node is None or patient is None or not is_of(node, patient):
            raise self._client.fault(OutsideFaultCode.REJECTED, "no such appointment of this patient")
        status = node.need("status")
        if status in CHECKED_IN and known is not None:
            return None
        if status != "booked":
            raise self._client.fault(OutsideFaultCode.REJECTED, "the appointment cannot be checked in")
        return node

    def _encounter(self, written: Written, deadline: Deadline) -> Node:
        """The Encounter as the hospital has it now, with what it added: a queue number, a room."""
        if written.resource is not None and not written.existed:
            return written.resource
        node = self._client.read("Encounter", written.identity, deadline)
        if node is None:
            raise self._client.fault(OutsideFaultCode.BAD_ANSWER, "the visit just made is not there")
        return node

    def _must_be_the_patients(
        self, written: Written, encounter: Node, request: RegistrationRequest, deadline: Deadline
    ) -> None:
        """Somebody made a file with this number since we looked: another person's must not keep our visit."""
        file = self._file(written, deadline)
        try:
            self._files.must_be(file, request.patient)
        except OutsideFault:
            self._change(encounter, visit.WITHDRAWN, deadline)
            raise

    def _file(self, written: Written, deadline: Deadline) -> Node:
        file = self._client.read("Patient", written.identity, deadline)
        if file is None:
            raise self._client.fault(OutsideFaultCode.BAD_ANSWER, "the file just found is not there")
        return file

    def _finish(self, encounter: Node, deadline: Deadline) -> Node:
        written = self._change(encounter, visit.ARRIVED, deadline)
        return self._encounter(written, deadline)

    def _change(self, encounter: Node, status: str, deadline: Deadline) -> Written:
        changed: Json = {**encounter.value, "status": status}
        return self._client.update(changed, resource_id(encounter), resource_etag(encounter), deadline, foreign=True)
