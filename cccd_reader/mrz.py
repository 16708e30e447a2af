"""The machine readable zone of travel and identity documents: TD1, TD2 and TD3 (ICAO 9303-4, -5 and -6).

Vietnamese citizen cards are TD1; the rest is what other chips with the same application carry in their DG1.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from cccd_reader.errors import ChipDataError

VIETNAM = "VNM"

_SOURCE = "MRZ"
_ALPHABET = re.compile(r"[A-Z0-9<]*")
_PERSONAL_NUMBER = re.compile(r"[0-9]{12}")
_WEIGHTS = (7, 3, 1)
_NAME_SEPARATOR = "<<"
_BARRED = str.maketrans("ĐÐɃ", "DDB")
"""Letters with a bar are letters of their own to Unicode. The Icelandic Ð looks the same as Đ and stands for it in many
registers; Ƀ is in names of the Central Highlands."""
_SHORT_NUMBER = 9
"""Characters of the document number field; a longer number goes on in the optional data."""


class MrzFormat(Enum):
    """The three sizes of a zone: (lines, characters per line, characters of the name)."""

    TD1 = (3, 30, 30)
    TD2 = (2, 36, 31)
    TD3 = (2, 44, 39)

    def __init__(self, lines: int, width: int, name_width: int) -> None:
        self.lines = lines
        self.width = width
        self.name_width = name_width

    @property
    def characters(self) -> int:
        return self.lines * self.width


def check_digit(text: str) -> str:
    """Weights 7-3-1 modulo 10 (9303-3, 4.9). `<` counts 0, letters 10 to 35."""
    return str(sum(int(c, 36) * _WEIGHTS[i % 3] for i, c in enumerate(text.replace("<", "0"))) % 10)


def mrz_information(document_number: str, birth: str, expiry: str) -> bytes:
    """The secret of BAC and PACE-MRZ (9303-11, 4.3.2): number, birth and expiry (YYMMDD), each with its check digit.
    A number longer than nine characters counts in full; the format of the document makes no other difference."""
    number = document_number.ljust(_SHORT_NUMBER, "<")
    return "".join(field + check_digit(field) for field in (number, birth, expiry)).encode("ascii")


@dataclass(frozen=True, slots=True)
class Mrz:
    """The fields of a zone. Dates are YYMMDD as printed: the century is not in the zone. `optional_data_2` is the one
    of TD1's second line; TD2 and TD3 have none."""

    document_code: str
    issuing_state: str
    document_number: str
    optional_data: str
    birth: str
    sex: str
    expiry: str
    nationality: str
    optional_data_2: str
    surname: str
    given_names: str
    format: MrzFormat = MrzFormat.TD1

    def __repr__(self) -> str:
        return f"Mrz({self.format.name}, …)"  # every other field is personal data

    @property
    def information(self) -> bytes:
        return mrz_information(self.document_number, self.birth, self.expiry)

    @property
    def personal_number(self) -> str | None:
        """The 12-digit number of a Vietnamese citizen card: its optional data. Other states and other documents have
        something else there."""
        if self.issuing_state != VIETNAM or self.format is not MrzFormat.TD1:
            return None
        digits = self.optional_data[:12]
        return digits if _PERSONAL_NUMBER.fullmatch(digits) else None

    @property
    def name_may_be_cut(self) -> bool:
        """A full field may be a cut one (9303-3, 4.6): a letter should stand last then, but a plain cut may fall on the
        filler between two names."""
        return len(_name_field(self)) >= self.format.name_width - 1

    def lines(self) -> tuple[str, ...]:
        """The lines with all check digits. A name that is too long is cut; `ChipDataError` when another field does not
        fit its place."""
        lines = self._lines()
        too_long = self.format is MrzFormat.TD3 and len(self.document_number) > _SHORT_NUMBER
        if too_long or any(len(line) != self.format.width for line in lines):
            raise ChipDataError(_SOURCE, "a field does not fit its place")
        return lines

    def _lines(self) -> tuple[str, ...]:
        width = self.format.name_width
        name = _name_field(self)[:width].ljust(width, "<")
        code = f"{self.document_code:<2}{self.issuing_state:<3}".replace(" ", "<")
        nationality = self.nationality.ljust(3, "<")
        birth, expiry = self.birth + check_digit(self.birth), self.expiry + check_digit(self.expiry)
        if self.format is MrzFormat.TD1:
            number, optional = _number_fields(self, 15)
            first = code + number + optional
            second = birth + self.sex + expiry + nationality + self.optional_data_2.ljust(11, "<")
            return first, second + check_digit(_composite_td1(first, second)), name
        number, optional = _number_fields(self, 7 if self.format is MrzFormat.TD2 else 14)
        if self.format is MrzFormat.TD3:
            optional += check_digit(optional) if self.optional_data else "<"
        second = number + nationality + birth + self.sex + expiry + optional
        return code + name, second + check_digit(_composite(second))

    def encode(self) -> str:
        return "".join(self.lines())


def vietnamese_mrz(number: str, birth: date, sex: str, expiry: date | str, full_name: str) -> Mrz:
    """The zone of a citizen card: the document number is the last nine digits, the optional data all twelve and their
    check digit. `expiry` is a date, or YYMMDD as text for a card without expiry. `full_name` may have tone marks."""
    surname, _, given = transliterate(full_name).partition(" ")
    return Mrz(
        document_code="ID",
        issuing_state=VIETNAM,
        document_number=number[3:],
        optional_data=f"{number}<<{check_digit(number)}",
        birth=f"{birth:%y%m%d}",
        sex=sex,
        expiry=expiry if isinstance(expiry, str) else f"{expiry:%y%m%d}",
        nationality=VIETNAM,
        optional_data_2="",
        surname=surname,
        given_names=given,
    )


