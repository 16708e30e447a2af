"""Money that a provider tells the hub of: believed once, answered in the provider's words, lost never."""

import json
import socket
import time
from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import PaymentState, PaymentStatus
from his_adapter.payment import ProviderName, SePayProvider, purpose_for
from his_adapter.payment.cases import ReviewReason
from his_adapter.payment.sepay_signature import signature
from his_adapter.payment.vnpay_signature import encoded
from his_adapter.payment.vnpay_signature import sign as vnpay_sign
from his_adapter.payment.webhook import Outcome
from his_adapter.simulation import Fault, OutsideWorld, System
from his_adapter.simulation.commands import Provider
from hub.payments.orders import KnownOrder
from hub.payments.tables import PaymentNoticeRow, ReviewCaseRow
from records.errors import StoreError, StoreErrorCode
from tests.hub.payments.money_hub import AMOUNT, MakeHub, MoneyHub, bill, recorded

PROVIDERS = list(ProviderName)
TOLD = {ProviderName.PAYOS: 200, ProviderName.SEPAY: 200, ProviderName.VNPAY: 200, ProviderName.MOMO: 204}
REFUSED = {ProviderName.PAYOS: 401, ProviderName.SEPAY: 401, ProviderName.VNPAY: 200, ProviderName.MOMO: 400}
Until = Callable[[Callable[[], object]], None]


def count(hub: MoneyHub, table: type[Any]) -> int:
    with hub.own.snapshot() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def cases(hub: MoneyHub) -> list[tuple[ReviewReason, int | None]]:
    hub.payments.watch.settle()
    with hub.own.snapshot() as session:
        return [(row.reason, row.order_code) for row in session.scalars(select(ReviewCaseRow))]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_kiosk_hears_of_money_that_only_the_notice_told_of(
    make_hub: MakeHub, world: OutsideWorld, provider: ProviderName
) -> None:
    hub = make_hub(provider)
    kiosk = hub.kiosk()
    intent = kiosk.create(bill())
    assert kiosk.status(intent).state is PaymentState.WAITING
    assert world.pay_qr(intent.qr_text) == (TOLD[provider],)
    world.fault(System.BANK, Fault.DOWN)  # nobody can be asked any more
    status = kiosk.status(intent)
    assert (status.state, status.amount_received) == (PaymentState.PAID, AMOUNT)
    assert cases(hub) == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_without_notices_the_hub_asks(make_hub: MakeHub, world: OutsideWorld, provider: ProviderName) -> None:
    hub = make_hub(provider, told=False)
    kiosk = hub.kiosk()
    intent = kiosk.create(bill())
    if provider is ProviderName.MOMO:  # which is told the address with each order
        world.hold_notices(True)
    world.pay_qr(intent.qr_text)
    status = kiosk.status(intent)
    assert status.state is PaymentState.PAID
    if provider is ProviderName.MOMO:
        assert world.deliver() == (204,), "the notice comes after the question"
    again = kiosk.status(intent)
    assert (again.state, again.transfers) == (status.state, status.transfers), "and is the same money"


@pytest.mark.parametrize(
    ("code", "questions"),
    [(OutsideFaultCode.BAD_ANSWER, 2), (OutsideFaultCode.REJECTED, 2), (OutsideFaultCode.TIMEOUT, 1)],
)
def test_an_order_that_is_answered_badly_does_not_silence_the_others(
    make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch, code: OutsideFaultCode, questions: int
) -> None:
    hub = make_hub(told=False, watching=False)
    kiosk = hub.kiosk()
    orders = [kiosk.create(bill()).order_code for _ in range(2)]
    asked: list[int] = []

    def answered_badly(known: KnownOrder) -> PaymentStatus:
        asked.append(known.request.order_code)
        raise OutsideFault(code, "payment")

    monkeypatch.setattr(hub.payments.desk, "poll", answered_badly)
    hub.payments.watch.ask_around()
    assert sorted(asked) == sorted(orders)[:questions]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_notice_told_three_times_is_one_transfer(
    make_hub: MakeHub, world: OutsideWorld, provider: ProviderName
) -> None:
    hub = make_hub(provider)
    kiosk = hub.kiosk()
    intent = kiosk.create(bill())
    world.hold_notices(True)
    world.pay_qr(intent.qr_text)
    assert world.deliver(copies=3) == (TOLD[provider],) * 3
    assert (kiosk.status(intent).state, count(hub, PaymentNoticeRow), cases(hub)) == (PaymentState.PAID, 1, [])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_paid_twice_is_a_case_that_grows_and_is_one(
    make_hub: MakeHub, world: OutsideWorld, provider: ProviderName
) -> None:
    hub = make_hub(provider)
    kiosk = hub.kiosk()
    intent = kiosk.create(bill())
    world.pay_qr(intent.qr_text)
    assert kiosk.status(intent).state is PaymentState.PAID
    world.pay_qr(intent.qr_text)
    status = kiosk.status(intent)
    assert (status.state, status.amount_received) == (PaymentState.DUPLICATE, 2 * AMOUNT)
    world.pay_qr(intent.qr_text)
    assert cases(hub) == [(ReviewReason.DUPLICATE, intent.order_code)]
    case = f"{provider}-{intent.order_code}"
    assert [row for row in hub.audited() if row[0] == "hub"] == [
        ("hub", "review_opened", case),
        ("hub", "review_grown", case),
    ]


