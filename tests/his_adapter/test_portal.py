"""The insurance portal's adapter against the simulated portal."""

import hashlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from his_adapter.bhyt import BhytPortal, EntitlementRules, FacilityProfile
from his_adapter.clock import now
from his_adapter.faults import OutsideFaultCode
from his_adapter.model import BirthDate, CoverageAction, CoverageOutcome, InsuranceQuery
from his_adapter.settings import PortalSettings
from his_adapter.simulation import Fault, OutsideWorld, System

Inspect = Callable[[System, str], dict[str, int]]
PortalAt = Callable[[PortalSettings], BhytPortal]


def test_a_valid_card_registered_here(portal: BhytPortal, valid: InsuranceQuery) -> None:
    answer = portal.check(valid)
    assert (answer.outcome, answer.action, answer.code) == (CoverageOutcome.VALID, CoverageAction.GO_ON, "000")
    assert answer.coverage is not None
    assert answer.coverage.card_number == "DN4010000000101"
    assert answer.coverage.holder_name == "NGUYỄN THỊ HỢP LỆ"
    assert answer.coverage.covers(answer.asked_at.date())
    assert answer.coverage.area == "K1"
    assert answer.coverage.five_year_date is not None
    assert answer.entitlement is not None
    assert (answer.entitlement.object_code, answer.entitlement.payable_percent) == ("1.1", Decimal(80))
    assert answer.fault is None


def test_the_raw_reply_is_evidence(portal: BhytPortal, valid: InsuranceQuery) -> None:
    answer = portal.check(valid)
    assert b'"maKetQua":"000"' in answer.raw
    assert answer.evidence_sha256 == hashlib.sha256(answer.raw).hexdigest()


def test_a_card_registered_elsewhere_pays_half_of_its_level(portal: BhytPortal) -> None:
    answer = portal.check(InsuranceQuery("001150990102", "TRẦN VĂN TRÁI TUYẾN", BirthDate(1950, 1, 1)))
    assert answer.coverage is not None
    assert answer.coverage.valid_to is None
    assert answer.entitlement is not None
    assert answer.entitlement.object_code == "1.18"
    assert answer.entitlement.payable_percent == Decimal("47.5")


@pytest.mark.parametrize("number", ["DN4010000000101", "0000000101", "DN4 01 0000 0001 01"])
def test_the_card_number_and_the_insurance_number_find_it_too(
    portal: BhytPortal, valid: InsuranceQuery, number: str
) -> None:
    answer = portal.check(InsuranceQuery(number, valid.full_name, valid.birth_date))
    assert answer.outcome is CoverageOutcome.VALID


@pytest.mark.parametrize("birth", [BirthDate(1990), BirthDate(1990, 2)])
def test_a_birth_date_may_be_a_year_or_a_month(portal: BhytPortal, valid: InsuranceQuery, birth: BirthDate) -> None:
    assert portal.check(InsuranceQuery(valid.number, valid.full_name, birth)).outcome is CoverageOutcome.VALID


def test_010_expired(portal: BhytPortal) -> None:
    answer = portal.check(InsuranceQuery("001190990103", "LÊ THỊ HẾT HẠN", BirthDate(1990, 3, 4)))
    assert (answer.outcome, answer.action, answer.code) == (CoverageOutcome.EXPIRED, CoverageAction.SELF_PAY, "010")
    assert answer.entitlement is not None
    assert (answer.entitlement.object_code, answer.entitlement.payable_percent) == ("9", Decimal(0))


def test_050_no_card(portal: BhytPortal) -> None:
    answer = portal.check(InsuranceQuery("001190990999", "KHÔNG CÓ THẺ", BirthDate(1990)))
    assert (answer.outcome, answer.action) == (CoverageOutcome.NOT_FOUND, CoverageAction.SELF_PAY)
    assert answer.coverage is None


@pytest.mark.parametrize(
    ("name", "year", "code"),
    [("LÊ VĂN KHÁC", 1990, "060"), ("NGÔ THỊ HOA LAN", 1990, "061"), ("NGUYỄN THỊ HỢP LỆ", 1991, "070")],
)
def test_060_061_070_other_person(portal: BhytPortal, name: str, year: int, code: str) -> None:
    answer = portal.check(InsuranceQuery("001190990101", name, BirthDate(year, 2, 3)))
    assert (answer.code, answer.outcome, answer.action) == (code, CoverageOutcome.MISMATCH, CoverageAction.COUNTER)
    assert answer.entitlement is None


def test_003_the_new_card_is_asked_for(portal: BhytPortal, inspect: Inspect) -> None:
    before = inspect(System.PORTAL, "counts")["checks"]
    answer = portal.check(InsuranceQuery("001200990104", "PHẠM VĂN THẺ MỚI", BirthDate(2000, 4, 5)))
    assert (answer.outcome, answer.code) == (CoverageOutcome.VALID_NEW_CARD, "000")
    assert answer.coverage is not None
    assert answer.coverage.card_number == "DN4010000000114"
    assert answer.entitlement is not None
    assert answer.entitlement.object_code == "1.1"  # the old card was registered elsewhere
    assert inspect(System.PORTAL, "counts")["checks"] == before + 2


