"""Reading for people: the console's lists, details and export rows. Identity comes out masked, always."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from records.evidence import Decision
from records.journal import registration_entry
from records.masking import mask_name, mask_number
from records.match_entry import EntryUnreadableError, MatchEntry, read_entry, time_text
from records.store import Store
from records.tables import MatchLogEntry, Payment, PortalReply, Visit

_ROWS_PER_FETCH = 500


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which entries: from `since` (included) to `until` (excluded); None means any."""

    since: datetime | None = None
    until: datetime | None = None
    decision: Decision | None = None
    kiosk_id: str | None = None


@dataclass(frozen=True, slots=True)
class LogRow:
    """One entry as stored. `entry` is None when the text is not in a known format: somebody else wrote it."""

    kiosk_id: str
    seq: int
    at: str
    hash: str
    prev_hash: str
    text: str
    entry: MatchEntry | None


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of entries, newest first, and how many there are in all."""

    rows: tuple[LogRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class PaymentSummary:
    """An amount asked for and where it stands."""

    order_code: str
    amount_dong: int
    state: str


@dataclass(frozen=True, slots=True)
class PortalSummary:
    """One reply of the insurance portal, or its silence, without the reply itself. Words are as `PortalEvidence`'s."""

    asked_at: datetime
    outcome: str
    code: str
    entry: str
    fault: str
    sha256: str


@dataclass(frozen=True, slots=True)
class VisitSummary:
    """The visit behind an entry, masked. `his_visit_id` is None until the hospital system has confirmed."""

    visit_id: str
    state: str
    masked_name: str
    masked_number: str
    service_name: str
    room: str
    queue_number: str
    provisional: bool
    fee_dong: int
    his_visit_id: str | None
    delivery_attempts: int
    delivery_error: str | None
    payments: tuple[PaymentSummary, ...]
    portal: tuple[PortalSummary, ...] = ()


def list_entries(store: Store, wanted: LogFilter, *, page: int, size: int) -> LogPage:
    """Page `page` (from 1) of the entries that fit, newest first. Raises StoreError."""
    newest = (
        select(MatchLogEntry)
        .where(*_conditions(wanted))
        .order_by(MatchLogEntry.at.desc(), MatchLogEntry.kiosk_id, MatchLogEntry.seq.desc())
    )
    with store.snapshot() as session:
        total = session.scalar(select(func.count()).select_from(MatchLogEntry).where(*_conditions(wanted))) or 0
        rows = session.scalars(newest.offset((page - 1) * size).limit(size))
        return LogPage(tuple(_row(row) for row in rows), total)


def export_entries(store: Store, wanted: LogFilter) -> Iterator[LogRow]:
    """All entries that fit, oldest first, from one snapshot. Raises StoreError while iterating."""
    oldest = select(MatchLogEntry).where(*_conditions(wanted)).order_by(MatchLogEntry.kiosk_id, MatchLogEntry.seq)
    with store.snapshot() as session:
        for row in session.scalars(oldest.execution_options(yield_per=_ROWS_PER_FETCH)):
            yield _row(row)


def find_entry(store: Store, kiosk_id: str, seq: int) -> LogRow | None:
    """One entry; None when there is none. Raises StoreError."""
    with store.snapshot() as session:
        row = session.get(MatchLogEntry, (kiosk_id, seq))
        return None if row is None else _row(row)


def visit_behind(store: Store, kiosk_id: str, seq: int) -> VisitSummary | None:
    """The visit an entry is about, masked. Raises StoreError."""
    with store.snapshot() as session:
        visit = session.scalar(
            select(Visit)
            .join(MatchLogEntry, MatchLogEntry.visit_id == Visit.id)
            .where(MatchLogEntry.kiosk_id == kiosk_id, MatchLogEntry.seq == seq)
        )
        return None if visit is None else _summary(store, session, visit)


def kiosks(store: Store) -> tuple[str, ...]:
    """The kiosks that have written to this log. Raises StoreError."""
    with store.snapshot() as session:
        return tuple(session.scalars(select(MatchLogEntry.kiosk_id).distinct().order_by(MatchLogEntry.kiosk_id)))


def entries_since(store: Store, kiosk_id: str, since: datetime) -> int:
    """How many entries a kiosk has written from `since` on: what its own queue numbers count. Raises StoreError."""
    wanted = LogFilter(since=since, kiosk_id=kiosk_id)
    with store.snapshot() as session:
        return session.scalar(select(func.count()).select_from(MatchLogEntry).where(*_conditions(wanted))) or 0


def _conditions(wanted: LogFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        conditions.append(MatchLogEntry.at >= time_text(wanted.since))
    if wanted.until is not None:
        conditions.append(MatchLogEntry.at < time_text(wanted.until))
    if wanted.decision is not None:
        conditions.append(MatchLogEntry.decision == wanted.decision.value)
    if wanted.kiosk_id is not None:
        conditions.append(MatchLogEntry.kiosk_id == wanted.kiosk_id)
    return conditions


def _row(row: MatchLogEntry) -> LogRow:
    entry: MatchEntry | None
    try:
        entry = read_entry(row.entry)
    except EntryUnreadableError:
        entry = None
    return LogRow(row.kiosk_id, row.seq, row.at, row.hash, row.prev_hash, row.entry, entry)


def _summary(store: Store, session: Session, visit: Visit) -> VisitSummary:
    unseal = store.cipher.unseal
    outbox = registration_entry(session, visit)
    replies = session.scalars(
        select(PortalReply).where(PortalReply.visit_id == visit.id).order_by(PortalReply.asked_at, PortalReply.id)
    )
    payments = session.scalars(select(Payment).where(Payment.visit_id == visit.id).order_by(Payment.created_at))
    return VisitSummary(
        visit_id=visit.id,
        state=visit.state.value,
        masked_name="" if visit.full_name is None else mask_name(unseal(visit.id, "full_name", visit.full_name)),
        masked_number="" if visit.number is None else mask_number(unseal(visit.id, "number", visit.number)),
        service_name=visit.service_name,
        room=visit.room,
        queue_number=visit.queue_number,
        provisional=visit.provisional,
        fee_dong=visit.fee_dong,
        his_visit_id=visit.his_visit_id,
        delivery_attempts=0 if outbox is None else outbox.attempts,
        delivery_error=None if outbox is None or outbox.delivered_at else outbox.last_error_code,
        payments=tuple(PaymentSummary(item.order_code, item.amount_dong, item.state.value) for item in payments),
        portal=tuple(
            PortalSummary(reply.asked_at, reply.outcome.value, reply.code, reply.entry, reply.fault, reply.sha256)
            for reply in replies
        ),
    )
