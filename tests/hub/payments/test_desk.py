"""Orders of several kiosks at one desk: a bill has one that is open, and no money is forgotten."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from sqlalchemy import select

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import PaymentIntent, PaymentNotice, PaymentState, PaymentStatus, Transfer
from his_adapter.payment import ProviderName, provider_for
from his_adapter.ports import PaymentProvider
from his_adapter.simulation import Fault, OutsideWorld, System
from hub.database import open_hub_database
from hub.payments.review import ReviewDesk
from hub.payments.service import Payments
from hub.payments.settings import PaymentsSettings
from hub.payments.tables import PaymentOrder
from hub.payments.watch import LISTEN_AFTER
from records.outbox_desk import Operator
from records.store import Store
from tests.hub.payments.money_hub import AMOUNT, Clock, bill, recorded

Open = Callable[..., Payments]


@pytest.fixture
def own(hub_path: Path, clock_ahead: Clock) -> Iterator[Store]:
    with open_hub_database(hub_path, clock=clock_ahead) as store:
        yield store


@pytest.fixture
def open_payments(own: Store, world: OutsideWorld, clock_ahead: Clock) -> Iterator[Open]:
    """A desk over this database; nothing runs by itself."""
    opened: list[PaymentProvider] = []

    def make(chosen: ProviderName = ProviderName.SEPAY, *, without: ProviderName | None = None) -> Payments:
        accounts = {
            "payos": world.payment_settings(),
            "sepay": world.sepay_settings(),
            "vnpay": world.vnpay_settings(),
            "momo": world.momo_settings(),
        }
        accounts = {name: account for name, account in accounts.items() if name != without}
        settings = PaymentsSettings(chosen, poll_interval_s=0.0, **accounts)  # type: ignore[arg-type]
        providers = {name: provider_for(account, clock=clock_ahead) for name, account in settings.accounts.items()}
        opened.extend(providers.values())
        return Payments(own, settings, providers, CollectorRegistry())

    yield make
    for provider in opened:
        provider.close()


@pytest.fixture
def payments(open_payments: Open) -> Payments:
    return open_payments()


def state_of(own: Store, intent: PaymentIntent) -> PaymentState:
    with own.snapshot() as session:
        state = session.scalar(select(PaymentOrder.state).where(PaymentOrder.order_code == intent.order_code))
    assert state is not None
    return state


# one order for each bill


@pytest.mark.parametrize("provider", list(ProviderName))
def test_another_kiosks_order_for_the_same_bill_closes_the_first(
    open_payments: Open, world: OutsideWorld, own: Store, provider: ProviderName
) -> None:
    payments = open_payments(provider)
    first = payments.desk.create(bill(bill_id="V1"))
    second = payments.desk.create(bill(bill_id="V1"))
    assert state_of(own, first) is PaymentState.CANCELLED
    world.pay_qr(first.qr_text)  # the patient had photographed the first code
    assert payments.desk.status(first).state is PaymentState.LATE
    assert payments.desk.status(second).state is PaymentState.WAITING
    other = payments.desk.create(bill(bill_id="V2"))
    assert payments.desk.status(other).state is PaymentState.WAITING


@pytest.mark.parametrize("amount", [AMOUNT, AMOUNT - 1])
def test_a_bill_whose_money_came_is_not_asked_again(payments: Payments, world: OutsideWorld, amount: int) -> None:
    world.pay_qr(payments.desk.create(bill(bill_id="V1")).qr_text, amount)
    with pytest.raises(OutsideFault) as caught:
        payments.desk.create(bill(bill_id="V1"))
    assert (caught.value.code, caught.value.system) == (OutsideFaultCode.CONFLICT, "bill")


def test_the_same_order_sent_again_closes_nothing(payments: Payments, own: Store) -> None:
    request = bill(bill_id="V1")
    first = payments.desk.create(request)
    assert payments.desk.create(request) == first
    second = payments.desk.create(bill(bill_id="V1"))
    assert payments.desk.create(request) == first, "a question that was on its way for long"
    assert state_of(own, second) is PaymentState.WAITING


def test_an_order_code_stands_for_one_bill(payments: Payments) -> None:
    request = bill(bill_id="V1")
    payments.desk.create(request)
    for other in (replace(request, bill_id="V2"), replace(request, amount_dong=1)):
        with pytest.raises(OutsideFault) as caught:
            payments.desk.create(other)
        assert caught.value.code is OutsideFaultCode.CONFLICT


def test_an_order_that_never_reached_its_provider_is_in_nobodys_way(
    open_payments: Open, world: OutsideWorld, own: Store
) -> None:
    payments = open_payments(ProviderName.PAYOS)
    lost = bill(bill_id="V1")
    world.fault(System.BANK, Fault.HTTP_500)
    with pytest.raises(OutsideFault):
        payments.desk.create(lost)
    world.fault(System.BANK, Fault.NONE)
    intent = PaymentIntent("", lost.order_code, lost.amount_dong, lost.purpose, "", lost.expires_at)
    assert payments.desk.status(intent).state is PaymentState.WAITING
    second = payments.desk.create(bill(bill_id="V1"))
    assert state_of(own, intent) is PaymentState.CANCELLED
    assert payments.desk.status(second).state is PaymentState.WAITING


@pytest.mark.parametrize("judged", [True, False], ids=["judged before", "only in the inbox"])
@pytest.mark.parametrize("word", [PaymentState.CANCELLED, PaymentState.LATE])
def test_what_was_paid_in_time_stays_paid_when_the_provider_closes_its_order_after(
    payments: Payments, own: Store, word: PaymentState, judged: bool
) -> None:
    """The kiosk has said "paid" and the hospital has booked it: a case would have it given back as well."""
    intent = payments.desk.create(bill())
    money = Transfer("T1", AMOUNT, own.now())
    payments.settlement.keep("sepay", PaymentNotice(intent.order_code, "", money))
    if judged:
        payments.watch.settle()
    told = PaymentStatus(word, AMOUNT, (money,)) if word is PaymentState.LATE else PaymentStatus(word)
    assert payments.settlement.polled(intent.order_code, told).state is PaymentState.PAID
    assert ReviewDesk(own, Operator("An")).cases() == ()


def test_unknown_orders_are_refused(payments: Payments) -> None:
    intent = payments.desk.create(bill())
    for stranger in (replace(intent, order_code=7), replace(intent, order_code=2**53 - 1)):
        with pytest.raises(OutsideFault) as caught:
            payments.desk.status(stranger)
        assert caught.value.code is OutsideFaultCode.REJECTED
    with pytest.raises(OutsideFault) as caught:
        payments.desk.cancel(replace(intent, amount_dong=1))
    assert caught.value.code is OutsideFaultCode.CONFLICT


# while a hospital changes its provider


def test_old_orders_are_asked_about_where_they_were_made(open_payments: Open, world: OutsideWorld) -> None:
    old = open_payments(ProviderName.PAYOS).desk.create(bill())
    world.pay_qr(old.qr_text)
    desk = open_payments(ProviderName.MOMO).desk
    assert desk.status(recorded(old)).state is PaymentState.PAID
    assert desk.health().system == "momo"
    told = {desk.status(old).provider, desk.cancel(old).provider}
    assert told == {ProviderName.PAYOS.value}, "the transfers' ids are that one's"


def test_without_the_old_account_a_person_looks(open_payments: Open) -> None:
    old = open_payments(ProviderName.PAYOS).desk.create(bill())
    desk = open_payments(ProviderName.SEPAY, without=ProviderName.PAYOS).desk
    with pytest.raises(OutsideFault) as caught:
        desk.status(recorded(old))
    assert (caught.value.code, caught.value.detail) == (OutsideFaultCode.REJECTED, "no account at payos any more")


# money nobody told of, and nobody asks about


def test_the_watch_finds_money_while_no_kiosk_asks(payments: Payments, world: OutsideWorld, own: Store) -> None:
    paid, waiting = payments.desk.create(bill()), payments.desk.create(bill())
    world.pay_qr(paid.qr_text)
    payments.watch.ask_around()
    assert [state_of(own, one) for one in (paid, waiting)] == [PaymentState.PAID, PaymentState.WAITING]
    world.pay_qr(paid.qr_text)
    payments.watch.ask_around()
    assert state_of(own, paid) is PaymentState.DUPLICATE
    assert len(ReviewDesk(own, Operator("x")).cases()) == 1


def test_an_order_whose_time_is_long_over_ends_and_its_money_is_late(
    payments: Payments, world: OutsideWorld, own: Store, clock_ahead: Clock
) -> None:
    intent = payments.desk.create(bill())
    clock_ahead.ahead = timedelta(minutes=6)
    payments.watch.ask_around()
    assert state_of(own, intent) is PaymentState.WAITING, "money on its way still counts"
    assert payments.desk.status(intent).state is PaymentState.EXPIRED, "but no patient waits for it"
    clock_ahead.ahead = timedelta(minutes=6) + LISTEN_AFTER
    payments.watch.ask_around()
    assert state_of(own, intent) is PaymentState.EXPIRED
    world.pay_qr(intent.qr_text)
    assert payments.desk.status(intent).state is PaymentState.LATE


def test_a_provider_that_is_down_is_asked_once_a_round(
    payments: Payments, world: OutsideWorld, own: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    intents = [payments.desk.create(bill()) for _ in range(3)]
    asked = []
    poll = payments.desk.poll
    monkeypatch.setattr(payments.desk, "poll", lambda order: asked.append(order) or poll(order))
    world.fault(System.BANK, Fault.DOWN)
    payments.watch.ask_around()
    payments.watch.ask_around()
    assert len(asked) == 2
    assert asked[0].request != asked[1].request, "one order must not stand in the way of all others for ever"
    world.fault(System.BANK, Fault.NONE)
    for intent in intents:
        world.pay_qr(intent.qr_text)
    payments.watch.ask_around()
    assert {state_of(own, intent) for intent in intents} == {PaymentState.PAID}


def test_a_provider_hears_of_an_order_no_more_often_than_it_should(own: Store, world: OutsideWorld) -> None:
    account = world.sepay_settings()
    moment = 0.0
    with closing(provider_for(account)) as provider:
        settings = PaymentsSettings(ProviderName.SEPAY, sepay=account)
        payments = Payments(own, settings, {ProviderName.SEPAY: provider}, CollectorRegistry())
        payments.desk._monotonic = lambda: moment
        intent = payments.desk.create(bill())
        assert payments.desk.status(intent).state is PaymentState.WAITING
        world.pay_qr(intent.qr_text)
        assert payments.desk.status(intent).state is PaymentState.WAITING
        moment = settings.poll_interval_s
        assert payments.desk.status(intent).state is PaymentState.PAID


# settings


def test_an_account_without_the_proof_of_its_notices_is_refused(world: OutsideWorld) -> None:
    unproven = replace(world.sepay_settings(), webhook_secret=SecretStr(""))
    with pytest.raises(ValueError, match="secret"):
        PaymentsSettings(ProviderName.SEPAY, sepay=unproven)
    with pytest.raises(ValueError, match=r"\[payment.payos\] is missing"):
        PaymentsSettings(ProviderName.PAYOS, sepay=world.sepay_settings())
    with pytest.raises(ValueError, match="watch_s"):
        PaymentsSettings(ProviderName.SEPAY, watch_s=0.0, sepay=world.sepay_settings())
    assert "simulated-" not in repr(PaymentsSettings(ProviderName.SEPAY, sepay=world.sepay_settings()))
