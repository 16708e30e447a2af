"""Which keys follow from a number or a QR code, and in which order the law makes them likely."""

import dataclasses
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader.errors import CardError, CardErrorCode, ChipDataError
from cccd_reader.keys import (
    Can,
    KeyRing,
    MrzKey,
    expiry_candidates,
    keyring_from_mrz,
    keyring_from_number,
    keyring_from_qr,
)
from cccd_reader.mrz import parse
from cccd_reader.qr import parse_qr

BIRTH = date(1999, 1, 15)
ZONE = ("IDVNM0990123459001099012345<<0", "9901155M3901153VNM<<<<<<<<<<<6", "NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<")
PASSPORT = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\r\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
VIETNAMESE = KeyRing(Can("012345"), (MrzKey("099012345", "990115", "390115"),), "001099012345")
FOREIGN = KeyRing(None, (MrzKey("L898902C3", "740812", "120415"),))


def test_the_number_gives_the_can() -> None:
    ring = keyring_from_number("001099012345")
    assert ring == KeyRing(can=Can("012345"), mrz=(), number="001099012345")


def test_the_qr_code_gives_the_can_and_mrz_keys() -> None:
    ring = keyring_from_qr(parse_qr("001099012345||Nguyễn Văn An|15011999|Nam|Số 4|20032022"))
    assert ring.can == Can("012345")
    assert ring.number == "001099012345"
    assert ring.mrz[0] == MrzKey("099012345", "990115", "390115")
    assert ring.mrz[0].information == b"099012345999011553901153"


@pytest.mark.parametrize(
    ("text", "ring"),
    [
        ("\n".join(ZONE), VIETNAMESE),
        ("".join(ZONE).lower(), VIETNAMESE),
        (" ".join(ZONE[:2]), VIETNAMESE),
        ("001099012345 990115 390115", VIETNAMESE),
        ("0990123459 9901155 3901153", KeyRing(None, VIETNAMESE.mrz)),
        (PASSPORT, FOREIGN),
        ("L898902C36 7408122 1204159", FOREIGN),
        ("l898902c3\t740812\n120415", FOREIGN),
        ("L898902C3674081221204159", FOREIGN),
        ("L898902C<3 6908061 9406236", KeyRing(None, (MrzKey("L898902C", "690806", "940623"),))),
        ("L898902C3 6908061 9406236", KeyRing(None, (MrzKey("L898902C", "690806", "940623"),))),
        ("D231458907349 3407127 9507122", KeyRing(None, (MrzKey("D23145890734", "340712", "950712"),))),
    ],
)
def test_the_zone_gives_the_mrz_key_and_the_can_of_a_vietnamese_card(text: str, ring: KeyRing) -> None:
    assert keyring_from_mrz(text) == ring


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "neither a zone"),
        ("001099012345", "neither a zone"),
        ("".join(ZONE).replace("9901155", "9901156"), "birth date"),
        ("0990123458 9901155 3901153", "document number"),
        ("0990123459 9901155 3901154", "expiry date"),
        ("0990123459 9901155 390115", "MRZ key is"),
        ("Ä 990115 390115", "MRZ key is"),
        ("A " * 300, "longer than"),
        (ZONE[0] + dataclasses.replace(parse("".join(ZONE)), birth="ABCDEF").lines()[1] + ZONE[2], "MRZ key is"),
    ],
)
def test_a_mistyped_zone_is_named(text: str, rule: str) -> None:
    with pytest.raises(ChipDataError, match=rule) as caught:
        keyring_from_mrz(text)
    assert "0990" not in str(caught.value)


@given(
    st.text(max_size=250) | st.lists(st.text("<0123456789AZ ", max_size=30), max_size=4).map(" ".join),
)
def test_any_typed_text_is_a_key_or_bad_data(text: str) -> None:
    try:
        ring = keyring_from_mrz(text)
    except ChipDataError:
        return
    assert len(ring.mrz) == 1


