"""The eighteen fields, and dates as cards write them."""

import dataclasses
import unicodedata
from datetime import date
from types import MappingProxyType
from typing import Any

import pytest

from cccd_reader.citizen import Citizen, citizen_from_dg13, citizen_from_mrz, parse_date
from cccd_reader.lds.dg13 import Dg13, Index, parse_dg13
from cccd_reader.mrz import Mrz, parse
from cccd_reader.published_fields import STATE_TEXTS, CardGeneration, FieldId, FieldState, generation_of, labels

NUMBER = "001099012345"


@pytest.fixture
def mrz(vietnam: dict[str, Any]) -> Mrz:
    return parse("".join(vietnam["mrz"]))


@pytest.fixture
def citizen(vietnam: dict[str, Any]) -> Citizen:
    return citizen_from_dg13(parse_dg13(bytes.fromhex(vietnam["dg13"][0]["hex"])), face_image=True)


def dg13(**fields: str) -> Dg13:
    return Dg13(MappingProxyType({Index[name.upper()]: (text,) for name, text in fields.items()}), MappingProxyType({}))


def test_a_full_card_has_seventeen_of_eighteen(citizen: Citizen) -> None:
    present = citizen.fields_present()
    assert len(present) == 18
    assert [name for name, there in present.items() if not there] == ["fingerprints"]
    assert repr(citizen) == "Citizen(17 of 18 fields)"
    assert (citizen.birth, citizen.issued, citizen.expiry) == (date(1999, 1, 15), date(2022, 3, 20), date(2039, 1, 15))
    assert citizen.sex == "M"
    assert citizen.spouse == "LÊ THỊ DUNG"
    assert not citizen.no_expiry


def test_a_card_without_expiry(vietnam: dict[str, Any]) -> None:
    sample = next(sample for sample in vietnam["dg13"] if sample["name"] == "no_expiry")
    citizen = citizen_from_dg13(parse_dg13(bytes.fromhex(sample["hex"])))
    assert citizen.no_expiry
    assert citizen.expiry is None
    assert citizen.fields_present()["expiry_date"]
    assert citizen.fields()[14].text == "Không thời hạn"


def test_the_eighteen_rows_as_published(citizen: Citizen) -> None:
    rows = citizen.fields()
    assert [row.id for row in rows] == list(FieldId)
    assert [(row.label_vi, row.text) for row in rows] == [
        ("Số căn cước công dân", NUMBER),
        ("Họ, chữ đệm và tên", "NGUYỄN VĂN AN"),
        ("Ngày sinh", "15/01/1999"),
        ("Giới tính", "Nam"),
        ("Quê quán", "Phường Một, Quận Hai, Thành phố Ba"),
        ("Dân tộc", "Kinh"),
        ("Tôn giáo", "Không"),
        ("Quốc tịch", "Việt Nam"),
        ("Nơi thường trú", "Số 4, Phố Năm, Phường Sáu, Quận Bảy, Thành phố Tám"),
        ("Họ tên cha", "NGUYỄN VĂN BÌNH"),
        ("Họ tên mẹ", "TRẦN THỊ CÚC"),
        ("Họ tên vợ hoặc chồng", "LÊ THỊ DUNG"),
        ("Số CMND đã cấp", "012345678"),
        ("Ngày cấp", "20/03/2022"),
        ("Ngày hết hạn", "15/01/2039"),
        ("Đặc điểm nhận dạng", "Nốt ruồi C:1cm trên sau cánh mũi phải"),
        ("Ảnh chân dung", None),
        ("Trích chọn vân tay", None),
    ]
    assert [row.state for row in rows] == [FieldState.PRESENT] * 17 + [FieldState.PROTECTED]
    assert repr(rows[0]) == "CitizenField(number, present)"
    assert len({row.label_en for row in rows}) == 18


def test_the_card_of_2024_has_other_labels(vietnam: dict[str, Any]) -> None:
    sample = next(sample for sample in vietnam["dg13"] if sample["name"] == "cancuoc_2024_sparse")
    citizen = citizen_from_dg13(parse_dg13(bytes.fromhex(sample["hex"])))
    rows = {row.id: row for row in citizen.fields()}
    assert citizen.generation is CardGeneration.CAN_CUOC_2024
    assert rows[FieldId.PLACE_OF_ORIGIN].label_vi == "Nơi đăng ký khai sinh"
    assert rows[FieldId.RESIDENCE].label_vi == "Nơi cư trú"
    assert rows[FieldId.ETHNICITY].label_vi == "Dân tộc"
    absent = {FieldId.FATHER, FieldId.SPOUSE, FieldId.IDENTIFYING_FEATURES, FieldId.FACE_IMAGE}
    assert {row.id for row in rows.values() if row.state is FieldState.ABSENT} == absent


def test_the_day_of_issue_tells_the_card() -> None:
    assert generation_of(date(2024, 6, 30)) is CardGeneration.CCCD_2021
    assert generation_of(date(2024, 7, 1)) is CardGeneration.CAN_CUOC_2024
    assert generation_of(None) is Citizen().generation is None


def test_what_the_authority_encoded_is_there_and_not_readable() -> None:
    fields = MappingProxyType({Index.NUMBER: (NUMBER,)})
    encoded = MappingProxyType({Index.PARENTS: b"\x04\x01\xff", Index.UNKNOWN_16: b""})
    citizen = citizen_from_dg13(Dg13(fields, MappingProxyType({}), encoded))
    states = {row.id: row.state for row in citizen.fields()}
    assert [name for name, state in states.items() if state is FieldState.UNREADABLE] == ["father", "mother"]
    assert not citizen.fields_present()["father"]


def test_every_label_and_state_is_in_both_languages_and_composed() -> None:
    texts = [label for field in FieldId for card in CardGeneration for label in labels(field, card)]
    texts += [text for state in FieldState for text in STATE_TEXTS[state]]
    assert all(text and unicodedata.is_normalized("NFC", text) for text in texts)


def test_only_the_year_of_birth_is_known() -> None:
    citizen = citizen_from_dg13(dg13(birth="1958"))
    assert citizen.fields()[2].text == "1958"
    assert citizen.birth is None
    assert citizen.birth_year == 1958
    assert citizen.fields_present()["birth_date"]


def test_an_empty_dg13_has_nothing() -> None:
    citizen = citizen_from_dg13(dg13())
    assert not any(citizen.fields_present().values())


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("15/01/1999", date(1999, 1, 15)),
        ("15011999", date(1999, 1, 15)),
        ("31/02/1999", None),
        ("Không thời hạn", None),
        ("", None),
        (None, None),
    ],
)
def test_dates(text: str | None, day: date | None) -> None:
    assert parse_date(text) == day


def test_the_mrz_gives_the_century_by_the_number(mrz: Mrz) -> None:
    assert citizen_from_mrz(mrz).birth == date(1999, 1, 15)
    later = dataclasses.replace(mrz, optional_data="001210012345", birth="100229", sex="<")
    citizen = citizen_from_mrz(later)
    assert citizen.number == "001210012345"
    assert citizen.birth is None  # 2010 had no 29th of February
    assert citizen.sex is None
    foreign = dataclasses.replace(mrz, optional_data="")
    assert citizen_from_mrz(foreign).birth is None
    assert citizen_from_mrz(dataclasses.replace(mrz, birth="99<<<<")).birth is None
