"""Texts by key from `assets/translations/{vi,en}.toml`, filled with the address and with numbers."""

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.flow.faults import catalogue
from kiosk.flow.values import FaultCode, Honorific, Language


def _flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, str):
            flat[key] = value
        elif isinstance(value, Mapping):
            flat |= _flatten(value, f"{key}.")
        else:
            raise TypeError(f"translation {key} is neither a text nor a table")
    return flat


def placeholders(text: str) -> frozenset[str]:
    """Names in braces, without the address: English needs none."""
    names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    return frozenset(names - {"you", "You"})


class Texts:
    """All texts of both languages. ValueError when a key exists in one language only: a kiosk must not start so."""

    def __init__(self, tables: Mapping[Language, Mapping[str, str]]) -> None:
        keys = {language: frozenset(table) for language, table in tables.items()}
        odd = frozenset().union(*keys.values()) - frozenset.intersection(*keys.values())
        if set(keys) != set(Language) or odd:
            raise ValueError(f"translations do not match: {sorted(odd)}")
        self._tables = {language: dict(table) for language, table in tables.items()}

    @classmethod
    def load(cls, folder: Path) -> "Texts":
        """Read `vi.toml` and `en.toml`."""
        return cls(
            {
                language: _flatten(tomllib.loads((folder / f"{language}.toml").read_text("utf-8")))
                for language in Language
            }
        )

    def table(self, language: Language) -> Mapping[str, str]:
        """Every key with its raw text."""
        return self._tables[language]

    def bind(self, language: Language, honorific: Honorific) -> "Phrases":
        """The texts as spoken to one person."""
        return Phrases(self, language, honorific)


@dataclass(frozen=True, slots=True)
class Phrases:
    """Texts in one language for one person."""

    texts: Texts
    language: Language
    honorific: Honorific

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key`. KeyError on an unknown key or a missing value: both are bugs."""
        return self.fill(self.texts.table(self.language)[key], **values)

    def fill(self, text: str, **values: object) -> str:
        """Put the address and `values` into a text."""
        you = "you" if self.language is Language.EN else self.honorific.value
        return text.format(you=you, You=you[0].upper() + you[1:], **values)

    def fault_title(self, code: FaultCode) -> str:
        """What happened, from the fault catalogue."""
        return self.fill(catalogue()[code].title(self.language))

    def fault_lead(self, code: FaultCode) -> str:
        """What to do next, from the fault catalogue."""
        return self.fill(catalogue()[code].lead(self.language))
