"""The hospital hears of money once, under its own id of the visit, and never before it has one."""

import threading
from datetime import timedelta

import pytest

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import BirthDate, PatientIdentity, RegistrationRequest, Sex, TransferVerdict
from kiosk.app.delivery import OutboxDelivery, registration_message
from kiosk.app.services.payment import PaymentService
from kiosk.flow import effects
from records.cipher import PlainCipher
from records.evidence import Evidence
from records.journal import Journal
from records.store import open_store
from records.tables import OutboxEntry, Payment
from records.values import (
    HIS_PAYMENT,
    HIS_REGISTER,
    NOT_REGISTERED,
    CheckInRecord,
    PatientFields,
    ReferralRecord,
    ServiceChoice,
)

AMOUNT = 20_300
KEY = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def delivery(store, hospital, now):
    return OutboxDelivery(store, hospital, now)


@pytest.fixture
def visit_record(now):
    """Visits whose registration can be delivered."""
    patient = PatientIdentity("001198990123", "NGUYỄN THỊ LAN", BirthDate(1998, 3, 14), Sex.FEMALE)

    def make(number):
        key = f"{number}{KEY[1:]}"
        return CheckInRecord(
            kiosk_id="k1",
            session_id=f"s{number}",
            patient=PatientFields(patient.full_name, patient.number, "1998-03-14", "female"),
            service=ServiceChoice("NOI", "Nội tổng hợp", "203"),
            number=f"T 00{number}",
            fee_dong=AMOUNT,
            message=registration_message(RegistrationRequest(key, patient, "NOI", "k1", now(), self_pay=True)),
            evidence=Evidence(),
            idempotency_key=key,
        )

    return make


@pytest.fixture
def visit_id(store, visit_record):
    """A recorded visit."""
    return Journal(store).record_check_in(visit_record(1)).visit_id


@pytest.fixture
def payment(store, bank, main, tasks, heard, holder, now, delivery, visit_id):
    """An amount was asked for; the patient stands before the QR."""
    holder.present.visit_id = visit_id
    service = PaymentService(store, bank, main, tasks, heard.append, holder, now, noted=delivery.wake)
    service.request(effects.RequestPayment(1, AMOUNT))
    return service


@pytest.fixture
def pay(payment, bank, now):
    """A little later money arrives and the bank is asked."""

    def arrive(amount=AMOUNT, txn="T1"):
        now.pass_by(seconds=20)
        bank.pay(amount, txn)
        for watched in list(payment._watched):
            payment._look(watched)

    return arrive


def entry(store, kind):
    with store.snapshot() as session:
        return session.query(OutboxEntry).filter_by(kind=kind).one()


def test_paid_is_told_once(store, bank, hospital, delivery, visit_id, pay):
    delivery.deliver_visit(visit_id)
    pay()
    delivery.deliver_all()
    pay()
    delivery.deliver_all()
    ((key, report),) = hospital.payments.items()
    assert key == entry(store, HIS_PAYMENT).idempotency_key
    (order,) = bank.orders
    assert (report.his_visit_id, report.order_code, report.amount_dong) == ("V1", order, AMOUNT)
    assert (report.verdict, report.received_at) == (TransferVerdict.EXACT, bank.transfers[0].received_at)
    assert delivery.pending() == 0
    assert hospital.calls == 2, "one registration, one payment"


def test_money_for_the_cashier_is_told_as_such(hospital, delivery, visit_id, pay):
    delivery.deliver_visit(visit_id)
    pay(AMOUNT - 1)
    delivery.deliver_all()
    (report,) = hospital.payments.values()
    assert (report.verdict, report.amount_dong) == (TransferVerdict.UNDERPAID, AMOUNT - 1)


@pytest.mark.parametrize(
    "fault", [OutsideFaultCode.UNREACHABLE, OutsideFaultCode.TIMEOUT, OutsideFaultCode.SERVER_ERROR]
)
def test_a_hospital_that_is_away_hears_of_the_money_later_with_the_same_key(
    store, hospital, delivery, visit_id, pay, now, fault
):
    delivery.deliver_visit(visit_id)
    hospital.fault = fault
    pay()
    delivery.deliver_all()
    assert hospital.payments == {}
    assert entry(store, HIS_PAYMENT).last_error_code == fault.value
    hospital.fault = None
    now.pass_by(minutes=10)
    delivery.deliver_all()
    delivery.deliver_all()
    assert list(hospital.payments) == [entry(store, HIS_PAYMENT).idempotency_key]
    assert delivery.pending() == 0


