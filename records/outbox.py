"""The outbox: calls that were promised on disk and are repeated until the other system has answered.

Calls of one visit to one destination are made in the order of their promises: a payment never overtakes its
registration. Beyond that no call waits for another: what one entry suffers delays neither other visits nor other
destinations. A call that was given up holds nothing up any more.
"""

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from records.errors import StoreError, StoreErrorCode
from records.journal import Journal
from records.portal_evidence import keep, take_over
from records.promises import PAYLOAD_FIELD, promise
from records.retry import FARTHEST, RetryPolicy
from records.store import Store
from records.tables import OutboxEntry
from records.values import HisConfirmation, OutboxMessage, PortalEvidence

DEFAULT_BATCH = 50


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A call to make. Send `idempotency_key` with it: the other system tells repetitions by it.

    `payload` is empty when nobody can read it any more.
    """

    outbox_id: str
    visit_id: str
    destination: str
    kind: str
    idempotency_key: str
    attempts: int
    created_at: datetime
    payload: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivered:
    """The other system answered; a registration comes with its confirmation.

    `evidence` is kept and the calls of `then` are promised in the transaction that notes the delivery.
    """

    confirmation: HisConfirmation | None = None
    evidence: tuple[PortalEvidence, ...] = ()
    then: tuple[OutboxMessage, ...] = ()


@dataclass(frozen=True, slots=True)
class Retry:
    """It could not be asked, or not now. `code` says why, without personal data.

    `down`: the destination as a whole does not answer, so that its other calls need not be tried in this round. `pause`
    replaces the policy's delay by one that is never shorter.
    """

    code: str
    down: bool = False
    pause: timedelta | None = None
    evidence: tuple[PortalEvidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """It said no, and would say it again. A person must look."""

    code: str
    evidence: tuple[PortalEvidence, ...] = ()


DeliveryResult = Delivered | Retry | Refused
Deliver = Callable[[OutboxItem], DeliveryResult]


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """How many calls one round delivered, put off and gave up, and which destinations did not answer at all."""

    delivered: int = 0
    retried: int = 0
    dead: int = 0
    down: frozenset[str] = frozenset()

    @property
    def calls(self) -> int:
        """All of them."""
        return self.delivered + self.retried + self.dead


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
        self,
        now: datetime,
        limit: int = DEFAULT_BATCH,
        *,
        visit_id: str | None = None,
        kind: str | None = None,
        destination: str | None = None,
        tried: Collection[str] = (),
        down: Collection[str] = (),
    ) -> tuple[OutboxItem, ...]:
        """Calls whose time and turn have come, longest due first; with `visit_id` that visit's, whatever their time.

        With `kind` or `destination` only such; without those whose id is in `tried` and whose destination is in
        `down`. Raises StoreError.
        """
        query = select(OutboxEntry).where(_waiting(OutboxEntry), _is_next())
        if visit_id is None:
            query = query.where(_is_time(now))
        else:
            query = query.where(OutboxEntry.visit_id == visit_id)
        if kind is not None:
            query = query.where(OutboxEntry.kind == kind)
        if destination is not None:
            query = query.where(OutboxEntry.destination == destination)
        query = query.where(OutboxEntry.id.not_in(tried), OutboxEntry.destination.not_in(down))
        with self._store.snapshot() as session:
            # not the oldest: those that fail again and again would keep new ones from their turn
            turn = (OutboxEntry.next_attempt_at, OutboxEntry.created_at, OutboxEntry.seq, OutboxEntry.id)
            rows = session.scalars(query.order_by(*turn).limit(limit))
            return tuple(self._item(row) for row in rows)

    def destinations_due(self, now: datetime) -> tuple[str, ...]:
        """Where calls are due, in alphabetical order. Raises StoreError."""
        query = select(OutboxEntry.destination).where(_waiting(OutboxEntry), _is_time(now))
        with self._store.snapshot() as session:
            return tuple(session.scalars(query.distinct().order_by(OutboxEntry.destination)))

    def mark_delivered(
        self,
        outbox_id: str,
        now: datetime,
        *,
        evidence: tuple[PortalEvidence, ...] = (),
        then: tuple[OutboxMessage, ...] = (),
    ) -> None:
        """Done; the evidence is kept and what follows is promised, once, in the same transaction.

        A registration is done by `Journal.confirm_registration` instead. Raises StoreError.
        """
        with self._store.transaction() as session:
            entry = _entry(session, outbox_id)
            entry.dead = False
            if entry.delivered_at is not None:
                return
            entry.delivered_at = now
            self._keep(session, entry.visit_id, evidence)
            for message in then:
                promise(self._store, session, entry.visit_id, message, now)

    def mark_failed(
        self,
        outbox_id: str,
        code: str,
        now: datetime,
        *,
        permanent: bool = False,
        pause: timedelta | None = None,
        evidence: tuple[PortalEvidence, ...] = (),
    ) -> bool:
        """Put off, or give up when `permanent` or out of attempts. Returns whether it is dead now. Raises StoreError.

        An entry that was delivered, withdrawn or dropped meanwhile stays as it is; the evidence is kept all the same.
        """
        with self._store.transaction() as session:
            entry = _entry(session, outbox_id)
            self._keep(session, entry.visit_id, evidence)
            if entry.delivered_at is not None or entry.dead:
                return entry.dead
            entry.attempts += 1
            entry.last_error_code = code
            entry.dead = permanent or entry.attempts >= self._policy.max_attempts
            jitter = self._jitter()
            delay = self._policy.delay(entry.attempts, jitter) if pause is None else self._policy.after(pause, jitter)
            entry.next_attempt_at = now + delay
            return entry.dead

    def health(self) -> OutboxHealth:
        """For the doctor and the IT staff's page: all destinations together. Raises StoreError."""
        each = self.health_by_destination().values()
        return OutboxHealth(
            pending=sum(health.pending for health in each),
            dead=sum(health.dead for health in each),
            oldest=min((health.oldest for health in each if health.oldest is not None), default=None),
        )

    def health_by_destination(self) -> dict[str, OutboxHealth]:
        """For the monitoring: every destination that a call was ever promised to. Raises StoreError."""
        waits = _waiting(OutboxEntry)
        query = select(
            OutboxEntry.destination,
            func.count(case((waits, 1))),
            func.count(case((OutboxEntry.dead.is_(True), 1))),
            func.min(case((waits, OutboxEntry.created_at))),
        ).group_by(OutboxEntry.destination)
        with self._store.snapshot() as session:
            return {
                destination: OutboxHealth(pending, dead, oldest)
                for destination, pending, dead, oldest in session.execute(query)
            }

    def _keep(self, session: Session, visit_id: str, evidence: tuple[PortalEvidence, ...]) -> None:
        for one in evidence:
            keep(self._store, session, visit_id, one)
            take_over(session, visit_id, one)

    def _item(self, row: OutboxEntry) -> OutboxItem:
        return OutboxItem(
            outbox_id=row.id,
            visit_id=row.visit_id,
            destination=row.destination,
            kind=row.kind,
            idempotency_key=row.idempotency_key,
            attempts=row.attempts,
            created_at=row.created_at,
            payload=self._payload(row),
        )

    def _payload(self, row: OutboxEntry) -> str:
        """Empty when the person's data was erased or the seal does not hold: such a call is refused, not in the way."""
        try:
            return self._store.cipher.unseal(row.visit_id, PAYLOAD_FIELD, row.payload)
        except Exception:  # noqa: BLE001 — every cipher has its own words for it
            return ""


