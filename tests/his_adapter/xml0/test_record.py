"""The check-in record's values, its making from a registration, and its text for the outbox."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from his_adapter.bhyt.xml0 import (
    CheckInRecord0,
    FirstCost,
    InvalidRecord,
    dump_checkin,
    from_registration,
    load_checkin,
)
from his_adapter.bhyt.xml0.fields import FIELDS
from his_adapter.model import BirthDate, Coverage, Entitlement, Registration, Sex

Records = Callable[..., CheckInRecord0]

ORDER = """
MA_LK STT MA_BN HO_TEN SO_CCCD NGAY_SINH GIOI_TINH MA_THE_BHYT MA_DKBD GT_THE_TU GT_THE_DEN MA_DOITUONG_KCB NGAY_VAO
NGAY_VAO_NOI_TRU LY_DO_VNT MA_LY_DO_VNT MA_LOAI_KCB MA_CSKCB MA_DICH_VU TEN_DICH_VU MA_THUOC TEN_THUOC MA_VAT_TU
TEN_VAT_TU NGAY_YL DU_PHONG
"""


def test_the_fields_are_the_decisions_in_its_order() -> None:
    assert [rule.name for rule in FIELDS] == ORDER.split()
    assert len(FIELDS) == 26


# values


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ma_lk", "x" * 101),
        ("stt", "0"),
        ("stt", "01"),
        ("stt", "1" * 11),
        ("ho_ten", ""),
        ("ho_ten", "Ă" * 256),
        ("ho_ten", "AN\x00"),
        ("ho_ten", "AN\ufffe"),
        ("so_cccd", "1" * 16),
        ("so_cccd", "001 19"),
        ("ngay_sinh", "1990"),
        ("ngay_sinh", "199002300000"),
        ("ngay_sinh", "199000030000"),
        ("ngay_sinh", "000001010000"),
        ("gioi_tinh", "4"),
        ("ma_the_bhyt", "DN401000000010"),
        ("ma_the_bhyt", "DN6010000000101"),
        ("ma_the_bhyt", ";".join(["DN4010000000101"] * 9)),
        ("ma_dkbd", "019990"),
        ("ma_dkbd", "01999;01998"),
        ("gt_the_tu", "20260230"),
        ("gt_the_den", "2026123"),
        ("ma_doituong_kcb", ""),
        ("ma_doituong_kcb", "1.111"),
        ("ma_doituong_kcb", "1."),
        ("ngay_vao", "202611272431"),
        ("ngay_vao", "20261127"),
        ("ngay_yl", "202611270760"),
        ("ma_loai_kcb", "1"),
        ("ma_loai_kcb", "17"),
        ("ma_cskcb", "1999"),
        ("ma_dich_vu", "x" * 51),
        ("ten_dich_vu", "x" * 1025),
        ("du_phong", None),
    ],
)
def test_a_value_that_does_not_fit_is_named_and_not_shown(record: Records, name: str, value: Any) -> None:
    with pytest.raises(InvalidRecord) as caught:
        record(**{name: value})
    assert str(caught.value) == name.upper()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ngay_sinh", "195000000000"),
        ("ngay_sinh", "195002000000"),
        ("so_cccd", ""),
        ("ma_doituong_kcb", "1.18"),
        ("ma_doituong_kcb", "9"),
        ("ma_loai_kcb", "16"),
        ("gt_the_den", ""),
        ("ngay_vao_noi_tru", "202611281200"),
    ],
)
def test_values_that_fit(record: Records, name: str, value: str) -> None:
    assert getattr(record(**{name: value}), name) == value


def test_several_cards_have_several_dates(record: Records) -> None:
    two = record(
        ma_the_bhyt="DN4010000000101;GD4010000000101",
        ma_dkbd="01999;01998",
        gt_the_tu="20260101;20261201",
        gt_the_den="20261130;",
    )
    assert two.ma_the_bhyt.count(";") == 1
    with pytest.raises(InvalidRecord, match="GT_THE_TU"):
        replace(two, gt_the_tu="20260101")


def test_names_are_composed_and_spaced(record: Records) -> None:
    decomposed = record(ho_ten="NGUYE\u0302\u0303N  THI\u0323\tHO\u031b\u0323P LE\u0323\u0302 ")
    assert decomposed == record()


def test_a_record_shows_no_patient(record: Records) -> None:
    shown = repr(record())
    assert "V0001" in shown
    for hidden in ("HỢP LỆ", "001190990101", "DN4010000000101", "1990", "BN0001", "Khám"):
        assert hidden not in shown


# from a registration

CARD = Coverage("DN4010000000101", "NGUYỄN THỊ HỢP LỆ", date(2026, 1, 1), None, "01999")
ENTITLED = Entitlement("1.1", 100, 80, Decimal(80), "")
VISIT = Registration("V0007", "BN0007", None, 0)
COST = FirstCost("02.1897", "Khám Nội", datetime(2026, 11, 27, 0, 40, tzinfo=UTC))
CAME = datetime(2026, 11, 27, 0, 31, tzinfo=UTC)


def test_an_insured_visit(visit: Any) -> None:
    request = visit(coverage=CARD, entitlement=ENTITLED, insurance_verified=True, requested_at=CAME)
    made = from_registration(request, VISIT, "01999", COST)
    values = {rule.name: made.value(rule.name) for rule in FIELDS}
    assert {name: value for name, value in values.items() if value} == {
        "MA_LK": "V0007",
        "STT": "1",
        "MA_BN": "BN0007",
        "HO_TEN": "NGUYỄN THỊ HỢP LỆ",
        "SO_CCCD": "001190990101",
        "NGAY_SINH": "199002030000",
        "GIOI_TINH": "2",
        "MA_THE_BHYT": "DN4010000000101",
        "MA_DKBD": "01999",
        "GT_THE_TU": "20260101",
        "MA_DOITUONG_KCB": "1.1",
        "NGAY_VAO": "202611270731",
        "MA_LOAI_KCB": "01",
        "MA_CSKCB": "01999",
        "MA_DICH_VU": "02.1897",
        "TEN_DICH_VU": "Khám Nội",
        "NGAY_YL": "202611270740",
    }


def test_a_patient_who_pays_alone_has_no_card_in_it(visit: Any) -> None:
    request = visit(coverage=CARD, entitlement=ENTITLED, insurance_verified=True, self_pay=True)
    made = from_registration(request, VISIT, "01999", COST)
    assert (made.ma_doituong_kcb, made.ma_the_bhyt, made.ma_dkbd, made.gt_the_tu) == ("9", "", "", "")


def test_a_birth_date_of_which_only_the_year_is_known(visit: Any) -> None:
    request = visit(self_pay=True)
    old = replace(request, patient=replace(request.patient, birth_date=BirthDate(1950), sex=Sex.UNKNOWN))
    made = from_registration(old, VISIT, "01999", COST)
    assert (made.ngay_sinh, made.gioi_tinh) == ("195000000000", "3")


def test_no_record_before_the_card_is_confirmed(visit: Any) -> None:
    with pytest.raises(ValueError, match="confirmed"):
        from_registration(visit(coverage=CARD, entitlement=ENTITLED), VISIT, "01999", COST)
    with pytest.raises(ValueError, match="confirmed"):
        from_registration(visit(insurance_verified=True), VISIT, "01999", COST)


def test_no_record_for_an_emergency(visit: Any) -> None:
    request = visit(coverage=CARD, entitlement=replace(ENTITLED, object_code="2"), insurance_verified=True)
    with pytest.raises(ValueError, match="emergency"):
        from_registration(request, VISIT, "01999", COST)


def test_a_cost_has_its_zone(visit: Any) -> None:
    naive = replace(COST, at=datetime(2026, 11, 27))  # noqa: DTZ001 - the point
    with pytest.raises(ValueError, match="zone"):
        from_registration(visit(self_pay=True), VISIT, "01999", naive)


# for the outbox


def test_a_record_comes_back_from_its_text(record: Records) -> None:
    assert load_checkin(dump_checkin(record())) == record()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"ma_lk": "V"}', "\ud800"])
def test_another_text_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not a check-in record$"):
        load_checkin(text)


def test_a_text_with_a_wrong_value_is_not_quoted(record: Records) -> None:
    with pytest.raises(ValueError, match=r"^not a check-in record$"):
        load_checkin(dump_checkin(record()).replace("199002030000", "199002310000"))
