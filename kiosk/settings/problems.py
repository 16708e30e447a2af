"""What is wrong with a settings file, as values: a line, a key, and what is allowed there."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class ProblemKind(StrEnum):
    """Kinds of mistakes in a settings file."""

    UNREADABLE = "unreadable"
    SYNTAX = "syntax"
    UNKNOWN_KEY = "unknown_key"
    MISSING = "missing"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `line` counts from 1; 0 means that no line can be named.

    `message` never repeats the value, which may be a secret.
    """

    kind: ProblemKind
    line: int
    key: str
    message: str

    def at(self, path: Path) -> str:
        """`file:line: key: message`, the form editors understand."""
        place = f"{path}:{self.line}" if self.line else f"{path}"
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class SettingsError(Exception):
    """The settings file cannot be used. `problems` holds every mistake found, in the order of the lines."""

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("\n".join(problem.at(path) for problem in self.problems))
