"""What the fund pays: rates by the reason of the visit, the card's level and the date.

The rules are data (`entitlement.toml`), each row with its legal basis. Rates multiply: payable = level × rate.
Not decided here, because a kiosk cannot know it: referral and re-examination slips (rows 1.3, 1.5), the whole bill
under 15 % of the base salary, and the co-payment exemption of long-insured patients. They only raise what is paid.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from importlib import resources
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from his_adapter.model import Coverage, Entitlement

NOT_INSURED = "9"
REGISTERED_HERE = "1.1"
PRIMARY_LEVEL = "1.2"

Percent = Annotated[int, Field(ge=0, le=100)]


class FacilityRank(StrEnum):
    """Professional level of a facility (Law 15/2023/QH15, Art. 104)."""

    PRIMARY = "primary"
    BASIC = "basic"
    SPECIALISED = "specialised"


class FormerLevel(StrEnum):
    """Level before 2025-01-01; it still decides what self-referred patients get."""

    DISTRICT = "district"
    PROVINCE = "province"
    CENTRAL = "central"


@dataclass(frozen=True, slots=True)
class FacilityProfile:
    """Our facility in the eyes of the insurance. `accepted`: codes whose registered patients count as ours.

    `points` None means ranked provisionally.
    """

    code: str
    accepted: frozenset[str] = frozenset()
    rank: FacilityRank = FacilityRank.SPECIALISED
    former_level: FormerLevel = FormerLevel.PROVINCE
    points: int | None = None

    def registers(self, facility_code: str) -> bool:
        """Whether a card registered at `facility_code` is at home here."""
        return facility_code == self.code or facility_code in self.accepted


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Rate(_Data):
    since: date = Field(alias="from")
    percent: Percent


class _Row(_Data):
    case: str = Field(min_length=1)
    legal_basis: str = Field(min_length=1)
    ignores_card_level: bool = False
    rate: tuple[_Rate, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        dates = [rate.since for rate in self.rate]
        if dates != sorted(set(dates)):
            raise ValueError("rates are in the order of their dates")
        return self


class _SelfReferred(_Data):
    row: str
    rank: FacilityRank
    former_level: FormerLevel | None = None
    points: tuple[int, int] | None = None

    def fits(self, facility: FacilityProfile) -> bool:
        if facility.rank is not self.rank:
            return False
        if self.former_level is not None and facility.former_level is not self.former_level:
            return False
        return self.points is None or self.points[0] <= (facility.points or 0) < self.points[1]


class _CardLevelChange(_Data):
    benefit_code: str = Field(pattern=r"^[A-Z]{2}$")
    printed: str = Field(pattern=r"^[1-5]$")
    level: str = Field(pattern=r"^[1-5]$")
    since: date = Field(alias="from")
    legal_basis: str = Field(min_length=1)


class _Rules(_Data):
    row: dict[str, _Row]
    self_referred: tuple[_SelfReferred, ...]
    card_level: dict[str, Percent]
    card_level_change: tuple[_CardLevelChange, ...]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        used = {NOT_INSURED, REGISTERED_HERE, PRIMARY_LEVEL} | {choice.row for choice in self.self_referred}
        if missing := used - self.row.keys():
            raise ValueError(f"rows without data: {sorted(missing)}")
        if set(self.card_level) != set("12345"):
            raise ValueError("the card levels are 1 to 5")
        return self


class EntitlementRules:
    """The rules for one facility. Raises ValueError when no row fits the facility's rank, level and points."""

    def __init__(self, facility: FacilityProfile, text: str | None = None) -> None:
        if text is None:
            text = resources.files(__package__).joinpath("entitlement.toml").read_text("utf-8")
        self._rules = _Rules.model_validate(tomllib.loads(text))
        self._facility = facility
        fitting = [choice.row for choice in self._rules.self_referred if choice.fits(facility)]
        if not fitting:
            raise ValueError("no rule for self-referred patients fits this facility's rank, former level and points")
        self._self_referred = fitting[0]

    def for_card(self, coverage: Coverage, day: date) -> Entitlement:
        """What a valid card gives on `day`. Raises ValueError for a day before the rules, or a card without a level."""
        level, level_basis = self._level(coverage, day)
        if self._facility.rank is FacilityRank.PRIMARY:
            code = PRIMARY_LEVEL
        elif self._facility.registers(coverage.registered_facility_code):
            code = REGISTERED_HERE
        else:
            code = self._self_referred
        return self._entitlement(code, day, level, level_basis)

    def not_insured(self, day: date) -> Entitlement:
        """A visit the patient pays alone, row 9."""
        return self._entitlement(NOT_INSURED, day, 0, "")

    def _level(self, coverage: Coverage, day: date) -> tuple[int, str]:
        printed, basis = coverage.benefit_level, ""
        if printed not in self._rules.card_level:
            raise ValueError("the card has no benefit level")
        level = printed
        for change in self._rules.card_level_change:
            if (change.benefit_code, change.printed) == (coverage.benefit_code, printed) and change.since <= day:
                level, basis = change.level, f"; {change.legal_basis}"
        return self._rules.card_level[level], basis

    def _entitlement(self, code: str, day: date, level: int, level_basis: str) -> Entitlement:
        row = self._rules.row[code]
        rates = [rate.percent for rate in row.rate if rate.since <= day]
        if not rates:
            raise ValueError("the rules do not reach back to that day")
        rate = rates[-1]
        payable = rate if row.ignores_card_level else Decimal(level * rate) / 100
        return Entitlement(
            object_code=code,
            rate_percent=rate,
            card_level_percent=level,
            payable_percent=Decimal(payable),
            legal_basis=row.legal_basis + level_basis,
        )
