"""Money that arrived is told to the hospital system: promised with the transfer, once, and told when it can be."""

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

from records.errors import StoreError, StoreErrorCode
from records.journal import Journal
from records.outbox import Delivered, DeliveryReport, DeliveryResult, Outbox, OutboxItem, Refused, deliver_due
from records.payments import Payments
from records.reading import visit_behind
from records.store import Store, open_store
from records.tables import OutboxEntry, Payment, PaymentTransfer
from records.transfer_report import TransferReport, dump_report, load_report
from records.values import (
    HIS_PAYMENT,
    HIS_REGISTER,
    NOT_REGISTERED,
    CheckInRecord,
    HisConfirmation,
    PaymentIntent,
    PaymentState,
    RecordedVisit,
    ReferralRecord,
    RegistrationStanding,
    TransferNotice,
    TransferVerdict,
)

MakeCheckIn = Callable[..., CheckInRecord]
FEE = 150_000
ORDER = "1234567"
BANK_TIME = datetime(2026, 11, 24, 8, 31, 5, tzinfo=timezone(timedelta(hours=7)))
NOTICE = TransferNotice(ORDER, "FT1", FEE, BANK_TIME)


@pytest.fixture
def payments(store: Store) -> Payments:
    return Payments(store)


@pytest.fixture
def visit(journal: Journal, payments: Payments, check_in: MakeCheckIn) -> RecordedVisit:
    """Recorded here, not yet confirmed, with an amount asked for."""
    proof = journal.record_check_in(check_in())
    payments.record_payment_intent(PaymentIntent("intent-1", ORDER, proof.visit_id, FEE))
    return proof


def promised(store: Store) -> list[OutboxEntry]:
    """Calls about money that are neither made nor given up, whether or not their turn has come."""
    waiting = select(OutboxEntry).where(OutboxEntry.kind == HIS_PAYMENT, OutboxEntry.delivered_at.is_(None))
    with store.snapshot() as session:
        return list(session.scalars(waiting.where(OutboxEntry.dead.is_(False))))


def told(store: Store) -> list[TransferReport]:
    return [load_report(item.payload) for item in promised(store)]


def confirmation(visit: RecordedVisit) -> HisConfirmation:
    return HisConfirmation(visit.visit_id, "HIS-1", "205", "P.301")


def test_a_paid_order_promises_a_call_with_everything_but_the_person(
    store: Store, payments: Payments, visit: RecordedVisit, check_in: MakeCheckIn
) -> None:
    payments.record_payment(NOTICE)
    (item,) = promised(store)
    assert load_report(item.payload) == TransferReport(
        visit.visit_id, ORDER, "FT1", FEE, TransferVerdict.EXACT, BANK_TIME.astimezone(UTC)
    )
    assert item.visit_id == visit.visit_id
    assert item.idempotency_key != visit.idempotency_key
    person = check_in().patient
    for secret in (person.full_name, person.number, person.birth_date):
        assert secret not in item.payload


@pytest.mark.parametrize(
    ("amount", "closed", "verdict"),
    [
        (FEE - 1, None, TransferVerdict.UNDERPAID),
        (FEE + 1, None, TransferVerdict.OVERPAID),
        (FEE, PaymentState.CANCELLED, TransferVerdict.LATE),
        (FEE, PaymentState.EXPIRED, TransferVerdict.LATE),
    ],
)
def test_money_for_the_cashier_is_told_as_such(
    store: Store,
    payments: Payments,
    visit: RecordedVisit,
    amount: int,
    closed: PaymentState | None,
    verdict: TransferVerdict,
) -> None:
    if closed is not None:
        payments.close_intent("intent-1", closed)
    payments.record_payment(TransferNotice(ORDER, "FT1", amount))
    (report,) = told(store)
    assert (report.amount_dong, report.verdict, report.received_at) == (amount, verdict, store.now())


