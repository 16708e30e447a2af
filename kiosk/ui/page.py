"""The frame of a page: what is said, what is shown, what can be pressed. One column upright, two columns across."""

from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from kiosk.flow.events import CancelPressed, CounterPressed, StaffPressed
from kiosk.ui.context import UiContext
from kiosk.ui.theme import Colour, TextRole
from kiosk.ui.widgets.buttons import ActionButton, Kind
from kiosk.ui.widgets.label import TextLabel
from kiosk.ui.widgets.steps import StepBar

ELASTIC = 1000
"""Stretch of a picture beside the empty space around it, which only gets what the picture cannot use."""

WIDE_ACTION_MM = 118.0
"""Across a wide window buttons stay in reach of each other's eye: no wider than this."""

STEPS = ("card", "face", "insurance", "service", "payment")


class Page(QWidget):
    """Base of every screen. Subclasses fill it with `title`, `lead`, `tell`, `show_widget`, `after`, `close_with`."""

    SHARES: ClassVar[tuple[int, int]] = (1, 1)
    """Widths of the two columns across."""

    def __init__(self, ctx: UiContext, step: str | None = None) -> None:
        super().__init__()
        self.ctx = ctx
        theme = ctx.theme
        outer = QVBoxLayout(self)
        outer.setContentsMargins(theme.margin, theme.space(10), theme.margin, theme.mm(14 if theme.portrait else 9))
        outer.setSpacing(theme.space(8.5))
        if step is not None:
            number = STEPS.index(step) + 1
            name = ctx.say(f"step.{step}")
            words = ctx.say("step.label", n=number, of=len(STEPS), name=name)
            outer.addWidget(StepBar(theme, number, len(STEPS), words))
        else:
            outer.addSpacing(theme.space(9 if theme.portrait else 4))
        self._told = QVBoxLayout()
        self._told.setSpacing(theme.space(5))
        self._shown = QVBoxLayout()
        self._shown.setSpacing(theme.gap)
        self._after = QVBoxLayout()
        self._after.setSpacing(theme.space(4.5))
        self._elastic = False
        self._outer = outer
        self._bar = QVBoxLayout()
        self._bar.setSpacing(theme.space(5))

    def tell(self, widget: QWidget) -> None:
        """Add to what is said: pills, titles, leads."""
        self._told.addWidget(widget)

    def title(self, text: str, role: TextRole = TextRole.TITLE) -> TextLabel:
        """What to do or what happened."""
        words = self.ctx.text(role, text)
        self.tell(words)
        return words

    def lead(self, text: str) -> TextLabel:
        """What it costs or why."""
        words = self.ctx.text(TextRole.LEAD, text, Colour.SECONDARY)
        self.tell(words)
        return words

    def show_widget(self, widget: QWidget, *, elastic: bool = False) -> None:
        """Add to what is shown. `elastic` widgets take the room that is left."""
        if elastic:
            self._shown.addStretch(1)
        self._shown.addWidget(widget, ELASTIC if elastic else 0)
        if elastic:
            self._shown.addStretch(1)
        self._elastic = self._elastic or elastic

    def after(self, widget: QWidget) -> None:
        """Add what is read last: under the picture upright, under the words across."""
        self._after.addWidget(widget)

    def note(self, text: str) -> TextLabel:
        """A last remark."""
        words = self.ctx.text(TextRole.LEAD, text, Colour.SECONDARY)
        self.after(words)
        return words

    def staff_button(self) -> ActionButton:
        """Always bottom left."""
        return self.ctx.button(Kind.SECONDARY, "btn-staff", self.ctx.say("action.staff"), StaffPressed(), icon="person")

    def counter_button(self, kind: Kind = Kind.QUIET) -> ActionButton:
        """Leave for the counter."""
        return self.ctx.button(kind, "btn-counter", self.ctx.say("action.counter"), CounterPressed())

    def cancel_button(self, kind: Kind = Kind.QUIET) -> ActionButton:
        """Leave without a trace."""
        return self.ctx.button(kind, "btn-cancel", self.ctx.say("action.cancel"), CancelPressed())

    def close_with(self, *main: QWidget, quiet: tuple[QWidget, ...] = ()) -> None:
        """Close the page with its buttons: call staff bottom left, going on bottom right, quiet ways out between."""
        theme = self.ctx.theme
        self._compose()
        gap = theme.mm(7)
        if not theme.portrait:
            self._bar.addLayout(self._wide_row(quiet, main, gap))
        elif len(main) > 1:
            self._bar.addLayout(_row(main, gap))
            self._bar.addLayout(_row((self.staff_button(), *quiet), gap))
        else:
            if quiet:
                self._bar.addLayout(_row(quiet, gap, empty_left=len(quiet) == 1))
            self._bar.addLayout(_row((self.staff_button(), *main), gap, empty_right=not main))
        self._outer.addLayout(self._bar)

    def _wide_row(self, quiet: tuple[QWidget, ...], main: tuple[QWidget, ...], gap: int) -> QBoxLayout:
        most = self.ctx.theme.mm(WIDE_ACTION_MM)
        row = QHBoxLayout()
        row.setSpacing(gap)
        staff = self.staff_button()
        row.addWidget(staff, 3 * ELASTIC)
        row.addStretch(1)
        for widget in quiet:
            row.addWidget(widget, 2 * ELASTIC)
        for widget in main:
            row.addWidget(widget, 3 * ELASTIC)
        for widget in (staff, *quiet, *main):
            widget.setMaximumWidth(most)
        return row

    def _compose(self) -> None:
        if self.ctx.theme.portrait:
            for part in (self._told, self._shown, self._after):
                if part.count():
                    self._outer.addLayout(part, ELASTIC if part is self._shown and self._elastic else 0)
            self._outer.addStretch(1)
            return
        left = QVBoxLayout()
        left.setSpacing(self.ctx.theme.gap)
        left.addLayout(self._told)
        left.addLayout(self._after)
        left.addStretch(1)
        columns = QHBoxLayout()
        columns.setSpacing(self.ctx.theme.mm(16))
        columns.addLayout(left, self.SHARES[0])
        if self._shown.count():
            right = QVBoxLayout()
            right.addLayout(self._shown, ELASTIC if self._elastic else 0)
            right.addStretch(1)
            columns.addLayout(right, self.SHARES[1])
        self._outer.addLayout(columns, 1)

    def needed_height(self, width: int) -> int:
        """The least height at which nothing is squeezed."""
        return self._outer.totalMinimumHeightForWidth(width)

    def needed_width(self) -> int:
        """The least width at which no word or button is cut."""
        return self._outer.totalMinimumSize().width()


def _row(widgets: tuple[QWidget, ...], gap: int, *, empty_left: bool = False, empty_right: bool = False) -> QBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(gap)
    if empty_left:
        row.addStretch(1)
    for widget in widgets:
        row.addWidget(widget, 1, Qt.AlignmentFlag.AlignVCenter)
    if empty_right:
        row.addStretch(1)
    return row
