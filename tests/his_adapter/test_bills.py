"""One order for each bill, money that a person settles, and money given back at the desk."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import PaymentIntent, PaymentRequest, PaymentState, PaymentStatus, Transfer
from his_adapter.payment import (
    MoMoProvider,
    PayOsProvider,
    SePayProvider,
    VnPayProvider,
    new_order_code,
    order_code_of,
    purpose_for,
)
from his_adapter.payment.bills import Bills
from his_adapter.payment.cases import (
    RefundCase,
    RefundState,
    ReviewReason,
    open_refund,
    owed,
    review,
    review_stray,
)
from his_adapter.payment.judgement import judge, standing
from his_adapter.payment.webhook import StrayTransfer
from his_adapter.ports import PaymentProvider
from his_adapter.simulation import Fault, OutsideWorld, System
from tests.his_adapter.stores import MemoryBills

NOW = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
INTENT = PaymentIntent("i", 7, 50_600, "XP7", "", NOW)


@pytest.fixture(params=["momo", "payos", "sepay", "vnpay"])
def provider(request: pytest.FixtureRequest, world: OutsideWorld) -> Iterator[PaymentProvider]:
    makers: dict[str, Any] = {
        "momo": lambda: MoMoProvider(world.momo_settings()),
        "payos": lambda: PayOsProvider(world.payment_settings()),
        "sepay": lambda: SePayProvider(world.sepay_settings()),
        "vnpay": lambda: VnPayProvider(world.vnpay_settings()),
    }
    adapter = makers[request.param]()
    yield adapter
    adapter.close()


@pytest.fixture
def store() -> MemoryBills:
    return MemoryBills()


@pytest.fixture
def bills(provider: PaymentProvider, store: MemoryBills) -> Bills:
    return Bills(provider, store)


def order(amount: int = 50_600, minutes: float = 5) -> PaymentRequest:
    code = new_order_code()
    return PaymentRequest(code, amount, purpose_for(code), datetime.now(UTC) + timedelta(minutes=minutes))


def test_the_same_order_again_is_the_same_intent(bills: Bills, store: MemoryBills) -> None:
    request = order()
    intent = bills.place("HD1", request)
    assert bills.place("HD1", request) == intent
    assert order_code_of(intent.purpose) == intent.order_code
    assert store.last("HD1") == request


def test_two_bills_have_an_open_order_each(provider: PaymentProvider, bills: Bills) -> None:
    intents = [bills.place(bill, order()) for bill in ("HD1", "HD2")]
    assert {provider.status(intent).state for intent in intents} == {PaymentState.WAITING}


def test_a_bill_that_changed_closes_its_old_order(world: OutsideWorld, provider: PaymentProvider, bills: Bills) -> None:
    old = bills.place("HD1", order(50_600))
    new = bills.place("HD1", order(60_000))
    assert provider.status(new).state is PaymentState.WAITING
    assert provider.status(old).state is PaymentState.CANCELLED
    world.pay_qr(old.qr_text)  # the patient scanned the first code
    assert provider.status(old).state is PaymentState.LATE


@pytest.mark.parametrize("amount", [50_600, 60_000])
def test_a_bill_for_which_money_came_is_not_asked_again(
    world: OutsideWorld, bills: Bills, store: MemoryBills, amount: int
) -> None:
    request = order()
    world.pay_qr(bills.place("HD1", request).qr_text)
    with pytest.raises(OutsideFault) as caught:
        bills.place("HD1", order(amount))
    assert (caught.value.code, caught.value.system) == (OutsideFaultCode.CONFLICT, "bill")
    assert store.last("HD1") == request


def test_after_a_restart_a_new_order_still_closes_the_old_one(provider: PaymentProvider, store: MemoryBills) -> None:
    old = Bills(provider, store).place("HD1", order())
    restarted = type(provider)(provider._settings)
    Bills(restarted, store).place("HD1", order())
    assert restarted.status(old).state is PaymentState.CANCELLED
    restarted.close()


def test_an_order_is_written_down_before_the_provider_hears_of_it(
    world: OutsideWorld, bills: Bills, store: MemoryBills
) -> None:
    request = order()
    world.fault(System.BANK, Fault.HTTP_500)
    with contextlib.suppress(OutsideFault):  # SePay and VNPAY ask nobody
        bills.place("HD1", request)
    assert store.last("HD1") == request
    world.fault(System.BANK, Fault.NONE)
    assert bills.place("HD1", request).order_code == request.order_code


# judgement


def transfer(number: int, amount: int, seconds: int = -1) -> Transfer:
    return Transfer(f"T{number}", amount, NOW + timedelta(seconds=seconds))


TRANSFERS = st.lists(
    st.builds(transfer, st.integers(1, 5), st.integers(1, 120_000) | st.just(50_600), st.integers(-300, 300)),
    max_size=4,
)


@given(TRANSFERS, st.booleans())
def test_only_one_exact_transfer_in_time_is_paid(transfers: list[Transfer], cancelled: bool) -> None:
    status = standing(INTENT, transfers, NOW, cancelled=cancelled)
    distinct = {one.provider_txn_id: one for one in transfers}
    paid = (
        len(distinct) == 1
        and not cancelled
        and next(iter(distinct.values())).amount_dong == INTENT.amount_dong
        and next(iter(distinct.values())).received_at <= INTENT.expires_at
    )
    assert (status.state is PaymentState.PAID) is paid
    assert status.amount_received == sum(one.amount_dong for one in distinct.values())


# cases


@pytest.mark.parametrize(
    ("transfers", "reason", "back"),
    [
        ([transfer(1, 50_000)], ReviewReason.UNDERPAID, 50_000),
        ([transfer(1, 60_600)], ReviewReason.OVERPAID, 10_000),
        ([transfer(1, 50_600), transfer(2, 50_600)], ReviewReason.DUPLICATE, 50_600),
        ([transfer(1, 20_000), transfer(2, 20_000)], ReviewReason.DUPLICATE, 40_000),
        ([transfer(1, 50_600, seconds=1)], ReviewReason.LATE, 50_600),
    ],
)
def test_what_does_not_fit_is_for_a_person(transfers: list[Transfer], reason: ReviewReason, back: int) -> None:
    case = review("sepay", INTENT, judge(INTENT, tuple(transfers)), NOW)
    assert case is not None
    assert (case.case_id, case.reason, case.asked_dong) == ("sepay-7", reason, 50_600)
    assert owed(case) == back
    refund = open_refund(case, "thu ngân 3", NOW)
    assert (refund.amount_dong, refund.state) == (back, RefundState.OPEN)
    assert refund == open_refund(case, "thu ngân 3", NOW)


def test_two_halves_make_a_whole_bill_for_the_cashier_and_no_refund() -> None:
    case = review("sepay", INTENT, judge(INTENT, (transfer(1, 25_300), transfer(2, 25_300))), NOW)
    assert case is not None
    assert owed(case) == 0
    with pytest.raises(ValueError, match="positive"):
        open_refund(case, "thu ngân 3", NOW)


@pytest.mark.parametrize("state", [PaymentState.WAITING, PaymentState.EXPIRED, PaymentState.CANCELLED])
def test_no_money_is_no_case(state: PaymentState) -> None:
    assert review("sepay", INTENT, PaymentStatus(state), NOW) is None
    assert review("sepay", INTENT, judge(INTENT, (transfer(1, 50_600),)), NOW) is None


def test_a_stray_is_a_case_of_its_own() -> None:
    case = review_stray("sepay", StrayTransfer(transfer(9, 1_000)), NOW)
    assert (case.order_code, case.received_dong, case.reason) == (None, 1_000, ReviewReason.STRAY)
    assert owed(case) == 1_000


@pytest.fixture
def refund() -> RefundCase:
    late = judge(INTENT, (transfer(1, 50_600),), closed=True)
    case = review("vnpay", INTENT, late, NOW)
    assert case is not None
    return open_refund(case, "quầy 2", NOW)


def test_a_refund_is_settled_once_by_somebody(refund: RefundCase) -> None:
    done = refund.settle(RefundState.PAID_OUT, "thu ngân 3", NOW + timedelta(hours=1), "PC-0042")
    assert (done.state, done.voucher, done.amount_dong) == (RefundState.PAID_OUT, "PC-0042", 50_600)
    with pytest.raises(ValueError, match="once"):
        done.settle(RefundState.DECLINED, "thu ngân 3", NOW)
    assert refund.settle(RefundState.DECLINED, "thu ngân 3", NOW).voucher == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"amount_dong": 0},
        {"amount_dong": 50_601},
        {"reason": ""},
        {"opened_by": ""},
        {"provider_txn_ids": ()},
        {"opened_at": datetime(2026, 11, 27)},  # noqa: DTZ001
        {"voucher": "PC-1"},
        {"state": RefundState.DECLINED},
        {"state": RefundState.PAID_OUT, "settled_by": "x", "settled_at": NOW},
        {"state": RefundState.DECLINED, "settled_by": "x", "settled_at": NOW, "voucher": "PC-1"},
    ],
)
def test_refunds_that_cannot_be(refund: RefundCase, changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"refund|times|paid out"):
        replace(refund, **changed)
