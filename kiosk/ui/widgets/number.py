"""The number of a ticket, as large as its card allows."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.ui.theme import FAMILY, Colour, Theme

MOST_MM = 64.0
LEAST_MM = 26.0


class BigNumber(QWidget):
    """One line of digits, scaled to the width and height at hand."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__()
        self._theme, self._text = theme, text
        self.setAccessibleName(text)
        self.setMinimumHeight(theme.mm(LEAST_MM))
        self.setMaximumHeight(theme.mm(MOST_MM * 0.95))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.mm(150), self.maximumHeight())

    def font_fitting(self) -> QFont:
        """The largest font whose digits fit."""
        font = QFont(FAMILY)
        font.setWeight(QFont.Weight.Bold)
        size = min(self._theme.mm(MOST_MM), round(self.height() / 0.82))
        font.setPixelSize(size)
        width = QFontMetricsF(font).horizontalAdvance(self._text)
        if width > self.width():
            font.setPixelSize(max(1, int(size * self.width() / width)))
        return font

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font_fitting())
        painter.setPen(QColor(Colour.PRIMARY))
        ink = QFontMetricsF(painter.font()).tightBoundingRect(self._text)
        place = QRectF(self.rect())
        x = place.center().x() - ink.center().x()
        painter.drawText(round(x), round(place.center().y() - ink.center().y()), self._text)
        painter.end()