def test_004_the_new_card_counts_when_it_has_begun(portal: BhytPortal) -> None:
    answer = portal.check(InsuranceQuery("001200990105", "VŨ THỊ HAI THẺ", BirthDate(2000, 5, 6)))
    assert answer.outcome is CoverageOutcome.VALID_NEW_CARD
    assert answer.coverage is not None
    assert answer.coverage.card_number == "DN4010000000115"
    assert answer.coverage.registered_facility_code == "01999"


def test_004_the_old_card_counts_until_then(portal: BhytPortal) -> None:
    answer = portal.check(InsuranceQuery("001200990106", "ĐỖ VĂN SANG NĂM", BirthDate(2000, 6, 7)))
    assert answer.outcome is CoverageOutcome.VALID
    assert answer.coverage is not None
    assert answer.coverage.card_number == "SV4010000000106"


def test_a_correct_card_whose_dates_are_over_is_for_the_counter(portal: BhytPortal) -> None:
    answer = portal.check(InsuranceQuery("001190990107", "HOÀNG THỊ MÂU THUẪN", BirthDate(1990, 7, 8)))
    assert (answer.outcome, answer.action) == (CoverageOutcome.MISMATCH, CoverageAction.COUNTER)
    assert (answer.code, answer.entry) == ("000", "contradiction")


def test_054_our_officer_is_not_known(world: OutsideWorld, portal: BhytPortal, valid: InsuranceQuery) -> None:
    world.force_portal_code("054")
    answer = portal.check(valid)
    assert (answer.outcome, answer.action) == (CoverageOutcome.FACILITY_ERROR, CoverageAction.GO_ON_UNVERIFIED)
    assert answer.fault is OutsideFaultCode.REJECTED


@pytest.mark.parametrize(
    ("code", "outcome", "action"),
    [
        ("001", CoverageOutcome.SPECIAL, CoverageAction.COUNTER),
        ("110", CoverageOutcome.WITHDRAWN, CoverageAction.COUNTER),
        ("124", CoverageOutcome.REDUCED, CoverageAction.SELF_PAY),
        ("205", CoverageOutcome.FACILITY_ERROR, CoverageAction.GO_ON_UNVERIFIED),
        ("500", CoverageOutcome.UNVERIFIED, CoverageAction.GO_ON_UNVERIFIED),
        ("777", CoverageOutcome.UNVERIFIED, CoverageAction.GO_ON_UNVERIFIED),
    ],
)
def test_other_codes(
    world: OutsideWorld,
    portal: BhytPortal,
    valid: InsuranceQuery,
    code: str,
    outcome: CoverageOutcome,
    action: CoverageAction,
) -> None:
    world.force_portal_code(code)
    answer = portal.check(valid)
    assert (answer.code, answer.outcome, answer.action) == (code, outcome, action)


def test_an_ended_session_is_renewed_once(
    world: OutsideWorld, portal: BhytPortal, valid: InsuranceQuery, inspect: Inspect
) -> None:
    portal.check(valid)
    before = inspect(System.PORTAL, "counts")
    world.fault(System.PORTAL, Fault.UNAUTHORIZED_ONCE)
    assert portal.check(valid).outcome is CoverageOutcome.VALID
    after = inspect(System.PORTAL, "counts")
    assert after == {"sign_ins": before["sign_ins"] + 1, "checks": before["checks"] + 2}


def test_code_401_is_not_renewed_twice(
    world: OutsideWorld, portal: BhytPortal, valid: InsuranceQuery, inspect: Inspect
) -> None:
    portal.check(valid)
    before = inspect(System.PORTAL, "counts")
    world.force_portal_code("401")
    answer = portal.check(valid)
    assert (answer.outcome, answer.fault) == (CoverageOutcome.UNVERIFIED, OutsideFaultCode.AUTH)
    after = inspect(System.PORTAL, "counts")
    assert after == {"sign_ins": before["sign_ins"] + 1, "checks": before["checks"] + 2}


def test_kiosk_threads_share_one_sign_in(portal: BhytPortal, inspect: Inspect) -> None:
    before = inspect(System.PORTAL, "counts")
    people = [InsuranceQuery(f"00119099100{digit}", "KHÔNG CÓ THẺ", BirthDate(1990)) for digit in range(6)]
    with ThreadPoolExecutor(6) as kiosk:
        answers = list(kiosk.map(portal.check, people))
    assert {answer.code for answer in answers} == {"050"}
    after = inspect(System.PORTAL, "counts")
    assert after == {"sign_ins": before["sign_ins"] + 1, "checks": before["checks"] + 6}


def test_a_session_is_used_again(portal: BhytPortal, valid: InsuranceQuery, inspect: Inspect) -> None:
    before = inspect(System.PORTAL, "counts")["sign_ins"]
    portal.check(valid)
    portal.check(valid)
    assert inspect(System.PORTAL, "counts")["sign_ins"] == before + 1