def test_notices_in_another_order_find_their_bills(make_hub: MakeHub, world: OutsideWorld) -> None:
    hub = make_hub()
    kiosk = hub.kiosk()
    one, other = kiosk.create(bill()), kiosk.create(bill(60_000))
    world.hold_notices(True)
    world.pay_qr(one.qr_text)
    world.pay_qr(other.qr_text)
    world.deliver(backwards=True)
    assert [kiosk.status(intent).state for intent in (one, other)] == [PaymentState.PAID] * 2


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_notice_that_is_not_proven_changes_nothing(
    make_hub: MakeHub, world: OutsideWorld, provider: ProviderName
) -> None:
    hub = make_hub(provider)
    intent = hub.kiosk().create(bill())
    world.fault(System.BANK, Fault.BAD_SIGNATURE)
    assert world.pay_qr(intent.qr_text) == (REFUSED[provider],)
    assert count(hub, PaymentNoticeRow) == 0


@pytest.mark.parametrize(("more", "reason"), [(-1, ReviewReason.UNDERPAID), (1, ReviewReason.OVERPAID)])
def test_a_wrong_amount_is_for_a_person(
    make_hub: MakeHub, world: OutsideWorld, more: int, reason: ReviewReason
) -> None:
    hub = make_hub()
    kiosk = hub.kiosk()
    intent = kiosk.create(bill())
    world.pay_qr(intent.qr_text, AMOUNT + more)
    assert kiosk.status(intent).state == reason.value
    assert cases(hub) == [(reason, intent.order_code)]


def test_money_after_the_patient_went_to_the_cashier_is_for_a_person(make_hub: MakeHub, world: OutsideWorld) -> None:
    hub = make_hub()
    kiosk = hub.kiosk()
    intent = kiosk.create(bill())
    assert kiosk.cancel(intent).state is PaymentState.CANCELLED
    world.pay_qr(intent.qr_text)
    assert kiosk.status(intent).state is PaymentState.LATE
    assert cases(hub) == [(ReviewReason.LATE, intent.order_code)]


def test_money_for_an_order_nobody_asked_for_is_kept_for_a_person(make_hub: MakeHub, world: OutsideWorld) -> None:
    hub = make_hub(ProviderName.SEPAY)
    stranger = bill()
    intent = provider_intent(hub, stranger.order_code)
    assert world.pay_qr(intent) == (200,)
    assert cases(hub) == [(ReviewReason.STRAY, None)]


def test_an_order_is_not_paid_by_money_at_another_provider(make_hub: MakeHub, world: OutsideWorld) -> None:
    """The code is right, the account is not: a person looks whose money that is."""
    hub = make_hub(ProviderName.PAYOS)
    kiosk = hub.kiosk()
    intent = kiosk.create(bill())
    assert world.pay_qr(provider_intent(hub, intent.order_code)) == (200,)
    assert kiosk.status(intent).state is PaymentState.WAITING
    assert cases(hub) == [(ReviewReason.STRAY, None)]


def provider_intent(hub: MoneyHub, order_code: int) -> str:
    """A VietQR to the watched account with the code of an order that was asked for elsewhere, or nowhere."""
    with closing(SePayProvider(hub.world.sepay_settings())) as provider:
        return provider.create(replace(bill(), order_code=order_code, purpose=purpose_for(order_code))).qr_text


def test_an_outgoing_transfer_and_a_foreign_account_are_nobodys_business(make_hub: MakeHub) -> None:
    hub = make_hub()
    account = hub.world.sepay_settings()
    told = {
        "id": 7,
        "transactionDate": "2026-11-27 10:00:00",
        "accountNumber": account.account,
        "content": "chi",
        "transferType": "out",
        "transferAmount": 1000,
    }
    assert tell_sepay(hub, told).status_code == 200
    foreign = {**told, "transferType": "in", "accountNumber": "0000", "subAccount": None}
    assert tell_sepay(hub, foreign).status_code == 200
    assert count(hub, PaymentNoticeRow) == 0


