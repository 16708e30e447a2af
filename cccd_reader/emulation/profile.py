"""People who do not exist: what is written on and into a synthetic citizen card, checked as an issuer would."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from enum import IntEnum
from pathlib import Path
from typing import Any, Literal

from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.mrz import transliterate

Sex = Literal["M", "F"]

NO_EXPIRY = "Không thời hạn"
"""What stands on a card in the place of the expiry date of a holder past the last renewal birthday."""

SEX_TEXTS: Mapping[str, str] = {"M": "Nam", "F": "Nữ"}

_SEX_CODES = {text: code for code, text in SEX_TEXTS.items()}

_MAY_BE_MISSING = frozenset({"features", "father", "mother", "old_number", "chip_serial"})

IDENTITY_CARD_LAW = date(2024, 7, 1)
"""Law 26/2023/QH15 in force: cards issued from this day on are "thẻ Căn cước"."""

_FORBIDDEN = re.compile(r"[|\x00-\x1f\x7f]")
"""The QR code's separator, and control characters."""


class CardGeneration(IntEnum):
    """CCCD of 2021 (QR of 7 fields, on the front) or thẻ Căn cước of 2024 (11 fields, on the back)."""

    CCCD_2021 = 2021
    CAN_CUOC_2024 = 2024


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class SyntheticCitizen:
    """A made-up holder and the card made out to them. Texts are NFC. `expiry_date` None is "Không thời hạn".

    Raises `EmulationError(bad_profile)` that names the field: the number must agree with birth and sex (Decree
    37/2021/NĐ-CP, Art. 13), dates must follow each other, and no text may break the QR code.
    """

    number: str
    full_name: str
    birth_date: date
    sex: Sex
    residence: str
    place_of_origin: str
    issue_date: date
    expiry_date: date | None
    nationality: str = "Việt Nam"
    ethnicity: str = "Kinh"
    religion: str = "Không"
    features: str | None = None
    father: str | None = None
    mother: str | None = None
    spouses: tuple[str, ...] = ()
    old_number: str | None = None
    chip_serial: str | None = None
    generation: CardGeneration = CardGeneration.CCCD_2021

    def __post_init__(self) -> None:
        for text_field in ("full_name", "residence", "place_of_origin", "nationality", "ethnicity", "religion"):
            self._check_text(text_field, getattr(self, text_field))
        for optional_field in ("features", "father", "mother"):
            if getattr(self, optional_field) is not None:
                self._check_text(optional_field, getattr(self, optional_field))
        for spouse in self.spouses:
            self._check_text("spouses", spouse)
        if not transliterate(self.full_name):
            raise _bad("full_name", "has no letters for the MRZ")
        if self.sex not in SEX_TEXTS:
            raise _bad("sex", "neither M nor F")
        self._check_number()
        if not self.birth_date < self.issue_date:
            raise _bad("issue_date", "not after the birth")
        if self.expiry_date is not None and not self.issue_date < self.expiry_date:
            raise _bad("expiry_date", "not after the issue")
        if (self.issue_date >= IDENTITY_CARD_LAW) != (self.generation is CardGeneration.CAN_CUOC_2024):
            raise _bad("generation", "cards of 2024 are those issued from 2024-07-01 on")
        if self.old_number is not None and not re.fullmatch(r"[0-9]{9}|[0-9]{12}", str(self.old_number)):
            raise _bad("old_number", "neither 9 nor 12 digits")
        if self.chip_serial is not None and not re.fullmatch(r"[0-9A-F]{16}", str(self.chip_serial)):
            raise _bad("chip_serial", "not 16 hexadecimal digits")

    def __repr__(self) -> str:
        return "SyntheticCitizen(…)"

    @property
    def can(self) -> str:
        """The card access number: the last six digits of the number."""
        return self.number[-6:]

    def qr_text(self) -> str:
        """The printed QR code: 7 fields, and 4 empty ones more on a card of 2024."""
        printed = (
            self.number,
            self.old_number or "",
            self.full_name,
            f"{self.birth_date:%d%m%Y}",
            SEX_TEXTS[self.sex],
            self.residence,
            f"{self.issue_date:%d%m%Y}",
        )
        tail = ("",) * 4 if self.generation is CardGeneration.CAN_CUOC_2024 else ()
        return "|".join(printed + tail)

    def _check_number(self) -> None:
        if not isinstance(self.number, str) or not re.fullmatch(r"[0-9]{12}", self.number):
            raise _bad("number", "not 12 digits")
        century, year = divmod(self.birth_date.year, 100)
        if self.number[3] != str((century - 19) * 2 + (self.sex == "F")):
            raise _bad("number", "the fourth digit is not that of the birth's century and the sex")
        if self.number[4:6] != f"{year:02d}":
            raise _bad("number", "the fifth and sixth digits are not the year of birth")

    @staticmethod
    def _check_text(field: str, text: str) -> None:
        if not isinstance(text, str) or not text.strip():
            raise _bad(field, "no text")
        if not unicodedata.is_normalized("NFC", text):
            raise _bad(field, "not in Unicode's NFC")
        if _FORBIDDEN.search(text):
            raise _bad(field, "has a control character or the separator of the QR code")


def load_citizen(path: Path) -> SyntheticCitizen:
    """The person that a TOML file describes. Raises `EmulationError(bad_profile)` naming the key.

    Keys are the fields of `SyntheticCitizen`, with `spouse` (a name or a list) for `spouses`. `sex` is "Nam" or "Nữ",
    dates are TOML dates or texts YYYY-MM-DD, `expiry_date` may be "Không thời hạn", and "" is a missing value.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise EmulationError(EmulationErrorCode.BAD_PROFILE, f"{path.name} is no TOML file: {error}") from error
    return citizen_from_table(table)


def citizen_from_table(table: Mapping[str, Any]) -> SyntheticCitizen:
    """The same from a table that was read already."""
    known = {field.name: field for field in fields(SyntheticCitizen)}
    given = {"spouses" if name == "spouse" else name: value for name, value in table.items()}
    values = {}
    for name, value in given.items():
        if name not in known:
            raise _bad(name, "no such field")
        values[name] = _convert(name, value)
    for name, field in known.items():
        if name not in values:
            if field.default is MISSING:
                raise _bad(name, "missing")
            values[name] = field.default
    return SyntheticCitizen(**values)


def _convert(name: str, value: object) -> Any:
    if name == "expiry_date" and value in ("", NO_EXPIRY):
        return None
    if name in ("birth_date", "issue_date", "expiry_date"):
        return _date(name, value)
    if name == "generation":
        if not isinstance(value, int) or value not in tuple(CardGeneration):
            raise _bad(name, "neither 2021 nor 2024")
        return CardGeneration(value)
    if name == "spouses":
        names = value if isinstance(value, list) else [value]
        return tuple(spouse for spouse in names if spouse != "")
    if name == "sex":
        return _SEX_CODES.get(value, value) if isinstance(value, str) else value
    if name in _MAY_BE_MISSING and value == "":
        return None
    return value


def _date(name: str, value: object) -> date:
    # A TOML date-time is a date too, for Python, and is none here.
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise _bad(name, "no date YYYY-MM-DD") from None


def _bad(field: str, rule: str) -> EmulationError:
    return EmulationError(EmulationErrorCode.BAD_PROFILE, rule, field=field)
