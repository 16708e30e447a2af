"""What a registration makes on a server, as far as the server knows the types: the steps in their order."""

from his_adapter.hospital.content import visit_content
from his_adapter.hospital.fhir import visit
from his_adapter.hospital.fhir.bill import charge_item, charge_of, invoice
from his_adapter.hospital.fhir.capability import Capabilities
from his_adapter.hospital.fhir.insurance import Eligibility, coverage_resource
from his_adapter.hospital.fhir.people import patient_resource
from his_adapter.hospital.fhir.settings import FhirSettings
from his_adapter.hospital.fhir.steps import Create, Step, placeholder
from his_adapter.hospital.fhir.terms import Json
from his_adapter.model import RegistrationRequest, Service


def profiled(resource: Json, settings: FhirSettings) -> Json:
    """The resource with the profiles that the hospital wants it to claim."""
    profiles = settings.profiles.get(str(resource["resourceType"]))
    return {**resource, "meta": {"profile": list(profiles)}} if profiles else resource


def patient_step(request: RegistrationRequest, settings: FhirSettings) -> Create:
    """The patient's file, unless there is one with the citizen number."""
    return Create(
        placeholder(request.idempotency_key, "Patient"),
        profiled(patient_resource(request.patient, settings), settings),
        settings.systems.citizen,
        request.patient.number,
    )


class Plan:
    """The resources of one registration. Patient and Encounter every server must take; the rest it may lack."""

    def __init__(
        self, request: RegistrationRequest, service: Service, able: Capabilities, settings: FhirSettings
    ) -> None:
        self._request = request
        self._service = service
        self._able = able
        self._settings = settings
        self._steps: list[Step] = []

    def steps(self, patient: str | None, card: str | None, status: str) -> list[Step]:
        """All steps; each refers to earlier ones only. `patient` and `card` are references to what is there already."""
        self._steps = []
        request, service, settings = self._request, self._service, self._settings
        if patient is None:
            first = patient_step(request, settings)
            self._steps.append(first)
            patient = first.url
        self._insurance(patient, card)
        referrals = []
        if request.referral is not None and self._has("ServiceRequest"):
            slip = visit.referral_request(request.referral, request, service, patient, settings)
            referrals.append(self._add("referral", slip, visit.referral_key(request)))
        charge = charge_of(request, service)
        bills = settings.writes_bill and self._has("Invoice")
        encounter = self._add(
            "Encounter",
            visit.encounter_resource(
                request,
                service,
                patient,
                settings,
                status=status,
                share_dong=None if bills else charge.patient_dong,
                referrals=referrals,
            ),
        )
        if self._has("ServiceRequest"):
            self._add("ServiceRequest", visit.service_request(request, service, patient, encounter, settings))
        if bills:
            item = None
            if self._has("ChargeItem"):
                item = self._add("ChargeItem", charge_item(request, charge, patient, encounter, settings))
            self._add("Invoice", invoice(request, charge, patient, item, settings))
        return self._steps

    def _insurance(self, patient: str, card: str | None) -> None:
        """The card, and the portal's word on it when there is one."""
        request, settings = self._request, self._settings
        coverage = request.coverage
        if request.self_pay or coverage is None or not self._has("Coverage"):
            return
        if card is None:
            step = Create(
                placeholder(request.idempotency_key, "Coverage"),
                profiled(coverage_resource(coverage, patient, settings), settings),
                settings.systems.insurance_card,
                coverage.card_number,
            )
            self._steps.append(step)
            card = step.url
        if request.insurance_verified and self._has("CoverageEligibilityRequest", "CoverageEligibilityResponse"):
            systems = settings.systems
            said = Eligibility(
                systems.visit_key, request.idempotency_key, systems.visit_content, visit_content(request), settings
            )
            asked = self._add("CoverageEligibilityRequest", said.request(patient, card, request.requested_at))
            answer = said.response(
                asked, patient, (card, coverage), request.entitlement, request.requested_at, verified=True
            )
            self._add("CoverageEligibilityResponse", answer)

    def _add(self, name: str, resource: Json, value: str = "") -> str:
        """A step under the visit's key; the address that later steps refer to."""
        key = self._request.idempotency_key
        step = Create(
            placeholder(key, name), profiled(resource, self._settings), self._settings.systems.visit_key, value or key
        )
        self._steps.append(step)
        return step.url

    def _has(self, *kinds: str) -> bool:
        return all(self._able.has(kind, "create", "search-type") for kind in kinds)
