"""Promising a call: the outbox entry that is written in the same transaction as the reason for it."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records.canonical import recanonical
from records.store import Store
from records.tables import OutboxEntry
from records.values import OutboxMessage, destination_of, new_key

PAYLOAD_FIELD = "outbox.payload"
"""The name under which the cipher seals payloads."""


def promise(
    store: Store, session: Session, visit_id: str, message: OutboxMessage, now: datetime, *, key: str | None = None
) -> OutboxEntry:
    """Add a visit's next call in the caller's transaction; without `key` it gets a fresh one.

    Raises ValueError when the payload is no JSON.
    """
    last = session.scalar(select(func.max(OutboxEntry.seq)).where(OutboxEntry.visit_id == visit_id)) or 0
    entry = OutboxEntry(
        id=new_key(),
        visit_id=visit_id,
        seq=last + 1,
        destination=destination_of(message.kind),
        kind=message.kind,
        idempotency_key=key or new_key(),
        payload=store.cipher.seal(visit_id, PAYLOAD_FIELD, recanonical(message.payload)),
        created_at=now,
        attempts=0,
        next_attempt_at=max(now, message.not_before or now),
        dead=False,
    )
    session.add(entry)
    return entry
