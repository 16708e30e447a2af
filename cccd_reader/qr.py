"""The QR code of the card: UTF-8 text with fields parted by `|`. It is unsigned: it opens the chip and proves nothing.

Three shapes are in use: 7 fields (2021 card, front), 11 fields (2024 card, back; the four at the end are not documented
and stay raw) and 6 fields (applications that leave the old number out).
"""

import re
from dataclasses import dataclass
from datetime import date

from cccd_reader.errors import ChipDataError
from cccd_reader.text import clean

SOURCE = "QR"
MAX_CHARACTERS = 2000
"""Ten times what any card carries; a scanner that sends more is not reading a card."""

YEARS = range(1900, 2200)
"""The first three centuries that the number of a citizen can tell (Decree 37/2021/NĐ-CP)."""

SEPARATOR = "|"
LEAST_FIELDS = 6

_DATE = re.compile(r"([0-9]{2})/?([0-9]{2})/?([0-9]{4})")
_SEXES = {"nam": "M", "nữ": "F"}


@dataclass(frozen=True, slots=True)
class CardQr:
    """What the code says. `sex` is "M" or "F" as in the MRZ; `extra` are the undocumented fields after the seventh."""

    number: str
    old_number: str | None
    full_name: str
    birth: date
    sex: str
    residence: str
    issued: date
    extra: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "CardQr(…)"


def parse_qr(text: str) -> CardQr:
    """The card that a scanned code describes, or `ChipDataError` naming the field that is wrong."""
    if len(text) > MAX_CHARACTERS:
        raise ChipDataError(SOURCE, f"longer than {MAX_CHARACTERS} characters")
    fields = split_fields(text)
    if len(fields) < LEAST_FIELDS:
        raise ChipDataError(SOURCE, f"{len(fields)} fields where a card has 6, 7 or 11")
    if len(fields) == LEAST_FIELDS:
        fields.insert(1, "")
    number, old, name, birth, sex, residence, issued, *extra = fields
    if not re.fullmatch(r"[0-9]{12}", number):
        raise ChipDataError(SOURCE, "number: not 12 digits")
    if old and not re.fullmatch(r"[0-9]{9}|[0-9]{12}", old):
        raise ChipDataError(SOURCE, "old number: neither empty nor 9 or 12 digits")
    if not name:
        raise ChipDataError(SOURCE, "full name: empty")
    if sex.lower() not in _SEXES:
        raise ChipDataError(SOURCE, "sex: neither Nam nor Nữ")
    return CardQr(
        number=number,
        old_number=old or None,
        full_name=name,
        birth=parse_qr_date(birth, "birth date"),
        sex=_SEXES[sex.lower()],
        residence=residence,
        issued=parse_qr_date(issued, "issue date"),
        extra=tuple(extra),
    )


def split_fields(text: str) -> list[str]:
    """The fields of a code, cleaned: scanners put a byte order mark in front, NUL and line ends behind."""
    return [clean(field) for field in text.split(SEPARATOR)]


def parse_qr_date(text: str, field: str) -> date:
    """A day as ddmmyyyy or dd/mm/yyyy, or `ChipDataError` naming the field."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ChipDataError(SOURCE, f"{field}: neither ddmmyyyy nor dd/mm/yyyy")
    day, month, year = (int(part) for part in match.groups())
    if year not in YEARS:
        raise ChipDataError(SOURCE, f"{field}: no year of a living person's card")
    try:
        return date(year, month, day)
    except ValueError:
        raise ChipDataError(SOURCE, f"{field}: no day of the calendar") from None
