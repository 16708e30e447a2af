"""The insurance cards the simulated portal knows."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

CardNumber = Annotated[str, Field(pattern=r"^[A-Z]{2}[1-5][0-9]{12}$")]
PORTAL_DATE = "%d/%m/%Y"
BIRTH_FORMATS = (
    (re.compile(r"[0-9]{2}/[0-9]{2}/[0-9]{4}"), PORTAL_DATE),
    (re.compile(r"[0-9]{2}/[0-9]{4}"), "%m/%Y"),
    (re.compile(r"[0-9]{4}"), "%Y"),
)


class Period(StrEnum):
    """Dates that stay true whatever the year."""

    CURRENT = "current"
    ENDED = "ended"
    COMING = "coming"
    OPEN = "open"

    def dates(self, today: date) -> tuple[str, str]:
        """First and last day as the portal writes them; empty for no end."""
        year = today.year + {Period.ENDED: -1, Period.COMING: 1, Period.OPEN: -1}.get(self, 0)
        last = "" if self is Period.OPEN else date(year, 12, 31).strftime(PORTAL_DATE)
        return date(year, 1, 1).strftime(PORTAL_DATE), last


class Registered(StrEnum):
    """Where the card is registered."""

    OWN = "own"
    OTHER = "other"


class Holder(BaseModel):
    """Whose card it is. Extra fields of the people's files pass."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: Annotated[str, Field(pattern=r"^[0-9]{12}$")]
    full_name: str
    birth_date: date
    sex: str = ""
    residence: str = ""


class Card(BaseModel):
    """An entry of the card list: a person of the people's folder, or a holder given here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: CardNumber
    registered: Registered
    period: Period
    code: Annotated[str, Field(pattern=r"^[0-9]{3}$")]
    person: str | None = None
    holder: Holder | None = None
    area: str = ""
    five_years: date | None = None
    copayments: tuple[Annotated[int, Field(ge=0)], ...] = ()
    """This year's co-payments, one a visit, đồng."""
    last_year_copayments: tuple[Annotated[int, Field(ge=0)], ...] = ()
    new_number: CardNumber | None = None
    new_registered: Registered = Registered.OWN
    new_period: Period = Period.CURRENT

    @model_validator(mode="after")
    def _somebody_holds_it(self) -> Self:
        if (self.person is None) == (self.holder is None):
            raise ValueError("a card names a person or a holder")
        return self


class _CardList(BaseModel):
    model_config = ConfigDict(extra="forbid")

    card: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class HeldCard:
    """A card in its holder's hands."""

    card: Card
    holder: Holder


def birth_format(text: str) -> str | None:
    """How a birth date is written in a question; None for a way the portal does not take."""
    return next((form for shape, form in BIRTH_FORMATS if shape.fullmatch(text)), None)


def letters(name: str) -> str:
    """A name as the portal compares it."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def load_people(folder: Path) -> Mapping[str, Holder]:
    """The invented people, by the names of their folders. Raises OSError, ValueError."""
    return {
        file.parent.name: Holder.model_validate(tomllib.loads(file.read_text("utf-8")))
        for file in sorted(folder.glob("*/citizen.toml"))
    }


def load_cards(text: str, people: Mapping[str, Holder]) -> tuple[HeldCard, ...]:
    """Raises ValueError for a bad list, or a person who is not there."""
    held = []
    for card in _CardList.model_validate(tomllib.loads(text)).card:
        holder = card.holder or people.get(card.person or "")
        if holder is None:
            raise ValueError(f"no such person: {card.person}")
        held.append(HeldCard(card, holder))
    return tuple(held)
