"""What an operator may do with the outbox: look, have a call made again, give one up. Every act leaves its trace.

The trace stands in the audit trail and is written in the transaction of the act. Giving up is for ever: by then a
person has taken over, and the same call later would be one too many.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from records.audit import AuditRecord, note
from records.errors import StoreError, StoreErrorCode
from records.journal import withdraw
from records.promises import PAYLOAD_FIELD
from records.store import Store
from records.tables import OutboxEntry, Payment, PaymentTransfer, Visit
from records.transfer_report import load_report
from records.values import DROPPED, HIS_PAYMENT, HIS_REGISTER, WITHDRAWN, PaymentState, VisitState

ROLE = "operator"
MAX_REASON = 300
MAX_NAME = 64


class EntryState(StrEnum):
    """Where a call stands."""

    PENDING = "pending"
    DEAD = "dead"
    DELIVERED = "delivered"


class NotAllowedError(Exception):
    """The entry's state does not allow the act. The text is for the operator."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who acts. `address` says from where, as the console's events do."""

    name: str
    address: str = "local"

    def __post_init__(self) -> None:
        if not (0 < len(self.name) <= MAX_NAME and self.name.isprintable()):
            raise ValueError(f"a name has 1 to {MAX_NAME} printable characters")


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A call as it lies in the outbox, without its content. `error` is the last failure's code, empty before one."""

    outbox_id: str
    visit_id: str
    seq: int
    destination: str
    kind: str
    state: EntryState
    attempts: int
    error: str
    created_at: datetime
    next_attempt_at: datetime
    delivered_at: datetime | None


class OutboxDesk:
    """Reads and changes one store's outbox on behalf of `operator`."""

    def __init__(self, store: Store, operator: Operator) -> None:
        self._store = store
        self._operator = operator

    def entries(
        self, *, state: EntryState | None = None, destination: str | None = None, limit: int = 100
    ) -> tuple[EntryRow, ...]:
        """The oldest calls that fit, in the order of their promises. Raises StoreError."""
        query = select(OutboxEntry).order_by(OutboxEntry.created_at, OutboxEntry.seq, OutboxEntry.id).limit(limit)
        if state is not None:
            query = query.where(_has(state))
        if destination is not None:
            query = query.where(OutboxEntry.destination == destination)
        with self._store.snapshot() as session:
            return tuple(_row(entry) for entry in session.scalars(query))

    def entry(self, outbox_id: str) -> EntryRow:
        """One call. Raises StoreError, NOT_FOUND for an unknown one."""
        with self._store.snapshot() as session:
            return _row(_find(session, outbox_id))

    def content(self, outbox_id: str, reason: str = "") -> str:
        """What would be sent: personal data. That it was looked at is on disk before it is returned.

        Raises StoreError.
        """
        with self._act("outbox.show", outbox_id, reason) as (_, entry):
            return self._store.cipher.unseal(entry.visit_id, PAYLOAD_FIELD, entry.payload)

    def retry(self, outbox_id: str, reason: str) -> EntryRow:
        """Have a call made again at once, with its old key and as many tries as a new one.

        Raises StoreError; NotAllowedError when it was delivered, dropped, or taken back because the counter took over.
        """
        with self._act("outbox.retry", outbox_id, _needed(reason)) as (session, entry):
            if entry.delivered_at is not None:
                raise NotAllowedError("it was delivered")
            if entry.dead and entry.last_error_code in {DROPPED, WITHDRAWN}:
                raise NotAllowedError(f"it was {entry.last_error_code}: a person has taken over")
            if entry.kind == HIS_REGISTER and session.get_one(Visit, entry.visit_id).state is VisitState.COUNTER:
                raise NotAllowedError("the counter has taken the patient over and registers the visit")
            entry.dead, entry.attempts, entry.next_attempt_at = False, 0, self._store.now()
            return _row(entry)

    def drop(self, outbox_id: str, reason: str) -> EntryRow:
        """Give a call up for ever.

        A registration's visit goes to the counter, with whatever else waits for it but its money; the payment whose
        telling is dropped goes to review. Raises StoreError; NotAllowedError when it was delivered or dropped already.
        """
        with self._act("outbox.drop", outbox_id, _needed(reason)) as (session, entry):
            if entry.delivered_at is not None:
                raise NotAllowedError("it was delivered")
            if entry.dead and entry.last_error_code == DROPPED:
                raise NotAllowedError("it was dropped before")
            entry.dead, entry.last_error_code = True, DROPPED
            match entry.kind:
                case kind if kind == HIS_REGISTER:
                    _to_the_counter(session, entry)
                case kind if kind == HIS_PAYMENT:
                    self._to_review(session, entry)
            return _row(entry)

    @contextmanager
    def _act(self, action: str, outbox_id: str, reason: str) -> Iterator[tuple[Session, OutboxEntry]]:
        with self._store.transaction() as session:
            entry = _find(session, outbox_id)
            target = f"{entry.kind} {entry.id}" + (f": {reason}" if reason else "")
            name, address = self._operator.name, self._operator.address
            note(session, AuditRecord(self._store.now(), name, ROLE, action, target, allowed=True, address=address))
            yield session, entry

    def _to_review(self, session: Session, entry: OutboxEntry) -> None:
        """Money the hospital will not hear of: the cashier settles it."""
        try:
            report = load_report(self._store.cipher.unseal(entry.visit_id, PAYLOAD_FIELD, entry.payload))
        except ValueError:  # nobody knows which: all of the visit's
            payments = session.scalars(select(Payment).where(Payment.visit_id == entry.visit_id))
        else:
            transfer = select(PaymentTransfer.payment_id).where(
                PaymentTransfer.provider == report.provider, PaymentTransfer.provider_txn == report.provider_txn
            )
            payments = session.scalars(select(Payment).where(Payment.id.in_(transfer)))
        for payment in payments:
            if payment.state is PaymentState.PAID:
                payment.state = PaymentState.REVIEW


