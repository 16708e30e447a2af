"""The outbox: calls that were promised on disk and are repeated until the other system has answered."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records.errors import StoreError, StoreErrorCode
from records.journal import Journal
from records.store import Store
from records.tables import OutboxEntry
from records.values import HisConfirmation

DEFAULT_BATCH = 50


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Delays double from `base_s` to `cap_s` seconds; half of each is random, so that kiosks do not return in step.

    With the default cap an unreachable system is tried for a week (at least 150 s between tries) before giving up.
    """

    base_s: float = 2.0
    cap_s: float = 300.0
    max_attempts: int = 4_032

    def delay(self, attempts: int, jitter: float) -> timedelta:
        """The pause after the `attempts`-th failure (from 1). `jitter` is in [0, 1)."""
        exponent = min(attempts - 1, 32)  # beyond, the cap holds anyway and the power would overflow
        full = min(self.cap_s, self.base_s * 2.0**exponent)
        return timedelta(seconds=full / 2 + full / 2 * jitter)


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A call to make. Send `idempotency_key` with it: the other system tells repetitions by it."""

    outbox_id: str
    visit_id: str
    kind: str
    idempotency_key: str
    attempts: int
    created_at: datetime
    payload: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivered:
    """The other system answered; a registration comes with its confirmation."""

    confirmation: HisConfirmation | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """It could not be asked, or not now. `code` says why, without personal data."""

    code: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It said no, and would say it again. A person must look."""

    code: str


DeliveryResult = Delivered | Retry | Refused
Deliver = Callable[[OutboxItem], DeliveryResult]


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """How many calls one round delivered, put off and gave up."""

    delivered: int = 0
    retried: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True)
class OutboxHealth:
    """What waits: `oldest` is when the oldest undelivered call was promised."""

    pending: int
    dead: int
    oldest: datetime | None


class Outbox:
    """The queue in one store. `jitter` returns a number in [0, 1)."""

    def __init__(
        self, store: Store, *, policy: RetryPolicy | None = None, jitter: Callable[[], float] = random.random
    ) -> None:
        self._store = store
        self._policy = policy or RetryPolicy()
        self._jitter = jitter

    def due(
        self, now: datetime, limit: int = DEFAULT_BATCH, *, visit_id: str | None = None, kind: str | None = None
    ) -> tuple[OutboxItem, ...]:
        """Calls whose time has come, oldest first; with `visit_id` that visit's, due or not; with `kind` only such.

        Raises StoreError.
        """
        query = select(OutboxEntry).where(OutboxEntry.delivered_at.is_(None), OutboxEntry.dead.is_(False))
        if visit_id is None:
            query = query.where(OutboxEntry.next_attempt_at <= now)
        else:
            query = query.where(OutboxEntry.visit_id == visit_id)
        if kind is not None:
            query = query.where(OutboxEntry.kind == kind)
        with self._store.snapshot() as session:
            rows = session.scalars(query.order_by(OutboxEntry.created_at, OutboxEntry.id).limit(limit))
            return tuple(self._item(row) for row in rows)

    def mark_delivered(self, outbox_id: str, now: datetime) -> None:
        """Done. A registration is done by `Journal.confirm_registration` instead. Raises StoreError."""
        with self._store.transaction() as session:
            entry = _entry(session, outbox_id)
            entry.delivered_at = entry.delivered_at or now
            entry.dead = False

    def mark_failed(self, outbox_id: str, code: str, now: datetime, *, permanent: bool = False) -> bool:
        """Put off, or give up when `permanent` or out of attempts. Returns whether it is dead now. Raises StoreError.

        An entry that was delivered or withdrawn meanwhile stays as it is.
        """
        with self._store.transaction() as session:
            entry = _entry(session, outbox_id)
            if entry.delivered_at is not None or entry.dead:
                return entry.dead
            entry.attempts += 1
            entry.last_error_code = code
            entry.dead = permanent or entry.attempts >= self._policy.max_attempts
            entry.next_attempt_at = now + self._policy.delay(entry.attempts, self._jitter())
            return entry.dead

    def health(self) -> OutboxHealth:
        """For the doctor and the IT staff's page. Raises StoreError."""
        with self._store.snapshot() as session:
            waiting = OutboxEntry.delivered_at.is_(None) & OutboxEntry.dead.is_(False)
            pending, oldest = session.execute(
                select(func.count(), func.min(OutboxEntry.created_at)).where(waiting)
            ).one()
            dead = session.scalar(select(func.count()).select_from(OutboxEntry).where(OutboxEntry.dead.is_(True)))
            return OutboxHealth(pending=pending, dead=dead or 0, oldest=oldest)

    def _item(self, row: OutboxEntry) -> OutboxItem:
        return OutboxItem(
            outbox_id=row.id,
            visit_id=row.visit_id,
            kind=row.kind,
            idempotency_key=row.idempotency_key,
            attempts=row.attempts,
            created_at=row.created_at,
            payload=self._store.cipher.unseal(row.visit_id, "outbox.payload", row.payload),
        )


def deliver_due(
    store: Store,
    deliver: Deliver,
    now: datetime,
    *,
    outbox: Outbox | None = None,
    limit: int = DEFAULT_BATCH,
    visit_id: str | None = None,
    kind: str | None = None,
) -> DeliveryReport:
    """One round: give each due call to `deliver` and write down what came of it.

    `deliver` runs outside any transaction. Killed after it and before the note, the call is made again with the same
    key: at least once here, exactly once in effect. Raises StoreError.
    """
    outbox = outbox or Outbox(store)
    journal = Journal(store)
    delivered = retried = dead = 0
    for item in outbox.due(now, limit, visit_id=visit_id, kind=kind):
        match deliver(item):
            case Delivered(confirmation=None):
                outbox.mark_delivered(item.outbox_id, now)
                delivered += 1
            case Delivered(confirmation=HisConfirmation() as confirmation):
                journal.confirm_registration(confirmation)
                delivered += 1
            case Retry(code=code):
                gone = outbox.mark_failed(item.outbox_id, code, now)
                dead, retried = dead + gone, retried + (not gone)
            case Refused(code=code):
                outbox.mark_failed(item.outbox_id, code, now, permanent=True)
                dead += 1
    return DeliveryReport(delivered, retried, dead)


def _entry(session: Session, outbox_id: str) -> OutboxEntry:
    entry = session.get(OutboxEntry, outbox_id)
    if entry is None:
        raise StoreError(StoreErrorCode.NOT_FOUND, "outbox entry")
    return entry
