"""A derivation in words: one sentence for the patient, all steps for the auditor. Texts: `entitlement_texts.toml`."""

import string
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict, Field

from his_adapter.bhyt.entitlement_data import NOT_INSURED
from his_adapter.bhyt.entitlement_derive import FULL, Derivation, Value


class Language(StrEnum):
    """The languages of the texts."""

    VI = "vi"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text's key and what fills it: for a screen that has its own texts, or for `patient_text`."""

    key: str
    values: tuple[tuple[str, Value], ...]


class _Text(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    vi: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def fill(self, language: Language, values: Iterable[tuple[str, Value]]) -> str:
        template = self.vi if language is Language.VI else self.en
        return template.format_map({name: _shown(value, language) for name, value in values})


class ExplanationTexts(BaseModel):
    """All texts, by what they are for and by key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    patient: dict[str, _Text]
    step: dict[str, _Text]
    word: dict[str, _Text]

    @classmethod
    @cache
    def shipped(cls) -> "ExplanationTexts":
        """Those that come with the program."""
        text = resources.files(__package__).joinpath("entitlement_texts.toml").read_text("utf-8")
        return cls.model_validate(tomllib.loads(text))

    def placeholders(self, group: str, key: str) -> tuple[frozenset[str], frozenset[str]]:
        """What the Vietnamese and the English text of a key ask for."""
        text: _Text = getattr(self, group)[key]
        return _fields(text.vi), _fields(text.en)


def patient_sentence(derivation: Derivation) -> Sentence:
    """The one thing the patient must know before the visit (Decree 188/2025/ND-CP, Art. 20)."""
    share = FULL - derivation.payable_percent
    values: tuple[tuple[str, Value], ...] = (
        ("payable", derivation.payable_percent),
        ("share", share),
        ("rate", derivation.rate_percent),
        ("level", derivation.level_percent),
    )
    if derivation.object_code == NOT_INSURED:
        key = "self_pay"
    elif derivation.payable_percent == 0:
        key = "nothing"
    elif derivation.raised_by:
        key = derivation.raised_by
    elif share == 0:
        key = "full"
    else:
        key = "at_level" if derivation.rate_percent == FULL else "partial"
    return Sentence(key, values)


def patient_text(derivation: Derivation, language: Language) -> str:
    """The sentence in words."""
    sentence = patient_sentence(derivation)
    return ExplanationTexts.shipped().patient[sentence.key].fill(language, sentence.values)


def auditor_lines(derivation: Derivation, language: Language) -> tuple[str, ...]:
    """Every step with its legal basis and confidence, in the order it was taken; the product last.

    Names no person, but it does hold amounts of one visit: keep it with the visit, not in a log.
    """
    texts = ExplanationTexts.shipped()
    words = {key: text.fill(language, ()) for key, text in texts.word.items()}
    lines = []
    for step in derivation.steps:
        line = texts.step[step.key].fill(language, step.values)
        if step.legal_basis:
            line += f" [{words['basis']}: {step.legal_basis}; {words['confidence']}: {words[step.confidence]}]"
        lines.append(line)
    return tuple(lines)


def _fields(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name)


def _shown(value: Value, language: Language) -> str:
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y") if language is Language.VI else value.isoformat()
    if isinstance(value, str):
        return value
    text = f"{value.normalize():f}" if isinstance(value, Decimal) else f"{value:,}"
    return text.translate(str.maketrans(",.", ".,")) if language is Language.VI else text
