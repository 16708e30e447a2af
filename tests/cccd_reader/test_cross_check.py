"""Whether DG13, the zone, the code and the number speak of one person."""

import dataclasses
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader.citizen import Citizen, citizen_from_dg13
from cccd_reader.citizen_number import PROVINCES, parse_citizen_number
from cccd_reader.cross_check import cross_check, same_name
from cccd_reader.emulation.data_groups import ParentsLayout, encode_dg13
from cccd_reader.emulation.profile import CardGeneration, SyntheticCitizen
from cccd_reader.lds.dg13 import parse_dg13
from cccd_reader.mrz import Mrz, parse, vietnamese_mrz
from cccd_reader.qr import CardQr, parse_qr
from cccd_reader.verdict import CheckState

NUMBER = "001099012345"


@pytest.fixture
def mrz(vietnam: dict[str, Any]) -> Mrz:
    return parse("".join(vietnam["mrz"]))


@pytest.fixture
def citizen(vietnam: dict[str, Any]) -> Citizen:
    return citizen_from_dg13(parse_dg13(bytes.fromhex(vietnam["dg13"][0]["hex"])))


@pytest.fixture
def qr(vietnam: dict[str, Any]) -> CardQr:
    return parse_qr(vietnam["qr"]["card2021"])


def test_one_person(citizen: Citizen, mrz: Mrz, qr: CardQr) -> None:
    verdict = cross_check(citizen, mrz, NUMBER, qr)
    assert verdict.state is CheckState.SUCCESSFUL
    assert verdict.reason == "equal: " + ", ".join(
        [
            "typed number and MRZ",
            "typed number and DG13",
            "DG13 and MRZ number",
            "DG13 and MRZ birth date",
            "DG13 and MRZ sex",
            "DG13 and MRZ expiry date",
            "DG13 and MRZ name",
            "QR and MRZ number",
            "QR and MRZ birth date",
            "QR and MRZ sex",
            "QR and MRZ name",
            "QR and DG13 number",
            "QR and DG13 name",
            "QR and DG13 issue date",
            "MRZ number and its last nine digits",
            "number and birth year",
            "number and sex",
        ]
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"number": "001099099999"}, "typed number and DG13, DG13 and MRZ number, QR and DG13 number"),
        ({"number": "001199012345"}, "typed number and DG13, DG13 and MRZ number, QR and DG13 number, number and sex"),
        ({"birth": date(1999, 1, 16)}, "DG13 and MRZ birth date"),
        ({"birth_year": 1998}, "number and birth year"),
        ({"birth_year": 1998, "birth": None}, "DG13 and MRZ birth year, number and birth year"),
        ({"sex": "F"}, "DG13 and MRZ sex, number and sex"),
        ({"expiry": date(2039, 1, 16)}, "DG13 and MRZ expiry date"),
        ({"full_name": "NGUYỄN VĂN ANH"}, "DG13 and MRZ name, QR and DG13 name"),
        ({"full_name": "NGUYỄN VĂN ÂN"}, "QR and DG13 name"),
        ({"issued": date(2022, 3, 21)}, "QR and DG13 issue date"),
    ],
)
def test_two_persons_in_one_card(citizen: Citizen, mrz: Mrz, qr: CardQr, change: dict[str, Any], reason: str) -> None:
    verdict = cross_check(dataclasses.replace(citizen, **change), mrz, NUMBER, qr)
    assert (verdict.state, verdict.reason) == (CheckState.FAILED, "different: " + reason)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"number": "001099099999"}, "QR and MRZ number"),
        ({"birth": date(1998, 1, 15)}, "QR and MRZ birth date"),
        ({"sex": "F"}, "QR and MRZ sex"),
        ({"full_name": "Trần Văn An"}, "QR and MRZ name"),
    ],
)
def test_a_code_of_somebody_else_is_noticed_without_dg13(
    mrz: Mrz, qr: CardQr, change: dict[str, Any], reason: str
) -> None:
    verdict = cross_check(None, mrz, None, dataclasses.replace(qr, **change))
    assert (verdict.state, verdict.reason) == (CheckState.FAILED, "different: " + reason)


def test_the_number_of_another_card(mrz: Mrz) -> None:
    verdict = cross_check(None, mrz, "001099999999")
    assert verdict.reason == "different: typed number and MRZ"
    assert "0010" not in verdict.reason


def test_a_zone_that_contradicts_itself(mrz: Mrz) -> None:
    other = dataclasses.replace(mrz, document_number="099012346")
    assert cross_check(None, other, NUMBER).reason == "different: MRZ number and its last nine digits"
    girl = dataclasses.replace(mrz, sex="F", birth="980115")
    assert cross_check(None, girl, NUMBER).reason == "different: number and birth year, number and sex"


def test_another_residence_and_a_place_abroad_are_notes_and_no_failures(citizen: Citizen, mrz: Mrz, qr: CardQr) -> None:
    moved = dataclasses.replace(citizen, residence="Số 9, Phố Mười")
    verdict = cross_check(moved, mrz, NUMBER, qr)
    assert verdict.state is CheckState.SUCCESSFUL
    assert verdict.reason.endswith("; note: QR and DG13 have different residences")
    abroad = vietnamese_mrz("201099012345", date(1999, 1, 15), "M", date(2039, 1, 15), "Nguyễn Văn An")
    verdict = cross_check(None, abroad, "201099012345")
    assert verdict.state is CheckState.SUCCESSFUL
    assert verdict.reason.endswith("; note: the number's place code is no province's")
    assert "201" not in verdict.reason


