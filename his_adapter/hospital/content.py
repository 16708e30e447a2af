"""What an idempotency key stands for: a digest of the message, for systems that only keep what they are given.

An adapter writes it beside the key. The same key with another content is another visit, report or transfer by mistake,
and is refused. The parts are fixed: a later version of this program must know its own earlier messages again.
"""

import hashlib
import json
from datetime import UTC

from his_adapter.model import CoverageReport, Entitlement, PaymentReport, RegistrationRequest


def visit_content(request: RegistrationRequest) -> str:
    """Of a registration, 64 hexadecimal digits."""
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
        _share(request.counted_entitlement),
        "" if request.referral is None else request.referral.number,
    )


def report_content(report: CoverageReport) -> str:
    """Of a late answer of the insurance, 64 hexadecimal digits."""
    coverage = report.coverage
    return _digest(
        report.his_visit_id,
        report.patient.number,
        report.result_code,
        str(report.verified),
        "" if coverage is None else coverage.card_number,
        _share(report.entitlement),
    )


def payment_content(report: PaymentReport) -> str:
    """Of a transfer, whatever its key, 64 hexadecimal digits."""
    return _digest(
        report.his_visit_id,
        str(report.order_code),
        report.provider_txn_id,
        str(report.amount_dong),
        report.verdict.value,
        report.received_at.astimezone(UTC).isoformat(timespec="seconds"),
    )


def _share(entitlement: Entitlement | None) -> str:
    """50 and 50.0 per cent are the same."""
    return "" if entitlement is None else f"{entitlement.object_code} {entitlement.payable_percent.normalize():f}"


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