def test_the_same_transfer_in_other_words_is_for_a_person(make_hub: MakeHub) -> None:
    hub = make_hub()
    kiosk = hub.kiosk()
    intent = kiosk.create(bill())
    told = {
        "id": 7,
        "transactionDate": "2026-11-27 10:00:00",
        "accountNumber": hub.world.sepay_settings().account,
        "content": intent.purpose,
        "transferType": "in",
        "transferAmount": AMOUNT,
    }
    for amount in (AMOUNT, AMOUNT - 1, AMOUNT - 1):
        assert tell_sepay(hub, {**told, "transferAmount": amount}).json() == {"success": True}
    assert kiosk.status(intent).state is PaymentState.PAID, "what was told first stands"
    assert cases(hub) == [(ReviewReason.CONTRADICTORY, None)]
    with hub.own.snapshot() as session:
        assert session.scalars(select(ReviewCaseRow)).one().detail == (
            f"told again as {AMOUNT - 1} đ for order {intent.order_code}"
        )


def tell_sepay(hub: MoneyHub, message: dict[str, object]) -> httpx.Response:
    body = json.dumps(message).encode()
    stamp = str(int(time.time()))
    proof = signature(stamp, body, hub.world.sepay_settings().webhook_secret)
    headers = {"X-SePay-Timestamp": stamp, "X-SePay-Signature": proof, "Content-Type": "application/json"}
    return httpx.post(hub.address(Provider.SEPAY), content=body, headers=headers, trust_env=False)


def test_vnpay_is_answered_in_its_own_words(make_hub: MakeHub) -> None:
    hub = make_hub(ProviderName.VNPAY)
    account = hub.world.vnpay_settings()
    intent = hub.kiosk().create(bill())

    def tell(number: str, **changed: str) -> str:
        fields = {
            "vnp_TmnCode": account.terminal,
            "vnp_TxnRef": str(intent.order_code),
            "vnp_Amount": str(AMOUNT * 100),
            "vnp_PayDate": "20261127100000",
            "vnp_TransactionNo": number,
            "vnp_ResponseCode": "00",
            "vnp_TransactionStatus": "00",
            **changed,
        }
        proof = vnpay_sign(fields, account.hash_secret)
        address = f"{hub.address(Provider.VNPAY)}?{encoded(fields.items())}&vnp_SecureHash={proof}"
        code: str = httpx.get(address, trust_env=False).json()["RspCode"]
        return code

    assert [tell("1"), tell("1")] == ["00", "02"]
    assert tell("2", vnp_TxnRef="7") == "01"
    assert tell("3", vnp_Amount=str(AMOUNT * 100 - 100)) == "04"
    assert tell("4", vnp_TmnCode="ANOTHER1") == "97", "a foreign terminal"
    assert tell("5", vnp_TransactionStatus="02") == "00", "a payment that failed is no money"
    assert count(hub, PaymentNoticeRow) == 3


