"""What arrived, against what was asked: one rule for every provider."""

from collections.abc import Iterable
from datetime import datetime

from his_adapter.model import PaymentIntent, PaymentState, PaymentStatus, Transfer


def judge(intent: PaymentIntent, transfers: tuple[Transfer, ...], *, closed: bool = False) -> PaymentStatus:
    """What arrived, against what was asked. Only one exact transfer in time is PAID; a person settles the rest.

    `closed`: the order had ended before money came, so that the patient was told to pay at the cashier.
    """
    received = sum(transfer.amount_dong for transfer in transfers)
    if len(transfers) > 1:
        state = PaymentState.DUPLICATE
    elif received < intent.amount_dong:
        state = PaymentState.UNDERPAID
    elif received > intent.amount_dong:
        state = PaymentState.OVERPAID
    elif closed or transfers[0].received_at > intent.expires_at:
        state = PaymentState.LATE
    else:
        state = PaymentState.PAID
    return PaymentStatus(state, received, transfers)


def standing(
    intent: PaymentIntent, transfers: Iterable[Transfer], moment: datetime, *, cancelled: bool = False
) -> PaymentStatus:
    """Where an intent stands at a provider that keeps no order, or none that ends: our own clock ends it.

    The same transfer told twice counts once.
    """
    distinct = tuple({transfer.provider_txn_id: transfer for transfer in transfers}.values())
    if distinct:
        return judge(intent, distinct, closed=cancelled)
    if cancelled:
        return PaymentStatus(PaymentState.CANCELLED)
    return PaymentStatus(PaymentState.EXPIRED if moment > intent.expires_at else PaymentState.WAITING)
