"""The gateway's tables. None of them tells of a patient."""

from datetime import date, datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from his_adapter.model.visit import MAX_KEY_LENGTH
from hub.tables import HubBase
from records.tables import HASH_LENGTH, NAME_LENGTH

ROOM_LENGTH = 160


class HubKiosk(HubBase):
    """A kiosk that may ask. Its key is kept as a hash: who reads this table cannot use it."""

    __tablename__ = "hub_kiosk"

    kiosk_id: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    key_sha256: Mapped[str] = mapped_column(String(HASH_LENGTH), unique=True)
    key_made_at: Mapped[datetime]
    disabled: Mapped[bool]


class QueueCounter(HubBase):
    """The last number given in a room on a day (of Vietnam)."""

    __tablename__ = "hub_queue_counter"

    day: Mapped[date] = mapped_column(primary_key=True)
    room: Mapped[str] = mapped_column(String(ROOM_LENGTH), primary_key=True)
    last_number: Mapped[int]


class QueueNumber(HubBase):
    """A number that was given, under the key of the registration it belongs to. `room` is the queue's own name."""

    __tablename__ = "hub_queue_number"
    __table_args__ = (UniqueConstraint("day", "room", "number"),)

    idempotency_key: Mapped[str] = mapped_column(String(MAX_KEY_LENGTH), primary_key=True)
    day: Mapped[date]
    room: Mapped[str] = mapped_column(String(ROOM_LENGTH))
    room_name: Mapped[str] = mapped_column(Text)
    room_floor: Mapped[str] = mapped_column(Text)
    room_code: Mapped[str] = mapped_column(Text)
    number: Mapped[int]
