"""From a card, the reasons of a visit and a day to what the fund pays, with every step kept for the auditor.

Pure: the day and all amounts are given, nothing is looked up. Percentages multiply: payable = level × rate
(Decision 3276/QD-BYT of 2025, annex 1; Law 51/2024/QH15, Art. 22).
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from his_adapter.bhyt.entitlement_data import (
    NOT_INSURED,
    Confidence,
    EntitlementData,
    LevelRule,
    Row,
    annex_place,
    in_force,
)
from his_adapter.model import Entitlement

AREAS = frozenset({"K1", "K2", "K3"})
FULL = 100

Value = str | int | Decimal | date


class Weight(StrEnum):
    """What a step did to the result."""

    APPLIED = "applied"
    REFUSED = "refused"  # looked at, and its condition is not met
    OPEN = "open"  # its condition is met, but whether it may be applied here is open: left out
    UNKNOWN = "unknown"  # an input is missing: left out


@dataclass(frozen=True, slots=True)
class EntitlementCase:
    """What is known of a visit.

    `reasons` are codes of annex 1. `visit_total_dong`: all in-scope costs of the visit. `five_year_date`: when five
    continuous years of insurance are complete. `co_payment_dong`: this year's co-payments so far (the greatest
    tBNCCTLuyKe of the portal, never a sum). `area`: maKV of the card. None and "" mean not known. Raises ValueError.
    """

    benefit_code: str
    printed_level: str
    reasons: tuple[str, ...]
    day: date
    inpatient: bool = False
    visit_total_dong: int | None = field(default=None, repr=False)
    five_year_date: date | None = field(default=None, repr=False)
    co_payment_dong: int | None = field(default=None, repr=False)
    area: str = ""

    def __post_init__(self) -> None:
        if not self.reasons:
            raise ValueError("a visit has at least one reason")
        if min(self.visit_total_dong or 0, self.co_payment_dong or 0) < 0:
            raise ValueError("amounts are not negative")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing looked at. `key` names its text in `entitlement_texts.toml`, `values` fill it."""

    key: str
    values: tuple[tuple[str, Value], ...]
    weight: Weight
    legal_basis: str = ""
    confidence: Confidence = Confidence.HIGH


@dataclass(frozen=True, slots=True)
class Derivation:
    """The result and how it came about. Percentages 0 to 100. `raised_by` names the rule that made the level 100 %."""

    object_code: str
    rate_percent: Decimal
    level_percent: Decimal
    payable_percent: Decimal
    raised_by: str
    steps: tuple[Step, ...]

    @property
    def confidence(self) -> Confidence:
        """That of the weakest step the result rests on; low as soon as one was left out as open."""
        order = list(Confidence)
        return max((s.confidence for s in self.steps if s.weight is not Weight.UNKNOWN), key=order.index)

    @property
    def legal_basis(self) -> str:
        """Of all that was applied, row first, as one line."""
        rows = [s for s in self.steps if s.key in _ROW_KEYS]
        rest = [s for s in self.steps if s.key not in _ROW_KEYS and s.key != "card"]
        applied = [s.legal_basis for s in (*rows, *rest) if s.weight is Weight.APPLIED and s.legal_basis]
        return "; ".join(dict.fromkeys(applied))

    def entitlement(self) -> Entitlement:
        """As the rest of the program knows it."""
        return Entitlement(
            object_code=self.object_code,
            rate_percent=int(self.rate_percent),
            card_level_percent=int(self.level_percent),
            payable_percent=self.payable_percent,
            legal_basis=self.legal_basis,
        )


_ROW_KEYS = frozenset({"row_outpatient", "row_inpatient"})


def derive(case: EntitlementCase, data: EntitlementData) -> Derivation:
    """What the fund pays. Raises ValueError: an unknown code, no reason that fits, no card level, a day too early."""
    steps: list[Step] = []
    code, row = _choose_row(case, data, steps)
    rate_since = in_force(row.rate, case.day)
    rate = rate_since.of(case.inpatient)
    steps.append(
        Step(
            "row_inpatient" if case.inpatient else "row_outpatient",
            (("code", code), ("case", row.case), ("case_vi", row.case_vi), ("rate", rate), ("since", rate_since.since)),
            Weight.APPLIED,
            row.legal_basis,
            row.confidence,
        )
    )
    raised_by = ""
    level = 0
    if code != NOT_INSURED:
        level = _card_level(case, data, steps)
        if row.ignores_card_level:
            raised_by = "any_level"
            steps.append(Step("any_level", (("code", code),), Weight.APPLIED, row.legal_basis, row.confidence))
        elif level < FULL and rate > 0:
            raised_by = _raise_level(case, data, rate, steps)
    counted = FULL if raised_by else level
    payable = Decimal(counted * rate) / FULL
    steps.append(Step("product", (("level", counted), ("rate", rate), ("payable", payable)), Weight.APPLIED))
    shown = level if raised_by == "any_level" else counted
    return Derivation(code, Decimal(rate), Decimal(shown), payable, raised_by, tuple(steps))


