"""Money: the exact amount, once, in time is paid; everything else is for the cashier."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from records.errors import StoreError, StoreErrorCode
from records.journal import Journal
from records.payments import Payments
from records.store import Store
from records.tables import PaymentTransfer
from records.values import (
    CheckInRecord,
    PaymentIntent,
    PaymentState,
    TransferNotice,
    TransferOutcome,
    TransferVerdict,
)

FEE = 150_000


@pytest.fixture
def payments(store: Store) -> Payments:
    return Payments(store)


@pytest.fixture
def intent(journal: Journal, payments: Payments, check_in: Callable[..., CheckInRecord]) -> PaymentIntent:
    proof = journal.record_check_in(check_in())
    intent = PaymentIntent("intent-1", "TD0001", proof.visit_id, FEE)
    payments.record_payment_intent(intent)
    return intent


def transfers(store: Store) -> int:
    with store.snapshot() as session:
        return session.scalar(select(func.count()).select_from(PaymentTransfer)) or 0


def test_the_exact_amount_is_paid(payments: Payments, intent: PaymentIntent) -> None:
    outcome = payments.record_payment(TransferNotice("TD0001", "FT1", FEE))
    assert outcome == TransferOutcome(TransferVerdict.EXACT, PaymentState.PAID)
    assert payments.state_of(intent.intent_id) is PaymentState.PAID


def test_the_same_transaction_told_twice_is_one_row_and_still_paid(
    store: Store, payments: Payments, intent: PaymentIntent
) -> None:
    payments.record_payment(TransferNotice("TD0001", "FT1", FEE))
    again = payments.record_payment(TransferNotice("TD0001", "FT1", FEE))
    assert again == TransferOutcome(TransferVerdict.EXACT, PaymentState.PAID, replayed=True)
    assert transfers(store) == 1


def test_a_second_transaction_for_one_order_goes_to_review(
    store: Store, payments: Payments, intent: PaymentIntent
) -> None:
    payments.record_payment(TransferNotice("TD0001", "FT1", FEE))
    second = payments.record_payment(TransferNotice("TD0001", "FT2", FEE))
    assert second == TransferOutcome(TransferVerdict.DUPLICATE, PaymentState.REVIEW)
    assert transfers(store) == 2


@pytest.mark.parametrize(
    ("amount", "verdict"),
    [(FEE - 1, TransferVerdict.UNDERPAID), (FEE + 1, TransferVerdict.OVERPAID), (0, TransferVerdict.UNDERPAID)],
)
def test_a_wrong_amount_is_never_paid(
    payments: Payments, intent: PaymentIntent, amount: int, verdict: TransferVerdict
) -> None:
    assert payments.record_payment(TransferNotice("TD0001", "FT1", amount)) == TransferOutcome(
        verdict, PaymentState.REVIEW
    )


def test_the_right_amount_after_a_wrong_one_stays_in_review(payments: Payments, intent: PaymentIntent) -> None:
    payments.record_payment(TransferNotice("TD0001", "FT1", FEE - 1))
    payments.record_payment(TransferNotice("TD0001", "FT2", FEE))
    assert payments.state_of(intent.intent_id) is PaymentState.REVIEW


@pytest.mark.parametrize("closed", [PaymentState.CANCELLED, PaymentState.EXPIRED])
def test_money_for_a_closed_order_goes_to_review(
    payments: Payments, intent: PaymentIntent, closed: PaymentState
) -> None:
    assert payments.close_intent(intent.intent_id, closed) is closed
    outcome = payments.record_payment(TransferNotice("TD0001", "FT1", FEE))
    assert outcome == TransferOutcome(TransferVerdict.LATE, PaymentState.REVIEW)


def test_money_sent_after_the_end_is_late_although_nobody_had_closed_the_order(
    store: Store, payments: Payments, intent: PaymentIntent
) -> None:
    """A kiosk that died before its patient went to the cashier closes nothing."""
    end = store.now() + timedelta(minutes=5)
    for number, sent, verdict in (
        (2, end, TransferVerdict.EXACT),
        (3, end + timedelta(seconds=1), TransferVerdict.LATE),
        (4, None, TransferVerdict.EXACT),
    ):
        order = f"TD000{number}"
        payments.record_payment_intent(PaymentIntent(f"intent-{number}", order, intent.visit_id, FEE, end))
        assert payments.record_payment(TransferNotice(order, f"FT{number}", FEE, sent)).verdict is verdict
    assert payments.state_of("intent-3") is PaymentState.REVIEW


def test_closing_after_the_money_came_says_paid(payments: Payments, intent: PaymentIntent) -> None:
    payments.record_payment(TransferNotice("TD0001", "FT1", FEE))
    assert payments.close_intent(intent.intent_id, PaymentState.CANCELLED) is PaymentState.PAID


def test_money_for_no_order_of_ours_is_kept(store: Store, payments: Payments) -> None:
    assert payments.record_payment(TransferNotice("XX", "FT9", 5)) == TransferOutcome(TransferVerdict.UNMATCHED, None)
    assert transfers(store) == 1


def test_a_transaction_told_again_with_another_amount_goes_to_review(
    store: Store, payments: Payments, intent: PaymentIntent
) -> None:
    payments.record_payment(TransferNotice("TD0001", "FT1", FEE))
    changed = payments.record_payment(TransferNotice("TD0001", "FT1", FEE * 2))
    assert changed == TransferOutcome(TransferVerdict.CONTRADICTORY, PaymentState.REVIEW, replayed=True)
    assert transfers(store) == 1


def test_an_order_code_belongs_to_one_intent(payments: Payments, intent: PaymentIntent) -> None:
    payments.record_payment_intent(intent)
    for other in (
        PaymentIntent("intent-1", "TD0001", intent.visit_id, FEE + 1),
        PaymentIntent("intent-2", "TD0001", intent.visit_id, FEE),
    ):
        with pytest.raises(StoreError) as caught:
            payments.record_payment_intent(other)
        assert caught.value.code is StoreErrorCode.CONFLICT


def test_an_intent_needs_an_amount_and_a_visit(payments: Payments, intent: PaymentIntent) -> None:
    with pytest.raises(ValueError, match="positive"):
        payments.record_payment_intent(PaymentIntent("i", "o", intent.visit_id, 0))
    with pytest.raises(StoreError) as caught:
        payments.record_payment_intent(PaymentIntent("i", "o", "nobody", FEE))
    assert caught.value.code is StoreErrorCode.CONFLICT


def test_an_intent_is_closed_as_cancelled_or_expired_only(payments: Payments, intent: PaymentIntent) -> None:
    with pytest.raises(ValueError, match="closed"):
        payments.close_intent(intent.intent_id, PaymentState.PAID)
    with pytest.raises(StoreError) as caught:
        payments.close_intent("nobody", PaymentState.EXPIRED)
    assert caught.value.code is StoreErrorCode.NOT_FOUND
    assert payments.state_of("nobody") is None


def test_two_providers_may_use_one_id(store: Store, payments: Payments, intent: PaymentIntent) -> None:
    """A hospital has changed its provider: the new one's numbers begin where the old one's did."""
    payments.record_payment(TransferNotice("TD0000", "1", 50_600, provider="payos"))
    new = payments.record_payment(TransferNotice("TD0001", "1", FEE, provider="sepay"))
    assert new == TransferOutcome(TransferVerdict.EXACT, PaymentState.PAID)
    assert transfers(store) == 2


def test_one_provider_does_not_tell_one_transfer_for_two_orders(
    store: Store, payments: Payments, intent: PaymentIntent
) -> None:
    payments.record_payment(TransferNotice("TD0000", "1", FEE, provider="sepay"))
    again = payments.record_payment(TransferNotice("TD0001", "1", FEE, provider="sepay"))
    assert (again.verdict, again.replayed) == (TransferVerdict.CONTRADICTORY, True)
    assert payments.state_of(intent.intent_id) is PaymentState.WAITING
    assert transfers(store) == 1


@pytest.mark.parametrize(("first", "then"), [("", "sepay"), ("hub", "sepay"), ("sepay", "hub")])
def test_money_of_one_order_counts_once_whatever_its_provider_is_called(
    store: Store, payments: Payments, intent: PaymentIntent, first: str, then: str
) -> None:
    """Noted by an earlier version, or told by a hub before and after it learnt to name the provider."""
    payments.record_payment(TransferNotice("TD0001", "FT1", FEE, provider=first))
    again = payments.record_payment(TransferNotice("TD0001", "FT1", FEE, provider=then))
    assert again == TransferOutcome(TransferVerdict.EXACT, PaymentState.PAID, replayed=True)
    assert transfers(store) == 1
