"""Money: never arrives, arrives twice, the wrong amount, a bank that is away."""

from dataclasses import replace

import pytest

from his_adapter.faults import OutsideFaultCode
from his_adapter.model import PaymentState as Outside
from his_adapter.model import QrKind
from his_adapter.payment import order_code_of
from kiosk.app.services.payment import LISTEN_AFTER, PaymentService
from kiosk.flow import effects, events
from kiosk.flow.values import PaymentState, ScanWith
from records.errors import StoreError, StoreErrorCode
from records.journal import Journal
from records.tables import Payment, PaymentTransfer
from records.values import HisConfirmation

AMOUNT = 20_300


@pytest.fixture
def noted():
    """How often the service said that the hospital has something to hear."""
    return []


@pytest.fixture
def make(store, main, tasks, holder, heard, now, noted):
    """A payment service with this bank, or none."""
    return lambda bank: PaymentService(
        store, bank, main, tasks, heard.append, holder, now, noted=lambda: noted.append(True)
    )


@pytest.fixture
def service(make, bank, holder, visit_id):
    holder.present.visit_id = visit_id
    made = make(bank)
    made.request(effects.RequestPayment(1, AMOUNT))
    return made


def ask(service):
    """One round of asking the bank, as the thread does every second."""
    for watched in list(service._watched):
        service._look(watched)


def stored(store):
    with store.snapshot() as session:
        return session.query(Payment).one().state, session.query(PaymentTransfer).count()


def test_the_exact_amount_once_is_paid(service, bank, heard, store):
    assert isinstance(heard[0], events.PaymentRequested)
    assert heard[0].request.life_s == 300
    bank.pay(AMOUNT)
    ask(service)
    ask(service)
    assert heard[1:] == [events.PaymentSettled(1, PaymentState.PAID)], "told once however often it is asked"
    assert stored(store) == ("paid", 1)


@pytest.mark.parametrize(
    ("kind", "scan_with"),
    [(QrKind.VIETQR, ScanWith.BANK), (QrKind.MOMO, ScanWith.MOMO), (QrKind.PAGE, ScanWith.CAMERA)],
)
def test_the_patient_is_told_what_to_scan_with(make, bank, heard, holder, visit_id, kind, scan_with):
    create = bank.create
    bank.create = lambda request: replace(create(request), qr_kind=kind)
    holder.present.visit_id = visit_id
    make(bank).request(effects.RequestPayment(1, AMOUNT))
    assert heard[0].request.scan_with is scan_with


def test_transfer_codes_begin_as_the_hospital_chose(store, bank, main, tasks, heard, holder, now, visit_id):
    holder.present.visit_id = visit_id
    service = PaymentService(store, bank, main, tasks, heard.append, holder, now, lambda: None, prefix="BVA")
    service.request(effects.RequestPayment(1, AMOUNT))
    (intent,) = bank.orders.values()
    assert order_code_of(intent.purpose, "BVA") == intent.order_code


@pytest.mark.parametrize("amount", [AMOUNT - 1, AMOUNT + 1])
def test_a_wrong_amount_is_for_the_cashier(service, bank, heard, store, amount):
    bank.pay(amount)
    ask(service)
    assert heard[-1] == events.PaymentSettled(1, PaymentState.REVIEW)
    assert stored(store) == ("review", 1)


def test_money_that_comes_twice_is_kept_and_reviewed(service, bank, heard, store):
    bank.pay(AMOUNT)
    ask(service)
    bank.pay(AMOUNT, "T2")
    ask(service)
    assert heard[-1] == events.PaymentSettled(1, PaymentState.REVIEW)
    assert stored(store) == ("review", 2)


def test_money_that_the_provider_calls_late_is_for_the_cashier(service, bank, heard, store):
    """Closed there by hand: whoever keeps the order opens a case, and the two must not say different things."""
    bank.pay(AMOUNT)
    status = bank.status
    bank.status = lambda intent: replace(status(intent), state=Outside.LATE)
    ask(service)
    assert heard[-1] == events.PaymentSettled(1, PaymentState.REVIEW)
    assert stored(store) == ("review", 1)


def test_money_after_the_patient_chose_the_desk_is_not_lost(service, bank, heard, store):
    service.stop(1)
    assert bank.cancelled == 1
    assert stored(store) == ("cancelled", 0)
    bank.pay(AMOUNT)
    ask(service)
    assert stored(store) == ("review", 1)


def test_asking_ends_some_time_after_the_order(service, bank, now):
    now.pass_by(seconds=300 + LISTEN_AFTER.total_seconds() + 1)
    ask(service)
    assert service._watched == []


@pytest.mark.parametrize("fault", [OutsideFaultCode.TIMEOUT, OutsideFaultCode.UNREACHABLE, OutsideFaultCode.AUTH])
def test_without_the_bank_the_desk_takes_the_money(make, store, bank, holder, heard, visit_id, fault):
    bank.fault = fault
    holder.present.visit_id = visit_id
    make(bank).request(effects.RequestPayment(1, AMOUNT))
    assert heard == [events.PaymentSettled(1, PaymentState.PAY_LATER)]
    assert stored(store) == ("cancelled", 0)


def test_a_hospital_without_qr_payment_sends_to_the_desk(make, heard):
    make(None).request(effects.RequestPayment(1, AMOUNT))
    assert heard == [events.PaymentSettled(1, PaymentState.PAY_LATER)]


