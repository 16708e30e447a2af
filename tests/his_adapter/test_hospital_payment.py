"""Money told to the hospital system: booked once, whatever is repeated, and never for the wrong visit."""

import itertools
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital import HisProHospital
from his_adapter.model import PaymentReceipt, PaymentReport, RegistrationRequest, TransferVerdict
from his_adapter.settings import HisSettings
from his_adapter.simulation import Fault, OutsideWorld, System

Visit = Callable[..., RegistrationRequest]
Inspect = Callable[[System, str], dict[str, Any]]
Pay = Callable[..., PaymentReport]

COUNT = itertools.count(1)


@pytest.fixture
def pay(hospital: HisProHospital, visit: Visit) -> Pay:
    """A report of money for a visit that is registered now; every call is another transfer."""
    his_visit_id = hospital.register(visit()).visit_id

    def make(**others: object) -> PaymentReport:
        number = next(COUNT)
        report = PaymentReport(
            idempotency_key=f"{his_visit_id}-{number}",
            his_visit_id=his_visit_id,
            order_code=1_000 + number,
            provider_txn_id=f"FT{his_visit_id}{number}",
            amount_dong=150_000,
            verdict=TransferVerdict.EXACT,
            received_at=datetime(2026, 11, 24, 1, 30, 5, tzinfo=UTC),
        )
        return replace(report, **others)  # type: ignore[arg-type]

    return make


def booked(inspect: Inspect, report: PaymentReport) -> list[dict[str, Any]]:
    return [row for row in inspect(System.HIS, "payments")["payments"] if row["treatment"] == report.his_visit_id]


def test_a_payment_gets_a_receipt_under_its_visit(hospital: HisProHospital, pay: Pay, inspect: Inspect) -> None:
    report = pay()
    receipt = hospital.record_payment(report)
    assert receipt.receipt_number
    assert not receipt.repeated
    (row,) = booked(inspect, report)
    assert row == {
        "key": report.idempotency_key,
        "treatment": report.his_visit_id,
        "order": str(report.order_code),
        "transfer": report.provider_txn_id,
        "amount": 150_000,
        "verdict": "exact",
        "exact": True,
        "at": 20261124083005,
        "receipt": receipt.receipt_number,
    }


@pytest.mark.parametrize("verdict", [verdict for verdict in TransferVerdict if verdict is not TransferVerdict.EXACT])
def test_money_that_does_not_fit_has_no_receipt_until_a_cashier_looked(
    hospital: HisProHospital, pay: Pay, inspect: Inspect, verdict: TransferVerdict
) -> None:
    report = pay(verdict=verdict)
    assert hospital.record_payment(report) == PaymentReceipt("")
    assert [(row["verdict"], row["exact"]) for row in booked(inspect, report)] == [(verdict.value, False)]


def test_the_same_key_twice_is_one_payment(hospital: HisProHospital, pay: Pay, inspect: Inspect) -> None:
    report = pay()
    first = hospital.record_payment(report)
    assert hospital.record_payment(report) == replace(first, repeated=True)
    assert len(booked(inspect, report)) == 1


def test_the_same_transfer_under_another_key_is_one_payment(
    hospital: HisProHospital, pay: Pay, inspect: Inspect
) -> None:
    report = pay()
    first = hospital.record_payment(report)
    again = hospital.record_payment(replace(report, idempotency_key=f"{report.idempotency_key}-other"))
    assert again == replace(first, repeated=True)
    assert len(booked(inspect, report)) == 1


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"amount_dong": 1}, "KEY_CONFLICT"),
        ({"provider_txn_id": "FT-another"}, "KEY_CONFLICT"),
        ({"amount_dong": 1, "idempotency_key": "another-1"}, "TRANSFER_CONFLICT"),
        ({"order_code": 7, "idempotency_key": "another-2"}, "TRANSFER_CONFLICT"),
    ],
)
def test_a_contradiction_changes_nothing(
    hospital: HisProHospital, pay: Pay, inspect: Inspect, change: dict[str, Any], word: str
) -> None:
    report = pay()
    hospital.record_payment(report)
    before = booked(inspect, report)
    with pytest.raises(OutsideFault, match=word) as caught:
        hospital.record_payment(replace(report, **change))
    assert caught.value.code is OutsideFaultCode.CONFLICT
    assert booked(inspect, report) == before


