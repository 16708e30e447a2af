"""What a key stands for: a digest of the message, kept as an Identifier beside the key.

The same key with another content is another visit, report or transfer by mistake, and is refused.
"""

import hashlib
import json

from his_adapter.hospital.fhir.insurance import instant
from his_adapter.model import CoverageReport, PaymentReport, RegistrationRequest


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def visit_content(request: RegistrationRequest) -> str:
    """Of a registration. Its parts are fixed: a later version of this program must find its own earlier messages."""
    patient, coverage = request.patient, request.coverage
    return _digest(
        patient.number,
        patient.full_name,
        patient.birth_date.iso_text(),
        request.service_code,
        request.appointment_id,
        request.priority.value,
        str(request.self_pay),
        str(request.insurance_verified),
        "" if coverage is None else coverage.card_number,
        "" if request.referral is None else request.referral.number,
    )


def report_content(report: CoverageReport) -> str:
    """Of a late answer of the insurance."""
    coverage, entitlement = report.coverage, report.entitlement
    return _digest(
        report.his_visit_id,
        report.result_code,
        str(report.verified),
        "" if coverage is None else coverage.card_number,
        "" if entitlement is None else f"{entitlement.object_code} {entitlement.payable_percent.normalize():f}",
    )


def payment_content(report: PaymentReport) -> str:
    """Of a transfer, whatever its key."""
    return _digest(
        report.his_visit_id,
        str(report.order_code),
        report.provider_txn_id,
        str(report.amount_dong),
        report.verdict.value,
        instant(report.received_at),
    )
