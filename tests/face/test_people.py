"""The demonstration people: pictures of different moments, invented identities that obey the rules for real ones."""

import unicodedata
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest


def born(citizen: dict[str, object]) -> date:
    return date.fromisoformat(str(citizen["birth_date"]))


def test_there_are_men_and_a_woman_two_card_generations_and_a_jpeg_2000_chip(people: Mapping[str, Any]) -> None:
    assert {person.citizen["sex"] for person in people.values()} == {"Nam", "Nữ"}
    assert {person.citizen["generation"] for person in people.values()} == {2021, 2024}
    assert [key for key, person in people.items() if person.chip.startswith(b"\x00\x00\x00\x0cjP")] == ["minh"]


def test_the_chip_pictures_have_the_size_a_card_holds(people: Mapping[str, Any]) -> None:
    assert all(12_000 <= len(person.chip) <= 18_000 for person in people.values())


def test_the_number_follows_from_sex_and_birth_and_its_serial_is_not_in_use(people: Mapping[str, Any]) -> None:
    """Circular 59/2021/TT-BCA, Art. 4: province, century and sex, year of birth, six digits."""
    for person in people.values():
        birth = born(person.citizen)
        century = 2 * ((birth.year - 1900) // 100) + (person.citizen["sex"] == "Nữ")
        assert str(person.citizen["number"]).startswith(f"001{century}{birth.year % 100:02d}99")
        assert len(str(person.citizen["number"])) == 12


def test_the_card_expires_at_the_birthday_the_law_names(people: Mapping[str, Any]) -> None:
    """Law 26/2023/QH15, Art. 21: at 14, 25, 40, 60; issued less than two years before, at the next of them."""
    for person in people.values():
        birth, issued = born(person.citizen), date.fromisoformat(str(person.citizen["issue_date"]))
        ages = [age for age in (14, 25, 40, 60) if birth.replace(year=birth.year + age - 2) > issued]
        assert date.fromisoformat(str(person.citizen["expiry_date"])) == birth.replace(year=birth.year + ages[0])


def test_vietnamese_texts_are_in_one_normal_form(people: Mapping[str, Any]) -> None:
    for person in people.values():
        for value in person.citizen.values():
            assert unicodedata.is_normalized("NFC", str(value))


def test_every_folder_credits_its_pictures(people: Mapping[str, Any], people_directory: Path) -> None:
    for key in people:
        credit = (people_directory / key / "CREDIT").read_text(encoding="utf-8")
        assert "DeBruine" in credit
        assert "CC BY 4.0" in credit


@pytest.mark.parametrize("field", ["father", "mother", "residence", "features", "old_number", "spouse"])
def test_every_person_has_every_field_even_if_empty(people: Mapping[str, Any], field: str) -> None:
    assert all(isinstance(person.citizen[field], str) for person in people.values())
