"""Where the patient is: five bars and a line of words."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from kiosk.ui.theme import Colour, TextRole, Theme
from kiosk.ui.widgets.label import label


class _Bars(QWidget):
    def __init__(self, theme: Theme, current: int, total: int) -> None:
        super().__init__()
        self._theme, self._current, self._total = theme, current, total
        self.setFixedHeight(theme.mm(3.5))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        gap = self._theme.mm(3.5)
        width = (self.width() - gap * (self._total - 1)) / self._total
        for step in range(1, self._total + 1):
            if step < self._current:
                colour = Colour.PRIMARY
            elif step == self._current:
                colour = Colour.ATTENTION
            else:
                colour = Colour.TRACK
            painter.setBrush(QColor(colour))
            bar = QRectF((step - 1) * (width + gap), 0, width, self.height())
            painter.drawRoundedRect(bar, self.height() / 2, self.height() / 2)
        painter.end()


class StepBar(QWidget):
    """Bars and "Bước 2/5 · Xác nhận khuôn mặt"."""

    def __init__(self, theme: Theme, current: int, total: int, words: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(3))
        column.addWidget(_Bars(theme, current, total))
        column.addWidget(label(theme, TextRole.NOTE_STRONG, words, Colour.SECONDARY))
