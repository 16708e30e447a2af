"""The zone of the synthetic card, ICAO's specimen, and the check digits."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader.errors import ChipDataError
from cccd_reader.mrz import LINE_LENGTH, check_digit, mrz_information, parse, transliterate, vietnamese_mrz

SPECIMEN = (
    "I<UTOD231458907<<<<<<<<<<<<<<<",
    "7408122F1204159UTO<<<<<<<<<<<6",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
)
"""ICAO 9303-5, appendix B."""


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
    assert repr(mrz) == "Mrz(…)"


def test_a_card_without_expiry() -> None:
    mrz = vietnamese_mrz("001158012345", date(1958, 9, 2), "F", "991231", "Đặng Thị Ơn")
    assert mrz.expiry == "991231"
    assert mrz.lines()[2].startswith("DANG<<THI<ON<")


def test_the_standards_specimen() -> None:
    mrz = parse("".join(SPECIMEN))
    assert (mrz.document_number, mrz.surname, mrz.given_names) == ("D23145890", "ERIKSSON", "ANNA MARIA")
    assert mrz.personal_number is None
    assert mrz.lines() == SPECIMEN


def test_a_document_number_longer_than_nine() -> None:
    # 9303-5, appendix B shows it: the check digit moves behind the rest of the number.
    mrz = parse("I<UTOD23145890<7349<<<<<<<<<<<" + "3407127M9507122UTO<<<<<<<<<<<2" + "STEVENSON<<PETER<JOHN<<<<<<<<<")
    assert mrz.document_number == "D23145890734"
    assert mrz.optional_data == ""


def test_bac_information_of_a_short_number() -> None:
    assert mrz_information("L898902C", "690806", "940623") == b"L898902C<369080619406236"


def test_a_name_that_is_too_long_is_cut() -> None:
    mrz = vietnamese_mrz(
        "001099012345", date(1999, 1, 15), "M", date(2039, 1, 15), "Công Tằng Tôn Nữ Thị Hoàng Phương Anh"
    )
    assert [len(line) for line in mrz.lines()] == [LINE_LENGTH] * 3


@pytest.mark.parametrize(
    ("name", "plain"), [("Nguyễn Văn Đức", "NGUYEN VAN DUC"), ("H'Hen  Niê", "H HEN NIE"), ("Ỷ Ưng", "Y UNG")]
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
    with pytest.raises(ChipDataError, match="90 characters"):
        parse(text)


def test_a_long_number_without_its_rest() -> None:
    with pytest.raises(ChipDataError, match="no check digit"):
        parse("I<UTOD23145890<<<<<<<<<<<<<<<<" + SPECIMEN[1] + SPECIMEN[2])


@given(st.text(alphabet="ABC0129<", min_size=90, max_size=90))
def test_any_characters_are_a_zone_or_bad_data(text: str) -> None:
    try:
        mrz = parse(text)
    except ChipDataError:
        return
    assert mrz.document_number.rstrip("<") == mrz.document_number
