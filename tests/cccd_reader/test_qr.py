"""The QR code of the card as scanners deliver it."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader.errors import CardErrorCode, ChipDataError
from cccd_reader.qr import parse_qr

FRONT = "001099012345|012345678|Nguyễn Văn An|15011999|Nam|Số 4, Phố Năm, Quận Bảy|20032022"


def test_the_seven_fields_of_2021() -> None:
    qr = parse_qr(FRONT)
    assert qr.number == "001099012345"
    assert qr.old_number == "012345678"
    assert qr.full_name == "Nguyễn Văn An"
    assert (qr.birth, qr.issued) == (date(1999, 1, 15), date(2022, 3, 20))
    assert qr.sex == "M"
    assert qr.residence == "Số 4, Phố Năm, Quận Bảy"
    assert qr.extra == ()
    assert "Nguyễn" not in repr(qr)


def test_the_eleven_fields_of_2024_keep_their_tail_raw() -> None:
    qr = parse_qr("001199012345||Nguyễn Thị Bình|15011999|Nữ|Số 4|01082024||Trần Thị Cúc||")
    assert qr.old_number is None
    assert qr.sex == "F"
    assert qr.extra == ("", "Trần Thị Cúc", "", "")


def test_six_fields_with_slashes() -> None:
    qr = parse_qr("001099012345|Nguyễn Văn An|15/01/1999|Nam|Số 4|20/03/2022")
    assert qr.old_number is None
    assert (qr.birth, qr.issued) == (date(1999, 1, 15), date(2022, 3, 20))


def test_the_synthetic_codes(vietnam: dict[str, Any]) -> None:
    assert {parse_qr(text).number for text in vietnam["qr"].values()} == {"001099012345"}


def test_what_scanners_add_is_taken_away() -> None:
    assert parse_qr("\ufeff" + FRONT + "\r\n") == parse_qr(FRONT)
    decomposed = FRONT.replace("ễ", "e\u0302\u0303")
    assert parse_qr(decomposed).full_name == "Nguyễn Văn An"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("001099012345", "01099012345"), "number"),
        (("001099012345", "00109901234A"), "number"),
        (("|012345678|", "|12345|"), "old number"),
        (("Nguyễn Văn An", " "), "full name"),
        (("15011999", "31021999"), "birth date"),
        (("15011999", "1999"), "birth date"),
        (("15011999", "15019999"), "birth date"),
        (("|Nam|", "|Male|"), "sex"),
        (("20032022", ""), "issue date"),
    ],
)
def test_the_error_names_the_field_and_not_its_value(change: tuple[str, str], field: str) -> None:
    with pytest.raises(ChipDataError) as caught:
        parse_qr(FRONT.replace(*change))
    assert caught.value.code is CardErrorCode.BAD_DATA
    assert caught.value.file == "QR"
    assert caught.value.detail.startswith(field + ":")
    assert "Nguyễn" not in str(caught.value)
    assert "0010" not in str(caught.value)


def test_too_few_fields_and_too_many_characters() -> None:
    with pytest.raises(ChipDataError, match="1 fields"):
        parse_qr("https://example.org")
    with pytest.raises(ChipDataError, match="longer than"):
        parse_qr(FRONT + "|" * 3000)


@given(st.text(max_size=200) | st.lists(st.text(max_size=12), max_size=12).map("|".join))
def test_any_text_is_a_card_or_bad_data(text: str) -> None:
    try:
        qr = parse_qr(text)
    except ChipDataError:
        return
    assert len(qr.number) == 12
