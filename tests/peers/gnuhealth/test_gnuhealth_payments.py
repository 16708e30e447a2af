"""Money in GNU Health's own books: what is invoiced, posted and paid, and what is left to the cashier."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from his_adapter.clock import now
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.gnuhealth import payments
from his_adapter.model import Registration, TransferVerdict
from his_adapter.simulation.fault_plan import Mishap
from tests.his_adapter.contract.hospital_bench import Person, insured, paid, visit_of
from tests.peers.gnuhealth.bench import GnuHealthBench
from tests.peers.gnuhealth.steps import Steps


def registered(bench: GnuHealthBench, **others: object) -> Registration:
    patient = Person()()
    return bench.kiosk.register(visit_of(patient, bench.service, **(others or insured(patient))))


def test_an_exact_transfer_settles_the_invoice(bench: GnuHealthBench) -> None:
    done = registered(bench)
    report = paid(done.visit_id, done.fee_dong)
    receipt = bench.adapter().record_payment(report)
    fields = ("number", "state", "total_amount", "amount_to_pay", "invoice_date", "comment")
    (invoice,) = bench.invoices(done.visit_id, *fields)
    assert (invoice["number"], invoice["state"]) == (receipt.receipt_number, "paid")
    assert (invoice["total_amount"], invoice["amount_to_pay"]) == (Decimal(10_120), Decimal(0))
    assert invoice["invoice_date"] == now().date()
    (move,) = bench.read("account.move", [["description", "like", f"%{report.provider_txn_id}%"]], "date", "state")
    assert (move["date"], move["state"]) == (report.received_at.date(), "posted")


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (TransferVerdict.UNDERPAID, "THIẾU TIỀN"),
        (TransferVerdict.OVERPAID, "THỪA TIỀN"),
        (TransferVerdict.LATE, "ĐẾN MUỘN"),
    ],
)
def test_what_does_not_fit_waits_for_the_cashier(bench: GnuHealthBench, verdict: TransferVerdict, words: str) -> None:
    done = registered(bench)
    report = paid(done.visit_id, done.fee_dong + (0 if verdict is TransferVerdict.LATE else 500), verdict)
    assert bench.adapter().record_payment(report).receipt_number == ""
    assert bench.adapter().record_payment(report).repeated
    (invoice,) = bench.invoices(done.visit_id, "state", "comment")
    assert invoice["state"] == "draft"
    assert invoice["comment"].count(words) == 1
    assert bench.paid(done.visit_id) == []


def test_a_second_transfer_is_noted_on_the_settled_invoice(bench: GnuHealthBench) -> None:
    done = registered(bench)
    hospital = bench.adapter()
    hospital.record_payment(paid(done.visit_id, done.fee_dong))
    second = paid(done.visit_id, done.fee_dong, TransferVerdict.DUPLICATE)
    assert hospital.record_payment(second).receipt_number == ""
    (invoice,) = bench.invoices(done.visit_id, "state", "comment")
    assert (invoice["state"], invoice["comment"].count("CHUYỂN HAI LẦN")) == ("paid", 1)
    assert bench.paid(done.visit_id) == [done.fee_dong]


def test_a_price_that_differs_settles_nothing(bench: GnuHealthBench) -> None:
    """Exact for the kiosk, another amount for GNU Health: the hospital has changed its price meanwhile."""
    done = registered(bench)
    assert bench.adapter().record_payment(paid(done.visit_id, done.fee_dong + 1)).receipt_number == ""
    (invoice,) = bench.invoices(done.visit_id, "state", "comment")
    assert invoice["state"] == "draft"
    assert "SỐ TIỀN KHÁC HOÁ ĐƠN" in invoice["comment"]


def test_a_visit_that_costs_nothing_is_settled_by_nothing(bench: GnuHealthBench) -> None:
    patient = Person()()
    done = bench.adapter().register(visit_of(patient, bench.service, **insured(patient, "100")))
    assert done.fee_dong == 0


def test_one_transfer_for_two_visits_is_a_conflict(bench: GnuHealthBench) -> None:
    one, other = registered(bench), registered(bench)
    report = paid(one.visit_id, one.fee_dong)
    hospital = bench.adapter()
    hospital.record_payment(report)
    for again in (
        replace(report, his_visit_id=other.visit_id, idempotency_key=f"{report.idempotency_key}-other"),
        replace(report, his_visit_id=other.visit_id, provider_txn_id=f"{report.provider_txn_id}-other"),
    ):
        with pytest.raises(OutsideFault) as caught:
            hospital.record_payment(again)
        assert caught.value.code is OutsideFaultCode.CONFLICT
    assert bench.paid(other.visit_id) == []


def test_an_invoice_the_cashier_has_settled_is_not_taken_for_ours(bench: GnuHealthBench) -> None:
    """Cash at the counter, while the transfer is on its way."""
    done = registered(bench)
    service = bench.service_of(done.visit_id)
    invoice = bench.invoice_by_hand(service)
    bench.pay_by_hand(invoice, done.fee_dong)
    report = paid(done.visit_id, done.fee_dong)
    for _ in range(2):
        assert bench.adapter().record_payment(report).receipt_number == ""
    (row,) = bench.invoices(done.visit_id, "comment", "state")
    assert row["state"] == "paid"
    assert row["comment"].count("ĐÃ THU BẰNG CÁCH KHÁC") == 1
    assert bench.paid(done.visit_id) == [done.fee_dong]


def test_a_day_that_has_not_come_to_the_server_is_waited_for(
    bench: GnuHealthBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until 7 in the morning, where the company has no time zone: the money is booked later, not given up."""
    done = registered(bench)
    hospital = bench.adapter()
    report = paid(done.visit_id, done.fee_dong)
    with monkeypatch.context() as early:
        early.setattr(payments, "now", lambda: now() + timedelta(days=1))
        with pytest.raises(OutsideFault) as caught:
            hospital.record_payment(report)
    assert caught.value.code is OutsideFaultCode.SERVER_ERROR
    assert "time zone" in caught.value.detail
    assert bench.paid(done.visit_id) == []
    assert hospital.record_payment(report).receipt_number
    assert bench.paid(done.visit_id) == [done.fee_dong]


