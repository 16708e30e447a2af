"""The console's words in Vietnamese and English, from `texts.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path


class Language(StrEnum):
    """Language of the pages. Vietnamese is the product's first language."""

    VI = "vi"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """One language's texts. A key that is missing is a mistake of ours and raises KeyError."""

    language: Language
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key`, with `{name}` filled in from `values`."""
        return self.texts[key].format(**values)

    def code(self, group: str, code: str) -> str:
        """The text of a code that another room made, or the code itself when there is no text for it yet."""
        return self.texts.get(f"{group}.{code}", code)


@cache
def words(language: Language) -> Words:
    """All texts of one language."""
    source = tomllib.loads((Path(__file__).parent / "texts.toml").read_text(encoding="utf-8"))
    return Words(language, {key: both[language.value] for key, both in source.items()})
