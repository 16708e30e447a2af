"""The holder as the chip describes them, and the eighteen fields that were published for the citizen card."""

import re
from dataclasses import dataclass
from datetime import date

from cccd_reader.citizen_number import parse_citizen_number
from cccd_reader.lds.dg13 import Dg13, Index
from cccd_reader.mrz import Mrz
from cccd_reader.published_fields import (
    CardGeneration,
    CitizenField,
    FieldId,
    FieldState,
    generation_of,
    labels,
)

NO_EXPIRY_TEXT = "Không thời hạn"
SEX_TEXTS = {"M": "Nam", "F": "Nữ"}
_SEXES = {text.lower(): sex for sex, text in SEX_TEXTS.items()}
_DATE = re.compile(r"([0-9]{2})/?([0-9]{2})/?([0-9]{4})")
_YEAR = re.compile(r"[0-9]{4}")


@dataclass(frozen=True, slots=True, repr=False)
class Citizen:
    """Every field may be missing: cards differ by batch, and before DG13 is read only the MRZ is known.

    `sex` is "M" or "F". `birth` is None when the card knows the year alone (`birth_year`). `no_expiry` is the card's
    "Không thời hạn". Texts are NFC. Fingerprints are in the chip and for authorities only: never read. `unreadable`
    are the fields that the chip has in a form that is no text.
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
    unreadable: frozenset[FieldId] = frozenset()

    def __repr__(self) -> str:
        return f"Citizen({sum(self.fields_present().values())} of 18 fields)"

    @property
    def generation(self) -> CardGeneration | None:
        """Which card it is, by the day of issue; None when the chip does not give that."""
        return generation_of(self.issued)

    def fields(self) -> tuple[CitizenField, ...]:
        """The eighteen published fields in the order of publication, with the labels of the card's generation."""
        birth_year = None if self.birth_year is None else f"{self.birth_year:04}"
        texts = {
            FieldId.NUMBER: self.number,
            FieldId.FULL_NAME: self.full_name,
            FieldId.BIRTH_DATE: _shown(self.birth) or birth_year,
            FieldId.SEX: SEX_TEXTS.get(self.sex or ""),
            FieldId.PLACE_OF_ORIGIN: self.place_of_origin,
            FieldId.ETHNICITY: self.ethnicity,
            FieldId.RELIGION: self.religion,
            FieldId.NATIONALITY: self.nationality,
            FieldId.RESIDENCE: self.residence,
            FieldId.FATHER: self.father,
            FieldId.MOTHER: self.mother,
            FieldId.SPOUSE: self.spouse,
            FieldId.OLD_NUMBER: self.old_number,
            FieldId.ISSUE_DATE: _shown(self.issued),
            FieldId.EXPIRY_DATE: NO_EXPIRY_TEXT if self.no_expiry else _shown(self.expiry),
            FieldId.IDENTIFYING_FEATURES: self.identifying_features,
        }
        return tuple(
            CitizenField(field, *labels(field, self.generation), texts.get(field), self._state(field, texts.get(field)))
            for field in FieldId
        )

    def fields_present(self) -> dict[str, bool]:
        """Which of the eighteen published fields were read, by their stable names, in the order of publication."""
        return {field.id.value: field.state is FieldState.PRESENT for field in self.fields()}

    def _state(self, field: FieldId, text: str | None) -> FieldState:
        if field is FieldId.FINGERPRINTS:
            return FieldState.PROTECTED
        if text is not None or (field is FieldId.FACE_IMAGE and self.face_image):
            return FieldState.PRESENT
        return FieldState.UNREADABLE if field in self.unreadable else FieldState.ABSENT


_FIELDS_OF_INDEX: dict[int, tuple[FieldId, ...]] = {
    Index.NUMBER: (FieldId.NUMBER,),
    Index.FULL_NAME: (FieldId.FULL_NAME,),
    Index.BIRTH: (FieldId.BIRTH_DATE,),
    Index.SEX: (FieldId.SEX,),
    Index.NATIONALITY: (FieldId.NATIONALITY,),
    Index.ETHNICITY: (FieldId.ETHNICITY,),
    Index.RELIGION: (FieldId.RELIGION,),
    Index.PLACE_OF_ORIGIN: (FieldId.PLACE_OF_ORIGIN,),
    Index.RESIDENCE: (FieldId.RESIDENCE,),
    Index.IDENTIFYING_FEATURES: (FieldId.IDENTIFYING_FEATURES,),
    Index.ISSUED: (FieldId.ISSUE_DATE,),
    Index.EXPIRY: (FieldId.EXPIRY_DATE,),
    Index.PARENTS: (FieldId.FATHER, FieldId.MOTHER),
    Index.SPOUSES: (FieldId.SPOUSE,),
    Index.OLD_NUMBER: (FieldId.OLD_NUMBER,),
}


def citizen_from_mrz(mrz: Mrz, *, face_image: bool = False) -> Citizen:
    """What the MRZ alone says. The name there has no tone marks, so it is not taken for the name."""
    number = mrz.personal_number
    birth = _mrz_date(mrz.birth, number)
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
        no_expiry=expiry_text is not None and expiry_text.lower() == NO_EXPIRY_TEXT.lower(),
        identifying_features=dg13.text(Index.IDENTIFYING_FEATURES),
        face_image=face_image,
        unreadable=frozenset(field for index in dg13.unreadable for field in _FIELDS_OF_INDEX.get(index, ())),
    )


def parse_date(text: str | None) -> date | None:
    """A day as dd/mm/yyyy or ddmmyyyy, or None."""
    match = _DATE.fullmatch(text or "")
    if match is None:
        return None
    day, month, year = (int(part) for part in match.groups())
    return _day(year, month, day)


def _shown(day: date | None) -> str | None:
    return None if day is None else f"{day.day:02}/{day.month:02}/{day.year:04}"


def _mrz_date(text: str, number: str | None) -> date | None:
    """A date of the zone, its century from the citizen's number."""
    structure = parse_citizen_number(number or "")
    if structure is None or not re.fullmatch(r"[0-9]{6}", text):
        return None
    return _day(structure.birth_year // 100 * 100 + int(text[:2]), int(text[2:4]), int(text[4:]))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
