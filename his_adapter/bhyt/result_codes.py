"""The portal's result codes (maKetQua): meaning, next step and texts, from `result_codes.toml`."""

import tomllib
from enum import StrEnum
from importlib import resources
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from his_adapter.faults import OutsideFaultCode
from his_adapter.model import CoverageAction, CoverageOutcome

Text = Annotated[str, Field(min_length=1)]

NO_ANSWER = "no_answer"
UNKNOWN = "unknown"
CONTRADICTION = "contradiction"
OWN_ENTRIES = frozenset({NO_ANSWER, UNKNOWN, CONTRADICTION})


class NewCard(StrEnum):
    """What a code says about a newer card."""

    ASK_AGAIN = "ask_again"  # the old card is over: only the new one counts
    IF_CURRENT = "if_current"  # both exist: the new one as soon as its dates have begun


class ResultCode(BaseModel):
    """One entry of the table. `alarm`: the hospital's own mistake, staff must be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: CoverageOutcome
    action: CoverageAction
    patient_vi: Text
    patient_en: Text
    staff_vi: Text
    fault: OutsideFaultCode | None = None
    new_card: NewCard | None = None
    alarm: bool = False
    renew: Annotated[str | None, Field(pattern="^token$")] = None


class ResultCodes:
    """The table, whole and checked. Raises pydantic.ValidationError or ValueError for a bad one."""

    def __init__(self, text: str | None = None) -> None:
        if text is None:
            text = resources.files(__package__).joinpath("result_codes.toml").read_text("utf-8")
        self._entries = TypeAdapter(dict[str, ResultCode]).validate_python(tomllib.loads(text))
        if missing := OWN_ENTRIES - self._entries.keys():
            raise ValueError(f"the table lacks {sorted(missing)}")
        if odd := [code for code in self.codes if len(code) != 3 or not code.isdigit()]:
            raise ValueError(f"result codes have three digits: {odd}")

    @property
    def codes(self) -> tuple[str, ...]:
        """The portal's codes, without our own entries."""
        return tuple(code for code in self._entries if code not in OWN_ENTRIES)

    def name(self, code: str) -> str:
        """The entry for what the portal said: the code itself, or `unknown`."""
        return code if code in self._entries and code not in OWN_ENTRIES else UNKNOWN

    def entry(self, name: str) -> ResultCode:
        """An entry by its name, as `CoverageAnswer.entry` gives it. Raises KeyError."""
        return self._entries[name]
