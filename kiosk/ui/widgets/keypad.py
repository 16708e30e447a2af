"""The number pad and the twelve boxes of a citizen number."""

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from kiosk.ui.theme import Colour, TextRole, Theme
from kiosk.ui.widgets.buttons import PaintedButton, focus_ring
from kiosk.ui.widgets.icons import Icons
from kiosk.ui.widgets.typeset import draw, typeset

GROUPS = (3, 3, 6)
"""Province, sex and century with birth year, serial: how the number is usually read aloud."""


class Key(PaintedButton):
    """One key: a digit or an icon."""

    def __init__(self, theme: Theme, name: str, spoken: str, text: str, icon: tuple[Icons, str] | None = None) -> None:
        super().__init__(theme, name, spoken)
        self.setFont(theme.font(TextRole.KEY))
        self.setText(text)
        self._icon = icon
        self.setMinimumSize(theme.mm(24), theme.mm(20))
        self.setMaximumHeight(theme.mm(44))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def text_rect(self) -> QRectF:
        block = typeset(self.text(), self.font())
        place = QRectF(0, 0, block.width, min(block.height, self.height()))
        place.moveCenter(QRectF(self.rect()).center())
        return place

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inset = self.theme.line / 2
        area = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.setPen(QPen(QColor(Colour.EDGE), self.theme.line))
        painter.setBrush(QColor(Colour.GOOD_GROUND if self.isDown() else Colour.SURFACE))
        painter.drawRoundedRect(area, self.theme.radius, self.theme.radius)
        words = Colour.TEXT if self.isEnabled() else Colour.DISABLED
        painter.setFont(self.font())
        painter.setPen(QColor(words))
        draw(painter, typeset(self.text(), self.font()), QRectF(self.rect()), Qt.AlignmentFlag.AlignHCenter)
        if self._icon:
            side = self.theme.mm(12)
            place = QRectF(0, 0, side, side)
            place.moveCenter(area.center())
            self._icon[0].paint(painter, self._icon[1], place, words)
        if self.focus_visible:
            focus_ring(painter, self.theme, area, self.theme.radius)
        painter.end()


class Keypad(QWidget):
    """1–9, erase, 0, in the order of a telephone."""

    def __init__(
        self,
        theme: Theme,
        icons: Icons,
        *,
        erase_spoken: str,
        on_digit: Callable[[str], None],
        on_erase: Callable[[], None],
        last: QWidget | None = None,
    ) -> None:
        super().__init__()
        self._keys: list[Key] = []
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.space(5))
        for digit in "1234567890":
            key = Key(theme, f"key-{digit}", digit, digit)
            key.clicked.connect(lambda _=False, digit=digit: on_digit(digit))
            place = (3, 1) if digit == "0" else divmod(int(digit) - 1, 3)
            grid.addWidget(key, *place)
            self._keys.append(key)
        erase = Key(theme, "key-erase", erase_spoken, "", (icons, "erase"))
        erase.clicked.connect(lambda _=False: on_erase())
        grid.addWidget(erase, 3, 0)
        self._keys.append(erase)
        if last is not None:
            grid.addWidget(last, 3, 2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_enabled(self, on: bool) -> None:
        """Keys rest while the number is being checked."""
        for key in self._keys:
            key.setEnabled(on)


class DigitBoxes(QWidget):
    """Twelve boxes, 3-3-6. Typed digits stay readable until they are sent, then turn into dots: others stand behind."""

    def __init__(self, theme: Theme, spoken: str) -> None:
        super().__init__()
        self._theme = theme
        self._digits = ""
        self._hidden = False
        self.setAccessibleName(spoken)
        self.setFixedHeight(theme.mm(26))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_digits(self, digits: str, *, hidden: bool) -> None:
        """Fill the boxes from the left."""
        if (digits, hidden) != (self._digits, self._hidden):
            self._digits, self._hidden = digits, hidden
            self.update()

    def boxes(self) -> list[QRectF]:
        """The rectangles, left to right."""
        gap, wide = self._theme.unit * 1.6, self._theme.unit * 6.5
        count = sum(GROUPS)
        gaps = (count - len(GROUPS)) * gap + (len(GROUPS) - 1) * wide
        width = min((self.width() - gaps) / count, self._theme.unit * 22)
        places: list[QRectF] = []
        left = 0.0
        for size in GROUPS:
            for _ in range(size):
                places.append(QRectF(left, 0, width, self.height()))
                left += width + gap
            left += wide - gap
        return places

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._theme.font(TextRole.DIGIT))
        inset, radius = self._theme.line / 2, self._theme.mm(3)
        for place, box in enumerate(self.boxes()):
            area = box.adjusted(inset, inset, -inset, -inset)
            is_next = place == len(self._digits) and not self._hidden
            stroke = self._theme.line * (2 if is_next else 1)
            painter.setPen(QPen(QColor(Colour.PRIMARY if is_next else Colour.EDGE), stroke))
            painter.setBrush(QColor(Colour.SURFACE))
            painter.drawRoundedRect(area, radius, radius)
            if place < len(self._digits):
                painter.setPen(QColor(Colour.TEXT))
                sign = "•" if self._hidden else self._digits[place]
                draw(painter, typeset(sign, painter.font()), area, Qt.AlignmentFlag.AlignHCenter)
        painter.end()
