"""A screen of the flow as a page: built when its shape changes, refreshed otherwise."""

from collections.abc import Hashable
from typing import ClassVar

from PySide6.QtGui import QImage

from kiosk.flow.model import Model
from kiosk.ui.context import UiContext
from kiosk.ui.page import Page


class ScreenView(Page):
    """`KEY` names the screen for tests and the automatic demo; a view may refine it by `key_for`."""

    KEY: ClassVar[str]

    def __init__(self, ctx: UiContext, model: Model, step: str | None = None) -> None:
        super().__init__(ctx, step)

    @classmethod
    def key_for(cls, model: Model) -> str:
        """The stable name of what this model shows."""
        return cls.KEY

    @classmethod
    def shape(cls, model: Model) -> Hashable:
        """Whatever makes it necessary to build the page anew; as little as possible.

        A page that is rebuilt between a finger's press and its release loses the touch.
        """
        return model.screen, model.patient

    def refresh(self, model: Model) -> None:
        """Bring a built page up to date: clocks, bars, digits."""

    def show_frame(self, frame: QImage) -> None:
        """A camera frame; pages without a preview ignore it."""
