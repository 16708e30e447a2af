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
    """Sees every model that is shown, and every light once the window has painted it; the stage is told of changes."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._told: Prompt = (None, None)

    def see(self, model: Model) -> None:
        """What the screen asks for. The face screen takes its light with it when it goes."""
        screen = model.screen
        if isinstance(screen, LookAtCamera):
            self._tell(screen.move, self._told[1])
        else:
            self._tell(None, None)

    def see_light(self, light: ScreenLight | None) -> None:
        """The face screen shines in this light now; None: as usual again."""
        self._tell(self._told[0], light)

    def _tell(self, *seen: *Prompt) -> None:
        if seen != self._told:
            self._told = seen
            self._stage.prompt(*seen)
