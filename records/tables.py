"""The tables, for SQLite on a kiosk and PostgreSQL on a hub alike."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from records.evidence import ConsentChoice, InsuranceOutcome
from records.values import PaymentState, TransferVerdict, VisitState

KEY_LENGTH = 36  # a UUID as text
HASH_LENGTH = 64  # SHA-256 in hex
NAME_LENGTH = 64
WORD_LENGTH = 24
TIME_LENGTH = 27  # 2026-11-24T02:08:06.000000Z


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time: aware in Python, UTC in the database. Refuses naive values, which are always a mistake."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; SQLite keeps no zone, so it is dropped there."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the store")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def stored_word(kind: type[StrEnum]) -> Enum:
    """An enumeration stored as its word, so that a reader of the table needs no code book."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=WORD_LENGTH,
        values_callable=lambda members: [member.value for member in members],
    )


# Constraints have names, because a later migration can only change what it can name.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables of a store."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: dict[Any, Any] = {datetime: UtcDateTime()}  # noqa: RUF012 — SQLAlchemy reads it as declared


class Visit(Base):
    """One patient's visit. The four identity fields are sealed by the `FieldCipher`; NULL when no card was read."""

    __tablename__ = "visit"
    __table_args__ = (UniqueConstraint("kiosk_id", "session_id"),)

    id: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    kiosk_id: Mapped[str] = mapped_column(String(NAME_LENGTH))
    session_id: Mapped[str] = mapped_column(String(NAME_LENGTH))
    idempotency_key: Mapped[str] = mapped_column(String(KEY_LENGTH), unique=True)
    content_hmac: Mapped[str] = mapped_column(String(HASH_LENGTH))  # tells a repeated request from a contradictory one
    state: Mapped[VisitState] = mapped_column(stored_word(VisitState))
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]

    full_name: Mapped[str | None] = mapped_column(Text)
    number: Mapped[str | None] = mapped_column(Text)
    birth_date: Mapped[str | None] = mapped_column(Text)
    sex: Mapped[str | None] = mapped_column(Text)

    service_code: Mapped[str] = mapped_column(String(NAME_LENGTH))
    service_name: Mapped[str] = mapped_column(Text)
    room: Mapped[str] = mapped_column(Text)
    queue_number: Mapped[str] = mapped_column(String(NAME_LENGTH))
    provisional: Mapped[bool]  # the queue number is the kiosk's own, not yet the hospital system's
    fee_dong: Mapped[int] = mapped_column(BigInteger)

    insurance_outcome: Mapped[str] = mapped_column(String(WORD_LENGTH))
    insurance_code: Mapped[str] = mapped_column(String(NAME_LENGTH))
    insurance_verified: Mapped[bool]
    face_outcome: Mapped[str] = mapped_column(String(WORD_LENGTH))
    reason: Mapped[str] = mapped_column(String(NAME_LENGTH))  # why the counter; empty for a check-in

    his_visit_id: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    his_patient_code: Mapped[str | None] = mapped_column(Text)  # sealed as well: it names the person in the HIS


