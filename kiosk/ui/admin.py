"""The IT staff's screen: a PIN, then the state of every device and connection with a camera preview."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QScroller, QVBoxLayout, QWidget

from kiosk.ui.texts import Phrases
from kiosk.ui.theme import Colour, TextRole, Theme, Tone
from kiosk.ui.widgets.boxes import Column, Line
from kiosk.ui.widgets.buttons import ActionButton, Kind
from kiosk.ui.widgets.camera import Aim, CameraView
from kiosk.ui.widgets.card import Card, RowCard
from kiosk.ui.widgets.icons import Icons, IconView
from kiosk.ui.widgets.keypad import Keypad
from kiosk.ui.widgets.label import label

MOST_PIN_DIGITS = 12
PIN_IDLE_MS = 60_000
PROBES_IDLE_MS = 600_000
"""A forgotten administration screen must not keep patients from the kiosk."""


class ProbeState(StrEnum):
    """Result of one probe."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """One line of the table. `seconds` is how long the probe took."""

    name: str
    state: ProbeState
    detail: str
    seconds: float


SIGNS = {
    ProbeState.OK: ("check", Tone.GOOD),
    ProbeState.WARN: ("alert", Tone.ATTENTION),
    ProbeState.FAIL: ("cross", Tone.BAD),
}


class PinPad(QWidget):
    """Dots and keys. `entered` gets the digits, which are forgotten at once."""

    entered = Signal(str)
    closed = Signal()
    typed = Signal()

    def __init__(self, theme: Theme, say: Phrases, icons: Icons) -> None:
        super().__init__()
        self._say = say
        self._pin = ""
        self._wait = 0
        column = QVBoxLayout(self)
        side = theme.margin if theme.portrait else (theme.width - theme.mm(230)) // 2
        column.setContentsMargins(side, theme.margin, side, theme.margin)
        column.setSpacing(theme.mm(6))
        centre = Qt.AlignmentFlag.AlignHCenter
        column.addStretch(1)
        column.addWidget(label(theme, TextRole.LEAD, say("admin.pin_title"), align=centre))
        self._dots = label(theme, TextRole.KEY, "", Colour.PRIMARY, align=centre)
        column.addWidget(self._dots)
        self._refusal = label(theme, TextRole.BODY, "", Colour.BAD, align=centre)
        column.addWidget(self._refusal)
        self._keys = Keypad(theme, icons, erase_spoken=say("admin.erase"), on_digit=self._digit, on_erase=self._erase)
        column.addWidget(self._keys, 6)
        row = Line(theme.mm(7))
        close = ActionButton(theme, icons, Kind.SECONDARY, "btn-admin-close", say("action.close"))
        close.clicked.connect(self.closed)
        self._open = ActionButton(theme, icons, Kind.PRIMARY, "btn-pin-ok", say("admin.pin_ok"))
        self._open.clicked.connect(self._enter)
        row.box.addWidget(close, 1)
        row.box.addWidget(self._open, 1)
        column.addWidget(row)
        column.addStretch(1)
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._tick)
        self._show()

    def refuse(self, seconds_left: int) -> None:
        """The PIN was wrong; keys rest for `seconds_left` seconds."""
        self._pin = ""
        self._wait = max(0, seconds_left)
        self._refusal.set_text(self._words())
        if self._wait:
            self._second.start()
        self._show()

    def _words(self) -> str:
        return self._say("admin.refused", seconds=self._wait) if self._wait else self._say("admin.refused_now")

    def _tick(self) -> None:
        self._wait -= 1
        if self._wait <= 0:
            self._second.stop()
        self._refusal.set_text(self._words())
        self._show()

    def _digit(self, digit: str) -> None:
        self.typed.emit()
        if len(self._pin) < MOST_PIN_DIGITS:
            self._pin += digit
        self._refusal.set_text("")
        self._show()

    def _erase(self) -> None:
        self.typed.emit()
        self._pin = self._pin[:-1]
        self._show()

    def _enter(self) -> None:
        pin, self._pin = self._pin, ""
        self._show()
        self.entered.emit(pin)

    def _show(self) -> None:
        self._dots.set_text(" ".join("•" * len(self._pin)) or "–")
        self._dots.setAccessibleName(self._say("admin.pin_dots", n=len(self._pin)))
        self._open.setEnabled(bool(self._pin) and not self._wait)
        self._keys.set_enabled(not self._wait)


class ProbeTable(QScrollArea):
    """One row per probe: sign, name, detail, seconds."""

    def __init__(self, theme: Theme, say: Phrases, icons: Icons, rows: Sequence[ProbeRow]) -> None:
        super().__init__()
        self.setObjectName("probes")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.LeftMouseButtonGesture)  # a finger drags
        bar = f"QScrollBar {{ background: transparent; width: {theme.mm(4)}px; }}"
        handle = f"QScrollBar::handle {{ background: {Colour.EDGE.value}; border-radius: {theme.mm(1.5)}px; }}"
        arrows = "QScrollBar::add-line, QScrollBar::sub-line { height: 0; }"
        self.verticalScrollBar().setStyleSheet(bar + handle + arrows)
        card = RowCard(theme)
        for row in rows:
            card.add(_probe(theme, say, icons, row))
        card.column.addStretch(1)
        self.setWidget(card)
        card.setAutoFillBackground(False)


def _probe(theme: Theme, say: Phrases, icons: Icons, row: ProbeRow) -> QWidget:
    sign, tone = SIGNS[row.state]
    holder = QWidget()
    holder.setObjectName(f"probe-{row.name}")
    holder.setAccessibleName(f"{row.name}: {say(f'admin.{row.state}')}")
    box = QHBoxLayout(holder)
    box.setContentsMargins(0, theme.mm(2), 0, theme.mm(2))
    box.setSpacing(theme.mm(4))
    middle = Qt.AlignmentFlag.AlignVCenter
    box.addWidget(IconView(icons, sign, theme.mm(7), tone.text), 0, middle)
    words = Column()
    words.box.addWidget(label(theme, TextRole.NOTE_STRONG, f"{row.name}: {say(f'admin.{row.state}')}", tone.text))
    words.box.addWidget(label(theme, TextRole.SMALL, row.detail, Colour.SECONDARY))
    box.addWidget(words, 1)
    box.addWidget(label(theme, TextRole.SMALL, f"{row.seconds:.2f} s", Colour.SECONDARY), 0, middle)
    return holder


class AdminScreen(QWidget):
    """Covers the patient's area. The application checks the PIN and runs the probes; this only asks and shows."""

    pin_entered = Signal(str)
    probe_requested = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(Colour.GROUND))
        self.setPalette(palette)
        self.setAutoFillBackground(True)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._shown: QWidget | None = None
        self._pad: PinPad | None = None
        self._camera: CameraView | None = None
        self._theme: Theme | None = None
        self._say: Phrases | None = None
        self._icons: Icons | None = None
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.timeout.connect(self.leave)

    def ask_pin(self, theme: Theme, say: Phrases, icons: Icons) -> None:
        """Show the PIN pad."""
        self._theme, self._say, self._icons = theme, say, icons
        self._camera = None
        pad = PinPad(theme, say, icons)
        pad.entered.connect(self.pin_entered)
        pad.closed.connect(self.leave)
        pad.typed.connect(lambda: self._idle.start(PIN_IDLE_MS))
        self._pad = pad
        self._replace(pad)
        self._idle.start(PIN_IDLE_MS)
        self.show()
        self.raise_()

    def pin_refused(self, seconds_left: int) -> None:
        """Say so; the pad rests for `seconds_left` seconds (0: try again at once)."""
        if self._pad is not None:
            self._pad.refuse(seconds_left)

    def pin_accepted(self) -> None:
        """Show the table's frame, still empty, and ask for the probes."""
        self.show_rows(())
        self.probe_requested.emit()

    def show_rows(self, rows: Sequence[ProbeRow]) -> None:
        """Show the results; empty means that the probes are running."""
        theme, say, icons = self._theme, self._say, self._icons
        if theme is None or say is None or icons is None or not self.isVisible():
            return
        self._pad = None
        page = QWidget()
        outer = QVBoxLayout(page)
        outer.setContentsMargins(theme.margin, theme.mm(10), theme.margin, theme.mm(10))
        outer.setSpacing(theme.mm(7))
        outer.addWidget(label(theme, TextRole.LEAD, say("admin.title")))
        panes = Column(theme.mm(7)) if theme.portrait else Line(theme.mm(7))
        panes.box.addWidget(self._preview(theme, say), 2)
        if rows:
            panes.box.addWidget(ProbeTable(theme, say, icons, rows), 3)
        else:
            card = Card(theme)
            card.column.addWidget(label(theme, TextRole.BODY, say("admin.running"), Colour.SECONDARY))
            card.column.addStretch(1)
            panes.box.addWidget(card, 3)
        outer.addWidget(panes, 1)
        outer.addWidget(self._buttons(theme, say, icons, running=not rows))
        self._replace(page)
        self._idle.start(PROBES_IDLE_MS)

    def show_frame(self, frame: QImage) -> None:
        """The camera's picture, once the PIN was right."""
        if self._camera is not None:
            self._camera.set_frame(frame)

    def leave(self) -> None:
        """Close and forget what was shown."""
        self._idle.stop()
        self._pad = self._camera = None
        self._replace(None)
        self.hide()
        self.closed.emit()

    def _preview(self, theme: Theme, say: Phrases) -> CameraView:
        self._camera = CameraView(theme, Aim.NOTHING, say("admin.camera"))
        return self._camera

    def _buttons(self, theme: Theme, say: Phrases, icons: Icons, *, running: bool) -> Line:
        row = Line(theme.mm(7))
        again = ActionButton(theme, icons, Kind.SECONDARY, "btn-probe-again", say("admin.again"))
        again.setEnabled(not running)
        again.clicked.connect(lambda _=False: self._run_again())
        close = ActionButton(theme, icons, Kind.PRIMARY, "btn-admin-close", say("action.close"))
        close.clicked.connect(lambda _=False: self.leave())
        row.box.addWidget(again, 1)
        row.box.addWidget(close, 1)
        return row

    def _run_again(self) -> None:
        self.show_rows(())
        self.probe_requested.emit()

    def _replace(self, widget: QWidget | None) -> None:
        old, self._shown = self._shown, widget
        if widget is not None:
            self._box.addWidget(widget)
        if old is not None:
            old.hide()
            old.deleteLater()
