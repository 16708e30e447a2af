"""A QR code painted from its modules, sharp at every size."""

import segno
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.ui.theme import Theme

QUIET_ZONE = 4
"""Modules of white around the code (ISO/IEC 18004, 5.3.8)."""


class QrView(QWidget):
    """The code of `text`, error correction M as VietQR prints it, always black on white."""

    def __init__(self, theme: Theme, text: str, spoken: str, *, least: float = 70.0, most: float = 185.0) -> None:
        super().__init__()
        self._modules = tuple(tuple(bool(module) for module in row) for row in segno.make_qr(text, error="m").matrix)
        self.setAccessibleName(spoken)
        self.setMinimumSize(theme.mm(least), theme.mm(least))
        self.setMaximumHeight(theme.mm(most))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        count = len(self._modules) + 2 * QUIET_ZONE
        module = min(self.width(), self.height()) // count  # whole pixels: a blurred edge costs phones their reading
        side = module * count
        left, top = (self.width() - side) // 2, (self.height() - side) // 2
        painter.fillRect(QRectF(left, top, side, side), Qt.GlobalColor.white)
        black = QColor(Qt.GlobalColor.black)
        for row, line in enumerate(self._modules, start=QUIET_ZONE):
            for column, dark in enumerate(line, start=QUIET_ZONE):
                if dark:
                    painter.fillRect(left + column * module, top + row * module, module, module, black)
        painter.end()
