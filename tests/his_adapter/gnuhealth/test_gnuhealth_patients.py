"""Whose file it is that GNU Health shows."""

from datetime import date

import pytest

from his_adapter.hospital.gnuhealth.patients import is_surely
from his_adapter.hospital.gnuhealth.rows import PartyRow
from his_adapter.model import BirthDate, PatientIdentity, Sex


def party(**others: object) -> PartyRow:
    row = {"id": 1, "ref": "001190990101", "name": "NGUYỄN THỊ HỢP LỆ", "lastname": None}
    return PartyRow.model_validate(
        row | {"dob": date(1938, 5, 6), "est_dob": False, "is_patient": True, "active": True} | others
    )


def person(birth: BirthDate) -> PatientIdentity:
    return PatientIdentity("001190990101", "NGUYỄN THỊ HỢP LỆ", birth, Sex.FEMALE)


@pytest.mark.parametrize(
    ("row", "birth", "surely"),
    [
        ({}, BirthDate(1938, 5, 6), True),
        ({}, BirthDate(1938), True),
        ({}, BirthDate(1938, 5, 7), False),
        ({"dob": date(1938, 1, 1), "est_dob": True}, BirthDate(1938, 5, 6), True),
        ({"dob": date(1938, 1, 1), "est_dob": True}, BirthDate(1939, 1, 1), False),
        ({"dob": date(1938, 1, 1)}, BirthDate(1938, 5, 6), False),
        ({"dob": None}, BirthDate(1938), False),
        ({"active": False}, BirthDate(1938, 5, 6), False),
        ({"name": "THỊ HỢP LỆ", "lastname": "Nguyễn"}, BirthDate(1938, 5, 6), True),
        ({"name": "THỊ HỢP LÊ", "lastname": "Nguyễn"}, BirthDate(1938, 5, 6), False),
    ],
)
def test_whose_file_it_is(row: dict[str, object], birth: BirthDate, surely: bool) -> None:
    assert is_surely(party(**row), person(birth)) is surely


def test_a_row_shows_nobody() -> None:
    assert "HỢP LỆ" not in repr(party())
    assert "1938" not in repr(party())
    assert "001190990101" not in str(party())
