"""A window on the offscreen platform, an event collector, a clock."""

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before Qt is imported: tests never open a real window

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from kiosk.flow.events import Event, Touched
from kiosk.flow.model import Model
from kiosk.flow.values import Language, ScreenLight
from kiosk.ui.gallery import sample_options, settle
from kiosk.ui.samples import Sample, samples
from kiosk.ui.window import KioskWindow

ASSETS = Path(__file__).parents[2] / "assets"


@dataclass
class Seen:
    """Events that left the window. Touches are kept apart: every press emits one."""

    events: list[Event] = field(default_factory=list)
    touches: int = 0
    lights: list[tuple[ScreenLight | None, float]] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        if isinstance(event, Touched):
            self.touches += 1
        else:
            self.events.append(event)

    def light(self, light: ScreenLight | None, at: float) -> None:
        """The window has painted a light."""
        self.lights.append((light, at))


@dataclass
class FakeClock:
    """Seconds that pass only when told."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def assets() -> Path:
    return ASSETS


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def make_window(qapp: QApplication, seen: Seen, clock: FakeClock) -> Iterator[Callable[..., KioskWindow]]:
    """Windows of any size, with or without the dev dock; each dies with the test."""

    made: list[KioskWindow] = []

    def make(width: int = 1080, height: int = 1920, *, dock: bool = False) -> KioskWindow:
        window = KioskWindow(seen, sample_options(ASSETS, dock=dock), on_light=seen.light, clock=clock)
        made.append(window)
        window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)  # laid out and visible, but never composed
        window.resize(width, height)
        window.show()
        return window

    yield make
    for window in made:
        window.close()
        window.deleteLater()
    settle()


@pytest.fixture
def window(make_window: Callable[..., KioskWindow]) -> KioskWindow:
    return make_window()


@pytest.fixture
def sample() -> Callable[..., Model]:
    """A sample model by name."""

    def find(name: str, language: Language = Language.VI, *, large: bool = False) -> Model:
        return next(each.model for each in samples(language, large=large) if each.name == name)

    return find


@pytest.fixture
def every_sample() -> list[Sample]:
    """Every screen and variant, in Vietnamese and normal text."""
    return samples()
