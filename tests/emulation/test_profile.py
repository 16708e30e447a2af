"""Synthetic people: what an issuer would not print is refused, with the field's name."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from cccd_reader.emulation import CardGeneration, EmulationError, EmulationErrorCode, SyntheticCitizen, load_citizen
from cccd_reader.emulation.profile import citizen_from_table
from cccd_reader.qr import parse_qr

TABLE: dict[str, Any] = {
    "number": "001199012345",
    "full_name": "Đặng Thị Ngọc Bích",
    "birth_date": "1999-01-15",
    "sex": "Nữ",
    "residence": "Số 4, Phố Năm",
    "place_of_origin": "Phường Một",
    "issue_date": "2022-03-20",
    "expiry_date": "2039-01-15",
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "00119901234"),
        ("number", "001099012345"),
        ("number", "001198012345"),
        ("full_name", ""),
        ("full_name", "Đặng Thị Bích".encode().decode("utf-8").replace("ặ", "a\u0323\u0306")),
        ("full_name", "⟨⟩"),
        ("residence", "Số 4|Phố Năm"),
        ("place_of_origin", "Phường\nMột"),
        ("features", " "),
        ("father", "a\u0300"),
        ("spouses", ("Lê Văn Giang", "")),
        ("sex", "X"),
        ("issue_date", date(1999, 1, 15)),
        ("expiry_date", date(2022, 3, 20)),
        ("generation", CardGeneration.CAN_CUOC_2024),
        ("old_number", "12345678"),
        ("chip_serial", "0123456789abcdef"),
    ],
)
def test_what_no_card_says_is_refused_by_name(citizen: SyntheticCitizen, field: str, value: object) -> None:
    with pytest.raises(EmulationError) as caught:
        replace(citizen, **{field: value})
    assert (caught.value.code, caught.value.field) == (EmulationErrorCode.BAD_PROFILE, field)


@pytest.mark.parametrize(
    ("number", "birth", "sex"),
    [
        ("001099000001", date(1999, 1, 1), "M"),
        ("001199000001", date(1999, 1, 1), "F"),
        ("001205000001", date(2005, 1, 1), "M"),
        ("001305000001", date(2005, 1, 1), "F"),
    ],
)
def test_the_number_tells_century_and_sex(citizen: SyntheticCitizen, number: str, birth: date, sex: Any) -> None:
    made = replace(citizen, number=number, birth_date=birth, sex=sex)
    assert made.can == number[6:]


def test_the_code_of_2021_has_seven_fields_and_of_2024_eleven(citizen: SyntheticCitizen) -> None:
    assert citizen.qr_text().split("|") == [
        "001199012345",
        "012345678",
        "Đặng Thị Ngọc Bích",
        "15011999",
        "Nữ",
        "Số 4, Phố Năm, Phường Sáu",
        "20032022",
    ]
    newer = replace(citizen, issue_date=date(2024, 7, 1), generation=CardGeneration.CAN_CUOC_2024, old_number=None)
    assert newer.qr_text().endswith("|01072024||||")
    read = parse_qr(newer.qr_text())
    assert (read.number, read.old_number, read.sex, read.extra) == (citizen.number, None, "F", ("",) * 4)


def test_the_code_is_the_published_one(vietnam: dict[str, Any], citizen: SyntheticCitizen) -> None:
    an = replace(
        citizen,
        number="001099012345",
        full_name="Nguyễn Văn An",
        sex="M",
        residence="Số 4, Phố Năm, Phường Sáu, Quận Bảy, Thành phố Tám",
    )
    assert an.qr_text() == vietnam["qr"]["card2021"]
    assert replace(an, old_number=None).qr_text() == vietnam["qr"]["card2021_no_old_id"]


def test_a_profile_is_read_from_toml(tmp_path: Path) -> None:
    path = tmp_path / "citizen.toml"
    path.write_text(
        """
        number = "001058012345"
        full_name = "Nguyễn Văn An"
        birth_date = 1958-09-02
        sex = "Nam"
        residence = "Số 4"
        place_of_origin = "Phường Một"
        issue_date = "2024-08-01"
        expiry_date = "Không thời hạn"
        spouse = ["Trần Thị Hoa", ""]
        old_number = ""
        generation = 2024
        """,
        "utf-8",
    )
    made = load_citizen(path)
    assert (made.birth_date, made.expiry_date, made.sex) == (date(1958, 9, 2), None, "M")
    assert (made.spouses, made.old_number, made.ethnicity) == (("Trần Thị Hoa",), None, "Kinh")
    assert made.generation is CardGeneration.CAN_CUOC_2024
    assert "An" not in repr(made)


def test_one_spouse_or_none_is_a_text() -> None:
    assert citizen_from_table({**TABLE, "spouse": "Lê Văn Giang"}).spouses == ("Lê Văn Giang",)
    assert citizen_from_table({**TABLE, "spouse": ""}).spouses == ()
    assert citizen_from_table({**TABLE, "expiry_date": ""}).expiry_date is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("birth_date", "15/01/1999"),
        ("birth_date", 1999),
        ("issue_date", datetime(2022, 3, 20, 8, 0)),  # noqa: DTZ001 - what a TOML date-time becomes
        ("generation", 2020),
        ("generation", "2021"),
        ("sex", 1),
        ("sex", "nam"),
        ("full_name", 7),
        ("number", 1199012345),
        ("old_number", 12345678),
        ("colour", "blue"),
    ],
)
def test_a_wrong_value_in_a_profile_is_named(key: str, value: object) -> None:
    with pytest.raises(EmulationError) as caught:
        citizen_from_table({**TABLE, key: value})
    assert caught.value.field == key


def test_a_missing_key_is_named() -> None:
    with pytest.raises(EmulationError, match="residence: missing"):
        citizen_from_table({key: value for key, value in TABLE.items() if key != "residence"})


@pytest.mark.parametrize("content", [b"number = ", b"\xff\xfe"])
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(EmulationError, match=r"broken\.toml"):
        load_citizen(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EmulationError, match=r"nobody\.toml"):
        load_citizen(tmp_path / "nobody.toml")
