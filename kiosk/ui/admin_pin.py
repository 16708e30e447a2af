"""The pad that asks IT staff for their PIN."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from kiosk.ui.texts import Phrases
from kiosk.ui.theme import Colour, TextRole, Theme
from kiosk.ui.widgets.boxes import Line
from kiosk.ui.widgets.buttons import ActionButton, Kind
from kiosk.ui.widgets.icons import Icons
from kiosk.ui.widgets.keypad import Keypad
from kiosk.ui.widgets.label import label

MOST_PIN_DIGITS = 12


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