def test_a_session_near_its_end_is_replaced_in_time(
    world: OutsideWorld, valid: InsuranceQuery, inspect: Inspect
) -> None:
    later = timedelta(0)
    portal = BhytPortal(
        world.portal_settings(), EntitlementRules(FacilityProfile("01999")), clock=lambda: now() + later
    )
    portal.check(valid)
    before = inspect(System.PORTAL, "counts")
    later = timedelta(minutes=9, seconds=50)
    assert portal.check(valid).outcome is CoverageOutcome.VALID
    assert inspect(System.PORTAL, "counts") == {"sign_ins": before["sign_ins"] + 1, "checks": before["checks"] + 1}
    portal.close()


def test_a_portal_that_is_down_is_an_answer(world: OutsideWorld, portal: BhytPortal, valid: InsuranceQuery) -> None:
    world.fault(System.PORTAL, Fault.DOWN)
    answer = portal.check(valid)
    assert (answer.outcome, answer.action) == (CoverageOutcome.UNVERIFIED, CoverageAction.GO_ON_UNVERIFIED)
    assert answer.fault is OutsideFaultCode.UNREACHABLE
    assert (answer.code, answer.entry, answer.raw, answer.entitlement) == ("", "no_answer", b"", None)
    assert answer.evidence_sha256 == hashlib.sha256(b"").hexdigest()
    assert answer.asked_at.utcoffset() == timedelta(hours=7)
    world.fault(System.PORTAL, Fault.NONE)
    assert portal.check(valid).outcome is CoverageOutcome.VALID


def test_after_silence_nothing_is_asked_again(
    world: OutsideWorld, impatient_portal: BhytPortal, valid: InsuranceQuery, inspect: Inspect
) -> None:
    portal = impatient_portal
    portal.health()  # signed in while all is well
    before = inspect(System.PORTAL, "counts")
    world.fault(System.PORTAL, Fault.SLOW)
    answer = portal.check(valid)
    assert (answer.outcome, answer.fault) == (CoverageOutcome.UNVERIFIED, OutsideFaultCode.TIMEOUT)
    assert inspect(System.PORTAL, "counts") == {"sign_ins": before["sign_ins"], "checks": before["checks"] + 1}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.HTTP_500, OutsideFaultCode.SERVER_ERROR),
        (Fault.BAD_ANSWER, OutsideFaultCode.BAD_ANSWER),
        (Fault.UNAUTHORIZED, OutsideFaultCode.AUTH),
    ],
)
def test_a_failing_portal_is_an_answer(
    world: OutsideWorld, portal: BhytPortal, valid: InsuranceQuery, fault: Fault, code: OutsideFaultCode
) -> None:
    portal.health()
    world.fault(System.PORTAL, fault)
    answer = portal.check(valid)
    assert (answer.outcome, answer.fault) == (CoverageOutcome.UNVERIFIED, code)
    assert portal.health().fault is code


def test_the_reply_of_a_failing_portal_is_evidence(
    world: OutsideWorld, portal: BhytPortal, valid: InsuranceQuery
) -> None:
    portal.health()
    world.fault(System.PORTAL, Fault.BAD_ANSWER)
    assert "bảo trì" in portal.check(valid).raw.decode()


def test_the_case_of_the_md5_is_a_setting(world: OutsideWorld, portal_at: PortalAt) -> None:
    assert portal_at(world.portal_settings()).health().well
    assert portal_at(replace(world.portal_settings(), md5_upper=False)).health().fault is OutsideFaultCode.AUTH


def test_the_same_card_is_not_asked_twice_within_minutes(
    world: OutsideWorld, portal_at: PortalAt, valid: InsuranceQuery, inspect: Inspect
) -> None:
    portal = portal_at(world.portal_settings(cache_s=300))
    first = portal.check(valid)
    before = inspect(System.PORTAL, "counts")
    world.fault(System.PORTAL, Fault.DOWN)
    assert portal.check(valid) is first
    world.fault(System.PORTAL, Fault.NONE)
    assert inspect(System.PORTAL, "counts") == before


def test_another_name_on_the_same_card_is_another_question(
    world: OutsideWorld, portal_at: PortalAt, valid: InsuranceQuery
) -> None:
    portal = portal_at(world.portal_settings(cache_s=300))
    portal.check(valid)
    other = portal.check(InsuranceQuery(valid.number, "LÊ VĂN KHÁC", valid.birth_date))
    assert other.outcome is CoverageOutcome.MISMATCH


def test_no_secret_and_no_person_in_the_logs(
    world: OutsideWorld, portal: BhytPortal, valid: InsuranceQuery, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = portal.check(valid)
    settings = world.portal_settings()
    assert "KQNhanLichSuKCB2024" in caplog.text  # it does log, so the silence below means something
    for secret in ("token=", "password=", settings.password_md5.get_secret_value().upper(), valid.number, "HỢP LỆ"):
        assert secret not in caplog.text
        assert secret not in f"{answer!r} {valid!r} {settings!r}"