LAW = {
    "under 12: to 14 (Law 26/2023, Art. 21.1)": (date(2010, 5, 1), "130115"),
    "the last day before 12": (date(2011, 1, 14), "130115"),
    "from 12 on, within two years before 14: to 25 (Art. 21.2)": (date(2011, 1, 15), "240115"),
    "14 and over: to 25 (Art. 21.1; Law 59/2014, Art. 21.1)": (date(2013, 1, 15), "240115"),
    "22": (date(2021, 5, 1), "240115"),
    "the last day before 23": (date(2022, 1, 14), "240115"),
    "from 23 on, within two years before 25: to 40 (Art. 21.2 of both laws)": (date(2022, 1, 15), "390115"),
    "25 and over: to 40": (date(2024, 1, 15), "390115"),
    "the last day before 38": (date(2037, 1, 14), "390115"),
    "from 38 on, within two years before 40: to 60": (date(2037, 1, 15), "590115"),
    "40 and over: to 60": (date(2039, 1, 15), "590115"),
    "the last day before 58": (date(2057, 1, 14), "590115"),
    "from 58 on, within two years before 60: nothing follows, so without expiry": (date(2057, 1, 15), "991231"),
    "60 and over: without expiry": (date(2059, 1, 15), "991231"),
}
"""For somebody born on 15 January 1999: the day of issue, and the end that the law gives the card, with the reason."""


@pytest.mark.parametrize("reason", LAW)
def test_the_law_decides_the_first_candidate(reason: str) -> None:
    issued, expiry = LAW[reason]
    assert expiry_candidates(BIRTH, issued)[0] == expiry


BIRTHDAYS = {14: "130115", 25: "240115", 40: "390115", 60: "590115"}
NEIGHBOURS = {12: (14, 25), 23: (25, 40), 38: (40, 60)}
"""The ages at which the two years begin, and what the card's end is before and after."""


@given(st.sampled_from(sorted(NEIGHBOURS)), st.integers(-90, 90))
def test_near_a_boundary_both_ends_are_tried_first(age: int, days: int) -> None:
    # The law counts from the issue; an office may have counted from the application, weeks before.
    issued = BIRTH.replace(year=BIRTH.year + age) + timedelta(days)
    before, after = (BIRTHDAYS[end] for end in NEIGHBOURS[age])
    expected = (before, after) if days < 0 else (after, before)
    assert expiry_candidates(BIRTH, issued)[:2] == expected


@given(st.integers(-90, 90))
def test_near_58_both_an_end_and_none_are_tried(days: int) -> None:
    issued = BIRTH.replace(year=BIRTH.year + 58) + timedelta(days)
    assert set(expiry_candidates(BIRTH, issued)) == {"590115", "991231"}


def test_the_other_birthdays_follow_nearest_first_and_never_more_than_three() -> None:
    # Issued just after the boundary: if the two years were counted from the application, the earlier birthday holds.
    assert expiry_candidates(BIRTH, date(2022, 3, 20)) == ("390115", "240115", "590115")
    assert expiry_candidates(BIRTH, date(2058, 1, 1)) == ("991231", "590115")
    assert expiry_candidates(BIRTH, date(2070, 1, 1)) == ("991231",)


def test_a_leap_day_has_two_birthdays_in_common_years() -> None:
    # No law says which day counts. 2036 has a 29th of February, so that is the one birthday.
    assert expiry_candidates(date(1996, 2, 29), date(2015, 6, 1)) == ("210228", "210301", "360229")
    assert expiry_candidates(date(1996, 2, 29), date(2019, 2, 27))[0] == "210228"  # 22
    assert expiry_candidates(date(1996, 2, 29), date(2019, 2, 28))[:3] == (
        "360229",
        "210228",
        "210301",
    )  # 23, or nearly


@given(
    st.dates(date(1900, 1, 1), date(2199, 12, 31)),
    st.dates(date(1900, 1, 1), date(2199, 12, 31)),
)
def test_any_dates_of_a_code_give_keys(birth: date, issued: date) -> None:
    candidates = expiry_candidates(birth, issued)
    assert 1 <= len(candidates) <= 3
    assert len(set(candidates)) == len(candidates)
    assert all(MrzKey("099012345", f"{birth:%y%m%d}", expiry).information for expiry in candidates)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Can("12345"),
        lambda: Can("12345a"),
        lambda: MrzKey("", "990115", "390115"),
        lambda: MrzKey("099012345", "9901", "390115"),
        lambda: MrzKey("A" * 23, "990115", "390115"),
        lambda: KeyRing(None, (MrzKey("099012345", "990115", "390115"),) * 4),
        lambda: keyring_from_number("01099012345"),
    ],
)
def test_malformed_keys_are_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(CardError) as caught:
        make()
    assert caught.value.code is CardErrorCode.BAD_DATA


def test_secrets_are_not_shown() -> None:
    ring = keyring_from_qr(parse_qr("001099012345||Nguyễn Văn An|15011999|Nam|Số 4|20032022"))
    assert repr(ring) == "KeyRing(can=yes, mrz=3)"
    assert repr(KeyRing(None)) == "KeyRing(can=no, mrz=0)"
    assert repr(ring.can) == "Can(…)"
    assert repr(ring.mrz[0]) == "MrzKey(…)"