class OutboxEntry(Base):
    """A call that must reach another system. Written with the visit, removed from the queue by its delivery only.

    `seq` counts a visit's calls as they were promised: to one destination none overtakes another.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(None, "delivered_at", "dead", "next_attempt_at"),
        Index(None, "visit_id", "seq", unique=True),
    )

    id: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)
    seq: Mapped[int]
    destination: Mapped[str] = mapped_column(String(WORD_LENGTH))
    kind: Mapped[str] = mapped_column(String(NAME_LENGTH))
    idempotency_key: Mapped[str] = mapped_column(String(KEY_LENGTH), unique=True)
    payload: Mapped[str] = mapped_column(Text)  # canonical JSON, sealed
    created_at: Mapped[datetime]
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    last_error_code: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    dead: Mapped[bool]  # given up: a person must look


class PortalReply(Base):
    """What the insurance portal said about a visit's card, each time it was asked, and each time it said nothing.

    Reply and message are sealed with the visit's identity fields: erasing the person leaves code, times and digest.
    """

    __tablename__ = "insurance_evidence"

    id: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)
    asked_at: Mapped[datetime]
    outcome: Mapped[InsuranceOutcome] = mapped_column(stored_word(InsuranceOutcome))
    code: Mapped[str] = mapped_column(String(NAME_LENGTH))
    entry: Mapped[str] = mapped_column(String(NAME_LENGTH))
    fault: Mapped[str] = mapped_column(String(NAME_LENGTH))
    sha256: Mapped[str] = mapped_column(String(HASH_LENGTH))
    raw: Mapped[str] = mapped_column(Text)  # Base64 of the reply's bytes, sealed
    message: Mapped[str] = mapped_column(Text)  # sealed


class Payment(Base):
    """An amount asked for."""

    __tablename__ = "payment"

    id: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    order_code: Mapped[str] = mapped_column(String(NAME_LENGTH), unique=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)
    amount_dong: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[PaymentState] = mapped_column(stored_word(PaymentState))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]  # None in a record of an earlier version
    settled_at: Mapped[datetime | None]


class PaymentTransfer(Base):
    """Money that arrived, once per provider transaction, whatever order it was for and whether or not it fits.

    `provider` is empty in a record of an earlier version.
    """

    __tablename__ = "payment_transfer"

    provider: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    provider_txn: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    payment_id: Mapped[str | None] = mapped_column(ForeignKey("payment.id"), index=True)
    order_code: Mapped[str] = mapped_column(String(NAME_LENGTH))
    amount_dong: Mapped[int] = mapped_column(BigInteger)
    verdict: Mapped[TransferVerdict] = mapped_column(stored_word(TransferVerdict))
    received_at: Mapped[datetime]


class Consent(Base):
    """A patient's answer to a consent text, kept apart because it outlives the visit's personal data."""

    __tablename__ = "consent"

    id: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)
    text_version: Mapped[str] = mapped_column(String(NAME_LENGTH))
    text_sha256: Mapped[str] = mapped_column(String(HASH_LENGTH))
    choice: Mapped[ConsentChoice] = mapped_column(stored_word(ConsentChoice))
    language: Mapped[str] = mapped_column(String(8))
    given_at: Mapped[datetime]


class MatchLogEntry(Base):
    """One line of the match log. `entry` is what counts; the other columns repeat it for searching and are verified."""

    __tablename__ = "match_log"
    __table_args__ = (Index(None, "at"), Index(None, "subject"))

    kiosk_id: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(TIME_LENGTH))  # the entry's own text: UTC, of one length, so it sorts
    decision: Mapped[str] = mapped_column(String(WORD_LENGTH))
    subject: Mapped[str] = mapped_column(String(HASH_LENGTH))
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)
    entry: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[str] = mapped_column(String(HASH_LENGTH))
    hash: Mapped[str] = mapped_column(String(HASH_LENGTH), unique=True)


class MatchLogHead(Base):
    """The end of each kiosk's log: the row that appending locks, and the place where a Merkle frontier will stand."""

    __tablename__ = "match_log_head"

    kiosk_id: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(HASH_LENGTH))


class AuditEvent(Base):
    """Somebody looked at records, took a copy, signed in or was refused."""

    __tablename__ = "audit_event"
    __table_args__ = (Index(None, "at"), {"sqlite_autoincrement": True})  # a number is never used again

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(NAME_LENGTH))
    role: Mapped[str] = mapped_column(String(WORD_LENGTH))
    action: Mapped[str] = mapped_column(String(NAME_LENGTH))
    target: Mapped[str] = mapped_column(Text)
    allowed: Mapped[bool]
    address: Mapped[str] = mapped_column(String(NAME_LENGTH))
