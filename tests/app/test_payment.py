"""Money: never arrives, arrives twice, the wrong amount, a bank that is away."""

import pytest

from his_adapter.faults import OutsideFaultCode
from kiosk.app.services.payment import LISTEN_AFTER, PaymentService
from kiosk.flow import effects, events
from kiosk.flow.values import PaymentState
from records.payments import Payments
from records.tables import Payment, PaymentTransfer

AMOUNT = 20_300


@pytest.fixture
def service(store, bank, main, tasks, holder, heard, now, visit_id):
    holder.present.visit_id = visit_id
    made = PaymentService(store, bank, main, tasks, heard.append, holder, now)
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
def test_without_the_bank_the_desk_takes_the_money(store, bank, main, tasks, holder, heard, now, visit_id, fault):
    bank.fault = fault
    holder.present.visit_id = visit_id
    PaymentService(store, bank, main, tasks, heard.append, holder, now).request(effects.RequestPayment(1, AMOUNT))
    assert heard == [events.PaymentSettled(1, PaymentState.PAY_LATER)]
    assert stored(store) == ("cancelled", 0)


def test_a_hospital_without_qr_payment_sends_to_the_desk(store, main, tasks, holder, heard, now):
    PaymentService(store, None, main, tasks, heard.append, holder, now).request(effects.RequestPayment(1, AMOUNT))
    assert heard == [events.PaymentSettled(1, PaymentState.PAY_LATER)]


def test_an_order_is_on_disk_before_the_bank_hears_of_it(store, bank, main, tasks, holder, heard, now, visit_id):
    seen = []
    create = bank.create

    def watching(request):
        with store.snapshot() as session:
            seen.append(session.query(Payment).one().order_code == str(request.order_code))
        return create(request)

    bank.create = watching
    holder.present.visit_id = visit_id
    PaymentService(store, bank, main, tasks, heard.append, holder, now).request(effects.RequestPayment(1, AMOUNT))
    assert seen == [True]
    assert Payments(store) is not None
