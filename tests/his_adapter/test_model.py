"""The canonical model: what it refuses, what it hides, and a registration kept as text."""

import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from his_adapter.model import (
    BirthDate,
    Coverage,
    Entitlement,
    InsuranceQuery,
    PatientIdentity,
    RegistrationRequest,
    Sex,
)
from his_adapter.outbox import dump_registration, load_registration

Visit = Callable[..., RegistrationRequest]


@pytest.mark.parametrize(
    ("birth", "portal", "iso"),
    [
        (BirthDate(1998, 3, 12), "12/03/1998", "1998-03-12"),
        (BirthDate(1998, 3), "03/1998", "1998-03"),
        (BirthDate(1950), "1950", "1950"),
    ],
)
def test_birth_dates_as_far_as_they_are_known(birth: BirthDate, portal: str, iso: str) -> None:
    assert (birth.portal_text(), birth.iso_text()) == (portal, iso)


@pytest.mark.parametrize(("year", "month", "day"), [(1998, None, 1), (1998, 13, None), (1998, 2, 30), (0, None, None)])
def test_impossible_birth_dates(year: int, month: int | None, day: int | None) -> None:
    with pytest.raises(ValueError, match=r"day without a month|no such birth date"):
        BirthDate(year, month, day)


@pytest.mark.parametrize("number", ["", "1198990001", "00119899000A", "0011989900011", "٠٠١١٩٨٩٩٠٠٠١"])
def test_a_citizen_number_has_twelve_digits(number: str) -> None:
    with pytest.raises(ValueError, match="twelve"):
        PatientIdentity(number, "AI ĐÓ", BirthDate(1998), Sex.MALE)


def test_names_are_composed_and_spaced_once() -> None:
    name = unicodedata.normalize("NFD", " NGUYỄN  THỊ\u00a0LAN ")
    patient = PatientIdentity("001198990001", name, BirthDate(1998), Sex.FEMALE)
    assert patient.full_name == "NGUYỄN THỊ LAN"
    assert InsuranceQuery.of(patient).full_name == "NGUYỄN THỊ LAN"


def test_the_portal_takes_three_lengths() -> None:
    with pytest.raises(ValueError, match="10, 12 or 15"):
        InsuranceQuery("12345678901", "AI ĐÓ", BirthDate(1998))


def test_a_card_covers_its_days_both_included() -> None:
    card = Coverage("DN4010000000101", "AI ĐÓ", date(2026, 1, 1), date(2026, 12, 31), "01999")
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1)]
    assert [card.covers(day) for day in days] == [False, True, True, False]
    assert (card.benefit_code, card.benefit_level) == ("DN", "4")


def test_a_registration_survives_as_text(visit: Visit) -> None:
    request = visit(
        coverage=Coverage("DN4010000000101", "NGUYỄN THỊ HỢP LỆ", date(2026, 1, 1), None, "01999"),
        entitlement=Entitlement("1.18", 50, 95, Decimal("47.5"), "basis"),
        insurance_verified=True,
    )
    assert load_registration(dump_registration(request)) == request


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"idempotency_key": "001198990001"}'])
def test_a_text_that_is_no_registration(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not a registration$"):
        load_registration(text)


def test_a_registration_shows_nothing_of_the_patient(visit: Visit) -> None:
    request = visit()
    for secret in (request.patient.number, request.patient.full_name, "1990", "Phố Hai"):
        assert secret not in repr(request.patient)


@pytest.mark.parametrize(
    ("text", "date_"),
    [
        ("1938", BirthDate(1938)),
        ("1938-05", BirthDate(1938, 5)),
        ("193805", BirthDate(1938, 5)),
        ("1938-05-06", BirthDate(1938, 5, 6)),
        ("19380506", BirthDate(1938, 5, 6)),
        *(
            (text, None)
            for text in ("", "193", "1938-", "1938-13", "1938-02-30", "0000", "１９３８", "19380506\n", "nữ")
        ),
    ],
)
def test_birth_dates_that_others_wrote(text: str, date_: BirthDate | None) -> None:
    assert BirthDate.parse(text) == date_


@given(st.dates(min_value=date(1, 1, 1)), st.dates(min_value=date(1, 1, 1)), st.integers(1, 3), st.integers(1, 3))
def test_birth_dates_agree_in_what_both_know(one: date, other: date, mine: int, theirs: int) -> None:
    def shortened(day: date, parts: int) -> BirthDate:
        return BirthDate(*(day.year, day.month, day.day)[:parts])

    left, right = shortened(one, mine), shortened(other, theirs)
    known = min(mine, theirs)
    same = shortened(one, known) == shortened(other, known)
    assert left.agrees_with(right) == right.agrees_with(left) == same
    assert left.agrees_with(BirthDate.of(one))
    assert BirthDate.parse(left.iso_text()) == left
