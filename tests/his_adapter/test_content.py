"""What an idempotency key stands for: everything of a visit, and nothing of the try."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from his_adapter.clock import ZONE
from his_adapter.hospital.content import payment_content, report_content, visit_content
from his_adapter.model import (
    BirthDate,
    CoverageReport,
    PatientIdentity,
    Priority,
    Referral,
    RegistrationRequest,
    Sex,
    TransferVerdict,
)
from tests.his_adapter.contract.hospital_bench import insured, paid, visit_of

LAN = PatientIdentity("001190990101", "NGUYỄN THỊ LAN", BirthDate(1990, 2, 3), Sex.FEMALE)
MOMENT = datetime(2026, 11, 27, 8, 0, tzinfo=ZONE)


@pytest.fixture
def request_of_lan() -> RegistrationRequest:
    return visit_of(LAN, "KTM", **insured(LAN))


@pytest.mark.parametrize(
    "change",
    [
        {"patient": replace(LAN, full_name="NGUYỄN THỊ LÂN")},
        {"patient": replace(LAN, birth_date=BirthDate(1990))},
        {"service_code": "KMAT"},
        {"appointment_id": "7"},
        {"priority": Priority.PREGNANCY},
        {"self_pay": True},
        {"insurance_verified": False},
        {"coverage": None},
        {"referral": Referral("GCT-1", "01999")},
        insured(LAN, "47.5"),
    ],
)
def test_another_content_is_another_visit(request_of_lan: RegistrationRequest, change: dict[str, object]) -> None:
    other = replace(request_of_lan, **change)  # type: ignore[arg-type]
    assert visit_content(other) != visit_content(request_of_lan)


def test_the_same_visit_is_the_same_however_it_is_told(request_of_lan: RegistrationRequest) -> None:
    entitlement = insured(LAN, "80.00")["entitlement"]
    later = request_of_lan.requested_at + timedelta(minutes=5)
    again = replace(request_of_lan, entitlement=entitlement, requested_at=later)  # type: ignore[arg-type]
    assert visit_content(again) == visit_content(request_of_lan)


def test_a_later_version_knows_its_own_messages_again() -> None:
    """These digests lie at hospitals."""
    visit = visit_of(LAN, "KTM", coverage=None, entitlement=None)
    assert visit_content(visit) == "3b6a6a92835a87f0025812ed820ac072e50ed66ef7abdb66a78ebd29af84e0e7"
    report = CoverageReport("k", "V1", "P1", LAN, "000", MOMENT, verified=True)
    assert report_content(report) == "3a2b43ed1a605c5235c8ee9e2acef04af62e2857edce1b967ed76a866543f4f7"
    transfer = replace(paid("V1", 10_120), order_code=7, provider_txn_id="FT7", received_at=MOMENT)
    assert payment_content(transfer) == "c42be6d7e199ddde1d403a364c71bd10e801a2ce11404c0314c20cc0c8492821"
    assert payment_content(replace(transfer, verdict=TransferVerdict.LATE)) != payment_content(transfer)


def test_a_report_of_another_share_is_another_report() -> None:
    half = insured(LAN, "47.5")["entitlement"]
    report = CoverageReport("k", "V1", "P1", LAN, "000", MOMENT, verified=True)
    assert report_content(replace(report, entitlement=half)) != report_content(report)  # type: ignore[arg-type]
