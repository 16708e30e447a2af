"""Queue numbers for hospitals whose system gives none: one sequence for each room and day, over all kiosks."""

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from his_adapter.model import QueueTicket, Room
from hub.gateway.tables import ROOM_LENGTH, QueueCounter, QueueNumber
from hub.localtime import VIETNAM
from records.store import Store

SHORTEST_NUMBER = 3  # digits, as hospitals print them: 007
KEPT_DAYS = 60
"""Days on which numbers were given, not days of the calendar: a clock that was ahead for a moment must not make today
forgotten. After them a repeated registration would get a new number; outboxes give up or succeed within days."""


class QueueNumbers:
    """Gives each registration one number, once and for ever, however often and from wherever it is asked.

    The number is committed before it is told, so no restart gives it twice. Numbers of a room follow one another
    without gaps. Every method raises StoreError.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime] | None = None) -> None:
        self._store = store
        self._clock = clock or store.now

    def give(self, idempotency_key: str, room: Room) -> QueueTicket:
        """The number of this registration: the one it has, whatever the room, or the next of this room today."""
        today = self._clock().astimezone(VIETNAM).date()
        try:
            return self._given(idempotency_key, room, today)
        except _TakenMeanwhileError:  # two tries of one registration at once: the other one has given the number
            return self._given(idempotency_key, room, today)

    def given(self, idempotency_key: str) -> QueueTicket | None:
        """The number this registration has; None when it has none."""
        with self._store.snapshot() as session:
            row = session.get(QueueNumber, idempotency_key)
        return None if row is None else _ticket(row)

    def _given(self, idempotency_key: str, room: Room, today: date) -> QueueTicket:
        with self._store.transaction() as session:
            row = session.get(QueueNumber, idempotency_key)
            if row is not None:
                return _ticket(row)
            row = QueueNumber(
                idempotency_key=idempotency_key,
                day=today,
                room=queue_of(room),
                room_name=room.name,
                room_floor=room.floor,
                room_code=room.code,
                number=_next_number(session, today, queue_of(room)),
            )
            session.add(row)
            try:
                session.flush()
            except IntegrityError:
                raise _TakenMeanwhileError from None
            if row.number == 1:
                _forget(session)
            return _ticket(row)


class _TakenMeanwhileError(Exception):
    """Another transaction has used this idempotency key; ours is rolled back, its number with it."""


def queue_of(room: Room) -> str:
    """What tells one queue from another: the hospital's code of the room, or its sign and floor."""
    return (room.code or "\n".join((room.name, room.floor)))[:ROOM_LENGTH]


def next_number_statement(dialect: str, day: date, room: str) -> ReturningInsert[int]:
    """One statement, so that two writers cannot read the same last number, on PostgreSQL too."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    first = insert(QueueCounter).values(day=day, room=room, last_number=1)
    return first.on_conflict_do_update(
        index_elements=[QueueCounter.day, QueueCounter.room],
        set_={"last_number": QueueCounter.last_number + 1},
    ).returning(QueueCounter.last_number)


def _next_number(session: Session, day: date, room: str) -> int:
    return session.execute(next_number_statement(session.get_bind().dialect.name, day, room)).scalar_one()


def _forget(session: Session) -> None:
    days = select(QueueCounter.day).distinct().order_by(QueueCounter.day.desc())
    before = session.scalar(days.offset(KEPT_DAYS - 1).limit(1))
    if before is None:
        return
    session.execute(delete(QueueNumber).where(QueueNumber.day < before))
    session.execute(delete(QueueCounter).where(QueueCounter.day < before))


def _ticket(row: QueueNumber) -> QueueTicket:
    room = Room(row.room_name, row.room_floor, row.room_code)
    return QueueTicket(f"{row.number:0{SHORTEST_NUMBER}d}", room)