def deliver_due(
    store: Store,
    deliver: Deliver,
    now: datetime,
    *,
    outbox: Outbox | None = None,
    limit: int = DEFAULT_BATCH,
    visit_id: str | None = None,
    kind: str | None = None,
    destination: str | None = None,
) -> DeliveryReport:
    """One round: give each due call to `deliver`, at most `limit`, and write down what came of it.

    A call that becomes due by a delivery, such as the payment behind its registration, is made in the same round.
    `deliver` runs outside any transaction. Killed after it and before the note, the call is made again with the same
    key: at least once here, exactly once in effect. A destination found down is left alone for the rest of the round.
    Raises StoreError.
    """
    outbox = outbox or Outbox(store)
    journal = Journal(store)
    delivered = retried = dead = 0
    tried: set[str] = set()
    down: set[str] = set()
    while len(tried) < limit:
        due = outbox.due(now, 1, visit_id=visit_id, kind=kind, destination=destination, tried=tried, down=down)
        if not due:
            break
        (item,) = due
        tried.add(item.outbox_id)
        match deliver(item):
            case Delivered(confirmation=None, evidence=evidence, then=then):
                outbox.mark_delivered(item.outbox_id, store.now(), evidence=evidence, then=then)
                delivered += 1
            case Delivered(confirmation=HisConfirmation() as confirmation, then=then):
                journal.confirm_registration(confirmation, then)
                delivered += 1
            case Retry(code=code, down=is_down, pause=pause, evidence=evidence):
                gone = outbox.mark_failed(item.outbox_id, code, store.now(), pause=pause, evidence=evidence)
                dead, retried = dead + gone, retried + (not gone)
                if is_down:
                    down.add(item.destination)
            case Refused(code=code, evidence=evidence):
                outbox.mark_failed(item.outbox_id, code, store.now(), permanent=True, evidence=evidence)
                dead += 1
    return DeliveryReport(delivered, retried, dead, frozenset(down))


def _waiting(entry: type[OutboxEntry]) -> ColumnElement[bool]:
    """Neither delivered nor given up."""
    return entry.delivered_at.is_(None) & entry.dead.is_(False)


def _is_time(now: datetime) -> ColumnElement[bool]:
    """Its pause is over, or was noted under a clock that ran ahead."""
    return (OutboxEntry.next_attempt_at <= now) | (OutboxEntry.next_attempt_at > now + FARTHEST)


def _is_next() -> ColumnElement[bool]:
    """No earlier call of the same visit waits for the same destination."""
    earlier = aliased(OutboxEntry)
    return ~exists().where(
        earlier.visit_id == OutboxEntry.visit_id,
        earlier.destination == OutboxEntry.destination,
        earlier.seq < OutboxEntry.seq,
        _waiting(earlier),
    )


def _entry(session: Session, outbox_id: str) -> OutboxEntry:
    entry = session.get(OutboxEntry, outbox_id)
    if entry is None:
        raise StoreError(StoreErrorCode.NOT_FOUND, "outbox entry")
    return entry
