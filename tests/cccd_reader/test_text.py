"""Vietnamese text: what may be shown, and when two spellings are one text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader.text import clean, reading_key


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("  Nguyễn Văn An\x00\x00", "Nguyễn Văn An"),
        (unicodedata.normalize("NFD", "Nguyễn"), "Nguyễn"),
        ("An\x1b[2J", "An [2J"),
        ("\ufeffA\u200bn\u202e", "An"),
        ("a\u200b\u0301", "á"),
    ],
)
def test_what_is_shown(raw: str, shown: str) -> None:
    assert clean(raw) == shown


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hòa Bình", "HOÀ  BÌNH"),
        ("Số 4, Phố Năm", "số 4 - phố năm"),
        ("ĐỖ THÚY", "Ðỗ Thuý"),
        (unicodedata.normalize("NFD", "Nguyễn"), "NGUYỄN"),
    ],
)
def test_two_spellings_of_one_text(one: str, other: str) -> None:
    assert reading_key(one) == reading_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Hùng", "Hưng"), ("Thu", "Thư"), ("An", "Ân"), ("Dung", "Đung"), ("Hoa", "Hòa"), ("An Na", "Anna")],
)
def test_two_texts(one: str, other: str) -> None:
    assert reading_key(one) != reading_key(other)


@given(st.text(max_size=50))
def test_any_text_can_be_shown_and_compared(text: str) -> None:
    shown = clean(text)
    assert clean(shown) == shown
    assert unicodedata.is_normalized("NFC", shown)
    assert not any(unicodedata.category(c) == "Cc" for c in shown)
    assert reading_key(shown) == reading_key(shown.upper().lower()) or not shown.isascii()
