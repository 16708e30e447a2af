"""The translations: complete, NFC, alike in both languages, and each language pure."""

import re
import unicodedata
from decimal import Decimal
from pathlib import Path

import pytest

from kiosk.flow.faults import catalogue
from kiosk.flow.values import FaultCode, Honorific, Language
from kiosk.ui.formats import NBSP, amount, bare_floor, bare_room, minutes, percent, whole_seconds
from kiosk.ui.texts import Texts, placeholders

VIETNAMESE_LETTER = re.compile("[àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ]", re.IGNORECASE)
ENGLISH_WORD = re.compile(
    r"\b(the|please|your|you|card|counter|touch|number|staff|wait|room|floor|page|pay)\b", re.IGNORECASE
)


@pytest.fixture
def texts(assets: Path) -> Texts:
    return Texts.load(assets / "translations")


def test_every_key_exists_in_both_languages_with_the_same_placeholders(texts: Texts) -> None:
    vietnamese, english = texts.table(Language.VI), texts.table(Language.EN)
    assert set(vietnamese) == set(english)
    assert len(vietnamese) > 150
    unequal = {key for key in vietnamese if placeholders(vietnamese[key]) != placeholders(english[key])}
    assert unequal == set()


def test_every_text_is_nfc_and_not_empty(texts: Texts) -> None:
    for language in Language:
        for key, text in texts.table(language).items():
            assert text.strip(), key
            assert unicodedata.is_normalized("NFC", text), key


def test_english_has_no_vietnamese_letter_and_vietnamese_no_english_word(texts: Texts) -> None:
    assert [key for key, text in texts.table(Language.EN).items() if VIETNAMESE_LETTER.search(text)] == []
    plain = {key: re.sub(r"{\w+}", "", text) for key, text in texts.table(Language.VI).items()}
    assert [key for key, text in plain.items() if ENGLISH_WORD.search(text)] == []


def test_no_text_scolds(texts: Texts) -> None:
    """Kind words: no failure names a culprit, nobody is told that something is wrong with him."""
    for key, text in texts.table(Language.VI).items():
        if not key.startswith("admin."):
            assert not re.search(r"\b(lỗi|sai|thất bại|từ chối|không hợp lệ|!)", text, re.IGNORECASE), key


def test_a_missing_key_stops_the_start() -> None:
    with pytest.raises(ValueError, match="only\\.here"):
        Texts({Language.VI: {"only.here": "x"}, Language.EN: {}})


def test_the_address_is_filled_in_and_capitalised(texts: Texts) -> None:
    assert texts.bind(Language.VI, Honorific.BA)("thanks.title") == "Cảm ơn bà"
    assert texts.bind(Language.VI, Honorific.GUEST)("overlay.still_title") == "Quý khách còn ở đây không?"
    assert texts.bind(Language.EN, Honorific.BA)("overlay.still_title") == "Are you still there?"


def test_every_fault_speaks_both_languages(texts: Texts) -> None:
    for code in FaultCode:
        vietnamese, english = (texts.bind(language, Honorific.ONG) for language in (Language.VI, Language.EN))
        assert vietnamese.fault_title(code) == catalogue()[code].title_vi.format(you="ông", You="Ông")
        assert "{" not in vietnamese.fault_lead(code) + english.fault_lead(code)
        assert not VIETNAMESE_LETTER.search(english.fault_title(code) + english.fault_lead(code))


@pytest.mark.parametrize(
    ("dong", "vietnamese", "english"),
    [
        (0, f"0{NBSP}đồng", f"0{NBSP}VND"),
        (20_300, f"20.300{NBSP}đồng", f"20,300{NBSP}VND"),
        (1_250_000, f"1.250.000{NBSP}đồng", f"1,250,000{NBSP}VND"),
    ],
)
def test_money_is_written_as_each_language_does(dong: int, vietnamese: str, english: str) -> None:
    assert amount(dong, Language.VI) == vietnamese
    assert amount(dong, Language.EN) == english


def test_clocks_round_up_so_that_zero_means_over() -> None:
    assert minutes(271.4) == "4:32"
    assert minutes(0.2) == "0:01"
    assert minutes(-3) == "0:00"
    assert whole_seconds(17.2) == 18
    assert whole_seconds(-1) == 0


@pytest.mark.parametrize(
    ("name", "bare"), [("203", "203"), ("Phòng 203", "203"), ("P. 12A", "12A"), ("Xét nghiệm 1", "Xét nghiệm 1")]
)
def test_a_room_loses_its_word(name: str, bare: str) -> None:
    assert bare_room(name) == bare


def test_a_floor_loses_its_word() -> None:
    assert [bare_floor(name) for name in ("2", "Tầng 2", "Lầu 3", "Trệt")] == ["2", "2", "3", "Trệt"]


@pytest.mark.parametrize(
    ("share", "vietnamese", "english"),
    [("100.00", f"100{NBSP}%", "100%"), ("47.5", f"47,5{NBSP}%", "47.5%"), ("0", f"0{NBSP}%", "0%")],
)
def test_a_share_keeps_its_half(share: str, vietnamese: str, english: str) -> None:
    assert percent(Decimal(share), Language.VI) == vietnamese
    assert percent(Decimal(share), Language.EN) == english
