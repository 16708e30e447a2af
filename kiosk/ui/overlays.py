"""What is laid over a screen: staff are coming; is anybody still there?"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from kiosk.flow.events import CancelPressed, CounterPressed, OverlayClosed
from kiosk.flow.model import Model
from kiosk.flow.screens import (
    AskConsent,
    CheckingInsurance,
    ChooseService,
    ConfirmIdentity,
    GiveKey,
    HoldCard,
    LookAtCamera,
    OutOfService,
    Paying,
    PlaceCard,
    Reading,
    ShowInsurance,
    StaffCalled,
    StillThere,
    Welcome,
)
from kiosk.ui.context import UiContext
from kiosk.ui.formats import whole_seconds
from kiosk.ui.theme import Colour, TextRole, Theme
from kiosk.ui.widgets.boxes import Line
from kiosk.ui.widgets.buttons import ActionButton, Kind
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.progress import Ring

BEFORE_VISIT = (
    GiveKey,
    PlaceCard,
    Reading,
    HoldCard,
    ConfirmIdentity,
    AskConsent,
    LookAtCamera,
    CheckingInsurance,
    ShowInsurance,
    ChooseService,
)
COUNTER_OPEN = (*BEFORE_VISIT, Welcome, OutOfService, Paying)
"""Screens on which "go to the counter" still means something: no button is shown that does nothing."""


class OverlayView(QWidget):
    """A veil with a card in the middle. Takes every touch, so nothing beneath is pressed."""

    KEY = ""

    def __init__(self, ctx: UiContext, parent: QWidget) -> None:
        super().__init__(parent)
        self.ctx = ctx
        theme = ctx.theme
        frame = QVBoxLayout(self)
        side = theme.margin if theme.portrait else (theme.width - theme.mm(270)) // 2
        frame.setContentsMargins(side, theme.margin, side, theme.margin)
        self._card = Card(theme, pad=14.0)
        self._card.column.setSpacing(theme.space(6))
        frame.addStretch(1)
        frame.addWidget(self._card)
        frame.addStretch(1)

    def say_all(self, title: str, lead: str) -> None:
        """Fill the words."""
        self._card.column.addWidget(self.ctx.text(TextRole.TITLE, title))
        self._card.column.addWidget(self.ctx.text(TextRole.LEAD, lead, Colour.SECONDARY))

    def put(self, widget: QWidget) -> None:
        """Something in the middle of the card."""
        self._card.column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)

    def buttons(self, *buttons: ActionButton) -> None:
        """The answers, the affirmative one right-most."""
        theme: Theme = self.ctx.theme
        row = Line(theme.mm(7))
        for button in buttons:
            row.box.addWidget(button, 1)
        self._card.column.addSpacing(theme.space(4))
        self._card.column.addWidget(row)

    def refresh(self, model: Model) -> None:
        """Clocks."""

    def needed_height(self, width: int) -> int:
        """The least height at which nothing is squeezed."""
        layout = self.layout()
        assert layout is not None
        return layout.totalMinimumHeightForWidth(width)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(20, 33, 30, 170))
        painter.end()


class StaffCalledView(OverlayView):
    """Somebody is on the way."""

    KEY = "staff-called"

    def __init__(self, ctx: UiContext, model: Model, parent: QWidget) -> None:
        super().__init__(ctx, parent)
        say = ctx.say
        self.say_all(say("overlay.staff_title"), say("overlay.staff_lead"))
        close = ctx.button(Kind.PRIMARY, "btn-overlay-close", say("overlay.staff_close"), OverlayClosed())
        if isinstance(model.screen, COUNTER_OPEN):
            leave = ctx.button(Kind.SECONDARY, "btn-counter", say("action.counter"), CounterPressed())
            self.buttons(leave, close)
        else:
            self.buttons(close)


class StillThereView(OverlayView):
    """Any touch goes on; the ring shows how long the kiosk waits (WCAG 2.2 SC 2.2.1: at least 20 s)."""

    KEY = "still-there"

    def __init__(self, ctx: UiContext, model: Model, parent: QWidget) -> None:
        super().__init__(ctx, parent)
        say = ctx.say
        self.say_all(say("overlay.still_title"), say("overlay.still_lead"))
        self._ring = Ring(ctx.theme, say("overlay.seconds"))
        self.put(self._ring)
        close = ctx.button(Kind.PRIMARY, "btn-overlay-close", say("overlay.still_close"), OverlayClosed())
        if isinstance(model.screen, BEFORE_VISIT):
            self.buttons(ctx.button(Kind.SECONDARY, "btn-cancel", say("action.cancel"), CancelPressed()), close)
        else:
            self.buttons(close)

    def refresh(self, model: Model) -> None:
        assert isinstance(model.overlay, StillThere)
        self._ring.set_left(whole_seconds(model.overlay.until - model.now), model.delays.still_there)


def overlay_for(ctx: UiContext, model: Model, parent: QWidget) -> OverlayView | None:
    """The overlay of a model, or None."""
    match model.overlay:
        case StaffCalled():
            return StaffCalledView(ctx, model, parent)
        case StillThere():
            return StillThereView(ctx, model, parent)
        case None:
            return None
