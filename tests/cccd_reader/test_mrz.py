"""The zone of the synthetic card, ICAO's specimen, and the check digits."""

import dataclasses
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader.errors import ChipDataError
from cccd_reader.mrz import Mrz, MrzFormat, check_digit, mrz_information, parse, transliterate, vietnamese_mrz

SPECIMEN = (
    "I<UTOD231458907<<<<<<<<<<<<<<<",
    "7408122F1204159UTO<<<<<<<<<<<6",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
)
"""ICAO 9303-5, appendix B."""

PASSPORT = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10"
"""ICAO 9303-4, appendix B."""

TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6"
"""ICAO 9303-6, appendix B."""


def test_check_digits_of_the_standard() -> None:
    assert check_digit("520727") == "3"
    assert check_digit("D23145890734") == "9"
    assert check_digit("AB2134<<<") == "5"


def test_the_synthetic_card(vietnam: dict[str, Any]) -> None:
    mrz = vietnamese_mrz("001099012345", date(1999, 1, 15), "M", date(2039, 1, 15), "Nguyễn Văn An")
    assert list(mrz.lines()) == vietnam["mrz"]
    assert parse("\r\n".join(vietnam["mrz"])) == mrz
    assert mrz.encode() == "".join(vietnam["mrz"])
    assert mrz.personal_number == "001099012345"
    assert mrz.information.decode() == vietnam["bac_mrz_information"]
    assert repr(mrz) == "Mrz(TD1, …)"


def test_a_card_without_expiry() -> None:
    mrz = vietnamese_mrz("001158012345", date(1958, 9, 2), "F", "991231", "Đặng Thị Ơn")
    assert mrz.expiry == "991231"
    assert mrz.lines()[2].startswith("DANG<<THI<ON<")


def test_the_standards_specimen() -> None:
    mrz = parse("".join(SPECIMEN))
    assert (mrz.document_number, mrz.surname, mrz.given_names) == ("D23145890", "ERIKSSON", "ANNA MARIA")
    assert mrz.personal_number is None
    assert mrz.lines() == SPECIMEN


def test_the_passport_and_the_two_line_card_of_the_standard() -> None:
    passport, card = parse(PASSPORT), parse(TD2)
    assert passport.format is MrzFormat.TD3
    assert (passport.document_code, passport.issuing_state, passport.nationality) == ("P", "UTO", "UTO")
    assert (passport.document_number, passport.optional_data, passport.sex) == ("L898902C3", "ZE184226B", "F")
    assert passport.information == b"L898902C3674081221204159"
    assert card.format is MrzFormat.TD2
    assert card.information == b"D23145890774081221204159"
    for zone, mrz in ((PASSPORT, passport), (TD2, card)):
        assert (mrz.surname, mrz.given_names, mrz.name_may_be_cut) == ("ERIKSSON", "ANNA MARIA", False)
        assert mrz.encode() == zone


def test_a_document_number_longer_than_nine() -> None:
    # 9303-5, appendix B shows it: the check digit moves behind the rest of the number.
    zone = "I<UTOD23145890<7349<<<<<<<<<<<" + "3407127M9507122UTO<<<<<<<<<<<2" + "STEVENSON<<PETER<JOHN<<<<<<<<<"
    mrz = parse(zone)
    assert mrz.document_number == "D23145890734"
    assert mrz.optional_data == ""
    assert mrz.information == b"D23145890734934071279507122"
    assert mrz.encode() == zone


def test_a_passport_without_optional_data_may_leave_its_check_digit_out() -> None:
    mrz = dataclasses.replace(parse(PASSPORT), optional_data="")
    left_out = mrz.encode()
    assert left_out[-2] == "<"
    assert parse(left_out) == parse(left_out[:-2] + "0" + left_out[-1]) == mrz
    without = PASSPORT[44:-2] + "<"
    with pytest.raises(ChipDataError, match="optional data"):
        parse(PASSPORT[:44] + without + check_digit(without[:10] + without[13:20] + without[21:]))


def test_twelve_digits_are_a_personal_number_on_a_vietnamese_card_alone(vietnam: dict[str, Any]) -> None:
    mrz = parse("".join(vietnam["mrz"]))
    assert dataclasses.replace(mrz, issuing_state="UTO").personal_number is None
    assert dataclasses.replace(mrz, format=MrzFormat.TD3).personal_number is None
    assert dataclasses.replace(mrz, optional_data="00109901234").personal_number is None


def test_a_name_without_a_separator_is_the_first_identifier() -> None:
    name = "ARKFREITH".ljust(30, "<")
    mrz = parse(SPECIMEN[0] + SPECIMEN[1] + name)
    assert (mrz.surname, mrz.given_names) == ("ARKFREITH", "")
    assert mrz.lines()[2] == name


