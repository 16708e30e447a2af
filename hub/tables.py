"""The console's own tables. They live in the hub's database, never in a kiosk's store, which it only reads."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from records.tables import HASH_LENGTH, KEY_LENGTH, NAME_LENGTH, NAMING_CONVENTION, UtcDateTime, stored_word


class Role(StrEnum):
    """What a user may do: auditors review the match log, IT staff see whether the system works."""

    AUDITOR = "auditor"
    IT = "it"


class HubBase(DeclarativeBase):
    """All tables of the console."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: dict[Any, Any] = {datetime: UtcDateTime()}  # noqa: RUF012 — SQLAlchemy reads it as declared


class HubUser(HubBase):
    """A person who may sign in."""

    __tablename__ = "hub_user"

    id: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), unique=True)
    role: Mapped[Role] = mapped_column(stored_word(Role))
    password_hash: Mapped[str] = mapped_column(Text)  # argon2id, with its parameters
    created_at: Mapped[datetime]
    disabled: Mapped[bool]


class HubSession(HubBase):
    """A signed-in browser. The cookie's token is kept as a hash: who reads this table cannot use it."""

    __tablename__ = "hub_session"

    token_sha256: Mapped[str] = mapped_column(String(HASH_LENGTH), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("hub_user.id"), index=True)
    csrf_token: Mapped[str] = mapped_column(String(HASH_LENGTH))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class SignInFailure(HubBase):
    """Wrong passwords in a row, for any name that was tried: a lock must not tell which names exist."""

    __tablename__ = "hub_sign_in_failure"

    name: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]
