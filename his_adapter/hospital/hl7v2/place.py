"""A place in a message, as interface engines write it: ``ZQN-1``, ``PV1-3.2``."""

import re
from dataclasses import dataclass

from his_adapter.hospital.hl7v2.message import Message

_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")
_TEXT = re.compile(r"([A-Z][A-Z0-9]{2})-([1-9][0-9]?)(?:\.([1-9][0-9]?))?")


@dataclass(frozen=True, slots=True)
class Place:
    """Segment, field and component. Raises ValueError for what names none."""

    segment: str
    field: int
    component: int = 1

    def __post_init__(self) -> None:
        if not _SEGMENT.fullmatch(self.segment) or self.field < 1 or self.component < 1:
            raise ValueError("a place in a message is a segment's name, a field and a component from 1")

    @classmethod
    def of(cls, text: str) -> "Place":
        """Read a place."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueError("a place in a message is written SEG-field or SEG-field.component")
        return cls(match[1], int(match[2]), int(match[3] or 1))

    def value(self, message: Message) -> str:
        """What stands there in the first such segment; empty when nothing does."""
        segment = message.first(self.segment)
        return segment.text(self.field, self.component) if segment else ""
