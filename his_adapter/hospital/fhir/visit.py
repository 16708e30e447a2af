"""Encounter and ServiceRequest: the visit, what is asked of the department, and the slip of another facility."""

from collections.abc import Mapping, Sequence

from his_adapter.hospital.content import visit_content
from his_adapter.hospital.fhir.insurance import instant
from his_adapter.hospital.fhir.settings import FhirSettings
from his_adapter.hospital.fhir.terms import (
    ACT_CODE,
    ACT_PRIORITY,
    AMBULATORY,
    ICD_10,
    PATIENT_REFERRAL,
    ROUTINE,
    SNOMED,
    URGENT,
    Json,
    coded,
    extensions,
    identified,
    money,
    refer,
)
from his_adapter.model import Priority, Referral, RegistrationRequest, Service

PLANNED, ARRIVED, WITHDRAWN = "planned", "arrived", "entered-in-error"
GONE = frozenset({"cancelled", WITHDRAWN})
"""Encounter states of a visit that the hospital takes back."""


def encounter_resource(
    request: RegistrationRequest,
    service: Service,
    patient: str,
    settings: FhirSettings,
    *,
    status: str,
    share_dong: int | None,
    referrals: Sequence[str] = (),
) -> Json:
    """The visit. `patient` and `referrals` are references; `share_dong` what the patient pays, when no Invoice says it.

    Encounter.status *arrived*: the patient is here and waits (R4 8.11).
    """
    systems = settings.systems
    notes: list[tuple[str, Mapping[str, object]]] = [
        (settings.extension("self-pay"), {"valueBoolean": request.self_pay}),
        (settings.extension("insurance-verified"), {"valueBoolean": request.insurance_verified}),
        (settings.extension("face-verified"), {"valueBoolean": request.face_verified}),
    ]
    if request.kiosk_id:
        notes.append((settings.extension("kiosk"), {"valueString": request.kiosk_id}))
    if share_dong is not None:
        notes.append((settings.extension("patient-share"), {"valueMoney": money(share_dong)}))
    resource: Json = {
        "resourceType": "Encounter",
        "identifier": [
            identified(systems.visit_key, request.idempotency_key),
            identified(systems.visit_content, visit_content(request)),
        ],
        "status": status,
        "class": {"system": ACT_CODE, "code": AMBULATORY},
        "serviceType": coded(systems.service, service.code, service.name_vi),
        "priority": _priority(request.priority, settings),
        "subject": refer(patient),
        "period": {"start": instant(request.requested_at)},
    }
    if tags := extensions(*notes):
        resource["extension"] = tags
    if request.appointment_id:
        resource["appointment"] = [refer(f"Appointment/{request.appointment_id}")]
    if referrals:
        resource["basedOn"] = [refer(one) for one in referrals]
    if service.room.name:
        resource["location"] = [{"location": {"display": service.room.name}}]
    if settings.facility_code:
        resource["serviceProvider"] = {
            "type": "Organization",
            "identifier": identified(systems.facility, settings.facility_code),
        }
    return resource


def _priority(priority: Priority, settings: FhirSettings) -> Json:
    if priority is Priority.NONE:
        return coded(ACT_PRIORITY, ROUTINE)
    concept = coded(ACT_PRIORITY, URGENT)
    codings = concept["coding"]
    assert isinstance(codings, list)
    codings.append({"system": settings.systems.priority, "code": priority.value})
    return concept


def service_request(
    request: RegistrationRequest, service: Service, patient: str, encounter: str, settings: FhirSettings
) -> Json:
    """The examination that is asked for."""
    return {
        "resourceType": "ServiceRequest",
        "identifier": [identified(settings.systems.visit_key, request.idempotency_key)],
        "status": "active",
        "intent": "order",
        "priority": "routine" if request.priority is Priority.NONE else "urgent",
        "code": coded(settings.systems.service, service.code, service.name_vi),
        "subject": refer(patient),
        "encounter": refer(encounter),
        "authoredOn": instant(request.requested_at),
    }


def referral_key(request: RegistrationRequest) -> str:
    """The key of the slip's resource: a second ServiceRequest of the same visit."""
    return f"{request.idempotency_key}:referral"


def referral_request(
    referral: Referral, request: RegistrationRequest, service: Service, patient: str, settings: FhirSettings
) -> Json:
    """The slip of the facility that sends the patient."""
    requester: Json = {
        "type": "Organization",
        "identifier": identified(settings.systems.facility, referral.facility_code),
    }
    if referral.facility_name:
        requester["display"] = referral.facility_name
    resource: Json = {
        "resourceType": "ServiceRequest",
        "identifier": [identified(settings.systems.visit_key, referral_key(request))],
        "requisition": identified(f"{settings.systems.facility}:{referral.facility_code}", referral.number),
        "status": "active",
        "intent": "order",
        "category": [coded(SNOMED, PATIENT_REFERRAL)],
        "code": coded(settings.systems.service, service.code, service.name_vi),
        "subject": refer(patient),
        "requester": requester,
    }
    if referral.issued_on is not None:
        resource["authoredOn"] = referral.issued_on.isoformat()
    if referral.valid_until is not None:
        resource["occurrencePeriod"] = {"end": referral.valid_until.isoformat()}
    if referral.diagnosis_code:
        resource["reasonCode"] = [coded(ICD_10, referral.diagnosis_code, referral.diagnosis_name)]
    return resource
