"""Replies no well-behaved portal gives, from a server that does."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from his_adapter.bhyt import BhytPortal, EntitlementRules, FacilityProfile
from his_adapter.bhyt.card_reply import UnreadableReply, read_reply
from his_adapter.clock import now
from his_adapter.faults import OutsideFaultCode
from his_adapter.model import CoverageAction, CoverageOutcome, InsuranceQuery
from his_adapter.settings import PortalSettings

TOKEN = {
    "maKetQua": "200",
    "APIKey": {"access_token": "a", "id_token": "b", "expires_in": "2999-01-01T00:00:00.1234567Z"},
}
CARD = {
    "maKetQua": "000",
    "ghiChu": "",
    "maThe": "DN4010000000101",
    "hoTen": "AI ĐÓ",
    "gtTheTu": "01/01/2020",
    "gtTheDen": "31/12/2999",
    "maDKBD": "01999",
    "dsLichSuKCB2018": None,
}


@pytest.fixture
def portal(script: Any, portal_at: Callable[[PortalSettings], BhytPortal]) -> BhytPortal:
    return portal_at(PortalSettings(script.url, "01999_BV", SecretStr("00" * 16), "CB", SecretStr("001180990099")))


def test_the_question_is_asked_as_the_guide_says(script: Any, portal: BhytPortal, valid: InsuranceQuery) -> None:
    script.say(TOKEN)
    script.say(CARD)
    assert portal.check(valid).outcome is CoverageOutcome.VALID
    (sign_in, account), (check, question) = script.asked
    assert sign_in == "/api/token/take"
    assert b'"username":"01999_BV"' in account
    assert check.startswith("/api/egw/KQNhanLichSuKCB2024?token=a&id_token=b&username=01999_BV&password=")
    assert '"maThe":"001190990101","hoTen":"NGUYỄN THỊ HỢP LỆ","ngaySinh":"03/02/1990"' in question.decode()
    assert '"hoTenCb":"CB","cccdCb":"001180990099"' in question.decode()


@pytest.mark.parametrize(
    "reply",
    [
        CARD | {"maKetQua": None},
        CARD | {"maKetQua": 0},
        CARD | {"maKetQua": "0" * 11},
        CARD | {"gtTheDen": "31-12-2999"},
        CARD | {"gtTheTu": 20200101},
        CARD | {"maKetQua": "003"},
        CARD | {"maKetQua": "003", "maTheMoi": "không"},
        [CARD],
        b"",
        b"\xff\xfe",
        b"[" * 200_000,
    ],
)
def test_what_cannot_be_understood_is_unverified(
    script: Any, portal: BhytPortal, valid: InsuranceQuery, reply: object
) -> None:
    script.say(TOKEN)
    script.say(reply)
    answer = portal.check(valid)
    assert (answer.outcome, answer.fault) == (CoverageOutcome.UNVERIFIED, OutsideFaultCode.BAD_ANSWER)
    assert answer.raw == script.said


def test_a_correct_card_without_a_number_is_for_the_counter(
    script: Any, portal: BhytPortal, valid: InsuranceQuery
) -> None:
    script.say(TOKEN)
    script.say(CARD | {"maThe": "123"})
    assert portal.check(valid).action is CoverageAction.COUNTER


def test_new_cards_for_new_cards_are_not_followed(script: Any, portal: BhytPortal, valid: InsuranceQuery) -> None:
    renewed = CARD | {"maKetQua": "003", "maTheMoi": "DN4010000000102", "gtTheTuMoi": "01/01/2020"}
    script.say(TOKEN)
    script.say(renewed)
    script.say(renewed)
    answer = portal.check(valid)
    assert answer.outcome is CoverageOutcome.UNVERIFIED
    assert len(script.asked) == 3


def test_silence_about_the_new_card_leaves_its_number(script: Any, portal: BhytPortal, valid: InsuranceQuery) -> None:
    script.say(TOKEN)
    script.say(CARD | {"maKetQua": "003", "maTheMoi": "DN4010000000102", "maDKBDMoi": "01998"})
    script.say({}, status=503)
    answer = portal.check(valid)
    assert (answer.outcome, answer.fault) == (CoverageOutcome.UNVERIFIED, OutsideFaultCode.SERVER_ERROR)
    assert answer.coverage is not None
    assert answer.coverage.card_number == "DN4010000000102"
    assert answer.entitlement is None


def test_a_note_about_the_token_renews_it(script: Any, portal: BhytPortal, valid: InsuranceQuery) -> None:
    script.say(TOKEN)
    script.say({"maKetQua": "500", "ghiChu": "Token hết hạn"})
    script.say(TOKEN)
    script.say(CARD)
    assert portal.check(valid).outcome is CoverageOutcome.VALID


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        ({"maKetQua": "401"}, OutsideFaultCode.AUTH),
        ({"maKetQua": "500"}, OutsideFaultCode.SERVER_ERROR),
        ({"maKetQua": "200"}, OutsideFaultCode.BAD_ANSWER),
        ({"maKetQua": "200", "APIKey": {"access_token": "", "id_token": "b"}}, OutsideFaultCode.BAD_ANSWER),
    ],
)
def test_no_session_no_check(
    script: Any, portal: BhytPortal, valid: InsuranceQuery, reply: object, fault: OutsideFaultCode
) -> None:
    script.say(reply)
    assert portal.check(valid).fault is fault
    assert len(script.asked) == 1


def test_a_token_whose_end_cannot_be_read_still_serves(script: Any, portal: BhytPortal, valid: InsuranceQuery) -> None:
    script.say({"maKetQua": "200", "APIKey": {"access_token": "a", "id_token": "b", "expires_in": "600"}})
    script.say(CARD)
    script.say(CARD)
    assert portal.check(valid).outcome is CoverageOutcome.VALID


def test_the_end_of_a_session_has_seven_decimals(script: Any, valid: InsuranceQuery) -> None:
    moment = now()
    ends_at = (moment + timedelta(hours=1)).astimezone(UTC)
    settings = PortalSettings(script.url, "01999_BV", SecretStr("00" * 16), "CB", SecretStr("001180990099"))
    portal = BhytPortal(settings, EntitlementRules(FacilityProfile("01999")), clock=lambda: moment)
    key = {"access_token": "a", "id_token": "b", "expires_in": f"{ends_at:%Y-%m-%dT%H:%M:%S.%f}7Z"}
    script.say({"maKetQua": "200", "APIKey": key})
    for reply in (CARD, CARD | {"hoTen": "AI KHÁC"}):
        script.say(reply)
    portal.check(valid)
    moment += timedelta(minutes=59)  # beyond the ten minutes that count when the end cannot be read
    portal.check(replace(valid, full_name="AI KHÁC"))
    assert [path.partition("?")[0] for path, _ in script.asked] == [
        "/api/token/take",
        "/api/egw/KQNhanLichSuKCB2024",
        "/api/egw/KQNhanLichSuKCB2024",
    ]
    script.say({"maKetQua": "401"})
    moment += timedelta(minutes=1)
    portal.check(replace(valid, full_name="NGƯỜI THỨ BA"))
    assert script.asked[-1][0] == "/api/token/take"
    portal.close()


def test_a_redirect_is_neither_followed_nor_logged_with_the_token(
    script: Any, portal: BhytPortal, valid: InsuranceQuery, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    script.say(TOKEN | {"APIKey": {"access_token": "SECRET-1", "id_token": "SECRET-2"}})
    script.say(b"", status=302)
    assert portal.check(valid).fault is OutsideFaultCode.BAD_ANSWER
    assert len(script.asked) == 2
    assert "SECRET-1" in script.asked[1][0]  # and so in the Location the portal answered with
    assert "receive_response_headers.complete" in caplog.text
    assert "SECRET" not in caplog.text


def test_an_endless_reply_is_cut(script: Any, portal: BhytPortal, valid: InsuranceQuery) -> None:
    script.say(TOKEN)
    script.say(b" " * (2 << 20))
    assert portal.check(valid).fault is OutsideFaultCode.BAD_ANSWER


@pytest.mark.parametrize("text", ["31/12/2026", "20261231", "202612312359"])
def test_dates_come_in_three_forms(text: str) -> None:
    card = read_reply(CARD | {"gtTheDen": text}).card
    assert card is not None
    assert card.valid_to is not None
    assert card.valid_to.isoformat() == "2026-12-31"


@pytest.mark.parametrize("text", ["00/00/0000", "1/1/2020", "2026111", "hôm qua"])
def test_a_five_year_date_nobody_can_read_is_unknown(text: str) -> None:
    card = read_reply(CARD | {"ngayDu5Nam": text}).card
    assert card is not None
    assert (card.five_year_date, card.valid_to is not None) == (None, True)


@pytest.mark.parametrize("history", [None, [], [{"maHoSo": 1, "ngayVao": "202601011200"}], "không có"])
def test_the_history_is_not_looked_at(history: object) -> None:
    card = read_reply(CARD | {"dsLichSuKCB2018": history, "dsLichSuKT2018": history}).card
    assert card is not None


def test_a_fault_names_the_field_and_not_its_content() -> None:
    with pytest.raises(UnreadableReply) as caught:
        read_reply(CARD | {"gtTheDen": "hôm qua"})
    assert str(caught.value) == "gtTheDen"
