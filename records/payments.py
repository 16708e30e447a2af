"""Money asked for and money that arrived. A visit stays valid whatever happens here."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records.errors import StoreError, StoreErrorCode
from records.promises import promise
from records.store import Store
from records.tables import Payment, PaymentTransfer
from records.transfer_report import TransferReport, dump_report
from records.values import (
    HIS_PAYMENT,
    OutboxMessage,
    PaymentIntent,
    PaymentState,
    TransferNotice,
    TransferOutcome,
    TransferVerdict,
)

_CLOSED = {PaymentState.CANCELLED, PaymentState.EXPIRED}


class Payments:
    """Amounts asked for by QR, and the bank's notices about them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def record_payment_intent(self, intent: PaymentIntent) -> None:
        """Record an amount before its QR is shown. The same intent again changes nothing.

        Raises StoreError: CONFLICT when the id or the order code stands for something else; ValueError when the amount
        is not positive.
        """
        if intent.amount_dong <= 0:
            raise ValueError("an amount asked for is positive")
        with self._store.transaction() as session:
            known = session.get(Payment, intent.intent_id)
            if known is not None:
                same = (known.order_code, known.visit_id, known.amount_dong)
                if same != (intent.order_code, intent.visit_id, intent.amount_dong):
                    raise StoreError(StoreErrorCode.CONFLICT, "payment intent")
                return
            session.add(
                Payment(
                    id=intent.intent_id,
                    order_code=intent.order_code,
                    visit_id=intent.visit_id,
                    amount_dong=intent.amount_dong,
                    state=PaymentState.WAITING,
                    created_at=self._store.now(),
                    expires_at=intent.expires_at,
                )
            )

    def unsettled(self, since: datetime) -> tuple[PaymentIntent, ...]:
        """Amounts asked for from `since` on for which no money has been noted: it may still come. Raises StoreError."""
        query = select(Payment).where(Payment.settled_at.is_(None), Payment.created_at >= since)
        with self._store.snapshot() as session:
            return tuple(
                PaymentIntent(row.id, row.order_code, row.visit_id, row.amount_dong, row.expires_at, row.created_at)
                for row in session.scalars(query.order_by(Payment.created_at))
            )

    def close_intent(self, intent_id: str, state: PaymentState) -> PaymentState:
        """Stop waiting: CANCELLED (paid at the desk) or EXPIRED. Returns what holds: money may have been faster.

        Raises StoreError: NOT_FOUND; ValueError for any other state.
        """
        if state not in _CLOSED:
            raise ValueError("an intent is closed as cancelled or expired")
        with self._store.transaction() as session:
            payment = session.get(Payment, intent_id)
            if payment is None:
                raise StoreError(StoreErrorCode.NOT_FOUND, "payment intent")
            if payment.state is PaymentState.WAITING:
                payment.state = state
            return payment.state

    def record_payment(self, notice: TransferNotice) -> TransferOutcome:
        """Record arriving money: once per provider transaction, however often it is told.

        PAID needs the exact amount, once, while waiting, sent before the end. The rest goes to REVIEW, for the cashier.
        The same transaction promises the hospital system a call about the transfer: one per provider transaction. A
        notice for no order of ours is kept too, but belongs to no visit that could be told. One that contradicts an
        earlier one goes to REVIEW without a second call. Raises StoreError.
        """
        with self._store.transaction() as session:
            known = _known(session, notice)
            if known is not None:
                return self._told_again(session, known, notice)
            payment = session.scalar(select(Payment).where(Payment.order_code == notice.order_code).with_for_update())
            verdict = TransferVerdict.UNMATCHED if payment is None else _verdict(session, payment, notice)
            now = self._store.now()
            transfer = PaymentTransfer(
                provider=notice.provider,
                provider_txn=notice.provider_txn,
                payment_id=None if payment is None else payment.id,
                order_code=notice.order_code,
                amount_dong=notice.amount_dong,
                verdict=verdict,
                received_at=notice.received_at or now,
            )
            session.add(transfer)
            if payment is None:
                return TransferOutcome(verdict, None)
            payment.state = PaymentState.PAID if verdict is TransferVerdict.EXACT else PaymentState.REVIEW
            payment.settled_at = now
            self._promise(session, payment.visit_id, transfer, now)
            return TransferOutcome(verdict, payment.state)

    def state_of(self, intent_id: str) -> PaymentState | None:
        """The state of an amount asked for; None when there is no such intent. Raises StoreError."""
        with self._store.snapshot() as session:
            return session.scalar(select(Payment.state).where(Payment.id == intent_id))

    def _promise(self, session: Session, visit_id: str, transfer: PaymentTransfer, now: datetime) -> None:
        """The call about a transfer. The transfer's primary key makes it the only one."""
        report = TransferReport(
            visit_id,
            transfer.order_code,
            transfer.provider_txn,
            transfer.amount_dong,
            transfer.verdict,
            transfer.received_at,
            transfer.provider,
        )
        promise(self._store, session, visit_id, OutboxMessage(HIS_PAYMENT, dump_report(report)), now)

    def _told_again(self, session: Session, known: PaymentTransfer, notice: TransferNotice) -> TransferOutcome:
        payment = None if known.payment_id is None else session.get(Payment, known.payment_id)
        if (known.order_code, known.amount_dong) != (notice.order_code, notice.amount_dong):
            known.verdict = TransferVerdict.CONTRADICTORY
            if payment is not None:
                payment.state = PaymentState.REVIEW
        return TransferOutcome(known.verdict, None if payment is None else payment.state, replayed=True)


def _known(session: Session, notice: TransferNotice) -> PaymentTransfer | None:
    """The transfer that a notice tells of again: the provider's by its id.

    An order has one provider, so within an order the id alone will do: the name may be missing (a record of an earlier
    version) or another (a hub that did not tell it yet).
    """
    known = session.get(PaymentTransfer, (notice.provider, notice.provider_txn))
    if known is not None:
        return known
    return session.scalar(
        select(PaymentTransfer).where(
            PaymentTransfer.order_code == notice.order_code, PaymentTransfer.provider_txn == notice.provider_txn
        )
    )


def _verdict(session: Session, payment: Payment, notice: TransferNotice) -> TransferVerdict:
    earlier = session.scalar(
        select(func.count()).select_from(PaymentTransfer).where(PaymentTransfer.payment_id == payment.id)
    )
    if earlier:
        return TransferVerdict.DUPLICATE
    if notice.amount_dong < payment.amount_dong:
        return TransferVerdict.UNDERPAID
    if notice.amount_dong > payment.amount_dong:
        return TransferVerdict.OVERPAID
    sent, end = notice.received_at, payment.expires_at
    # whoever should have closed it may have been away
    over = notice.late or (sent is not None and end is not None and sent > end)
    return TransferVerdict.LATE if over or payment.state in _CLOSED else TransferVerdict.EXACT
