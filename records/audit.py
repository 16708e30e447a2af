"""Who looked at records: every view, copy, sign-in and refusal of the people who review them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records.store import Store
from records.tables import AuditEvent


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One event. `target` names what was looked at (a log entry, a filter), never a patient."""

    at: datetime
    actor: str
    role: str
    action: str
    target: str
    allowed: bool
    address: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One page of events, newest first."""

    events: tuple[AuditRecord, ...]
    total: int


class AuditTrail:
    """The audit events of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def append(self, *, actor: str, role: str, action: str, target: str, allowed: bool, address: str) -> None:
        """Record an event; when this fails the caller must not show what was asked for. Raises StoreError."""
        with self._store.transaction() as session:
            note(
                session,
                AuditRecord(self._store.now(), actor, role, action, target, allowed=allowed, address=address),
            )

    def page(self, number: int, size: int) -> AuditPage:
        """Page `number` (from 1), newest event first. Raises StoreError."""
        newest = select(AuditEvent).order_by(AuditEvent.id.desc())
        with self._store.snapshot() as session:
            total = session.scalar(select(func.count()).select_from(AuditEvent)) or 0
            rows = session.scalars(newest.offset((number - 1) * size).limit(size))
            return AuditPage(tuple(_record(row) for row in rows), total)


def note(session: Session, record: AuditRecord) -> None:
    """Record an event in the caller's transaction: what was done and who did it are on disk together or not at all."""
    session.add(
        AuditEvent(
            at=record.at,
            actor=record.actor,
            role=record.role,
            action=record.action,
            target=record.target,
            allowed=record.allowed,
            address=record.address,
        )
    )


def _record(row: AuditEvent) -> AuditRecord:
    return AuditRecord(row.at, row.actor, row.role, row.action, row.target, row.allowed, row.address)
