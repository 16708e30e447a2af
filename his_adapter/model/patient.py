"""Who the patient is."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

_PARTIAL_DATE = re.compile(r"([0-9]{4})(?:-?([0-9]{2})(?:-?([0-9]{2}))?)?")
MAX_MARKS = 30
"""No script needs more marks on one letter (Unicode Standard Annex 15, 13: the stream-safe text format)."""


def nfc(text: str) -> str:
    """Canonical form of a Vietnamese text: composed letters, single spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", _without_piles(text))
    return " ".join(text.split())


def _without_piles(text: str) -> str:
    """At most `MAX_MARKS` on a letter: normalization sorts them in a time that is quadratic in their number."""
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)


class Sex(StrEnum):
    """As on the card; the insurance files write 1, 2 and 3 (Decision 3176/QD-BYT, GIOI_TINH)."""

    MALE = "male"
    FEMALE = "female"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class BirthDate:
    """A birth date of which day, or day and month, may be unknown: older people's cards know the year alone."""

    year: int = field(repr=False)
    month: int | None = field(default=None, repr=False)
    day: int | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.day is not None and self.month is None:
            raise ValueError("a day without a month")
        try:
            date(self.year, self.month or 1, self.day or 1)
        except ValueError:
            raise ValueError("no such birth date") from None

    @classmethod
    def of(cls, day: date) -> "BirthDate":
        """A fully known date."""
        return cls(day.year, day.month, day.day)

    @classmethod
    def parse(cls, text: str) -> "BirthDate | None":
        """A date that others wrote, as ISO 8601 or without its dashes, shortened or not; None for any other text."""
        match = _PARTIAL_DATE.fullmatch(text)
        try:
            return None if match is None else cls(*(None if part is None else int(part) for part in match.groups()))  # type: ignore[arg-type]
        except ValueError:
            return None

    def agrees_with(self, other: "BirthDate") -> bool:
        """Whether both can be one date: nothing that both know differs.

        A hospital's file and a card may know it to different parts. With the same citizen number and the same name
        that is one person; what differs is for the counter.
        """
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(None in pair or pair[0] == pair[1] for pair in pairs)

    def portal_text(self) -> str:
        """``dd/MM/yyyy``, ``MM/yyyy`` or ``yyyy``, the three forms the insurance portal takes."""
        parts = [f"{self.year:04d}"]
        if self.month is not None:
            parts.insert(0, f"{self.month:02d}")
        if self.day is not None:
            parts.insert(0, f"{self.day:02d}")
        return "/".join(parts)

    def iso_text(self) -> str:
        """ISO 8601, shortened to what is known."""
        return "-".join(reversed(self.portal_text().split("/")))


@dataclass(frozen=True, slots=True)
class PatientIdentity:
    """Who stands before the kiosk, as the chip says: the 12-digit citizen number, and the day its card was issued."""

    number: str = field(repr=False)
    full_name: str = field(repr=False)
    birth_date: BirthDate = field(repr=False)
    sex: Sex = field(repr=False)
    residence: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    issued_on: date | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if len(self.number) != 12 or not (self.number.isascii() and self.number.isdigit()):
            raise ValueError("a citizen number has twelve digits")
        if not self.full_name.strip():
            raise ValueError("a patient has a name")
        object.__setattr__(self, "full_name", nfc(self.full_name))
        object.__setattr__(self, "residence", nfc(self.residence))