def test_an_order_is_on_disk_before_the_bank_hears_of_it(make, store, bank, holder, visit_id):
    seen = []
    create = bank.create

    def watching(request):
        with store.snapshot() as session:
            seen.append(session.query(Payment).one().order_code == str(request.order_code))
        return create(request)

    bank.create = watching
    holder.present.visit_id = visit_id
    make(bank).request(effects.RequestPayment(1, AMOUNT))
    assert seen == [True]


def test_money_that_was_faster_than_the_finger_is_paid_in_time(service, bank, heard, store):
    bank.pay(AMOUNT)
    service.stop(1)
    assert bank.cancelled == 1
    assert stored(store) == ("paid", 1), "noted before the order is closed, not as late"
    assert heard[-1] == events.PaymentSettled(1, PaymentState.PAID)
    ask(service)
    assert heard.count(heard[-1]) == 1, "the next question hears of the same money"


def test_the_bank_does_not_answer_the_cancellation_and_the_order_is_closed_all_the_same(service, bank, store):
    bank.fault = OutsideFaultCode.TIMEOUT
    service.stop(1)
    assert stored(store) == ("cancelled", 0)


def test_money_in_time_that_could_not_be_noted_while_cancelling_is_noted_later_as_paid(
    service, bank, heard, store, monkeypatch
):
    def full(notice):
        raise StoreError(StoreErrorCode.DISK_FULL, "SQLITE_FULL")

    bank.pay(AMOUNT)
    with monkeypatch.context() as patched:
        patched.setattr(service._payments, "record_payment", full)
        service.stop(1)
    assert stored(store) == ("waiting", 0)
    ask(service)
    assert stored(store) == ("paid", 1)
    assert heard[-1] == events.PaymentSettled(1, PaymentState.PAID)


def test_each_transfer_wakes_the_delivery_once(service, bank, noted):
    ask(service)
    assert noted == []
    bank.pay(AMOUNT)
    ask(service)
    ask(service)
    service.stop(1)
    assert len(noted) == 1
    bank.pay(AMOUNT, "T2")
    ask(service)
    assert len(noted) == 2


def test_orders_left_open_by_a_crash_are_asked_for_again(service, store, bank, main, tasks, heard, holder, now):
    bank.pay(AMOUNT)
    restarted = PaymentService(store, bank, main, tasks, heard.append, holder, now, lambda: None)
    restarted.resume()
    ask(restarted)
    assert stored(store)[:2] == ("paid", 1)
    assert heard[-1] == events.PaymentSettled(0, PaymentState.PAID), "recorded; no patient of ours hears of it"
    again = PaymentService(store, bank, main, tasks, heard.append, holder, now, lambda: None)
    again.resume()
    assert again._watched == [], "what is settled is not asked for"


def test_an_order_is_asked_about_again_with_its_own_times(service, store, bank, main, tasks, heard, holder, now):
    """VNPAY knows an order by when it was made, which follows from when it ends."""
    (made,) = bank.orders.values()
    now.pass_by(seconds=60)
    restarted = PaymentService(store, bank, main, tasks, heard.append, holder, now, lambda: None)
    restarted.resume()
    (watched,) = restarted._watched
    assert watched.intent == replace(made, intent_id="", qr_text="")


def test_an_order_of_an_earlier_version_ends_when_it_did(service, store, bank, main, tasks, heard, holder, now):
    (made,) = bank.orders.values()
    with store.transaction() as session:
        session.query(Payment).one().expires_at = None
    now.pass_by(seconds=60)
    restarted = PaymentService(store, bank, main, tasks, heard.append, holder, now, lambda: None)
    restarted.resume()
    assert restarted._watched[0].intent.expires_at == made.expires_at


def test_a_bill_has_the_hospitals_name_so_that_other_kiosks_know_it(make, bank, holder, visit_id, store):
    asked = []
    create = bank.create
    bank.create = lambda request: asked.append(request.bill_id) or create(request)
    holder.present.visit_id = visit_id
    make(bank).request(effects.RequestPayment(1, AMOUNT))
    Journal(store).confirm_registration(HisConfirmation(visit_id, "V1", "1", "P.203"))
    make(bank).request(effects.RequestPayment(1, AMOUNT))
    assert asked == [visit_id, "V1"]


def test_old_orders_are_left_to_the_cashier(service, store, bank, main, tasks, heard, holder, now):
    now.pass_by(days=1)
    restarted = PaymentService(store, bank, main, tasks, heard.append, holder, now, lambda: None)
    restarted.resume()
    assert restarted._watched == []


def test_an_order_the_bank_denies_is_not_asked_about_for_ever(service, bank, now):
    bank.fault = OutsideFaultCode.REJECTED
    now.pass_by(seconds=300 + LISTEN_AFTER.total_seconds() + 1)
    ask(service)
    assert service._watched == []


@pytest.mark.parametrize(("told", "noted_as"), [("", "sepay"), ("payos", "payos")])
def test_money_is_noted_with_the_name_of_whose_id_it_has(service, bank, store, monkeypatch, told, noted_as):
    """By the settings; a hub, which stands before several providers, says it itself."""
    service._provider_name = "sepay"
    honest = bank.status
    monkeypatch.setattr(bank, "status", lambda intent: replace(honest(intent), provider=told))
    bank.pay(AMOUNT)
    ask(service)
    with store.snapshot() as session:
        assert session.query(PaymentTransfer).one().provider == noted_as
