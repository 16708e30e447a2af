"""A report: named sections, each a value or the text of the failure that kept it from being found out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cccd_reader.errors import CardError

FAILED = "failed"
CODE = "code"
BUG = "bug"
"""The keys of a section that is no value but a failure."""

Value = object
"""What JSON can say: mappings, sequences, texts, numbers, True, False and None."""


class Report:
    """Sections in the order of their probes."""

    def __init__(self, on_probe: Callable[[str], None] = lambda name: None) -> None:
        self.sections: dict[str, Value] = {}
        self._on_probe = on_probe

    def probe(self, name: str, find_out: Callable[..., Value], *arguments: Any) -> Value | None:
        """Adds a section; the value, or None when finding it out failed. No failure goes beyond its section."""
        self._on_probe(name)
        value = attempt(find_out, *arguments)
        self.sections[name] = value
        return None if is_failure(value) else value


def attempt(find_out: Callable[..., Value], *arguments: Any) -> Value:
    """`find_out(*arguments)`, or {"failed": why}; `code` is the `CardErrorCode` behind it.

    Of a bug only the kind of exception is told: its text could quote the card.
    """
    try:
        return find_out(*arguments)
    except CardError as error:
        return {FAILED: str(error), CODE: error.code.value}
    except Exception as error:  # noqa: BLE001 - one failing probe must not cost the report
        return {FAILED: f"{type(error).__name__} in this program", CODE: BUG}


def is_failure(value: Value) -> bool:
    return isinstance(value, Mapping) and FAILED in value


def as_text(sections: Mapping[str, Value]) -> str:
    """The report for people: one line a value, indented by section."""
    return "\n".join(_lines(sections, 0))


def _lines(value: Mapping[str, Value], depth: int) -> list[str]:
    lines: list[str] = []
    for name, inner in value.items():
        head = "  " * depth + str(name)
        if isinstance(inner, Mapping):
            lines += [head + ":", *_lines(inner, depth + 1)] if inner else [head + ": none"]
        elif isinstance(inner, Sequence) and not isinstance(inner, str) and any(isinstance(i, Mapping) for i in inner):
            numbered = {str(number): item for number, item in enumerate(inner, 1)}
            lines += [head + ":", *_lines(numbered, depth + 1)]
        else:
            lines.append(f"{head}: {_line(inner)}")
    return lines


def _line(value: Value) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_line(item) for item in value) or "none"
    return printable(str(value))


def printable(text: str) -> str:
    """A text from a card without what would steer a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