def _choose_row(case: EntitlementCase, data: EntitlementData, steps: list[Step]) -> tuple[str, Row]:
    if unknown := sorted(set(case.reasons) - data.row.keys()):
        raise ValueError(f"no rule for these codes: {unknown}")
    chosen = ""
    for code in sorted(set(case.reasons), key=annex_place):
        row = data.row[code]
        key = ""
        if not row.admits(case.inpatient):
            key = "only_outpatients" if case.inpatient else "only_inpatients"
        elif row.needs_area and case.area not in AREAS:
            key = "needs_area"
        elif chosen:
            key = "outranked"
        else:
            chosen = code
        if key:
            values: tuple[tuple[str, Value], ...] = (("code", code), ("by", chosen))
            steps.append(Step(key, values, Weight.REFUSED, row.legal_basis))
    if not chosen:
        raise ValueError("no reason fits this visit")
    return chosen, data.row[chosen]


def _card_level(case: EntitlementCase, data: EntitlementData, steps: list[Step]) -> int:
    if case.printed_level not in data.card_level:
        raise ValueError("the card has no benefit level")
    printed: tuple[tuple[str, Value], ...] = (("group", case.benefit_code), ("digit", case.printed_level))
    level = data.card_level[case.printed_level]
    steps.append(Step("card", (*printed, ("level", level)), Weight.APPLIED, data.card_level_basis))
    for change in data.card_level_change:
        if (change.benefit_code, change.printed) != (case.benefit_code, case.printed_level):
            continue
        due = change.since <= case.day
        changed = data.card_level[change.level]
        steps.append(
            Step(
                "card_changed" if due else "card_change_to_come",
                (*printed, ("counts_as", change.level), ("since", change.since), ("level", changed)),
                Weight.APPLIED if due else Weight.REFUSED,
                change.legal_basis,
                change.confidence,
            )
        )
        level = changed if due else level
    return level


def _raise_level(case: EntitlementCase, data: EntitlementData, rate: int, steps: list[Step]) -> str:
    """Levels 3 and 4: the name of the rule that makes them 100 %, or ""."""
    small: bool | None = None
    limit = data.small_bill.limit_dong(in_force(data.base_salary, case.day))
    if case.visit_total_dong is not None:
        small = case.visit_total_dong < limit
    values: tuple[tuple[str, Value], ...] = (("total", case.visit_total_dong or 0), ("limit", limit))
    if _rule(case, data, data.small_bill, ("small_bill", small, rate, values), steps):
        return "small_bill"
    limit = data.long_insured.limit_dong(in_force(data.base_salary, case.day))
    five_years = None if case.five_year_date is None else case.five_year_date <= case.day
    much_paid = None if case.co_payment_dong is None else case.co_payment_dong > limit
    long_insured = False if False in (five_years, much_paid) else five_years and much_paid
    years: Value = case.five_year_date or "?"
    paid: Value = "?" if case.co_payment_dong is None else case.co_payment_dong
    values = (("five_years", years), ("paid", paid), ("limit", limit))
    if _rule(case, data, data.long_insured, ("long_insured", long_insured, rate, values), steps):
        return "long_insured"
    return ""


def _rule(
    case: EntitlementCase,
    data: EntitlementData,
    rule: LevelRule,
    found: tuple[str, bool | None, int, tuple[tuple[str, Value], ...]],
    steps: list[Step],
) -> bool:
    """Note what became of a rule. Beside a rate under 100 % it is left out: the texts at hand do not settle that."""
    name, met, rate, values = found
    salary = in_force(data.base_salary, case.day)
    confidence = max(rule.confidence, salary.confidence, key=list(Confidence).index)
    if met is None:
        weight = Weight.UNKNOWN
    elif not met:
        weight = Weight.REFUSED
    elif rate < FULL:
        weight, confidence = Weight.OPEN, Confidence.LOW
    else:
        weight = Weight.APPLIED
    basis = f"{rule.legal_basis}; {salary.legal_basis}"
    values = (*values, ("salary", salary.dong), ("since", salary.since), ("rate", rate))
    steps.append(Step(f"{name}_{weight}", values, weight, basis, confidence))
    return weight is Weight.APPLIED