def test_one_call_for_a_transfer_however_often_it_is_told(
    store: Store, payments: Payments, visit: RecordedVisit
) -> None:
    for notice in (NOTICE, NOTICE, replace(NOTICE, amount_dong=1), NOTICE):
        payments.record_payment(notice)
    (item,) = promised(store)
    Outbox(store).mark_delivered(item.id, store.now())
    payments.record_payment(NOTICE)
    assert promised(store) == []


def test_a_second_transfer_has_a_call_of_its_own(store: Store, payments: Payments, visit: RecordedVisit) -> None:
    payments.record_payment(NOTICE)
    payments.record_payment(TransferNotice(ORDER, "FT2", FEE))
    assert {(report.provider_txn, report.verdict) for report in told(store)} == {
        ("FT1", TransferVerdict.EXACT),
        ("FT2", TransferVerdict.DUPLICATE),
    }
    assert len({item.idempotency_key for item in promised(store)}) == 2


def test_money_for_no_order_of_ours_has_no_visit_to_tell_of(
    store: Store, payments: Payments, visit: RecordedVisit
) -> None:
    payments.record_payment(TransferNotice("999", "FT9", FEE))
    assert promised(store) == []
    with store.snapshot() as session:
        assert session.scalar(select(func.count()).select_from(PaymentTransfer)) == 1


def test_killed_at_any_statement_the_transfer_and_its_call_are_both_there_or_neither(
    tmp_path: Path, check_in: MakeCheckIn
) -> None:
    kills = 0
    while True:
        path = tmp_path / f"{kills}.db"
        with open_store(path) as store:
            visit_id = Journal(store).record_check_in(check_in()).visit_id
            Payments(store).record_payment_intent(PaymentIntent("intent-1", ORDER, visit_id, FEE))
        child = os.fork()
        if child == 0:
            try:
                _record_and_die(path, kills)
            finally:
                os._exit(99)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with open_store(path) as store:
            with store.snapshot() as session:
                found = session.scalar(select(func.count()).select_from(PaymentTransfer)) or 0
                paid = session.scalars(select(Payment.state)).one() is PaymentState.PAID
            assert len(promised(store)) == found == int(paid), f"half written when killed at point {kills}"
            Payments(store).record_payment(NOTICE)
            assert [report.verdict for report in told(store)] == [TransferVerdict.EXACT]
        if code == 0:
            break
        assert code == -signal.SIGKILL
        kills += 1
    assert kills >= 6, "the kills must have hit every part of the work"


def _record_and_die(path: Path, at: int) -> None:
    """Record the notice in this process and be killed before statement number `at`; exit 0 when there is none."""
    seen = 0

    def maybe_die(*_: object) -> None:
        nonlocal seen
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)
        seen += 1

    store = open_store(path)
    event.listen(store._reading, "before_cursor_execute", maybe_die)
    event.listen(store._reading, "commit", maybe_die)
    Payments(store).record_payment(NOTICE)
    os._exit(0)


def test_the_confirmation_of_the_visit_does_not_pass_for_the_telling_of_the_money(
    store: Store, journal: Journal, payments: Payments, visit: RecordedVisit
) -> None:
    payments.record_payment(NOTICE)
    (item,) = promised(store)
    Outbox(store).mark_failed(item.id, NOT_REGISTERED, store.now(), permanent=True)
    assert promised(store) == []
    journal.confirm_registration(confirmation(visit))
    assert [report.provider_txn for report in told(store)] == ["FT1"], "due at once: what it waited for is here"
    assert [item.kind for item in Outbox(store).due(store.now())] == [HIS_PAYMENT]
    journal.confirm_registration(confirmation(visit))
    assert len(promised(store)) == 1