def test_an_invoice_the_cashier_has_made_is_paid(bench: GnuHealthBench) -> None:
    done = registered(bench)
    bench.invoice_by_hand(bench.service_of(done.visit_id))
    assert bench.adapter().record_payment(paid(done.visit_id, done.fee_dong)).receipt_number
    assert bench.paid(done.visit_id) == [done.fee_dong]


def test_four_kiosks_with_one_transfer_pay_once(bench: GnuHealthBench) -> None:
    done = registered(bench)
    report = paid(done.visit_id, done.fee_dong)
    hospitals = [bench.adapter() for _ in range(4)]
    with ThreadPoolExecutor(4) as kiosks:
        futures = [kiosks.submit(hospital.record_payment, report) for hospital in hospitals]
    faults = [future.exception() for future in futures if future.exception() is not None]
    assert all(isinstance(fault, OutsideFault) and fault.retryable for fault in faults), faults
    receipts = {future.result().receipt_number for future in futures if future.exception() is None}
    receipts.add(bench.adapter().record_payment(report).receipt_number)
    assert len(receipts) == 1
    assert "" not in receipts
    assert bench.paid(done.visit_id) == [done.fee_dong]
    (invoice,) = bench.invoices(done.visit_id, "comment")
    assert invoice["comment"].count(report.provider_txn_id) == 1


def test_cut_off_after_any_step_a_payment_heals_with_its_key(bench: GnuHealthBench, steps: Steps) -> None:
    """After each thing that GNU Health does: its answer is lost, and so is the kiosk."""
    hospital = bench.adapter()
    first = registered(bench)
    report = paid(first.visit_id, first.fee_dong)
    hospital.list_services()
    whole = steps.of(lambda: hospital.record_payment(report))
    assert len(whole) >= 4  # the invoice made, the transfer noted, the invoice posted and paid
    for step in whole:
        done = registered(bench)
        report = paid(done.visit_id, done.fee_dong)
        bench.plan.next(*[Mishap.NONE] * step, Mishap.DROP_AFTER_SEND)
        with pytest.raises(OutsideFault) as caught:
            hospital.record_payment(report)
        assert caught.value.code is OutsideFaultCode.TIMEOUT
        receipt = hospital.record_payment(report)
        assert bench.paid(done.visit_id) == [done.fee_dong]
        (invoice,) = bench.invoices(done.visit_id, "number", "state", "comment")
        assert (invoice["number"], invoice["state"]) == (receipt.receipt_number, "paid")
        assert invoice["comment"].count(report.provider_txn_id) == 1
