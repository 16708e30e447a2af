"""The prompts of a recorded session with their times: what the kiosk asked while a clip was filmed.

A clip cannot react to new prompts, so it is judged against those that were shown when it was recorded.
"""

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

from face.pad.light_colours import LightColour
from face.pad.moves import Move

_KEYS = {"at_s", "move", "light"}


@dataclass(frozen=True, slots=True)
class TimedPrompt:
    """From ``at_s`` seconds after the clip's first frame until the next prompt. ``move`` None: look straight."""

    at_s: float
    move: Move | None
    light: LightColour | None


@dataclass(frozen=True, slots=True)
class ChallengeScript:
    """The prompts in the order of their times. The last one is in force until the clip ends."""

    prompts: tuple[TimedPrompt, ...]

    def __post_init__(self) -> None:
        if not self.prompts or self.prompts[0].at_s < 0:
            raise ValueError("a script has a first prompt, not before the first frame")
        if any(b.at_s <= a.at_s for a, b in pairwise(self.prompts)):
            raise ValueError("each prompt comes later than the one before it")

    @property
    def moves(self) -> tuple[Move, ...]:
        """The moves asked for, each once, in order."""
        asked: list[Move] = []
        before: Move | None = None
        for prompt in self.prompts:
            if prompt.move is not None and prompt.move is not before:
                asked.append(prompt.move)
            before = prompt.move
        return tuple(asked)

    def at(self, seconds: float) -> TimedPrompt | None:
        """The prompt in force ``seconds`` after the first frame; None before the first prompt."""
        return next((prompt for prompt in reversed(self.prompts) if prompt.at_s <= seconds), None)

    def to_json(self) -> str:
        rows = [{"at_s": p.at_s, "move": p.move, "light": p.light} for p in self.prompts]
        return json.dumps({"prompts": rows}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ``ValueError`` for anything that :meth:`to_json` does not write."""
        document = json.loads(text)
        if not isinstance(document, dict) or set(document) != {"prompts"} or not isinstance(document["prompts"], list):
            raise ValueError("a script is an object with a list of prompts")
        return cls(tuple(_prompt(row) for row in document["prompts"]))


def _prompt(row: Any) -> TimedPrompt:  # Any: JSON
    if not isinstance(row, dict) or set(row) != _KEYS:
        raise ValueError("a prompt has at_s, move and light")
    at_s, move, light = row["at_s"], row["move"], row["light"]
    if isinstance(at_s, bool) or not isinstance(at_s, int | float):
        raise ValueError("at_s is a number of seconds")  # noqa: TRY004 - a damaged file, not a wrong call
    return TimedPrompt(float(at_s), Move(move) if move is not None else None, LightColour(light) if light else None)
