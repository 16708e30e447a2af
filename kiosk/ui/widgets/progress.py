"""Things that move: the bar of a read, waiting dots, the ring of a countdown."""

import math

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.ui.theme import Colour, TextRole, Theme
from kiosk.ui.widgets.typeset import draw, typeset

BUSY_STEP_MS = 120
BUSY_DOTS = 8


class ProgressBar(QWidget):
    """A thick bar, 0–1."""

    def __init__(self, theme: Theme, spoken: str) -> None:
        super().__init__()
        self._fraction = 0.0
        self.setAccessibleName(spoken)
        self.setFixedHeight(theme.mm(8))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_fraction(self, fraction: float) -> None:
        """Move the bar; painted again only when it really moves."""
        bounded = min(1.0, max(0.0, fraction))
        if bounded != self._fraction:
            self._fraction = bounded
            self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        radius = self.height() / 2
        painter.setBrush(QColor(Colour.TRACK))
        painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        if self._fraction > 0:
            painter.setBrush(QColor(Colour.PRIMARY))
            width = max(self.height(), self.width() * self._fraction)
            painter.drawRoundedRect(QRectF(0, 0, width, self.height()), radius, radius)
        painter.end()


class Busy(QWidget):
    """Dots in a circle, one of them lit in turn: something is being waited for."""

    def __init__(self, theme: Theme, spoken: str, *, size: float = 56.0) -> None:
        super().__init__()
        self._step = 0
        self.setAccessibleName(spoken)
        self.setMinimumHeight(theme.mm(size * 0.5))
        self.setMaximumHeight(theme.mm(size))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._timer = QTimer(self)
        self._timer.setInterval(BUSY_STEP_MS)
        self._timer.timeout.connect(self._turn)

    def sizeHint(self) -> QSize:
        return QSize(self.minimumHeight(), self.minimumHeight())

    def showEvent(self, event: QShowEvent) -> None:
        self._timer.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    def _turn(self) -> None:
        self._step = (self._step + 1) % BUSY_DOTS
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        side = min(self.width(), self.height())
        dot = side * 0.075
        for number in range(BUSY_DOTS):
            angle = 2 * math.pi * number / BUSY_DOTS - math.pi / 2
            age = (self._step - number) % BUSY_DOTS
            painter.setBrush(QColor(Colour.PRIMARY if age == 0 else Colour.GOOD if age == 1 else Colour.TRACK))
            centre_x = self.width() / 2 + math.cos(angle) * (side / 2 - dot * 1.2)
            centre_y = self.height() / 2 + math.sin(angle) * (side / 2 - dot * 1.2)
            radius = dot * (1.15 if age == 0 else 1.0)
            painter.drawEllipse(QRectF(centre_x - radius, centre_y - radius, 2 * radius, 2 * radius))
        painter.end()


class Ring(QWidget):
    """Seconds left, in a ring that empties."""

    def __init__(self, theme: Theme, spoken: str) -> None:
        super().__init__()
        self._theme = theme
        self._left, self._of = 0, 1.0
        self.setAccessibleName(spoken)
        side = theme.mm(48)
        self.setFixedSize(side, side)

    def set_left(self, seconds: int, of: float) -> None:
        """Show `seconds` of `of`."""
        if (seconds, of) != (self._left, self._of):
            self._left, self._of = seconds, max(1.0, of)
            self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        stroke = self._theme.unit * 4
        area = QRectF(self.rect()).adjusted(stroke, stroke, -stroke, -stroke)
        painter.setPen(QPen(QColor(Colour.TRACK), stroke))
        painter.drawEllipse(area)
        pen = QPen(QColor(Colour.ATTENTION), stroke)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(area, 90 * 16, round(360 * 16 * min(1.0, self._left / self._of)))
        painter.setFont(self._theme.font(TextRole.TITLE))
        painter.setPen(QColor(Colour.TEXT))
        draw(painter, typeset(str(self._left), painter.font()), area, Qt.AlignmentFlag.AlignHCenter)
        painter.end()
