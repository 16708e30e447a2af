"""The frame of a page: what is said, what is shown, what can be pressed. One column upright, two columns across."""

from typing import ClassVar

from PySide6.QtWidgets import QVBoxLayout, QWidget

from kiosk.flow.events import CancelPressed, CounterPressed, StaffPressed
from kiosk.ui.context import UiContext
from kiosk.ui.theme import Colour, TextRole
from kiosk.ui.widgets.boxes import Column, Line
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
        self._told = Column(theme.space(5))
        self._shown = Column(theme.gap)
        self._after = Column(theme.space(4.5))
        self._elastic = False
        self._outer = outer

    def tell(self, widget: QWidget) -> None:
        """Add to what is said: pills, titles, leads."""
        self._told.box.addWidget(widget)

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
            self._shown.box.addStretch(1)
        self._shown.box.addWidget(widget, ELASTIC if elastic else 0)
        if elastic:
            self._shown.box.addStretch(1)
        self._elastic = self._elastic or elastic

    def after(self, widget: QWidget) -> None:
        """Add what is read last: under the picture upright, under the words across."""
        self._after.box.addWidget(widget)

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
        staff = self.staff_button()
        if not theme.portrait:
            self._outer.addWidget(self._wide_row(staff, quiet, main, gap))
            return
        bar = Column(theme.space(5))
        if len(main) > 1:
            bar.box.addWidget(_row(main, gap))
            bar.box.addWidget(_row((staff, *quiet), gap))
        else:
            if quiet:
                bar.box.addWidget(_row(quiet, gap, empty_left=len(quiet) == 1))
            bar.box.addWidget(_row((staff, *main), gap, empty_right=not main))
        self._outer.addWidget(bar)

    def _wide_row(self, staff: QWidget, quiet: tuple[QWidget, ...], main: tuple[QWidget, ...], gap: int) -> Line:
        most = self.ctx.theme.mm(WIDE_ACTION_MM)
        row = Line(gap)
        row.box.addWidget(staff, 3 * ELASTIC)
        row.box.addStretch(1)
        for widget in quiet:
            row.box.addWidget(widget, 2 * ELASTIC)
        for widget in main:
            row.box.addWidget(widget, 3 * ELASTIC)
        for widget in (staff, *quiet, *main):
            widget.setMaximumWidth(most)
        return row

    def _compose(self) -> None:
        if self.ctx.theme.portrait:
            for part in (self._told, self._shown, self._after):
                if part.box.count():
                    self._outer.addWidget(part, ELASTIC if part is self._shown and self._elastic else 0)
            self._outer.addStretch(1)
            return
        left = Column(self.ctx.theme.gap)
        left.box.addWidget(self._told)
        left.box.addWidget(self._after)
        left.box.addStretch(1)
        columns = Line(self.ctx.theme.mm(16))
        columns.box.addWidget(left, self.SHARES[0])
        if self._shown.box.count():
            right = Column()
            right.box.addWidget(self._shown, ELASTIC if self._elastic else 0)
            right.box.addStretch(1)
            columns.box.addWidget(right, self.SHARES[1])
        self._outer.addWidget(columns, 1)

    def needed_height(self, width: int) -> int:
        """The least height at which nothing is squeezed."""
        return self._outer.totalMinimumHeightForWidth(width)

    def needed_width(self) -> int:
        """The least width at which no word or button is cut."""
        return self._outer.totalMinimumSize().width()


def _row(widgets: tuple[QWidget, ...], gap: int, *, empty_left: bool = False, empty_right: bool = False) -> Line:
    row = Line(gap)
    if empty_left:
        row.box.addStretch(1)
    for widget in widgets:
        row.box.addWidget(widget, 1)
    if empty_right:
        row.box.addStretch(1)
    return row