def test_killed_after_the_hospital_heard_the_money_is_not_booked_twice(
    store, hospital, delivery, visit_id, pay, now, monkeypatch
):
    class Killed(BaseException):
        """Stands for SIGKILL at this instruction."""

    heard = hospital.record_payment

    def dies_after(report):
        heard(report)
        raise Killed

    delivery.deliver_visit(visit_id)
    pay()
    with monkeypatch.context() as patched:
        patched.setattr(hospital, "record_payment", dies_after)
        with pytest.raises(Killed):
            delivery.deliver_all()
    restarted = OutboxDelivery(store, hospital, now)
    assert restarted.pending() == 1
    restarted.deliver_all()
    assert restarted.pending() == 0
    assert len(hospital.payments) == 1


def test_money_waits_for_the_registration_and_follows_it(store, hospital, delivery, pay, now):
    hospital.fault = OutsideFaultCode.UNREACHABLE
    pay()
    delivery.deliver_all()
    waiting = entry(store, HIS_PAYMENT)
    assert (waiting.attempts, waiting.dead) == (0, False), "its turn has not come"
    assert hospital.calls == 1
    assert delivery.pending() == 2
    hospital.fault = None
    now.pass_by(minutes=10)
    delivery.deliver_all()
    delivery.deliver_all()
    assert [report.his_visit_id for report in hospital.payments.values()] == ["V1"]
    assert delivery.pending() == 0


def test_the_waiting_patient_gets_the_registrations_answer_whatever_becomes_of_the_money(
    hospital, delivery, visit_id, pay
):
    pay()
    assert delivery.deliver_visit(visit_id).visit_id == "V1"
    assert hospital.payments == {}, "the patient does not wait for it"
    assert delivery.pending() == 1


@pytest.mark.parametrize("code", [OutsideFaultCode.REJECTED, OutsideFaultCode.CONFLICT])
def test_a_no_is_kept_for_a_person_and_not_repeated(store, hospital, delivery, visit_id, pay, now, code):
    delivery.deliver_visit(visit_id)
    hospital.fault = code
    pay()
    delivery.deliver_all()
    refused = entry(store, HIS_PAYMENT)
    assert (refused.dead, refused.last_error_code) == (True, code.value)
    calls = hospital.calls
    now.pass_by(days=1)
    delivery.deliver_all()
    assert hospital.calls == calls


def test_money_for_a_visit_the_counter_registers_is_for_a_person_too(store, hospital, delivery, pay):
    hospital.fault = OutsideFaultCode.DUPLICATE_PATIENT
    pay()
    delivery.deliver_all()
    Journal(store).record_referral(ReferralRecord("k1", "s1", "duplicate_patient"))
    hospital.fault = None
    delivery.deliver_all()
    left = entry(store, HIS_PAYMENT)
    assert (left.dead, left.last_error_code) == (True, NOT_REGISTERED)
    assert hospital.payments == {}
    with store.snapshot() as session:
        assert session.query(Payment).one().state == "paid", "what arrived is not forgotten"


def change(store, of_kind, **values):
    with store.transaction() as session:
        session.query(OutboxEntry).filter_by(kind=of_kind).update(values)


@pytest.mark.parametrize("kind", [HIS_REGISTER, HIS_PAYMENT])
def test_an_entry_nobody_can_read_is_for_a_person(store, hospital, delivery, visit_id, pay, kind):
    if kind == HIS_PAYMENT:
        delivery.deliver_visit(visit_id)
    pay()
    change(store, kind, payload='{"v": 1}')
    delivery.deliver_all()
    assert (entry(store, kind).dead, entry(store, kind).last_error_code) == (True, "unreadable")
    assert hospital.payments == {}


def test_an_entry_of_a_later_version_waits_for_it(store, hospital, delivery, pay):
    pay()
    change(store, HIS_PAYMENT, kind="his.tomorrow")
    delivery.deliver_all()
    waiting = entry(store, "his.tomorrow")
    assert (waiting.dead, waiting.last_error_code) == (False, "unknown_kind")


def test_money_wakes_the_sleeping_delivery(hospital, delivery, visit_id, pay, monkeypatch):
    monkeypatch.setattr("kiosk.app.delivery.PAUSE_S", None)  # sleeps until it is woken
    told = threading.Event()
    record = hospital.record_payment

    def telling(report):
        told.set()
        return record(report)

    monkeypatch.setattr(hospital, "record_payment", telling)
    delivery.deliver_visit(visit_id)
    delivery.start()
    pay()
    assert told.wait(30)
    delivery.close()
    assert len(hospital.payments) == 1


