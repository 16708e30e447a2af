"""What the person shall do and the screen shall show at this moment."""

from dataclasses import dataclass

from face.pad.light_colours import LightColour
from face.pad.moves import Move


@dataclass(frozen=True, slots=True)
class Prompt:
    """``move`` None: look straight. ``light`` None: the screen as usual. ``step`` of ``steps`` moves are done."""

    move: Move | None
    light: LightColour | None
    step: int
    steps: int
