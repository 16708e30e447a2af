"""The payment provider's adapter against the simulated bank."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import PaymentRequest, PaymentState
from his_adapter.payment import PayOsProvider, new_order_code, purpose_for
from his_adapter.payment.open_orders import MAX_OPEN
from his_adapter.payment.payos_signature import sign
from his_adapter.payment.settings import PayOsSettings
from his_adapter.payment.vietqr import VietQr, encode, parse
from his_adapter.simulation import Fault, OutsideWorld, System

SHORT_S = 1.0
Inspect = Callable[[System, str], dict[str, Any]]


def test_the_qr_asks_for_the_bill(bank: PayOsProvider, bill: PaymentRequest) -> None:
    intent = bank.create(bill)
    qr = parse(intent.qr_text)
    assert (qr.amount_dong, qr.purpose) == (bill.amount_dong, bill.purpose)
    assert (intent.order_code, intent.amount_dong, intent.expires_at) == (
        bill.order_code,
        bill.amount_dong,
        bill.expires_at,
    )
    assert bank.status(intent).state is PaymentState.WAITING


def test_the_exact_amount_once_is_paid(world: OutsideWorld, bank: PayOsProvider, bill: PaymentRequest) -> None:
    intent = bank.create(bill)
    world.pay(bill.order_code)
    status = bank.status(intent)
    assert (status.state, status.amount_received) == (PaymentState.PAID, bill.amount_dong)
    assert status.provider_txn_id
    assert bank.status(intent) == status


@pytest.mark.parametrize(("amount", "state"), [(50_599, PaymentState.UNDERPAID), (50_601, PaymentState.OVERPAID)])
def test_a_wrong_amount_is_never_paid(
    world: OutsideWorld, bank: PayOsProvider, bill: PaymentRequest, amount: int, state: PaymentState
) -> None:
    intent = bank.create(bill)
    world.pay(bill.order_code, amount)
    status = bank.status(intent)
    assert (status.state, status.amount_received) == (state, amount)


def test_paid_twice_is_for_the_cashier(world: OutsideWorld, bank: PayOsProvider, bill: PaymentRequest) -> None:
    intent = bank.create(bill)
    world.pay(bill.order_code, times=2)
    status = bank.status(intent)
    assert (status.state, status.amount_received) == (PaymentState.DUPLICATE, 2 * bill.amount_dong)
    assert len({transfer.provider_txn_id for transfer in status.transfers}) == 2


def test_two_halves_are_for_the_cashier(world: OutsideWorld, bank: PayOsProvider, bill: PaymentRequest) -> None:
    intent = bank.create(bill)
    world.pay(bill.order_code, bill.amount_dong // 2, times=2)
    assert bank.status(intent).state is PaymentState.DUPLICATE


def test_money_that_never_comes(world: OutsideWorld, bank: PayOsProvider, bill: PaymentRequest) -> None:
    intent = bank.create(bill)
    world.expire(bill.order_code)
    assert bank.status(intent).state is PaymentState.EXPIRED


def test_money_that_comes_late_is_for_the_cashier(
    world: OutsideWorld, bank: PayOsProvider, bill: PaymentRequest
) -> None:
    intent = bank.create(bill)
    world.pay(bill.order_code, late=True)
    status = bank.status(intent)
    assert (status.state, status.amount_received) == (PaymentState.LATE, bill.amount_dong)


def test_cancelled_and_then_paid_is_for_the_cashier(
    world: OutsideWorld, bank: PayOsProvider, bill: PaymentRequest
) -> None:
    intent = bank.create(bill)
    assert bank.cancel(intent).state is PaymentState.CANCELLED
    assert bank.cancel(intent).state is PaymentState.CANCELLED
    world.pay(bill.order_code)
    assert bank.status(intent).state is PaymentState.LATE


def test_money_can_be_faster_than_the_cancellation(
    world: OutsideWorld, bank: PayOsProvider, bill: PaymentRequest
) -> None:
    intent = bank.create(bill)
    world.pay(bill.order_code)
    assert bank.cancel(intent).state is PaymentState.PAID


def test_the_same_request_again_is_the_same_intent(bank: PayOsProvider, bill: PaymentRequest, inspect: Inspect) -> None:
    before = inspect(System.BANK, "orders")["count"]
    assert bank.create(bill) is bank.create(bill)
    assert inspect(System.BANK, "orders")["count"] == before + 1


def test_an_order_code_is_used_once(world: OutsideWorld, bank: PayOsProvider, bill: PaymentRequest) -> None:
    bank.create(bill)
    other = PayOsProvider(world.payment_settings())  # after a restart the provider still knows it
    for adapter, request in ((bank, replace(bill, amount_dong=1)), (other, bill)):
        with pytest.raises(OutsideFault) as caught:
            adapter.create(request)
        assert caught.value.code is OutsideFaultCode.CONFLICT
    other.close()


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.DOWN, OutsideFaultCode.UNREACHABLE),
        (Fault.HTTP_500, OutsideFaultCode.SERVER_ERROR),
        (Fault.UNAUTHORIZED, OutsideFaultCode.AUTH),
        (Fault.BAD_ANSWER, OutsideFaultCode.BAD_ANSWER),
        (Fault.BAD_SIGNATURE, OutsideFaultCode.AUTH),
    ],
)
def test_a_failing_bank_takes_no_money(
    world: OutsideWorld, bank: PayOsProvider, bill: PaymentRequest, fault: Fault, code: OutsideFaultCode
) -> None:
    world.fault(System.BANK, fault)
    with pytest.raises(OutsideFault) as caught:
        bank.create(bill)
    assert (caught.value.code, caught.value.system) == (code, "payment")


def test_a_status_with_a_wrong_signature_is_not_believed(
    world: OutsideWorld, bank: PayOsProvider, bill: PaymentRequest
) -> None:
    intent = bank.create(bill)
    world.pay(bill.order_code)
    world.fault(System.BANK, Fault.BAD_SIGNATURE)
    with pytest.raises(OutsideFault) as caught:
        bank.status(intent)
    assert caught.value.code is OutsideFaultCode.AUTH


def test_a_bank_that_is_down_cannot_cancel(world: OutsideWorld, bank: PayOsProvider, bill: PaymentRequest) -> None:
    intent = bank.create(bill)
    world.fault(System.BANK, Fault.DOWN)
    with pytest.raises(OutsideFault) as caught:
        bank.cancel(intent)
    assert caught.value.code is OutsideFaultCode.UNREACHABLE
    assert bank.health().fault is OutsideFaultCode.UNREACHABLE


def test_only_so_many_intents_are_remembered(bank: PayOsProvider, bill: PaymentRequest) -> None:
    bank.create(bill)
    for _ in range(MAX_OPEN):
        order = new_order_code()
        bank.create(replace(bill, order_code=order, purpose=purpose_for(order)))
    with pytest.raises(OutsideFault) as caught:
        bank.create(bill)
    assert caught.value.code is OutsideFaultCode.CONFLICT


def test_a_silent_bank(world: OutsideWorld, bill: PaymentRequest) -> None:
    impatient = PayOsProvider(world.payment_settings(timeout_s=SHORT_S))
    world.fault(System.BANK, Fault.SLOW)
    with pytest.raises(OutsideFault) as caught:
        impatient.create(bill)
    assert caught.value.code is OutsideFaultCode.TIMEOUT
    impatient.close()


def test_health_proves_the_keys(world: OutsideWorld, bank: PayOsProvider) -> None:
    assert bank.health().well
    stranger = PayOsProvider(replace(world.payment_settings(), api_key=SecretStr("wrong")))
    assert stranger.health().fault is OutsideFaultCode.AUTH
    stranger.close()


@pytest.mark.parametrize("amount", [0, -1, 10**13])
def test_impossible_amounts(amount: int) -> None:
    with pytest.raises(ValueError, match="amount"):
        PaymentRequest(1, amount, "XP", datetime.now(UTC))


KEY = SecretStr("checksum")


@pytest.fixture
def scripted(script: Any) -> Any:
    adapter = PayOsProvider(PayOsSettings(script.url, "client", SecretStr("key"), KEY))
    yield adapter
    adapter.close()


def say(script: Any, data: dict[str, object]) -> None:
    script.say({"code": "00", "desc": "success", "data": data, "signature": sign(data, KEY)})


def request_data(bill: PaymentRequest, qr: VietQr, **others: object) -> dict[str, object]:
    data: dict[str, object] = {
        "paymentLinkId": "l",
        "orderCode": bill.order_code,
        "amount": bill.amount_dong,
        "qrCode": encode(qr),
    }
    return data | others


@pytest.mark.parametrize("wrong", ["amount in the QR", "no amount", "purpose", "amount", "order", "malformed"])
def test_a_qr_that_asks_for_something_else_is_not_shown(
    script: Any, scripted: PayOsProvider, bill: PaymentRequest, wrong: str
) -> None:
    right = VietQr("970403", "1", amount_dong=bill.amount_dong, purpose=bill.purpose)
    data = {
        "amount in the QR": request_data(bill, replace(right, amount_dong=bill.amount_dong + 1)),
        "no amount": request_data(bill, replace(right, amount_dong=None)),
        "purpose": request_data(bill, replace(right, purpose="KHAC")),
        "amount": request_data(bill, right, amount=bill.amount_dong + 1),
        "order": request_data(bill, right, orderCode=bill.order_code + 1),
        "malformed": request_data(bill, right, qrCode=encode(right)[:-1] + "?"),
    }[wrong]
    say(script, data)
    with pytest.raises(OutsideFault) as caught:
        scripted.create(bill)
    assert caught.value.code is OutsideFaultCode.BAD_ANSWER


def test_words_around_the_purpose_are_the_banks_business(
    script: Any, scripted: PayOsProvider, bill: PaymentRequest
) -> None:
    say(script, request_data(bill, VietQr("970403", "1", amount_dong=bill.amount_dong, purpose=f"CK {bill.purpose}")))
    assert scripted.create(bill).purpose == bill.purpose


@pytest.mark.parametrize(
    "others",
    [
        {"orderCode": "1"},
        {"status": "PAID"},  # without a transfer
        {"status": "DONE"},
        {"transactions": [{"reference": "", "amount": 1, "transactionDateTime": "2026-11-24 10:00:00"}]},
        {"transactions": [{"reference": "FT1", "amount": -1, "transactionDateTime": "2026-11-24 10:00:00"}]},
        {"transactions": [{"reference": "FT1", "amount": 1, "transactionDateTime": "today"}]},
        {"transactions": None},
        {"amount": 1},
    ],
)
def test_a_status_that_makes_no_sense(
    script: Any, scripted: PayOsProvider, bill: PaymentRequest, others: dict[str, object]
) -> None:
    say(script, request_data(bill, VietQr("970403", "1", amount_dong=bill.amount_dong, purpose=bill.purpose)))
    intent = scripted.create(bill)
    status: dict[str, object] = {
        "orderCode": bill.order_code,
        "amount": bill.amount_dong,
        "status": "PENDING",
        "transactions": [],
    }
    say(script, status | others)
    with pytest.raises(OutsideFault) as caught:
        scripted.status(intent)
    assert caught.value.code is OutsideFaultCode.BAD_ANSWER
