"""Coverage and eligibility: the insurance card, what the portal was asked about it, and what it said."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from his_adapter.clock import ZONE
from his_adapter.hospital.fhir.read import Node, refers_to
from his_adapter.hospital.fhir.settings import FhirSettings
from his_adapter.hospital.fhir.terms import (
    ACT_CODE,
    BENEFIT_TYPE,
    COPAY_PERCENT,
    INSURANCE_ID,
    PUBLIC_HEALTHCARE,
    Json,
    coded,
    identified,
    refer,
)
from his_adapter.model import Coverage, Entitlement


def instant(moment: datetime) -> str:
    """A moment with the hospital's offset, to the second."""
    return moment.astimezone(ZONE).isoformat(timespec="seconds")


def insurer(settings: FhirSettings) -> Json:
    """The social insurance agency, by its name: it is no resource of the hospital's."""
    return {"type": "Organization", "display": settings.insurer}


def _period(start: date | None, end: date | None) -> Json:
    period: Json = {}
    if start is not None:
        period["start"] = start.isoformat()
    if end is not None:
        period["end"] = end.isoformat()
    return period


def coverage_resource(coverage: Coverage, patient: str, settings: FhirSettings) -> Json:
    """The card. `patient` is a reference. Class *group* is the benefit code, *plan* the level printed on the card."""
    resource: Json = {
        "resourceType": "Coverage",
        "identifier": [identified(settings.systems.insurance_card, coverage.card_number, INSURANCE_ID)],
        "status": "active",
        "type": coded(ACT_CODE, PUBLIC_HEALTHCARE),
        "subscriberId": coverage.card_number,
        "beneficiary": refer(patient),
        "payor": [insurer(settings)],
    }
    if period := _period(coverage.valid_from, coverage.valid_to):
        resource["period"] = period
    return resource


def coverage_of(found: Sequence[Node], patient: str) -> Node | None:
    """The patient's own among coverages with the card's number: rather active, rather the one that runs longest."""
    kind, _, identity = patient.partition("/")
    own = [node for node in found if refers_to(node.child("beneficiary"), kind, identity)]
    return max(own, key=_currency, default=None)


def _currency(node: Node) -> tuple[bool, str]:
    return node.text("status") in ("", "active"), node.child("period").text("end") or "9999"


class Eligibility:
    """What the portal said of one visit, under one key: a request and its response."""

    def __init__(self, system: str, key: str, content_system: str, content: str, settings: FhirSettings) -> None:
        self._identifiers = [identified(system, key), identified(content_system, content)]
        self._settings = settings

    def request(self, patient: str, coverage: str | None, encounter_time: datetime) -> Json:
        """CoverageEligibilityRequest: is the card in force on that day?"""
        resource: Json = {
            "resourceType": "CoverageEligibilityRequest",
            "identifier": self._identifiers,
            "status": "active",
            "purpose": ["validation"],
            "patient": refer(patient),
            "servicedDate": encounter_time.astimezone(ZONE).date().isoformat(),
            "created": instant(encounter_time),
            "insurer": insurer(self._settings),
        }
        if coverage is not None:
            resource["insurance"] = [{"coverage": refer(coverage)}]
        return resource

    def response(
        self,
        request: str,
        patient: str,
        coverage: tuple[str, Coverage] | None,
        entitlement: Entitlement | None,
        asked_at: datetime,
        *,
        verified: bool,
        result_code: str = "",
    ) -> Json:
        """CoverageEligibilityResponse. The benefit is the patient's share of costs in scope, in per cent.

        A card that does not hold is an answer too: *complete*, not in force. *error* is for an answer about no card.
        """
        resource: Json = {
            "resourceType": "CoverageEligibilityResponse",
            "identifier": self._identifiers,
            "status": "active",
            "purpose": ["validation"],
            "patient": refer(patient),
            "servicedDate": asked_at.astimezone(ZONE).date().isoformat(),
            "created": instant(asked_at),
            "request": refer(request),
            "outcome": "complete" if verified or coverage is not None else "error",
            "insurer": insurer(self._settings),
        }
        if result_code:
            resource["disposition"] = f"maKetQua {result_code}"
            if resource["outcome"] == "error":
                resource["error"] = [{"code": coded(self._settings.systems.portal_result, result_code)}]
        if coverage is not None:
            reference, card = coverage
            line: Json = {"coverage": refer(reference), "inforce": verified}
            if period := _period(card.valid_from, card.valid_to):
                line["benefitPeriod"] = period
            if entitlement is not None:
                line["item"] = [self._item(entitlement)]
            resource["insurance"] = [line]
        return resource

    def _item(self, entitlement: Entitlement) -> Json:
        share = Decimal(100) - entitlement.payable_percent
        return {
            "productOrService": coded(
                self._settings.systems.treatment_object, entitlement.object_code, entitlement.legal_basis
            ),
            "benefit": [{"type": coded(BENEFIT_TYPE, COPAY_PERCENT), "allowedString": f"{share.normalize():f}"}],
        }