def test_a_patient_does_not_wait_behind_a_hospital_that_hangs(store, hospital, now, monkeypatch, visit_id):
    monkeypatch.setattr("kiosk.app.delivery.PATIENCE_S", 0.01)
    delivery = OutboxDelivery(store, hospital, now)
    with delivery._one_at_a_time["his"]:
        assert delivery.deliver_visit(visit_id) is OutsideFaultCode.TIMEOUT
    assert hospital.calls == 0
    assert delivery.pending() == 1, "the outbox still has it"


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyError("a bug")])
@pytest.mark.parametrize(("kind", "call"), [(HIS_REGISTER, "register"), (HIS_PAYMENT, "record_payment")])
def test_a_bug_behind_the_call_is_no_word_of_the_hospital(
    store, hospital, delivery, pay, visit_id, now, monkeypatch, kind, call, error
):
    """It may have done what it was asked: giving up would send to the counter whom the hospital has."""
    heard = getattr(hospital, call)

    def stumbles_over_the_answer(request):
        heard(request)
        raise error

    pay()
    with monkeypatch.context() as patched:
        patched.setattr(hospital, call, stumbles_over_the_answer)
        if kind == HIS_REGISTER:
            assert delivery.deliver_visit(visit_id) is OutsideFaultCode.UNREACHABLE
        delivery.deliver_all()
    assert (entry(store, kind).dead, entry(store, kind).last_error_code) == (False, "bug")
    now.pass_by(minutes=10)
    delivery.deliver_all()
    assert delivery.pending() == 0
    assert (len(hospital.visits), len(hospital.payments)) == (1, 1)


def test_what_should_follow_and_cannot_be_made_leaves_the_visit_registered(store, hospital, now, visit_id):
    def follow(*_):
        raise KeyError("a bug")

    delivery = OutboxDelivery(store, hospital, now, follow=follow)
    assert delivery.deliver_visit(visit_id).visit_id == "V1"
    assert delivery.pending() == 0


def test_a_clock_set_back_in_the_middle_of_a_round_wears_no_call_out(store, hospital, delivery, visit_id, now):
    hospital.fault = OutsideFaultCode.SERVER_ERROR
    register = hospital.register

    def set_back(request):
        now.pass_by(hours=-1)
        return register(request)

    hospital.register = set_back
    delivery.deliver_all()
    assert hospital.calls == 1
    assert entry(store, HIS_REGISTER).attempts == 1


def test_a_clock_that_ran_ahead_for_a_while_keeps_no_visit_back(store, hospital, delivery, visit_id, now):
    now.pass_by(days=3650)
    hospital.fault = OutsideFaultCode.UNREACHABLE
    delivery.deliver_all()
    now.pass_by(days=-3650)
    hospital.fault = None
    now.pass_by(minutes=10)
    delivery.deliver_all()
    assert delivery.pending() == 0


def test_a_clock_set_back_does_not_silence_a_destination(store, hospital, visit_id, now):
    hospital.fault = OutsideFaultCode.SERVER_ERROR
    delivery = OutboxDelivery(store, hospital, now, gaps={"his": timedelta(seconds=5)})
    delivery.deliver_all()
    hospital.fault = None
    now.pass_by(hours=-7)
    delivery.deliver_all()
    assert delivery.pending() == 0


@pytest.mark.parametrize("code", list(OutsideFaultCode))
def test_what_is_asked_again_is_what_the_fault_says(store, hospital, delivery, visit_id, code):
    """An answer nobody understood came after the question: the hospital may have the visit."""
    hospital.fault = code
    delivery.deliver_visit(visit_id)
    assert entry(store, HIS_REGISTER).dead is not OutsideFault(code, "his").retryable
    assert OutsideFault(OutsideFaultCode.BAD_ANSWER, "his").retryable


def test_a_visit_whose_data_was_erased_stands_in_nobodys_way(tmp_path, hospital, now, visit_record):
    class Erased(PlainCipher):
        """Deleting a record's key is how its personal data is erased."""

        gone: str = ""

        def unseal(self, record_id: str, field: str, stored: str) -> str:
            if record_id == self.gone:
                raise KeyError("no such key")
            return stored

    cipher = Erased()
    with open_store(tmp_path / "sealed.db", clock=now, cipher=cipher) as store:
        first, second = (Journal(store).record_check_in(visit_record(number)).visit_id for number in (1, 2))
        cipher.gone = first
        OutboxDelivery(store, hospital, now).deliver_all()
        assert len(hospital.visits) == 1
        with store.snapshot() as session:
            dead = session.query(OutboxEntry).filter_by(dead=True).one()
        assert (dead.visit_id, dead.last_error_code) == (first, "unreadable")
        assert Journal(store).registration_of(second).his_visit_id == "V1"
