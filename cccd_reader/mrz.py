"""The machine readable zone of a TD1 card (ICAO 9303-5, 4.2) as Vietnamese citizen cards fill it: 3 lines of 30."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from cccd_reader.errors import ChipDataError

LINE_LENGTH = 30
LINES = 3
_ALPHABET = re.compile(r"[A-Z0-9<]*")
_WEIGHTS = (7, 3, 1)
_NAME_SEPARATOR = "<<"


def check_digit(text: str) -> str:
    """Weights 7-3-1 modulo 10 (9303-3, 4.9). `<` counts 0, letters 10 to 35."""
    return str(sum(int(c, 36) * _WEIGHTS[i % 3] for i, c in enumerate(text.replace("<", "0"))) % 10)


def mrz_information(document_number: str, birth: str, expiry: str) -> bytes:
    """The secret of BAC and PACE-MRZ (9303-11, 4.3.2): number, birth and expiry (YYMMDD), each with its check digit."""
    number = document_number.ljust(9, "<")
    return "".join(field + check_digit(field) for field in (number, birth, expiry)).encode("ascii")


@dataclass(frozen=True, slots=True)
class Mrz:
    """The fields of a TD1 zone. Dates are YYMMDD as printed: the century is not in the zone."""

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

    def __repr__(self) -> str:
        return "Mrz(…)"  # every field is personal data

    @property
    def information(self) -> bytes:
        return mrz_information(self.document_number, self.birth, self.expiry)

    @property
    def personal_number(self) -> str | None:
        """The 12-digit number: the optional data of line 1, where a Vietnamese card has it."""
        digits = self.optional_data[:12]
        return digits if re.fullmatch(r"[0-9]{12}", digits) else None

    def lines(self) -> tuple[str, str, str]:
        """The three lines with all check digits."""
        number = self.document_number.ljust(9, "<")
        optional = self.optional_data.ljust(15, "<")
        first = f"{self.document_code:<2}{self.issuing_state:<3}{number}{check_digit(number)}{optional}".replace(
            " ", "<"
        )
        second = (
            f"{self.birth}{check_digit(self.birth)}{self.sex}{self.expiry}{check_digit(self.expiry)}"
            f"{self.nationality:<3}{self.optional_data_2:<11}"
        ).replace(" ", "<")
        composite = check_digit(_composite(first, second))
        name = f"{self.surname}{_NAME_SEPARATOR}{self.given_names}".replace(" ", "<")
        return first, second + composite, name[:LINE_LENGTH].ljust(LINE_LENGTH, "<")

    def encode(self) -> str:
        return "".join(self.lines())


def vietnamese_mrz(number: str, birth: date, sex: str, expiry: date | str, full_name: str) -> Mrz:
    """The zone of a citizen card: the document number is the last nine digits, the optional data all twelve and their
    check digit. `expiry` is a date, or YYMMDD as text for a card without expiry. `full_name` may have tone marks."""
    surname, _, given = transliterate(full_name).partition(" ")
    return Mrz(
        document_code="ID",
        issuing_state="VNM",
        document_number=number[3:],
        optional_data=f"{number}<<{check_digit(number)}",
        birth=f"{birth:%y%m%d}",
        sex=sex,
        expiry=expiry if isinstance(expiry, str) else f"{expiry:%y%m%d}",
        nationality="VNM",
        optional_data_2="",
        surname=surname,
        given_names=given,
    )


def transliterate(name: str) -> str:
    """A Vietnamese name as the zone writes it: A to Z and spaces, tone marks dropped, Đ as D."""
    plain = unicodedata.normalize("NFD", name.upper().replace("Đ", "D"))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^A-Z ]", " ", letters).split())


def parse(text: str) -> Mrz:
    """The zone in 90 characters (line breaks allowed). A wrong check digit or character is `ChipDataError`."""
    zone = text.replace("\r", "").replace("\n", "")
    if len(zone) != LINES * LINE_LENGTH or not _ALPHABET.fullmatch(zone):
        raise ChipDataError("MRZ", "not 90 characters of A-Z, 0-9 and <")
    first, second, third = zone[:30], zone[30:60], zone[60:]
    number, optional = first[5:14], first[15:30]
    check = first[14]
    if check == "<":
        # A longer number continues in the optional data and its check digit follows it (9303-5, 4.2.2.1 note j).
        tail = optional.split("<", 1)[0]
        if not tail:
            raise ChipDataError("MRZ", "the document number has no check digit")
        number, check, optional = number + tail[:-1], tail[-1], optional[len(tail) :]
    birth, expiry = second[0:6], second[8:14]
    fields = {
        "document number": (number, check),
        "birth date": (birth, second[6]),
        "expiry date": (expiry, second[14]),
        "composite": (_composite(first, second), second[29]),
    }
    for name, (value, digit) in fields.items():
        if check_digit(value) != digit:
            raise ChipDataError("MRZ", f"the check digit of the {name} is wrong")
    surname, _, given = third.rstrip("<").partition(_NAME_SEPARATOR)
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
        surname=surname.replace("<", " "),
        given_names=" ".join(given.replace("<", " ").split()),
    )


def _composite(first: str, second: str) -> str:
    return first[5:30] + second[0:7] + second[8:15] + second[18:29]
