"""The holder as the chip describes them: the eighteen fields that were published for the citizen card."""

import re
from dataclasses import dataclass
from datetime import date

from cccd_reader.lds.dg13 import Dg13, Index
from cccd_reader.mrz import Mrz

NO_EXPIRY_TEXT = "không thời hạn"
_SEXES = {"nam": "M", "nữ": "F"}
_DATE = re.compile(r"([0-9]{2})/?([0-9]{2})/?([0-9]{4})")
_YEAR = re.compile(r"[0-9]{4}")


@dataclass(frozen=True, slots=True, repr=False)
class Citizen:
    """Every field may be missing: cards differ by batch, and before DG13 is read only the MRZ is known.

    `sex` is "M" or "F". `birth` is None when the card knows the year alone (`birth_year`). `no_expiry` is the card's
    "Không thời hạn". Texts are NFC. Fingerprints are in the chip and for authorities only: never read.
    """

    number: str | None = None
    full_name: str | None = None
    birth: date | None = None
    birth_year: int | None = None
    sex: str | None = None
    place_of_origin: str | None = None
    ethnicity: str | None = None
    religion: str | None = None
    nationality: str | None = None
    residence: str | None = None
    father: str | None = None
    mother: str | None = None
    spouse: str | None = None
    old_number: str | None = None
    issued: date | None = None
    expiry: date | None = None
    no_expiry: bool = False
    identifying_features: str | None = None
    face_image: bool = False

    def __repr__(self) -> str:
        return f"Citizen({sum(self.fields_present().values())} of 18 fields)"

    def fields_present(self) -> dict[str, bool]:
        """Which of the eighteen published fields were read, by stable English names, in the order of publication."""
        return {
            "number": self.number is not None,
            "full_name": self.full_name is not None,
            "birth_date": self.birth_year is not None,
            "sex": self.sex is not None,
            "place_of_origin": self.place_of_origin is not None,
            "ethnicity": self.ethnicity is not None,
            "religion": self.religion is not None,
            "nationality": self.nationality is not None,
            "residence": self.residence is not None,
            "father": self.father is not None,
            "mother": self.mother is not None,
            "spouse": self.spouse is not None,
            "old_number": self.old_number is not None,
            "issue_date": self.issued is not None,
            "expiry_date": self.expiry is not None or self.no_expiry,
            "identifying_features": self.identifying_features is not None,
            "face_image": self.face_image,
            "fingerprints": False,
        }


def citizen_from_mrz(mrz: Mrz, *, face_image: bool = False) -> Citizen:
    """What the MRZ alone says. The name there has no tone marks, so it is not taken for the name."""
    number = mrz.personal_number
    birth = _mrz_date(mrz.birth, _century(number))
    return Citizen(
        number=number,
        birth=birth,
        birth_year=birth.year if birth else None,
        sex=mrz.sex if mrz.sex in ("M", "F") else None,
        face_image=face_image,
    )


def citizen_from_dg13(dg13: Dg13, *, face_image: bool = False) -> Citizen:
    """All that DG13 says. A date that is no date counts as missing: it is the card's text, not a broken file."""
    birth_text = dg13.text(Index.BIRTH)
    birth = parse_date(birth_text)
    year = int(birth_text) if birth_text and _YEAR.fullmatch(birth_text) else None
    expiry_text = dg13.text(Index.EXPIRY)
    return Citizen(
        number=dg13.text(Index.NUMBER),
        full_name=dg13.text(Index.FULL_NAME),
        birth=birth,
        birth_year=birth.year if birth else year,
        sex=_SEXES.get((dg13.text(Index.SEX) or "").lower()),
        place_of_origin=dg13.text(Index.PLACE_OF_ORIGIN),
        ethnicity=dg13.text(Index.ETHNICITY),
        religion=dg13.text(Index.RELIGION),
        nationality=dg13.text(Index.NATIONALITY),
        residence=dg13.text(Index.RESIDENCE),
        father=dg13.father,
        mother=dg13.mother,
        spouse=", ".join(dg13.spouses) or None,
        old_number=dg13.old_number,
        issued=parse_date(dg13.text(Index.ISSUED)),
        expiry=parse_date(expiry_text),
        no_expiry=expiry_text is not None and expiry_text.lower() == NO_EXPIRY_TEXT,
        identifying_features=dg13.text(Index.IDENTIFYING_FEATURES),
        face_image=face_image,
    )


def parse_date(text: str | None) -> date | None:
    """A day as dd/mm/yyyy or ddmmyyyy, or None."""
    match = _DATE.fullmatch(text or "")
    if match is None:
        return None
    day, month, year = (int(part) for part in match.groups())
    return _day(year, month, day)


def _century(number: str | None) -> int | None:
    """The fourth digit of the number: 0, 1 for 1900, 2, 3 for 2000, and so on (Decree 37/2021/NĐ-CP)."""
    return None if number is None else 1900 + 100 * (int(number[3]) // 2)


def _mrz_date(text: str, century: int | None) -> date | None:
    if century is None or not re.fullmatch(r"[0-9]{6}", text):
        return None
    return _day(century + int(text[:2]), int(text[2:4]), int(text[4:]))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
