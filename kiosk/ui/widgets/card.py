"""White cards, rows of "what: value" in them, and pills."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kiosk.ui.theme import Colour, TextRole, Theme, Tone
from kiosk.ui.widgets.icons import Icons, IconView
from kiosk.ui.widgets.label import TextLabel, label

ROW_PAD_MM = 4.6
SHORT_NAME_EM = 8.0
"""A name up to this long stays on one line; its value wraps instead."""
PILL_PAD_MM = 7.0
NBSP = "\u00a0"


class Card(QWidget):
    """A rounded white surface with a column of widgets."""

    def __init__(self, theme: Theme, *, pad: float = 11.0) -> None:
        super().__init__()
        self.theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.column = QVBoxLayout(self)
        across, along = theme.mm(pad), theme.space(pad * 0.5)
        self.column.setContentsMargins(across, along, across, along)
        self.column.setSpacing(0)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(Colour.LINE), self.theme.line))
        painter.setBrush(QColor(Colour.SURFACE))
        inset = self.theme.line / 2
        area = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(area, self.theme.radius, self.theme.radius)
        painter.end()


class Rule(QWidget):
    """A hairline between rows."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setFixedHeight(max(1, theme.line // 2))

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(Colour.LINE))
        painter.end()


class Row(QWidget):
    """A name on the left, its value on the right, wrapped where they are long; a sign follows a good value."""

    def __init__(self, theme: Theme, icons: Icons, name: str, value: str, tone: Tone = Tone.NEUTRAL) -> None:
        super().__init__()
        box = QHBoxLayout(self)
        box.setContentsMargins(0, theme.space(ROW_PAD_MM), 0, theme.space(ROW_PAD_MM))
        box.setSpacing(theme.mm(6))
        middle = Qt.AlignmentFlag.AlignVCenter
        what = label(theme, TextRole.BODY, name, Colour.SECONDARY)
        if what.sizeHint().width() < SHORT_NAME_EM * what.font().pixelSize():
            what.set_text(name.replace(" ", NBSP))
        right = Qt.AlignmentFlag.AlignRight
        self._value = label(theme, TextRole.STRONG, value, tone.text, align=right)
        # where both do not fit on one line they give way in proportion to their lengths
        box.addWidget(what, what.sizeHint().width(), middle)
        box.addWidget(self._value, self._value.sizeHint().width(), middle)
        side = theme.font(TextRole.STRONG).pixelSize()
        sign = {Tone.GOOD: "check", Tone.ATTENTION: "alert", Tone.BAD: "cross"}.get(tone)
        if sign:
            box.addWidget(IconView(icons, sign, round(side * 0.8), tone.text), 0, middle)

    @property
    def value(self) -> TextLabel:
        """The label on the right, for values that change in place."""
        return self._value


class RowCard(Card):
    """Rows with hairlines between them."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)

    def add_words(self, words: TextLabel) -> None:
        """Append a sentence that has no value beside it."""
        holder = QWidget()
        box = QVBoxLayout(holder)
        box.setContentsMargins(0, self.theme.space(ROW_PAD_MM), 0, self.theme.space(ROW_PAD_MM))
        box.addWidget(words)
        self.add(holder)

    def add(self, row: QWidget) -> None:
        """Append a row."""
        if self.column.count():
            self.column.addWidget(Rule(self.theme))
        self.column.addWidget(row)


class Pill(QWidget):
    """A short status in colour, with a sign and words."""

    def __init__(
        self,
        theme: Theme,
        icons: Icons,
        text: str,
        tone: Tone,
        icon: str | None,
        role: TextRole = TextRole.NOTE_STRONG,
    ) -> None:
        super().__init__()
        self._theme, self._tone = theme, tone
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        box = QHBoxLayout(self)
        box.setContentsMargins(theme.mm(PILL_PAD_MM), theme.space(2.2), theme.mm(PILL_PAD_MM), theme.space(2.2))
        box.setSpacing(theme.mm(3))
        if icon:
            side = round(theme.font(role).pixelSize() * 0.9)
            box.addWidget(IconView(icons, icon, side, tone.text), 0, Qt.AlignmentFlag.AlignVCenter)
        self._words = label(theme, role, text, tone.text)
        box.addWidget(self._words, 1)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._tone.ground))
        radius = min(self.height() / 2, self._theme.mm(9))
        width = self._words.x() + self._words.ink_width() + self._theme.mm(PILL_PAD_MM)
        painter.drawRoundedRect(QRectF(0, 0, min(width, self.width()), self.height()), radius, radius)
        painter.end()
