"""What arrived, written down once, and what it makes of its order.

Two transactions, so that a provider is answered at once and nothing is lost between them: the notice goes into the
inbox, then the order's state is judged over everything that the inbox holds for it. Judging is a function of the inbox:
a hub that dies in between does it at its next start, and doing it twice changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from his_adapter.model import PaymentNotice, PaymentState, PaymentStatus, Transfer
from his_adapter.payment.cases import ReviewCase, review, review_contradiction, review_stray
from his_adapter.payment.judgement import judge
from his_adapter.payment.webhook import Inbox, Outcome, StrayTransfer
from hub.logs import where
from hub.payments.orders import intent_of, lock_order
from hub.payments.tables import PaymentNoticeRow, PaymentOrder, ReviewCaseRow
from records.audit import AuditRecord, note
from records.errors import StoreError, StoreErrorCode
from records.store import Store

log = structlog.get_logger(__name__)

HUB = "hub"
"""Who opens cases, in the access history."""


class Settlement(Inbox):
    """The durable inbox, and the one way an order changes its state. Safe from any thread and process."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, provider: str, notice: PaymentNotice | StrayTransfer) -> Outcome:
        """See the protocol. What follows from the notice is `settle_due`'s."""
        order_code = notice.order_code if isinstance(notice, PaymentNotice) else None
        try:
            return self._keep(provider, order_code, notice.transfer, polled=False)
        except StoreError as error:
            log.error("payment notice not stored", provider=provider, code=error.code.value)
            return Outcome.NOT_STORED

    def settle_due(self) -> int:
        """Judge whatever waits in the inbox; how many notices that were. Raises StoreError.

        A notice that cannot be judged, which would be a bug, is said in the log and holds nothing up.
        """
        query = select(PaymentNoticeRow.provider, PaymentNoticeRow.provider_txn_id, PaymentNoticeRow.order_code)
        query = query.where(PaymentNoticeRow.applied_at.is_(None))
        query = query.order_by(PaymentNoticeRow.noticed_at, PaymentNoticeRow.provider_txn_id)
        with self._store.snapshot() as session:
            due = session.execute(query).all()
        settled = 0
        for provider, provider_txn_id, order_code in due:
            try:
                self._settle(provider, provider_txn_id, order_code)
            except (ValueError, LookupError) as error:
                log.error("notice not judged", provider=provider, error=type(error).__name__, where=where(error))
            else:
                settled += 1
        return settled

    def settle(self, order_code: int) -> PaymentStatus:
        """Where an order stands, with everything the inbox holds for it. Raises StoreError, LookupError."""
        with self._store.transaction() as session:
            order = _locked(session, order_code)
            self._judge(session, order)
            return _standing(session, order, self._store.now())

    def polled(self, order_code: int, status: PaymentStatus) -> PaymentStatus:
        """Take in what the provider answered; where the order stands now. Raises StoreError, LookupError."""
        with self._store.transaction() as session:
            order = _locked(session, order_code)
            order.polled_at = self._store.now()
            self._judge(session, order)  # money that had come before the provider closed the order is not late
            for transfer in status.transfers:
                self._insert(session, order.provider, order_code, transfer, polled=True)
            session.flush()
            # closed there before the money came, or closed there by hand
            if status.state in (PaymentState.LATE, PaymentState.CANCELLED) and order.state is PaymentState.WAITING:
                order.state, order.closed_at = PaymentState.CANCELLED, self._store.now()
            self._judge(session, order)
            return _standing(session, order, self._store.now())

    def asked(self, order_code: int) -> None:
        """The provider was asked and gave no answer: others come first next time. Raises StoreError, LookupError."""
        with self._store.transaction() as session:
            _locked(session, order_code).polled_at = self._store.now()

    def close(self, order_code: int, state: PaymentState) -> PaymentStatus:
        """Stop asking, CANCELLED or EXPIRED; money from now on is late. What holds is returned: money may be faster.

        Raises StoreError, LookupError; ValueError for any other state.
        """
        if state not in (PaymentState.CANCELLED, PaymentState.EXPIRED):
            raise ValueError("an order is closed as cancelled or expired")
        with self._store.transaction() as session:
            order = _locked(session, order_code)
            self._judge(session, order)
            if order.state is PaymentState.WAITING:
                order.state, order.closed_at = state, self._store.now()
            return _standing(session, order, self._store.now())

    def _settle(self, provider: str, provider_txn_id: str, order_code: int | None) -> None:
        with self._store.transaction() as session:
            order = None if order_code is None else lock_order(session, order_code)
            if order is not None and order.provider == provider:
                self._judge(session, order)
            else:
                self._stray(session, session.get_one(PaymentNoticeRow, (provider, provider_txn_id)))

    def _keep(self, provider: str, order_code: int | None, transfer: Transfer, *, polled: bool) -> Outcome:
        try:
            with self._store.transaction() as session:
                return self._insert(session, provider, order_code, transfer, polled=polled)
        except StoreError as error:
            if error.code is not StoreErrorCode.CONFLICT:
                raise
        with self._store.transaction() as session:  # two processes heard of it at once: the other one has stored it
            return self._insert(session, provider, order_code, transfer, polled=polled)

    def _insert(
        self, session: Session, provider: str, order_code: int | None, transfer: Transfer, *, polled: bool
    ) -> Outcome:
        known = session.get(PaymentNoticeRow, (provider, transfer.provider_txn_id))
        if known is not None:
            if (known.order_code, known.amount_dong) != (order_code, transfer.amount_dong):
                self._contradiction(session, known, order_code, transfer)
            return Outcome.REPEATED
        now = self._store.now()
        session.add(
            PaymentNoticeRow(
                provider=provider,
                provider_txn_id=transfer.provider_txn_id,
                order_code=order_code,
                amount_dong=transfer.amount_dong,
                received_at=transfer.received_at,
                noticed_at=now,
                polled=polled,
            )
        )
        order = None if order_code is None else session.get(PaymentOrder, order_code)
        if order is None or order.provider != provider:
            return Outcome.UNKNOWN_ORDER
        return Outcome.ACCEPTED if order.amount_dong == transfer.amount_dong else Outcome.WRONG_AMOUNT

    def _judge(self, session: Session, order: PaymentOrder) -> None:
        """The order's state, from all of its money. A function of the inbox and of when the order was closed."""
        rows = rows_of(session, order.provider, order.order_code)
        if not rows:
            return
        now = self._store.now()
        status = judge(intent_of(order), tuple(map(transfer_of, rows)), closed=order.closed_at is not None)
        news = status.state is not order.state or any(row.applied_at is None for row in rows)
        for row in rows:
            row.applied_at = row.applied_at or now
        if not news:
            return
        order.state = status.state
        order.settled_at = order.settled_at or now
        case = review(order.provider, intent_of(order), status, now)
        if case is not None:
            self._open(session, case)

    def _stray(self, session: Session, row: PaymentNoticeRow) -> None:
        if row.applied_at is not None:
            return
        row.applied_at = self._store.now()
        detail = "" if row.order_code is None else f"told for order {row.order_code}"
        case = review_stray(row.provider, StrayTransfer(transfer_of(row)), row.applied_at)
        self._open(session, case, detail)

    def _contradiction(
        self, session: Session, known: PaymentNoticeRow, order_code: int | None, transfer: Transfer
    ) -> None:
        order = "no order" if order_code is None else f"order {order_code}"
        detail = f"told again as {transfer.amount_dong} đ for {order}"
        case = review_contradiction(known.provider, transfer_of(known), self._store.now())
        row = session.get(ReviewCaseRow, case.case_id)
        if row is None or row.detail != detail:  # the same contradiction again is no news
            self._open(session, case, detail)

    def _open(self, session: Session, case: ReviewCase, detail: str = "") -> None:
        """Open the case, or say that it has grown. Money after a person has settled it opens it again."""
        row = session.get(ReviewCaseRow, case.case_id)
        if row is None:
            row = ReviewCaseRow(
                case_id=case.case_id,
                provider=case.provider,
                order_code=case.order_code,
                provider_txn_id=None if case.order_code is not None else case.transfers[0].provider_txn_id,
                opened_at=case.opened_at,
            )
            session.add(row)
            action = "review_opened"
        else:
            action = "review_grown" if row.resolved_at is None else "review_reopened"
        row.reason, row.asked_dong, row.detail = case.reason, case.asked_dong, detail
        row.changed_at, row.resolved_at, row.resolved_by, row.resolution = self._store.now(), None, "", ""
        note(session, AuditRecord(self._store.now(), HUB, "", action, case.case_id, allowed=True, address=""))


def rows_of(session: Session, provider: str, order_code: int) -> Sequence[PaymentNoticeRow]:
    """Everything that arrived for an order, in the order of the money's own times."""
    query = select(PaymentNoticeRow).where(
        PaymentNoticeRow.provider == provider, PaymentNoticeRow.order_code == order_code
    )
    return session.scalars(query.order_by(PaymentNoticeRow.received_at, PaymentNoticeRow.provider_txn_id)).all()


def transfer_of(row: PaymentNoticeRow) -> Transfer:
    return Transfer(row.provider_txn_id, row.amount_dong, row.received_at)


def _locked(session: Session, order_code: int) -> PaymentOrder:
    order = lock_order(session, order_code)
    if order is None:
        raise LookupError("no such order")
    return order


def _standing(session: Session, order: PaymentOrder, now: datetime) -> PaymentStatus:
    transfers = tuple(map(transfer_of, rows_of(session, order.provider, order.order_code)))
    if transfers:
        return PaymentStatus(order.state, sum(transfer.amount_dong for transfer in transfers), transfers)
    waits = order.state is PaymentState.WAITING
    return PaymentStatus(PaymentState.EXPIRED if waits and now > order.expires_at else order.state)