@pytest.mark.parametrize(
    "change",
    [
        {"document_number": "L898902C34"},
        {"document_number": "L" * 23},
        {"birth": "7408"},
        {"optional_data": "A" * 15},
        {"nationality": "UTOPIA"},
    ],
)
def test_a_field_that_does_not_fit_is_not_written(change: dict[str, str]) -> None:
    with pytest.raises(ChipDataError, match="does not fit"):
        dataclasses.replace(parse(PASSPORT), **change).lines()


def test_bac_information_of_a_short_number() -> None:
    assert mrz_information("L898902C", "690806", "940623") == b"L898902C<369080619406236"


def test_a_name_that_is_too_long_is_cut() -> None:
    mrz = vietnamese_mrz(
        "001099012345", date(1999, 1, 15), "M", date(2039, 1, 15), "Công Tằng Tôn Nữ Thị Hoàng Phương Anh"
    )
    assert [len(line) for line in mrz.lines()] == [30] * 3
    assert mrz.name_may_be_cut
    assert parse(mrz.encode()).name_may_be_cut


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Nguyễn Văn Đức", "NGUYEN VAN DUC"),
        ("H'Hen  Niê", "HHEN NIE"),
        ("Ỷ-Ưng", "Y UNG"),
        ("ÐẶNG", "DANG"),
        ("ƀăk", "BAK"),
    ],
)
def test_names_are_transliterated(name: str, plain: str) -> None:
    assert transliterate(name) == plain


@pytest.mark.parametrize(
    ("position", "rule"), [(5, "document number"), (30, "birth"), (38, "expiry"), (18, "composite"), (59, "composite")]
)
def test_one_wrong_digit_is_noticed_and_named(vietnam: dict[str, Any], position: int, rule: str) -> None:
    zone = list("".join(vietnam["mrz"]))
    zone[position] = "7" if zone[position] != "7" else "8"
    with pytest.raises(ChipDataError, match=rule):
        parse("".join(zone))


@pytest.mark.parametrize("text", ["", "A" * 89, "a" * 90, "é" * 90])
def test_what_is_no_zone(text: str) -> None:
    with pytest.raises(ChipDataError, match="90, 72 or 88 characters"):
        parse(text)


def test_a_long_number_without_its_rest() -> None:
    with pytest.raises(ChipDataError, match="no check digit"):
        parse("I<UTOD23145890<<<<<<<<<<<<<<<<" + SPECIMEN[1] + SPECIMEN[2])


@given(st.sampled_from([90, 72, 88]).flatmap(lambda size: st.text("ABC0129<", min_size=size, max_size=size)))
def test_any_characters_are_a_zone_or_bad_data(text: str) -> None:
    try:
        mrz = parse(text)
    except ChipDataError:
        return
    assert mrz.document_number.rstrip("<") == mrz.document_number


@given(st.text(max_size=120))
def test_any_text_is_a_zone_or_bad_data(text: str) -> None:
    with pytest.raises(ChipDataError):
        parse(text)


def words(size: int, alphabet: str = "ABCXYZ") -> st.SearchStrategy[str]:
    """Words parted by single spaces, at most `size` characters together."""
    return (
        st.lists(st.text(alphabet, min_size=1, max_size=6), max_size=4).map(" ".join).filter(lambda t: len(t) <= size)
    )


@st.composite
def zones(draw: st.DrawFn) -> Mrz:
    form = draw(st.sampled_from(MrzFormat))
    longest = {MrzFormat.TD1: 22, MrzFormat.TD2: 14, MrzFormat.TD3: 9}[form]
    room = {MrzFormat.TD1: 15, MrzFormat.TD2: 7, MrzFormat.TD3: 14}[form]
    number = draw(st.text("ABC0123456789", min_size=1, max_size=longest))
    taken = len(number) - 9 + 2 if len(number) > 9 else 0
    letters = st.text("ABC0123456789", max_size=max(0, room - taken))
    day = st.text("0123456789<", min_size=6, max_size=6)
    surname = draw(words(14).filter(bool))
    return Mrz(
        document_code=draw(st.sampled_from(["I", "ID", "P", "AC"])),
        issuing_state=draw(st.sampled_from(["VNM", "UTO", "D"])),
        document_number=number,
        optional_data=draw(letters),
        birth=draw(day),
        sex=draw(st.sampled_from("MF<")),
        expiry=draw(day),
        nationality=draw(st.sampled_from(["VNM", "UTO", "D"])),
        optional_data_2=draw(st.text("ABC0123456789", max_size=11)) if form is MrzFormat.TD1 else "",
        surname=surname,
        given_names=draw(words(14)),
        format=form,
    )


@given(zones())
def test_what_is_written_is_read_again(mrz: Mrz) -> None:
    assert parse(mrz.encode()) == mrz
    assert parse("\n".join(mrz.lines())) == mrz
