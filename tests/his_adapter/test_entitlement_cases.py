"""The golden table: every row of `entitlement_cases.csv`, which was put down without the program."""

import csv
import runpy
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from his_adapter.bhyt import EntitlementCase, EntitlementData, derive

TABLE = Path(__file__).parents[1] / "data" / "his_adapter" / "entitlement_cases.csv"
DATA = EntitlementData.load()

with TABLE.open(encoding="utf-8", newline="") as file:
    CASES = list(csv.DictReader(file))


def amount(text: str) -> int | None:
    return int(text) if text else None


@pytest.mark.parametrize("row", CASES, ids=[row["case"] for row in CASES])
def test_a_row_of_the_table(row: dict[str, str]) -> None:
    case = EntitlementCase(
        benefit_code=row["card"][:2],
        printed_level=row["card"][2:],
        reasons=tuple(row["reasons"].split()),
        day=date.fromisoformat(row["day"]),
        inpatient={"yes": True, "no": False}[row["inpatient"]],
        visit_total_dong=amount(row["visit_total_dong"]),
        five_year_date=date.fromisoformat(row["five_years_on"]) if row["five_years_on"] else None,
        co_payment_dong=amount(row["co_payments_dong"]),
        area=row["area"],
    )
    result = derive(case, DATA)
    assert (result.object_code, result.rate_percent, result.level_percent, result.payable_percent) == (
        row["code"],
        Decimal(row["rate"]),
        Decimal(row["level"]),
        Decimal(row["payable"]),
    )
    assert result.confidence == row["confidence"]
    for citation in row["legal_basis"].split("; "):
        assert citation in result.legal_basis


def test_the_table_is_whole() -> None:
    assert len(CASES) >= 200
    assert {row["code"] for row in CASES} == set(DATA.row)
    assert {row["card"][2:] for row in CASES} == set("12345")
    assert all(row["legal_basis"] and row["why_vi"] and row["why_en"] for row in CASES)
    given = ("card", "reasons", "day", "inpatient", "visit_total_dong", "five_years_on", "co_payments_dong", "area")
    twice = [key for key, count in Counter(tuple(row[name] for name in given) for row in CASES).items() if count > 1]
    assert not twice


def test_the_table_is_what_its_script_writes() -> None:
    script = runpy.run_path(str(TABLE.with_name("make_entitlement_cases.py")))
    assert TABLE.read_text("utf-8") == script["table"]()