def _to_the_counter(session: Session, entry: OutboxEntry) -> None:
    visit = session.get_one(Visit, entry.visit_id)
    if visit.state is VisitState.REGISTERED_LOCAL:
        visit.state, visit.reason = VisitState.COUNTER, DROPPED
        withdraw(session, visit)


def _needed(reason: str) -> str:
    """One line of text. Raises ValueError."""
    text = " ".join(reason.split())
    if not 0 < len(text) <= MAX_REASON:
        raise ValueError(f"a reason has 1 to {MAX_REASON} characters")
    return text


def _find(session: Session, outbox_id: str) -> OutboxEntry:
    entry = session.get(OutboxEntry, outbox_id)
    if entry is None:
        raise StoreError(StoreErrorCode.NOT_FOUND, "outbox entry")
    return entry


def _has(state: EntryState) -> ColumnElement[bool]:
    match state:
        case EntryState.DELIVERED:
            return OutboxEntry.delivered_at.is_not(None)
        case EntryState.DEAD:
            return OutboxEntry.delivered_at.is_(None) & OutboxEntry.dead.is_(True)
        case EntryState.PENDING:
            return OutboxEntry.delivered_at.is_(None) & OutboxEntry.dead.is_(False)


def _row(entry: OutboxEntry) -> EntryRow:
    undelivered = EntryState.DEAD if entry.dead else EntryState.PENDING
    return EntryRow(
        outbox_id=entry.id,
        visit_id=entry.visit_id,
        seq=entry.seq,
        destination=entry.destination,
        kind=entry.kind,
        state=undelivered if entry.delivered_at is None else EntryState.DELIVERED,
        attempts=entry.attempts,
        error=entry.last_error_code or "",
        created_at=entry.created_at,
        next_attempt_at=entry.next_attempt_at,
        delivered_at=entry.delivered_at,
    )
