"""The fault catalogue: what the patient reads, what the desk needs to know, what happens next.

The facts are `faults.toml`.
"""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from kiosk.flow.values import FaultCode, Language


class NextStep(StrEnum):
    """What the kiosk does about a fault."""

    RETRY = "retry"
    HOLD = "hold"
    COUNTER = "counter"
    GO_ON = "go_on"


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry. Texts are NFC and may hold {you} and {You}; `clip` names the spoken text."""

    code: FaultCode
    title_vi: str
    title_en: str
    lead_vi: str
    lead_en: str
    staff: str
    next: NextStep
    clip: str

    def title(self, language: Language) -> str:
        """A few words that name what happened, without blame."""
        return self.title_en if language is Language.EN else self.title_vi

    def lead(self, language: Language) -> str:
        """Where to go next."""
        return self.lead_en if language is Language.EN else self.lead_vi


@cache
def catalogue() -> MappingProxyType[FaultCode, Fault]:
    """Every fault code with its entry. ValueError when an entry is missing or unknown: a kiosk must not start so."""
    entries = tomllib.loads(files("kiosk.flow").joinpath("faults.toml").read_text("utf-8"))
    unknown = set(entries) - set(FaultCode)
    missing = set(FaultCode) - set(entries)
    if unknown or missing:
        raise ValueError(f"faults.toml: missing {sorted(missing)}, unknown {sorted(unknown)}")
    return MappingProxyType(
        {
            code: Fault(code=code, next=NextStep(entry.pop("next")), **entry)
            for code, entry in ((FaultCode(name), dict(entry)) for name, entry in entries.items())
        }
    )