def transliterate(name: str) -> str:
    """A Vietnamese name as the zone writes it: A to Z and spaces, tone marks dropped, Đ as D, apostrophes left out and
    hyphens as spaces (9303-3, 4.6 and section 6)."""
    letters = "".join(c for c in unicodedata.normalize("NFD", name.upper()) if not unicodedata.combining(c))
    letters = letters.translate(_BARRED)
    return " ".join(re.sub(r"[^A-Z ]", " ", re.sub(r"['’ʼ`]", "", letters)).split())


def parse(text: str) -> Mrz:
    """The zone in 90, 72 or 88 characters (line breaks allowed); the length tells the format. A wrong check digit or
    character is `ChipDataError`."""
    zone = text.replace("\r", "").replace("\n", "")
    form = next((form for form in MrzFormat if form.characters == len(zone)), None)
    if form is None or not _ALPHABET.fullmatch(zone):
        raise ChipDataError(_SOURCE, "not 90, 72 or 88 characters of A-Z, 0-9 and <")
    lines = [zone[start : start + form.width] for start in range(0, len(zone), form.width)]
    return _parse_td1(*lines) if form is MrzFormat.TD1 else _parse_two_lines(form, *lines)


def _parse_td1(first: str, second: str, third: str) -> Mrz:
    """9303-5, 4.2.2."""
    number, check, optional = _split_number(first[5:14], first[14], first[15:30])
    birth, expiry = second[0:6], second[8:14]
    _verify(
        {
            "document number": (number, check),
            "birth date": (birth, second[6]),
            "expiry date": (expiry, second[14]),
            "composite": (_composite_td1(first, second), second[29]),
        }
    )
    surname, given = _split_name(third)
    return Mrz(
        document_code=first[:2].rstrip("<"),
        issuing_state=first[2:5].rstrip("<"),
        document_number=number.rstrip("<"),
        optional_data=optional.rstrip("<"),
        birth=birth,
        sex=second[7],
        expiry=expiry,
        nationality=second[15:18].rstrip("<"),
        optional_data_2=second[18:29].rstrip("<"),
        surname=surname,
        given_names=given,
    )


def _parse_two_lines(form: MrzFormat, first: str, second: str) -> Mrz:
    """TD2 (9303-6, 4.2.2) and TD3 (9303-4, 4.2.2): the same, but for the optional data and its check digit."""
    checks = {"birth date": (second[13:19], second[19]), "expiry date": (second[21:27], second[27])}
    if form is MrzFormat.TD2:
        number, check, optional = _split_number(second[0:9], second[9], second[28:35])
    else:
        number, check, optional = second[0:9], second[9], second[28:42]
        # Without optional data its check digit is 0 or left out.
        if second[42] != "<" or optional.strip("<"):
            checks["optional data"] = (optional, second[42])
    checks["document number"] = number, check
    checks["composite"] = _composite(second[:-1]), second[-1]
    _verify(checks)
    surname, given = _split_name(first[5:])
    return Mrz(
        document_code=first[:2].rstrip("<"),
        issuing_state=first[2:5].rstrip("<"),
        document_number=number.rstrip("<"),
        optional_data=optional.rstrip("<"),
        birth=second[13:19],
        sex=second[20],
        expiry=second[21:27],
        nationality=second[10:13].rstrip("<"),
        optional_data_2="",
        surname=surname,
        given_names=given,
        format=form,
    )


def _split_number(number: str, check: str, optional: str) -> tuple[str, str, str]:
    """(number, its check digit, the other optional data). A longer number continues in the optional data, its check
    digit and a filler follow it (9303-5, 4.2.2.1 note j; 9303-6, 4.2.2.2 note j)."""
    if check != "<":
        return number, check, optional
    tail, _, rest = optional.partition("<")
    if len(tail) < 2:
        raise ChipDataError(_SOURCE, "the document number has no check digit")
    return number + tail[:-1], tail[-1], rest


def _number_fields(mrz: Mrz, optional_width: int) -> tuple[str, str]:
    """The document number with its check digit or `<`, and the optional data, which a long number begins."""
    number = mrz.document_number.ljust(_SHORT_NUMBER, "<")
    if len(number) == _SHORT_NUMBER:
        return number + check_digit(number), mrz.optional_data.ljust(optional_width, "<")
    tail = f"{number[_SHORT_NUMBER:]}{check_digit(number)}<{mrz.optional_data}"
    return number[:_SHORT_NUMBER] + "<", tail.ljust(optional_width, "<")


def _split_name(field: str) -> tuple[str, str]:
    """Primary and secondary identifier (9303-3, 4.6). A name without the double filler has the first alone."""
    surname, _, given = field.rstrip("<").partition(_NAME_SEPARATOR)
    return " ".join(surname.replace("<", " ").split()), " ".join(given.replace("<", " ").split())


def _name_field(mrz: Mrz) -> str:
    return f"{mrz.surname}{_NAME_SEPARATOR}{mrz.given_names}".replace(" ", "<").rstrip("<")


def _verify(checks: Mapping[str, tuple[str, str]]) -> None:
    for name, (value, digit) in checks.items():
        if check_digit(value) != digit:
            raise ChipDataError(_SOURCE, f"the check digit of the {name} is wrong")


def _composite_td1(first: str, second: str) -> str:
    return first[5:30] + second[0:7] + second[8:15] + second[18:29]


def _composite(second: str) -> str:
    """Of TD2 and TD3, from the second line without its last character: number, birth, expiry and optional data with
    their check digits."""
    return second[0:10] + second[13:20] + second[21:]
