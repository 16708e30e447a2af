"""People made up by chance: each one's papers are in order, by the rules that the reader knows and by the law's."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import parse_qr
from cccd_reader.citizen import citizen_from_dg13
from cccd_reader.citizen_number import parse_citizen_number
from cccd_reader.emulation import CardGeneration, EmulationError, EmulationErrorCode, ParentsLayout
from cccd_reader.emulation.data_groups import encode_dg1, encode_dg13
from cccd_reader.emulation.invention import birthday, invent_citizen, lawful_expiry
from cccd_reader.emulation.personalise import mrz_of
from cccd_reader.emulation.profile import IDENTITY_CARD_LAW
from cccd_reader.keys import expiry_candidates, keyring_from_qr
from cccd_reader.lds.dg1 import parse_dg1
from cccd_reader.lds.dg13 import parse_dg13

TODAY = date(2026, 11, 27)

seeds = st.integers(0, 2**32)
ages = st.integers(0, 100)
days = st.dates(date(2024, 8, 1), date(2035, 12, 31))


def age_on(day: date, birth: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


@given(seed=seeds, age=ages, today=days, sex=st.sampled_from(["M", "F"]))
def test_anybody_has_a_card_that_is_in_order(seed: int, age: int, today: date, sex: str) -> None:
    person = invent_citizen(seed, age=age, sex=sex, today=today)  # type: ignore[arg-type]
    assert birthday(person.birth_date, age) <= today < birthday(person.birth_date, age + 1)
    number = parse_citizen_number(person.number)
    assert number is not None
    assert number.province is not None
    assert (number.sex, number.birth_year) == (sex, person.birth_date.year)
    assert person.number[6:8] == "99"  # nobody's
    assert person.birth_date < person.issue_date <= today
    assert person.expiry_date is None or person.expiry_date > today
    if person.generation is CardGeneration.CCCD_2021:
        assert age_on(person.issue_date, person.birth_date) >= 14


@given(seed=seeds, age=ages, today=days)
def test_the_expiry_is_the_readers_first_candidate(seed: int, age: int, today: date) -> None:
    person = invent_citizen(seed, age=age, today=today)
    printed = "991231" if person.expiry_date is None else f"{person.expiry_date:%y%m%d}"
    assert expiry_candidates(person.birth_date, person.issue_date)[0] == printed


@given(birth=st.dates(date(1920, 1, 1), date(2030, 1, 1)), after=st.integers(1, 70 * 365))
def test_the_laws_rule_is_the_readers_rule(birth: date, after: int) -> None:
    issued = birth + timedelta(after)
    expiry = lawful_expiry(birth, issued)
    assert expiry_candidates(birth, issued)[0] == ("991231" if expiry is None else f"{expiry:%y%m%d}")


@pytest.mark.parametrize(
    ("birth", "issued", "expiry"),
    [
        # Law 26/2023/QH15, Art. 21: at 14, 25, 40 and 60, and within two years before at the next of them.
        (date(2014, 5, 1), date(2025, 1, 1), date(2028, 5, 1)),
        (date(2014, 5, 1), date(2026, 5, 1), date(2039, 5, 1)),
        (date(2000, 5, 1), date(2023, 4, 30), date(2025, 5, 1)),
        (date(2000, 5, 1), date(2023, 5, 1), date(2040, 5, 1)),
        (date(1966, 5, 1), date(2024, 4, 30), date(2026, 5, 1)),
        (date(1966, 5, 1), date(2024, 5, 1), None),
        (date(2000, 2, 29), date(2022, 5, 1), date(2025, 2, 28)),
    ],
)
def test_ages_at_which_cards_end(birth: date, issued: date, expiry: date | None) -> None:
    assert lawful_expiry(birth, issued) == expiry


@given(seed=seeds, layout=st.sampled_from(list(ParentsLayout)))
def test_their_files_are_read_back(seed: int, layout: ParentsLayout) -> None:
    person = invent_citizen(seed, today=TODAY)
    read = citizen_from_dg13(parse_dg13(encode_dg13(person, layout)))
    assert (read.number, read.full_name, read.sex) == (person.number, person.full_name.upper(), person.sex)
    assert (read.birth, read.issued, read.expiry) == (person.birth_date, person.issue_date, person.expiry_date)
    assert (read.father or None, read.mother or None) == tuple(
        None if name is None else name.upper() for name in (person.father, person.mother)
    )
    mrz = parse_dg1(encode_dg1(mrz_of(person)))
    assert mrz.personal_number == person.number
    ring = keyring_from_qr(parse_qr(person.qr_text()))
    assert ring.number == person.number
    assert ring.mrz[0].information == mrz.information


def test_the_same_seed_is_the_same_person() -> None:
    one, other = invent_citizen("a", today=TODAY), invent_citizen("b", today=TODAY)
    assert one == invent_citizen("a", today=TODAY)
    assert one != other
    assert repr(one) == "SyntheticCitizen(…)"
    assert invent_citizen("a").number[6:8] == "99"  # today


@pytest.mark.parametrize("generation", list(CardGeneration))
def test_of_a_generation_that_is_wanted(generation: CardGeneration) -> None:
    person = invent_citizen(7, generation=generation, today=TODAY)
    assert person.generation is generation
    assert (person.issue_date >= IDENTITY_CARD_LAW) is (generation is CardGeneration.CAN_CUOC_2024)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"age": 3, "generation": CardGeneration.CCCD_2021}, "age"),
        ({"generation": CardGeneration.CAN_CUOC_2024, "today": date(2023, 1, 1)}, "generation"),
        ({"age": -1}, "age"),
        ({"age": 111}, "age"),
    ],
)
def test_a_card_that_cannot_be(wanted: dict[str, object], field: str) -> None:
    with pytest.raises(EmulationError) as caught:
        invent_citizen(1, **{"today": TODAY, **wanted})  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.field) == (EmulationErrorCode.BAD_PROFILE, field)