def test_nothing_to_compare(mrz: Mrz) -> None:
    # The zone agrees with itself; that says nothing about a second source.
    assert cross_check(None, mrz, None).state is CheckState.UNDETERMINED
    assert cross_check(Citizen(), mrz, None).state is CheckState.UNDETERMINED


def test_a_card_that_hides_most_of_dg13(citizen: Citizen, mrz: Mrz, qr: CardQr) -> None:
    hidden = Citizen(number=citizen.number, residence=citizen.residence)
    verdict = cross_check(hidden, dataclasses.replace(mrz, sex="<"), None, qr)
    assert verdict.state is CheckState.SUCCESSFUL
    assert "sex" not in verdict.reason
    assert "DG13 and MRZ name" not in verdict.reason


def test_a_passport_has_no_citizens_number(qr: CardQr) -> None:
    passport = parse("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10")
    assert cross_check(None, passport, NUMBER).state is CheckState.UNDETERMINED
    assert cross_check(None, passport, NUMBER, qr).state is CheckState.FAILED
    assert cross_check(None, dataclasses.replace(passport, sex="<"), None).reason == "nothing to compare"


@pytest.mark.parametrize(
    ("full_name", "printed"),
    [
        ("ĐẶNG THỊ ƠN", ("DANG", "THI ON")),
        ("ĐẶNG THỊ ƠN", ("DANG THI ON", "")),  # however it is divided
        ("H'HEN NIÊ", ("HHEN", "NIE")),
        ("H'HEN NIÊ", ("H", "HEN NIE")),
        ("CÔNG TẰNG TÔN NỮ THỊ HOÀNG PHƯƠNG ANH", ("CONG", "TANG TON NU THI HOANG PH")),  # cut at its end
        ("TRẦN NIÊ NIÊ NIÊ HOÀ HOÀ TÔN NỮ", ("TRAN", "NIE NIE NIE HOA HOA TON")),  # between two names
        ("CÔNG TẰNG TÔN NỮ THỊ HOÀNG PHƯƠNG ANH", ("CONG", "TAN TO NU THI HOAN PHUO AN")),  # or in every part
    ],
)
def test_a_name_and_its_form_in_the_zone(mrz: Mrz, full_name: str, printed: tuple[str, str]) -> None:
    assert same_name(full_name, dataclasses.replace(mrz, surname=printed[0], given_names=printed[1]))


@pytest.mark.parametrize(
    ("full_name", "printed"),
    [
        ("NGUYỄN VĂN ANH", ("NGUYEN", "VAN AN")),  # not full, so not cut
        ("NGUYỄN VĂN AN", ("", "")),
        ("CÔNG TẰNG TÔN NỮ THỊ HOÀNG PHƯƠNG ANH", ("TONG", "TANG TON NU THI HOANG PH")),
        ("CÔNG TẰNG", ("CONG", "TANG TON NU THI HOANG PH")),
    ],
)
def test_another_name(mrz: Mrz, full_name: str, printed: tuple[str, str]) -> None:
    assert not same_name(full_name, dataclasses.replace(mrz, surname=printed[0], given_names=printed[1]))


def test_the_parts_of_a_number() -> None:
    parsed = parse_citizen_number("096305012345")
    assert parsed is not None
    assert (parsed.place, parsed.province, parsed.sex, parsed.birth_year) == ("096", "Cà Mau", "F", 2005)
    assert repr(parsed) == "CitizenNumber(…)"
    assert [parse_citizen_number(f"001{digit}00000000").birth_year for digit in range(10)] == [  # type: ignore[union-attr]
        1900, 1900, 2000, 2000, 2100, 2100, 2200, 2200, 2300, 2300,
    ]  # fmt: skip
    assert parse_citizen_number("00109901234") is parse_citizen_number("٠٠١٠٩٩٠١٢٣٤٥") is None
    assert len(PROVINCES) == len(set(PROVINCES.values())) == 63


NAMES = st.lists(
    st.sampled_from(
        ["Nguyễn", "Trần", "Đặng", "Tôn-Nữ", "H'Hen", "Niê", "Ƀăk", "Thuý", "Thúy", "Hoà", "Ỷ", "Phương", "Y"]
    ),
    min_size=1,
    max_size=9,
).map(" ".join)


@given(
    NAMES,
    st.sampled_from("MF"),
    st.dates(date(1910, 1, 1), date(2020, 12, 31)),
    st.sampled_from(["001", "079", "096"]),
    st.sampled_from(ParentsLayout),
)
def test_every_card_agrees_with_itself_and_its_code(
    name: str, sex: str, birth: date, place: str, layout: ParentsLayout
) -> None:
    century = (birth.year // 100 - 19) * 2 + (sex == "F")
    number = f"{place}{century}{birth:%y}123456"
    expiry = date(birth.year + 60, birth.month, min(birth.day, 28))
    issued = date(2024, 7, 5)
    card = SyntheticCitizen(
        number=number,
        full_name=name,
        birth_date=birth,
        sex=sex,
        residence="Số 4, Phố Năm",
        place_of_origin="Hà Nội",
        issue_date=issued,
        expiry_date=expiry if expiry > issued else None,
        generation=CardGeneration.CAN_CUOC_2024,
    )
    zone = vietnamese_mrz(number, birth, sex, card.expiry_date or "991231", name)
    citizen = citizen_from_dg13(parse_dg13(encode_dg13(card, layout)))
    verdict = cross_check(citizen, parse(zone.encode()), number, parse_qr(card.qr_text()))
    assert verdict.state is CheckState.SUCCESSFUL, verdict.reason
    assert "note" not in verdict.reason