def test_the_money_is_told_in_the_round_that_registers_the_visit(
    store: Store, payments: Payments, journal: Journal, visit: RecordedVisit, clock: Callable[[], datetime]
) -> None:
    clock.advance(seconds=9)  # type: ignore[attr-defined]
    payments.record_payment(NOTICE)
    asked = []

    def deliver(item: OutboxItem) -> DeliveryResult:
        asked.append(item.kind)
        if item.kind == HIS_REGISTER:
            return Delivered(confirmation(visit))
        assert journal.registration_of(item.visit_id).his_visit_id == "HIS-1"
        return Delivered()

    assert deliver_due(store, deliver, store.now()) == DeliveryReport(delivered=2)
    assert asked == [HIS_REGISTER, HIS_PAYMENT]


def test_where_a_registration_stands(store: Store, journal: Journal, visit: RecordedVisit) -> None:
    assert journal.registration_of(visit.visit_id) == RegistrationStanding(None, given_up=False)
    deliver_due(store, lambda _: Refused("duplicate_patient"), store.now())
    assert journal.registration_of(visit.visit_id) == RegistrationStanding(None, given_up=True)
    journal.confirm_registration(confirmation(visit))
    assert journal.registration_of(visit.visit_id) == RegistrationStanding("HIS-1", given_up=False)
    with pytest.raises(StoreError) as caught:
        journal.registration_of("nobody")
    assert caught.value.code is StoreErrorCode.NOT_FOUND


def test_a_visit_that_goes_to_the_counter_takes_its_registration_back_but_not_its_money(
    store: Store, journal: Journal, payments: Payments, visit: RecordedVisit, check_in: MakeCheckIn
) -> None:
    payments.record_payment(NOTICE)
    record = check_in()
    journal.record_referral(ReferralRecord(record.kiosk_id, record.session_id, "card_removed", record.patient))
    assert [item.kind for item in Outbox(store).due(store.now())] == [HIS_PAYMENT]
    assert journal.registration_of(visit.visit_id).given_up


def test_the_console_and_a_repeated_check_in_speak_of_the_registration_only(
    store: Store, journal: Journal, payments: Payments, visit: RecordedVisit, check_in: MakeCheckIn
) -> None:
    payments.record_payment(NOTICE)
    (item,) = promised(store)
    Outbox(store).mark_failed(item.id, NOT_REGISTERED, store.now(), permanent=True)
    shown = visit_behind(store, "k1", visit.log_seq)
    assert shown is not None
    assert (shown.delivery_attempts, shown.delivery_error) == (0, None)
    with store.snapshot() as session:
        assert session.scalar(select(func.count()).select_from(OutboxEntry)) == 2
    assert journal.record_check_in(check_in()) == replace(visit, replayed=True)


REPORT = TransferReport(
    "visit-1", ORDER, "FT1", FEE, TransferVerdict.EXACT, datetime(2026, 11, 24, tzinfo=UTC), "sepay"
)


def test_a_report_is_canonical_text_and_back() -> None:
    text = dump_report(REPORT)
    assert text == (
        '{"amount_dong":150000,"order":"1234567","provider":"sepay","received_at":"2026-11-24T00:00:00+00:00",'
        '"txn":"FT1","v":1,"verdict":"exact","visit":"visit-1"}'
    )
    assert load_report(text) == REPORT
    with pytest.raises(ValueError, match="zone"):
        replace(REPORT, received_at=datetime(2026, 11, 24))  # noqa: DTZ001 — that is what is refused


def test_a_report_of_an_earlier_version_does_not_name_the_provider() -> None:
    told = json.loads(dump_report(REPORT))
    del told["provider"]
    assert load_report(json.dumps(told)) == replace(REPORT, provider="")


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"amount_dong": "1"},
        {"verdict": "fine"},
        {"received_at": "2026-11-24T00:00:00"},
        {"txn": None},
        {"provider": 1},
    ],
)
def test_a_text_that_is_no_report_is_refused_without_quoting_it(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"^not a transfer report$"):
        load_report(json.dumps(json.loads(dump_report(REPORT)) | change))
    with pytest.raises(ValueError, match=r"^not a transfer report$"):
        load_report("{")
