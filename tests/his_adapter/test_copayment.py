"""This year's co-payments: how they are asked for, what is read, and what is not made of them."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from his_adapter.bhyt import BhytPortal, EntitlementRules, FacilityProfile
from his_adapter.bhyt.card_reply import UnreadableReply
from his_adapter.bhyt.copayment_reply import read_copayment
from his_adapter.bhyt.rest import Rest
from his_adapter.clock import ZONE, now
from his_adapter.faults import OutsideFaultCode
from his_adapter.model import CopaymentAnswer, Coverage, CoverageOutcome, InsuranceQuery
from his_adapter.settings import PortalSettings

TOKEN = {"maKetQua": "200", "APIKey": {"access_token": "a", "id_token": "b"}}
RESTRICTED_NOTE = "Có lỗi xảy ra trong quá trình tra cứu!"
NOBODY = {"MaKetQua": "204", "GhiChu": None, "DataCCT": None, "ThongTinSoThe": None}
DAY = date(2026, 11, 27)


def entry(so_far: object, left: str = "05/03/2026", came: str = "01/03/2026") -> dict[str, object]:
    return {"maThe": "GD4010000000108", "ngayVao": came, "ngayRa": left, "tBNCCTMCCT": 1, "tBNCCTLuyKe": so_far}


def found(*entries: object) -> dict[str, object]:
    return {"MaKetQua": "200", "GhiChu": "Dữ liệu tính đến 26/11/2026", "DataCCT": list(entries)}


@pytest.fixture
def settings(script: Any) -> PortalSettings:
    return PortalSettings(script.url, "01999_BV", SecretStr("ab" * 16), "CB", SecretStr("001180990099"))


@pytest.fixture
def portal(settings: PortalSettings, portal_at: Callable[[PortalSettings], BhytPortal]) -> BhytPortal:
    return portal_at(settings)


# the question


def test_the_session_goes_in_headers_and_the_patient_in_the_body(
    script: Any, portal: BhytPortal, valid: InsuranceQuery
) -> None:
    script.say(TOKEN)
    script.say(NOBODY)
    assert portal.copayment(valid).fault is None
    path, body = script.asked[1]
    assert path == "/api/TraCuuCCT/TraCuuTienMCCT"
    assert {name: script.requests[1].headers[name] for name in ("accesstoken", "tokenid", "passwordhash")} == {
        "accesstoken": "a",
        "tokenid": "b",
        "passwordhash": "AB" * 16,
    }
    assert json.loads(body) == {
        "username": "01999_BV",
        "maThe": "001190990101",
        "hoTen": "NGUYỄN THỊ HỢP LỆ",
        "ngaySinh": "03/02/1990",
    }


def test_an_ended_session_is_renewed_once(script: Any, portal: BhytPortal, valid: InsuranceQuery) -> None:
    today = now().strftime("%d/%m/%Y")
    script.say(TOKEN)
    script.say(b"", status=401)
    script.say(TOKEN)
    script.say(found(entry(5_000, today, today)))
    answer = portal.copayment(valid)
    assert (answer.accumulated_dong, answer.as_of) == (5_000, "Dữ liệu tính đến 26/11/2026")


@pytest.mark.parametrize(
    ("status", "reply", "code", "fault"),
    [
        (400, {"MaKetQua": "400", "GhiChu": "Sai tham số"}, "400", OutsideFaultCode.REJECTED),
        (400, b"", "", OutsideFaultCode.BAD_ANSWER),
        (
            500,
            {"MaKetQua": 500, "GhiChu": RESTRICTED_NOTE},
            "500",
            OutsideFaultCode.RESTRICTED,
        ),
        (200, {"MaKetQua": "500", "GhiChu": None}, "500", OutsideFaultCode.RESTRICTED),
        (502, b"<html>", "", OutsideFaultCode.SERVER_ERROR),
        (200, b"<html>", "", OutsideFaultCode.BAD_ANSWER),
        (200, {"MaKetQua": None}, "", OutsideFaultCode.BAD_ANSWER),
        (200, {"MaKetQua": "200", "DataCCT": "không"}, "", OutsideFaultCode.BAD_ANSWER),
    ],
)
def test_after_a_refusal_nothing_is_asked_for_a_while(
    script: Any,
    portal: BhytPortal,
    valid: InsuranceQuery,
    status: int,
    reply: object,
    code: str,
    fault: OutsideFaultCode,
) -> None:
    script.say(TOKEN)
    script.say(reply, status=status)
    answer = portal.copayment(valid)
    assert (answer.code, answer.fault, answer.accumulated_dong) == (code, fault, None)
    assert answer.raw == script.said
    assert portal.copayment(valid).fault is OutsideFaultCode.RESTRICTED
    assert len(script.asked) == 2


def test_a_session_refused_twice_is_a_refusal(script: Any, portal: BhytPortal, valid: InsuranceQuery) -> None:
    for _ in range(2):
        script.say(TOKEN)
        script.say(b"", status=401)
    assert portal.copayment(valid).fault is OutsideFaultCode.AUTH
    assert portal.copayment(valid).fault is OutsideFaultCode.RESTRICTED
    assert len(script.asked) == 4


def test_no_card_or_no_co_payment_is_unknown_and_no_reason_to_rest(
    script: Any, portal: BhytPortal, valid: InsuranceQuery
) -> None:
    script.say(TOKEN)
    script.say(NOBODY)
    answer = portal.copayment(valid)
    assert (answer.code, answer.accumulated_dong, answer.fault) == ("204", None, None)
    assert portal.copayment(valid) is answer  # kept: the same card is not asked for again


def test_a_card_stands_when_its_co_payments_are_refused(script: Any, portal: BhytPortal, valid: InsuranceQuery) -> None:
    script.say(TOKEN)
    script.say(
        {"maKetQua": "000", "maThe": "GD4010000000108", "maDKBD": "01999", "ngayDu5Nam": "01/01/2015", "hoTen": "AI ĐÓ"}
    )
    script.say({"MaKetQua": "500", "GhiChu": RESTRICTED_NOTE}, status=500)
    answer = portal.check(valid)
    assert answer.outcome is CoverageOutcome.VALID
    assert answer.copayment is not None
    assert answer.copayment.fault is OutsideFaultCode.RESTRICTED
    assert b'"maKetQua": "000"' in answer.raw  # the evidence of the card is the card check's
    assert json.loads(script.asked[2][1])["maThe"] == "GD4010000000108"


# the reply


def test_the_greatest_sum_counts() -> None:
    reply = read_copayment(found(entry(700), entry(90_000), entry("80000.75"), entry(12_000.5)), 2026)
    assert (reply.code, reply.accumulated_dong) == ("200", 90_000)


def test_another_years_sums_do_not_count() -> None:
    new_year = entry(300, left="02/01/2026", came="30/12/2025")
    open_since_last_year = entry(60_000, left="", came="30/12/2025")
    undated = entry(50_000, left="", came="")
    last_year = entry(90_000, left="31/12/2025", came="30/12/2025")
    entries = found(new_year, open_since_last_year, undated, last_year)
    assert read_copayment(entries, 2026).accumulated_dong == 300
    assert read_copayment(entries, 2025).accumulated_dong == 90_000
    assert read_copayment(entries, 2024).accumulated_dong is None


@pytest.mark.parametrize("data", [None, [], ""])
def test_no_entry_is_unknown(data: object) -> None:
    assert read_copayment({"MaKetQua": 200, "DataCCT": data}, 2026).accumulated_dong is None


@pytest.mark.parametrize("so_far", [None, True, -1, "-1", "1e9", "1,000", float("nan"), 10**13 + 1, "", [], "٣"])
def test_a_sum_that_is_none_is_not_guessed(so_far: object) -> None:
    with pytest.raises(UnreadableReply, match="tBNCCTLuyKe"):
        read_copayment(found(entry(so_far)), 2026)


@pytest.mark.parametrize("left", ["31/02/2026", "2026-03-05", "5/3/2026", 5])
def test_a_date_that_is_none_is_not_guessed(left: Any) -> None:
    with pytest.raises(UnreadableReply, match="ngayRa"):
        read_copayment(found(entry(1, left=left)), 2026)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "MaKetQua": JSON,
            "GhiChu": JSON,
            "DataCCT": JSON
            | st.lists(
                st.dictionaries(st.sampled_from(["ngayVao", "ngayRa", "tBNCCTLuyKe"]), JSON | st.just("01/02/2026")),
                max_size=3,
            ),
        },
    )
)
def test_any_reply_is_read_or_refused(answer: dict[str, object]) -> None:
    try:
        reply = read_copayment(answer, 2026)
    except UnreadableReply:
        return
    assert reply.accumulated_dong is None or 0 <= reply.accumulated_dong <= 10**13


# when it matters

CARD = Coverage("GD4010000000108", "AI ĐÓ", None, None, "01999", five_year_date=date(2015, 1, 1))


@pytest.mark.parametrize(
    ("card", "matters"),
    [
        (CARD, True),
        (replace(CARD, card_number="HT3010000000108"), True),
        (replace(CARD, card_number="CK2010000000108"), False),  # pays nothing anyway
        (replace(CARD, card_number="LH4010000000108"), False),  # level 2 by law, whatever is printed
        (replace(CARD, five_year_date=None), False),
        (replace(CARD, five_year_date=date(2026, 11, 28)), False),  # tomorrow
        (replace(CARD, five_year_date=DAY), True),
        (replace(CARD, registered_facility_code="01998"), False),  # half the rate: whether it applies is open in law
    ],
)
def test_it_matters_only_where_the_rules_say_so(card: Coverage, matters: bool) -> None:
    assert EntitlementRules(FacilityProfile("01999")).copayment_matters(card, DAY) is matters


@pytest.mark.parametrize(("paid", "payable"), [(None, 80), (15_180_000, 80), (15_180_001, 100)])
def test_only_more_than_six_base_salaries_free_the_patient(paid: int | None, payable: int) -> None:
    entitlement = EntitlementRules(FacilityProfile("01999")).for_card(CARD, DAY, paid)
    assert entitlement.payable_percent == payable


def test_a_rest_lasts_its_time_and_can_be_ended() -> None:
    moment = 0.0
    rest = Rest(10, lambda: moment)
    assert not rest.active
    rest.begin()
    moment = 9.9
    assert rest.active
    moment = 10.0
    assert not rest.active
    rest.begin()
    rest.end()
    assert not rest.active


@pytest.mark.parametrize(
    "wrong",
    [
        {"accumulated_dong": -1},
        {"accumulated_dong": 0, "fault": OutsideFaultCode.TIMEOUT},
        {"asked_at": datetime(2026, 1, 1)},  # noqa: DTZ001 - the point
    ],
)
def test_an_answer_makes_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"figure|zone"):
        CopaymentAnswer(**{"code": "200", "asked_at": datetime(2026, 1, 1, tzinfo=ZONE)} | wrong)
