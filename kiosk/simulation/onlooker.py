"""Whoever stands before the simulated camera sees the kiosk's screen: what it asks, and the colour it shines in."""

from typing import Protocol

from kiosk.flow.model import Model
from kiosk.flow.screens import LookAtCamera
from kiosk.flow.values import FaceMove, ScreenLight

Prompt = tuple[FaceMove | None, ScreenLight | None]


class Stage(Protocol):
    """The simulated camera's side of it (`SimulatedWorld.prompt`)."""

    def prompt(self, move: FaceMove | None, light: ScreenLight | None) -> None: ...


class Onlooker:
    """Call it with every model that is shown; the stage is told when something changed."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._told: Prompt = (None, None)

    def __call__(self, model: Model) -> None:
        screen = model.screen
        seen: Prompt = (screen.move, screen.light) if isinstance(screen, LookAtCamera) else (None, None)
        if seen != self._told:
            self._told = seen
            self._stage.prompt(*seen)
