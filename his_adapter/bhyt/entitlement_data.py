"""The entitlement rules as data: the shape of `entitlement.toml`, checked when it is loaded."""

import tomllib
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from importlib import resources
from typing import Annotated, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from his_adapter.bhyt.facility import FacilityProfile, FacilityRank, FormerLevel

NOT_INSURED = "9"
REGISTERED_HERE = "1.1"
PRIMARY_LEVEL = "1.2"

Percent = Annotated[int, Field(ge=0, le=100)]
Text = Annotated[str, Field(min_length=1)]


class Confidence(StrEnum):
    """How well a rule is known here: read in the original, known from good second hand, or open."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Setting(StrEnum):
    """Whom a row is for."""

    OUTPATIENT = "outpatient"
    INPATIENT = "inpatient"
    BOTH = "both"


class _Dated(Protocol):
    @property
    def since(self) -> date: ...


D = TypeVar("D", bound=_Dated)


def in_force(dated: Sequence[D], day: date) -> D:
    """The last value that began on or before `day`. Raises ValueError for a day before the first."""
    past = [value for value in dated if value.since <= day]
    if not past:
        raise ValueError("the rules do not reach back to that day")
    return past[-1]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rate(_Data):
    """A row's rate from a day on; `inpatient_percent` where inpatients get another one."""

    since: date = Field(alias="from")
    percent: Percent
    inpatient_percent: Percent | None = None

    def of(self, inpatient: bool) -> int:
        return self.inpatient_percent if inpatient and self.inpatient_percent is not None else self.percent


class Row(_Data):
    """One row of annex 1 of Decision 3276/QD-BYT. `needs_area`: only with K1, K2 or K3 on the card."""

    case: Text
    case_vi: Text
    legal_basis: Text
    confidence: Confidence = Confidence.HIGH
    setting: Setting = Setting.BOTH
    needs_area: bool = False
    ignores_card_level: bool = False
    rate: tuple[Rate, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _check_dates(self.rate)
        return self

    def admits(self, inpatient: bool) -> bool:
        return self.setting in (Setting.BOTH, Setting.INPATIENT if inpatient else Setting.OUTPATIENT)


class SelfReferred(_Data):
    """Which row a self-referred outpatient falls under at a facility. `points` is [least, below]."""

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


class CardLevelChange(_Data):
    """A group whose level changed by law while the digit on the card stays as printed."""

    benefit_code: str = Field(pattern=r"^[A-Z]{2}$")
    printed: str = Field(pattern=r"^[1-5]$")
    level: str = Field(pattern=r"^[1-5]$")
    since: date = Field(alias="from")
    legal_basis: Text
    confidence: Confidence


class BaseSalary(_Data):
    """The base salary from a day on, đồng a month."""

    since: date = Field(alias="from")
    dong: int = Field(gt=0)
    legal_basis: Text
    confidence: Confidence


class LevelRule(_Data):
    """A rule that raises a card's level to 100 %. `limit_percent` of the base salary is its limit."""

    limit_percent: int = Field(gt=0)
    legal_basis: Text
    confidence: Confidence

    def limit_dong(self, salary: BaseSalary) -> int:
        """The limit, whole đồng (every base salary so far gives one without a remainder)."""
        return salary.dong * self.limit_percent // 100


class EntitlementData(_Data):
    """The whole table. Raises pydantic.ValidationError for a bad one."""

    row: dict[str, Row]
    self_referred: tuple[SelfReferred, ...]
    card_level: dict[str, Percent]
    card_level_basis: Text
    card_level_change: tuple[CardLevelChange, ...]
    base_salary: tuple[BaseSalary, ...] = Field(min_length=1)
    small_bill: LevelRule
    long_insured: LevelRule

    @classmethod
    def load(cls, text: str | None = None) -> Self:
        """The table shipped with the program, or `text`."""
        if text is None:
            text = resources.files(__package__).joinpath("entitlement.toml").read_text("utf-8")
        return cls.model_validate(tomllib.loads(text))

    @model_validator(mode="after")
    def _complete(self) -> Self:
        used = {NOT_INSURED, REGISTERED_HERE, PRIMARY_LEVEL} | {choice.row for choice in self.self_referred}
        if missing := used - self.row.keys():
            raise ValueError(f"rows without data: {sorted(missing)}")
        if set(self.card_level) != set("12345"):
            raise ValueError("the card levels are 1 to 5")
        if list(self.row) != sorted(self.row, key=annex_place):
            raise ValueError("rows stand in the order of the annex: the top-most wins")
        _check_dates(self.base_salary)
        return self


def annex_place(code: str) -> tuple[int, ...]:
    """Where a code stands in the annex; 1.2 before 1.11. Raises ValueError for what is no code."""
    return tuple(int(part) for part in code.split("."))


def _check_dates(dated: Sequence[_Dated]) -> None:
    dates = [value.since for value in dated]
    if dates != sorted(set(dates)):
        raise ValueError("values are in the order of their dates")
