"""What the fund pays, by facility, card and date."""

from datetime import date
from decimal import Decimal
from importlib import resources

import pytest
from pydantic import ValidationError

from his_adapter.bhyt import EntitlementRules, FacilityProfile, FacilityRank, FormerLevel
from his_adapter.model import Coverage, Entitlement, Room, Service, patient_share

HERE, ELSEWHERE = "01999", "01998"
BEFORE, AFTER = date(2026, 6, 30), date(2026, 7, 1)
BASIC, SPECIALISED = FacilityRank.BASIC, FacilityRank.SPECIALISED
DISTRICT, PROVINCE, CENTRAL = FormerLevel


def card(number: str = "DN4010000000101", facility: str = HERE) -> Coverage:
    return Coverage(number, "AI ĐÓ", None, None, facility)


def rules(
    rank: FacilityRank = SPECIALISED, former: FormerLevel = PROVINCE, points: int | None = None, *accepted: str
) -> EntitlementRules:
    return EntitlementRules(FacilityProfile(HERE, frozenset(accepted), rank, former, points))


@pytest.mark.parametrize(
    ("number", "level"),
    [
        ("TE1010000000101", 100),
        ("HN2010000000101", 100),
        ("HT3010000000101", 95),
        ("DN4010000000101", 80),
        ("QN5010000000101", 100),
    ],
)
def test_at_home_the_card_pays_its_level(number: str, level: int) -> None:
    entitlement = rules().for_card(card(number), AFTER)
    assert (entitlement.object_code, entitlement.rate_percent) == ("1.1", 100)
    assert entitlement.card_level_percent == level
    assert entitlement.payable_percent == level
    assert entitlement.provisional


def test_accepted_registrations_are_at_home() -> None:
    assert rules(SPECIALISED, PROVINCE, None, ELSEWHERE).for_card(card(facility=ELSEWHERE), AFTER).object_code == "1.1"


@pytest.mark.parametrize(
    ("rank", "former", "points", "code", "before", "after"),
    [
        (SPECIALISED, PROVINCE, None, "1.18", 0, 50),
        (SPECIALISED, CENTRAL, None, "3.1", 0, 0),
        (SPECIALISED, DISTRICT, None, "3.3", 100, 100),
        (BASIC, PROVINCE, None, "1.14", 0, 50),
        (BASIC, CENTRAL, 69, "1.14", 0, 50),
        (BASIC, DISTRICT, None, "1.12", 100, 100),
        (BASIC, DISTRICT, 49, "1.12", 100, 100),
        (BASIC, DISTRICT, 50, "1.13", 0, 50),
    ],
)
def test_self_referred_outpatients(
    rank: FacilityRank, former: FormerLevel, points: int | None, code: str, before: int, after: int
) -> None:
    facility = rules(rank, former, points)
    for day, rate in ((BEFORE, before), (AFTER, after)):
        entitlement = facility.for_card(card(facility=ELSEWHERE), day)
        assert (entitlement.object_code, entitlement.rate_percent) == (code, rate)
        assert entitlement.payable_percent == Decimal(80 * rate) / 100
        assert f"row {code}" in entitlement.legal_basis


@pytest.mark.parametrize(
    ("number", "payable"), [("HN2010000000101", "50"), ("HT3010000000101", "47.5"), ("DN4010000000101", "40")]
)
def test_rates_multiply(number: str, payable: str) -> None:
    assert rules().for_card(card(number, ELSEWHERE), AFTER).payable_percent == Decimal(payable)


def test_primary_level_pays_all_whatever_the_card() -> None:
    entitlement = rules(FacilityRank.PRIMARY, DISTRICT).for_card(card(facility=ELSEWHERE), AFTER)
    assert (entitlement.object_code, entitlement.payable_percent) == ("1.2", 100)


@pytest.mark.parametrize(("number", "printed"), [("CN3010000000101", 95), ("LH4010000000101", 80)])
def test_the_printed_digit_is_stale_since_2026(number: str, printed: int) -> None:
    assert rules().for_card(card(number), date(2025, 12, 31)).payable_percent == printed
    since = rules().for_card(card(number), date(2026, 1, 1))
    assert since.payable_percent == 100
    assert "261/2025" in since.legal_basis


def test_not_insured_is_row_9() -> None:
    entitlement = rules().not_insured(AFTER)
    assert (entitlement.object_code, entitlement.payable_percent) == ("9", 0)


def test_days_before_the_law_are_refused() -> None:
    with pytest.raises(ValueError, match="reach back"):
        rules().for_card(card(), date(2025, 6, 30))


def test_a_facility_no_row_fits_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="no rule"):
        rules(BASIC, DISTRICT, 70)


SHIPPED = resources.files("his_adapter.bhyt").joinpath("entitlement.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('[row."1.1"]', '[row."1.0"]', "rows without data"),
        ('[row."2"]', '[row."8"]', "order of the annex"),
        ("percent = 50", "percent = 101", "less than or equal to 100"),
        ("legal_basis", "basis", "legal_basis"),
        ("5 = 100", "6 = 100", "levels are 1 to 5"),
        ("from = 2024-07-01", "from = 2019-07-01", "order of their dates"),
        ("from = 2026-07-01, percent = 50", "from = 2025-07-01, percent = 50", "order of their dates"),
    ],
)
def test_bad_rules_are_refused_at_start(old: str, new: str, message: str) -> None:
    assert old in SHIPPED
    with pytest.raises(ValidationError, match=message):
        EntitlementRules(FacilityProfile(HERE), SHIPPED.replace(old, new, 1))


def service(full: int, insured: int) -> Service:
    return Service("KTM", "Tim mạch", "Cardiology", Room("P.203", "2"), full, insured, waiting=1)


def paying(percent: str) -> Entitlement:
    return Entitlement("1.1", 100, 100, Decimal(percent), "x")


@pytest.mark.parametrize(
    ("insured", "percent", "share"),
    [
        (50_600, "80", 10_120),
        (50_600, "47.5", 26_565),
        (50_601, "47.5", 26_566),  # 26565.525
        (1, "50", 1),  # half a đồng goes up
        (3, "50", 2),
        (50_600, "100", 0),
    ],
)
def test_the_patients_share_is_rounded_half_up(insured: int, percent: str, share: int) -> None:
    assert patient_share(service(150_000, insured), paying(percent)) == share


@pytest.mark.parametrize("entitlement", [None, paying("0")])
def test_without_insurance_the_full_price(entitlement: Entitlement | None) -> None:
    assert patient_share(service(150_000, 50_600), entitlement) == 150_000