def test_money_for_a_visit_the_hospital_does_not_have_is_rejected(
    hospital: HisProHospital, pay: Pay, inspect: Inspect
) -> None:
    report = pay(his_visit_id="unknown")
    with pytest.raises(OutsideFault, match="TREATMENT_UNKNOWN") as caught:
        hospital.record_payment(report)
    assert caught.value.code is OutsideFaultCode.REJECTED
    assert booked(inspect, report) == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.HTTP_500, OutsideFaultCode.SERVER_ERROR),
        (Fault.DOWN, OutsideFaultCode.UNREACHABLE),
        (Fault.UNAUTHORIZED, OutsideFaultCode.AUTH),
        (Fault.BAD_ANSWER, OutsideFaultCode.BAD_ANSWER),
    ],
)
def test_a_failing_hospital_books_nothing(
    world: OutsideWorld, hospital: HisProHospital, pay: Pay, inspect: Inspect, fault: Fault, code: OutsideFaultCode
) -> None:
    report = pay()
    world.fault(System.HIS, fault)
    with pytest.raises(OutsideFault) as caught:
        hospital.record_payment(report)
    assert caught.value.code is code
    world.fault(System.HIS, Fault.NONE)
    assert booked(inspect, report) == []
    assert not hospital.record_payment(report).repeated


def test_an_answer_that_never_came_is_not_a_second_payment(
    world: OutsideWorld, hospital: HisProHospital, impatient_hospital: HisProHospital, pay: Pay, inspect: Inspect
) -> None:
    report = pay()
    world.fault(System.HIS, Fault.SLOW)
    with pytest.raises(OutsideFault) as caught:
        impatient_hospital.record_payment(report)
    assert caught.value.code is OutsideFaultCode.TIMEOUT
    world.fault(System.HIS, Fault.NONE)
    assert hospital.record_payment(report).repeated
    assert len(booked(inspect, report)) == 1


def test_what_was_booked_survives_a_power_cut(people: Path, tmp_path: Path, visit: Visit, pay: Pay) -> None:
    with OutsideWorld(people, state=tmp_path / "his.json") as world:
        hospital = HisProHospital(world.his_settings())
        report = pay(his_visit_id=hospital.register(visit()).visit_id)
        first = hospital.record_payment(report)
        world.restart(System.HIS)
        assert hospital.record_payment(report) == replace(first, repeated=True)
        hospital.close()


@pytest.mark.parametrize("data", [None, {}, {"TransactionCode": 7}, {"TransactionCode": "BL1", "IsRepeated": "no"}])
def test_answers_that_break_the_contract(script: Any, pay: Pay, data: object) -> None:
    adapter = HisProHospital(HisSettings(script.url, SecretStr("key")))
    script.say({"Success": True, "Data": data})
    with pytest.raises(OutsideFault, match="receipt") as caught:
        adapter.record_payment(pay())
    assert caught.value.code is OutsideFaultCode.BAD_ANSWER
    adapter.close()


def test_nothing_about_the_person_is_sent_or_logged(
    script: Any, pay: Pay, visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    adapter = HisProHospital(HisSettings(script.url, SecretStr("simulated-his-key")))
    script.say({"Success": True, "Data": {"TransactionCode": "BL1"}})
    report = pay()
    adapter.record_payment(report)
    ((path, body),) = script.asked
    assert path.endswith("/RecordKioskPayment")
    assert set(json.loads(body)["ApiData"]) == {
        "TreatmentCode",
        "OrderCode",
        "BankTransactionCode",
        "Amount",
        "VerdictCode",
        "IsExact",
        "TransactionTime",
    }
    for secret in ("HỢP LỆ", visit().patient.number, "simulated-his-key"):
        assert secret not in caplog.text
        assert secret not in body.decode()
    adapter.close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"idempotency_key": ""}, "idempotency key"),
        ({"his_visit_id": ""}, "names the visit"),
        ({"provider_txn_id": ""}, "the transfer"),
        ({"received_at": datetime(2026, 11, 24)}, "zone"),  # noqa: DTZ001 — that is what is refused
    ],
)
def test_a_report_that_names_too_little_is_not_made(pay: Pay, change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        pay(**change)
