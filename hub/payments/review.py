"""The cashier's desk: money that is not simply a bill's, and money to be given back. Nothing here moves money.

Whatever a person does is in the access history together with the change itself: who, when, and why.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from his_adapter.payment.cases import RefundCase, RefundState, ReviewCase, open_refund, owed
from hub.payments.settlement import rows_of, transfer_of
from hub.payments.tables import PaymentNoticeRow, RefundCaseRow, ReviewCaseRow
from records.audit import AuditRecord, note
from records.outbox_desk import Operator
from records.store import Store

ROLE = "cashier"
LONGEST_REASON = 500


class ReviewError(ValueError):
    """A case cannot be settled as asked; the text says why."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with what became of it. `detail` is what the money itself does not say."""

    case: ReviewCase
    detail: str
    changed_at: datetime
    resolved_at: datetime | None
    resolved_by: str
    resolution: str
    refunds: tuple[RefundCase, ...]

    @property
    def owed_dong(self) -> int:
        """A proposal: what goes back to the patient, less what was promised already."""
        return max(0, owed(self.case) - _promised(self.refunds))


class ReviewDesk:
    """What one person does at the desk. Every method raises StoreError."""

    def __init__(self, store: Store, operator: Operator) -> None:
        self._store = store
        self._operator = operator

    def cases(self, *, resolved: bool = False) -> tuple[CaseFile, ...]:
        """Open cases, or those that are settled, the oldest first."""
        settled = ReviewCaseRow.resolved_at
        query = select(ReviewCaseRow).where(settled.is_not(None) if resolved else settled.is_(None))
        with self._store.snapshot() as session:
            rows = session.scalars(query.order_by(ReviewCaseRow.opened_at, ReviewCaseRow.case_id))
            return tuple(_file(session, row) for row in rows)

    def case(self, case_id: str) -> CaseFile:
        """One case. Raises ReviewError."""
        with self._store.snapshot() as session:
            return _file(session, _row(session, case_id))

    def resolve(self, case_id: str, reason: str, *, refund_dong: int | None = None) -> CaseFile:
        """Settle a case: `reason` says how. `refund_dong` opens a refund of so much, 0 of what is owed.

        Raises ReviewError: unknown, settled already, no reason, or a refund of more than arrived.
        """
        if not 0 < len(reason.strip()) <= LONGEST_REASON:
            raise ReviewError(f"a case is settled with a reason of 1 to {LONGEST_REASON} characters")
        with self._store.transaction() as session:
            row = _row(session, case_id, lock=True)
            if row.resolved_at is not None:
                raise ReviewError("the case is settled already; new money would open it again")
            if refund_dong is not None:
                self._open_refund(session, _file(session, row), refund_dong)
            row.resolved_at, row.resolved_by = self._store.now(), self._operator.name
            row.resolution = reason.strip()
            self._note(session, "review_resolved", f"{case_id}: {row.resolution}")
            session.flush()
            return _file(session, row)

    def refunds(self, *, settled: bool = False) -> tuple[RefundCase, ...]:
        """Refunds that wait, or those that are done, the oldest first."""
        waits = RefundCaseRow.state == RefundState.OPEN
        query = select(RefundCaseRow).where(~waits if settled else waits)
        with self._store.snapshot() as session:
            rows = session.scalars(query.order_by(RefundCaseRow.opened_at, RefundCaseRow.case_id))
            return tuple(_refund(session, row) for row in rows)

    def settle_refund(self, case_id: str, voucher: str = "") -> RefundCase:
        """The money was paid out under a voucher of the cashier's, or, without one, will not be.

        Raises ReviewError: unknown, or settled before.
        """
        with self._store.transaction() as session:
            row = session.get(RefundCaseRow, case_id, with_for_update=True)
            if row is None:
                raise ReviewError("no refund of this name")
            state = RefundState.PAID_OUT if voucher else RefundState.DECLINED
            try:
                done = _refund(session, row).settle(state, self._operator.name, self._store.now(), voucher)
            except ValueError as error:
                raise ReviewError(str(error)) from None
            row.state, row.settled_by, row.settled_at = done.state, done.settled_by, done.settled_at
            row.voucher = voucher
            self._note(session, f"refund_{state.value}", f"{case_id} {voucher}".strip())
            return done

    def _open_refund(self, session: Session, file: CaseFile, amount_dong: int) -> None:
        amount = amount_dong or file.owed_dong
        if amount + _promised(file.refunds) > file.case.received_dong:
            raise ReviewError("a refund is no more than what arrived, with the refunds of this case before it")
        try:
            refund = open_refund(file.case, self._operator.name, self._store.now(), amount)
        except ValueError as error:
            raise ReviewError(str(error)) from None
        if file.refunds:  # the case was opened again by new money
            refund = replace(refund, case_id=f"{refund.case_id}-{len(file.refunds) + 1}")
        session.add(
            RefundCaseRow(
                case_id=refund.case_id,
                review_case_id=file.case.case_id,
                provider_txn_ids=json.dumps(refund.provider_txn_ids),
                amount_dong=refund.amount_dong,
                received_dong=refund.received_dong,
                reason=refund.reason,
                opened_by=refund.opened_by,
                opened_at=refund.opened_at,
                state=refund.state,
                settled_by="",
                voucher="",
            )
        )
        self._note(session, "refund_opened", f"{refund.case_id}: {refund.amount_dong} đ")

    def _note(self, session: Session, action: str, target: str) -> None:
        name, address = self._operator.name, self._operator.address
        note(session, AuditRecord(self._store.now(), name, ROLE, action, target, allowed=True, address=address))


def _promised(refunds: tuple[RefundCase, ...]) -> int:
    return sum(refund.amount_dong for refund in refunds if refund.state is not RefundState.DECLINED)


def _row(session: Session, case_id: str, *, lock: bool = False) -> ReviewCaseRow:
    row = session.get(ReviewCaseRow, case_id, with_for_update=lock)
    if row is None:
        raise ReviewError("no case of this name")
    return row


def _file(session: Session, row: ReviewCaseRow) -> CaseFile:
    if row.order_code is not None:
        notices = rows_of(session, row.provider, row.order_code)
    else:
        notices = [session.get_one(PaymentNoticeRow, (row.provider, row.provider_txn_id))]
    case = ReviewCase(
        row.case_id,
        row.reason,
        row.provider,
        row.order_code,
        row.asked_dong,
        tuple(map(transfer_of, notices)),
        row.opened_at,
    )
    query = select(RefundCaseRow).where(RefundCaseRow.review_case_id == row.case_id).order_by(RefundCaseRow.opened_at)
    refunds = tuple(_refund(session, refund) for refund in session.scalars(query))
    return CaseFile(case, row.detail, row.changed_at, row.resolved_at, row.resolved_by, row.resolution, refunds)


def _refund(session: Session, row: RefundCaseRow) -> RefundCase:
    case = session.get_one(ReviewCaseRow, row.review_case_id)
    return RefundCase(
        case_id=row.case_id,
        provider=case.provider,
        order_code=case.order_code,
        provider_txn_ids=tuple(json.loads(row.provider_txn_ids)),
        amount_dong=row.amount_dong,
        received_dong=row.received_dong,
        reason=row.reason,
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        state=row.state,
        settled_by=row.settled_by,
        settled_at=row.settled_at,
        voucher=row.voucher,
    )