def test_a_notice_that_cannot_be_judged_holds_nothing_up(
    make_hub: MakeHub, world: OutsideWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = make_hub(watching=False)
    bad, good = hub.kiosk().create(bill()), hub.kiosk().create(bill())
    world.pay_qr(bad.qr_text, 1)
    world.pay_qr(good.qr_text, 1)
    judge = hub.payments.settlement._judge

    def buggy(session: Any, order: Any) -> None:
        if order.order_code == bad.order_code:
            raise ValueError("a bug")
        judge(session, order)

    with monkeypatch.context() as patched:
        patched.setattr(hub.payments.settlement, "_judge", buggy)
        assert hub.payments.settlement.settle_due() == 1
    assert hub.payments.settlement.settle_due() == 1
    assert len(cases(hub)) == 2


def test_an_old_notice_is_not_believed_again(make_hub: MakeHub) -> None:
    """Where the proof carries its time, a notice that was caught on its way is worth nothing a day later."""
    hub = make_hub()
    hub.clock.ahead = timedelta(minutes=6)
    answer = tell_sepay(hub, {"id": 7})
    assert (answer.status_code, count(hub, PaymentNoticeRow)) == (401, 0)


# what goes wrong at the hub


def test_a_hub_that_died_between_the_notice_and_its_order_heals_at_its_start(
    make_hub: MakeHub, world: OutsideWorld, until: Until
) -> None:
    hub = make_hub(watching=False)
    intent = hub.kiosk().create(bill())
    other = hub.kiosk().create(bill())
    world.pay_qr(intent.qr_text)
    world.pay_qr(other.qr_text, AMOUNT + 1)
    with hub.own.snapshot() as session:
        assert [row.applied_at for row in session.scalars(select(PaymentNoticeRow))] == [None, None]
    hub.stop()
    hub.start()

    def is_settled() -> bool:
        with hub.own.snapshot() as session:
            return all(row.applied_at for row in session.scalars(select(PaymentNoticeRow)))

    until(is_settled)
    assert cases(hub) == [(ReviewReason.OVERPAID, other.order_code)]
    world.fault(System.BANK, Fault.DOWN)
    assert hub.kiosk().status(recorded(intent)).state is PaymentState.PAID


def test_a_hub_that_cannot_store_lets_the_provider_tell_again(
    make_hub: MakeHub, world: OutsideWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = make_hub(watching=False)
    kiosk = hub.kiosk()
    intent = kiosk.create(bill())

    @contextmanager
    def full() -> Any:
        raise StoreError(StoreErrorCode.DISK_FULL, "SQLITE_FULL")
        yield

    world.hold_notices(True)
    world.pay_qr(intent.qr_text)
    with monkeypatch.context() as patched:
        patched.setattr(hub.own, "transaction", full)
        assert world.deliver() == (503,)
    assert count(hub, PaymentNoticeRow) == 0
    assert kiosk.status(intent).state is PaymentState.PAID, "and it is found by asking all the same"


def test_a_restarted_hub_knows_its_orders(make_hub: MakeHub, world: OutsideWorld) -> None:
    hub = make_hub(ProviderName.PAYOS)
    request = bill()
    intent = hub.kiosk().create(request)
    hub.stop()
    hub.start()
    assert hub.kiosk().create(request) == intent, "payOS itself would refuse the code a second time"
    world.pay_qr(intent.qr_text)
    assert hub.kiosk().status(recorded(intent)).state is PaymentState.PAID


# what strangers send


RUBBISH = [b"", b"{}", b"\xff\xfe", b"[" * 15_000, b'{"data":{"a":"\\ud800"}}']


def test_rubbish_is_refused(make_hub: MakeHub) -> None:
    hub = make_hub()
    for provider in (Provider.PAYOS, Provider.SEPAY, Provider.MOMO):
        for body in RUBBISH:
            answer = httpx.post(hub.address(provider), content=body, trust_env=False)
            assert answer.status_code in (400, 401), (provider, body[:20])
        too_long = httpx.post(hub.address(provider), content=b"x" * 70_000, trust_env=False)
        assert too_long.status_code == 413
    assert count(hub, PaymentNoticeRow) == 0


def test_a_notice_may_come_in_pieces_of_unknown_length_but_not_without_end(make_hub: MakeHub) -> None:
    hub = make_hub()
    for length, status in ((2, 401), (40_000, 401), (70_000, 413)):
        pieces = iter([b"{", b" " * (length - 2), b"}"])
        assert httpx.post(hub.address(Provider.SEPAY), content=pieces).status_code == status, length


def test_each_provider_has_its_own_method(make_hub: MakeHub) -> None:
    hub = make_hub()
    assert httpx.get(hub.address(Provider.VNPAY), trust_env=False).json()["RspCode"] in ("97", "99")
    assert httpx.post(hub.address(Provider.VNPAY), content=b"", trust_env=False).status_code in (404, 405)
    assert httpx.get(hub.address(Provider.SEPAY), trust_env=False).status_code in (404, 405)


def test_who_hangs_up_halfway_disturbs_nobody(make_hub: MakeHub) -> None:
    hub = make_hub()
    with socket.create_connection(("127.0.0.1", hub.served.port)) as line:
        line.sendall(b"POST /api/v1/payment/sepay/notice HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{")
    assert hub.kiosk().health().well


def test_the_figures_count_what_became_of_notices(make_hub: MakeHub, world: OutsideWorld) -> None:
    hub = make_hub()
    intent = hub.kiosk().create(bill())
    world.pay_qr(intent.qr_text)
    httpx.post(hub.address(Provider.SEPAY), content=b"{}", trust_env=False)
    figures = httpx.get(f"{hub.served.url}/metrics", trust_env=False).text
    assert f'tiepdon_payment_notices_total{{outcome="{Outcome.ACCEPTED}",provider="sepay"}} 1.0' in figures
    assert 'tiepdon_payment_notices_total{outcome="signature",provider="sepay"} 1.0' in figures
