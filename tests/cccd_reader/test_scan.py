"""What a scanned text is: a card's code, whole or damaged on its way, or something else that gets its own word."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader.keys import Can, MrzKey, keyring_from_qr
from cccd_reader.mangling import repair_encoding
from cccd_reader.qr import parse_qr
from cccd_reader.scan import ScannedCard, ScanProblem, ScanRefused, keyring_from_scan

CARD = "001199012345|012345678|Nguyễn Thị Bình|15011999|Nữ|Số 4, Phố Năm, Phường Sáu, Hà Nội|20032022"
WHOLE = ScannedCard(keyring_from_qr(parse_qr(CARD)), parse_qr(CARD))

ENCODING, INPUT = ScanProblem.WRONG_ENCODING, ScanProblem.MANGLED_BY_INPUT_METHOD


def misread(text: str, page: str) -> str:
    """UTF-8 shown in a code page; bytes that it does not define come through as control characters."""
    return "".join(bytes([b]).decode(page, "ignore") or chr(b) for b in text.encode())


@pytest.mark.parametrize("text", [CARD, "\ufeff" + CARD + "\r\n", CARD + "||||", CARD.replace("|012345678|", "||")])
def test_a_cards_code_gives_all_its_keys(text: str) -> None:
    card = keyring_from_scan(text)
    assert isinstance(card, ScannedCard)
    assert (card.keyring.can, card.keyring.number, card.problem) == (Can("012345"), "001199012345", None)
    assert card.qr == card.keyring.qr == parse_qr(text)
    assert repr(card) == "ScannedCard(KeyRing(can=yes, mrz=3), problem=None)"


@pytest.mark.parametrize("page", ["cp1252", "cp1258", "latin-1", "cp437", "cp850"])
def test_a_wrong_code_page_is_put_right(page: str) -> None:
    assert keyring_from_scan(misread(CARD, page)) == WHOLE
    assert keyring_from_scan(misread("\ufeff" + CARD, page) + "\r") == WHOLE
    assert keyring_from_scan(misread(misread(CARD, page), "latin-1")) == WHOLE


@pytest.mark.parametrize(
    "text",
    [
        "".join(c for c in misread(CARD, "cp1252") if c.isprintable()),  # what the page does not define was dropped
        CARD.encode("cp1252", "replace").decode("cp1252"),  # question marks
        CARD.encode("latin-1", "ignore").decode("utf-8", "replace"),  # bytes that are no UTF-8
        CARD.encode("cp1258", "replace").decode("utf-8", "replace"),
        CARD.replace("|Nữ|", "|Nam|").replace("Nguyễn", "Nguy?n"),
    ],
)
def test_letters_that_are_lost_cost_the_names_and_not_the_keys(text: str) -> None:
    card = keyring_from_scan(text)
    assert isinstance(card, ScannedCard)
    assert (card.problem, card.qr, card.keyring.qr) == (ENCODING, None, None)
    assert (card.keyring.can, card.keyring.mrz) == (WHOLE.keyring.can, WHOLE.keyring.mrz)


@pytest.mark.parametrize(
    ("name", "sex", "residence"),
    [
        ("Nguyeenx Thij Binhf", "Nuwx", "Soos 4, Phoos Nawm, Haf Nooij"),  # Telex keys, and nothing that composes them
        ("Nguyeenx Thij Binhf", "Nam", "Soos 4"),
        ("Nguye64n Thi5 Bi2nh", "Nu74", "So61 4"),  # VNI keys
        ("Nguye64n Thi5 Bi2nh", "Nam", "Số 4, Phố Năm"),
        ("Nguyen Thi Binh", "Nu", "So 4, Pho Nam, Ha Noi"),  # the marks were dropped
        ("Nguyen Van Binh", "Nam", "So 4, Pho Nam, Ha Noi"),
        ("Nguyễ\u0303n Thị Bình", "Nữ", "Số 4"),  # a tone was put on a letter that had one
        ("Nguyễn Thị Bình", "Nưx", "Số 4"),  # composed halfway
    ],
)
def test_an_input_method_costs_the_names_and_not_the_keys(name: str, sex: str, residence: str) -> None:
    card = keyring_from_scan(f"001199012345|012345678|{name}|15011999|{sex}|{residence}|20032022")
    assert isinstance(card, ScannedCard)
    assert (card.problem, card.qr) == (INPUT, None)
    assert (card.keyring.can, card.keyring.mrz) == (WHOLE.keyring.can, WHOLE.keyring.mrz)


@pytest.mark.parametrize(
    ("name", "residence"),
    [
        ("H'Hen Niê", "Buôn Êbur, Xã Ea Wer, Huyện Buôn Đôn"),
        ("Ksor Siu", "Làng Wừu, Xã Ia Kdăm"),
        ("Trần John Wesley", "XÃ ĐỨC HOÀ, TỈNH LONG AN"),
        ("Y Bar", "Ea Mar"),
        ("An", ""),
    ],
)
def test_names_that_only_look_odd_are_left_alone(name: str, residence: str) -> None:
    # "Y Bar, Ea Mar" could be Telex; but nothing is lost when it is taken for it.
    card = keyring_from_scan(f"001099012345||{name}|15011999|Nam|{residence}|20032022")
    assert isinstance(card, ScannedCard)
    assert card.problem is (INPUT if name == "Y Bar" else None)


def test_another_separator_is_a_keyboard_layouts() -> None:
    card = keyring_from_scan(CARD.replace("|", "~") + "\n")
    assert isinstance(card, ScannedCard)
    assert (card.problem, card.keyring.mrz) == (INPUT, WHOLE.keyring.mrz)


def test_a_vietnamese_layout_has_letters_where_digits_were() -> None:
    letters = str.maketrans("1234567890", "ăâêô\u0300\u0309\u0303\u0301\u0323đ")
    assert keyring_from_scan(CARD.translate(letters)) == ScanRefused(INPUT)


def test_a_birth_that_is_only_a_year_leaves_the_number() -> None:
    card = keyring_from_scan(CARD.replace("15011999", "1999"))
    assert isinstance(card, ScannedCard)
    assert (card.keyring.can, card.keyring.mrz) == (Can("012345"), ())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ScanProblem.NOT_A_CARD),
        ("8934563138165", ScanProblem.NOT_A_CARD),
        ("001099012345", ScanProblem.NOT_A_CARD),
        ("Phòng khám số 5", ScanProblem.NOT_A_CARD),
        ("a|b|c|d|e|f|g", ScanProblem.NOT_A_CARD),
        ("x1|b|c|d|e|f|g", ScanProblem.NOT_A_CARD),
        (CARD * 30, ScanProblem.NOT_A_CARD),
        (CARD.replace("001199012345", "01199012345"), ScanProblem.DAMAGED),
        ("001099012345|||||", ScanProblem.DAMAGED),
        ("012345678", ScanProblem.OLD_ID_NUMBER),
        ("012345678|Nguyễn Văn An|15011999", ScanProblem.OLD_ID_NUMBER),
        (CARD.replace("001199012345", "012345678"), ScanProblem.OLD_ID_NUMBER),
        ("GD4010000000001", ScanProblem.INSURANCE_CARD),
        ("0000000001", ScanProblem.INSURANCE_CARD),
        (
            "GD4010000000001|4e677579e1bb856e|15/01/1999|2|48c3a0|01 - 001|01/01/2024|-|01/01/2024|-|-|4|$",
            ScanProblem.INSURANCE_CARD,
        ),
        ("0000000001|4e677579e1bb856e|15/01/1999|2|48c3a0|01 - 001|$", ScanProblem.INSURANCE_CARD),
        ("00020101021238540010A00000072701240006970403", ScanProblem.PAYMENT_CODE),
        ("https://example.vn/a?b=c", ScanProblem.WEB_ADDRESS),
        ("WIFI:T:WPA;S:hospital;;", ScanProblem.WEB_ADDRESS),
        ("https://vneid.gov.vn/x", ScanProblem.VNEID_OR_OTHER),
        ('{"id": 1}', ScanProblem.VNEID_OR_OTHER),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl", ScanProblem.VNEID_OR_OTHER),
        ("dGhpcyBpcyBhIHRlc3Qgb2YgYSB0b2tlbg==", ScanProblem.VNEID_OR_OTHER),
    ],
)
def test_what_is_no_cards_code_gets_its_word(text: str, problem: ScanProblem) -> None:
    assert keyring_from_scan(text) == ScanRefused(problem)


def test_a_zone_is_a_key_too() -> None:
    zone = "IDVNM0990123459001099012345<<0\r\n9901155M3901153VNM<<<<<<<<<<<6\r\nNGUYEN<<VAN<AN<<<<<<<<<<<<<<<<\r\n"
    card = keyring_from_scan(zone)
    assert isinstance(card, ScannedCard)
    assert card.keyring.mrz == (MrzKey("099012345", "990115", "390115"),)
    assert keyring_from_scan(zone.replace("9901155", "9901156")) == ScanRefused(ScanProblem.NOT_A_CARD)


@given(
    st.text(max_size=200)
    | st.lists(st.text(max_size=12), max_size=12).map("|".join)
    | st.lists(st.text("0123456789aeNuữ|?Ã~", max_size=12), max_size=9).map(
        lambda tail: "|".join(["001099012345", *tail])
    )
)
def test_any_text_is_a_card_or_refused(text: str) -> None:
    scan = keyring_from_scan(text)
    if isinstance(scan, ScannedCard):
        assert scan.keyring.mrz or scan.keyring.can
        assert (scan.qr is None) or (scan.problem is None)


NAMES = st.lists(
    st.sampled_from(["Nguyễn", "Trần", "Đặng", "Lê", "Văn", "Thị", "Hoàng", "Bình", "Ấn", "Đức", "Ý", "Mỹ", "Hưởng"]),
    min_size=1,
    max_size=5,
).map(" ".join)
DATES = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@given(
    NAMES,
    NAMES,
    DATES,
    DATES,
    st.sampled_from(["Nam", "Nữ"]),
    st.sampled_from(["cp1252", "cp1258", "latin-1", "cp850"]),
)
def test_every_card_survives_every_code_page(
    name: str, residence: str, birth: date, issued: date, sex: str, page: str
) -> None:
    text = f"001099012345||{name} Ấn|{birth:%d%m}{birth.year}|{sex}|{residence}|{issued:%d%m}{issued.year}"
    assert repair_encoding(misread(text, page)) == text
    assert keyring_from_scan(misread(text, page)) == keyring_from_scan(text)
    assert keyring_from_scan(text) == ScannedCard(keyring_from_qr(parse_qr(text)), parse_qr(text))
