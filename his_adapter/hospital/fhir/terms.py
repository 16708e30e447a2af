"""Terminology of HL7 and others that this adapter writes: code systems and the few codes it uses."""

from collections.abc import Mapping

IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
NATIONAL_ID, INSURANCE_ID = "NI", "SB"  # national unique individual identifier; social beneficiary identifier
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
AMBULATORY = "AMB"
PUBLIC_HEALTHCARE = "PUBLICPOL"
ACT_PRIORITY = "http://terminology.hl7.org/CodeSystem/v3-ActPriority"
ROUTINE, URGENT = "R", "UR"
ICD_10 = "http://hl7.org/fhir/sid/icd-10"
SNOMED = "http://snomed.info/sct"
PATIENT_REFERRAL = "3457005"
BENEFIT_TYPE = "http://terminology.hl7.org/CodeSystem/benefit-type"
COPAY_PERCENT = "copay-percent"
PAYMENT_STATUS = "http://terminology.hl7.org/CodeSystem/paymentstatus"
PAID, CLEARED = "paid", "cleared"
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"

Json = dict[str, object]


def coded(system: str, code: str, text: str = "") -> Json:
    """A CodeableConcept with one coding."""
    concept: Json = {"coding": [{"system": system, "code": code}]}
    if text:
        concept["text"] = text
    return concept


def identified(system: str, value: str, type_code: str = "") -> Json:
    """An Identifier."""
    identifier: Json = {"system": system, "value": value}
    if type_code:
        identifier = {"use": "official", "type": coded(IDENTIFIER_TYPE, type_code)} | identifier
    return identifier


def refer(reference: str) -> Json:
    """A literal Reference: ``Patient/12`` or the ``urn:uuid:`` of an entry in the same Bundle."""
    return {"reference": reference}


def money(dong: int) -> Json:
    """A Money of whole đồng."""
    return {"value": dong, "currency": "VND"}


def extensions(*pairs: tuple[str, Mapping[str, object]]) -> list[Json]:
    """Extensions that have an address: a server that takes none has empty addresses."""
    return [{"url": url, **value} for url, value in pairs if url]
