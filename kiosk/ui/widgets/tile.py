"""A department to choose: its name, room, queue and price."""

import math

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from kiosk.ui.theme import Colour, TextRole, Theme
from kiosk.ui.widgets.buttons import PaintedButton, focus_ring
from kiosk.ui.widgets.icons import Icons
from kiosk.ui.widgets.typeset import Block, draw, typeset, widest_word


class Tile(PaintedButton):
    """A card one can choose; the chosen one has a border, a tint and a check sign."""

    def __init__(
        self, theme: Theme, icons: Icons, name: str, title: str, notes: tuple[str, ...], *, chosen: bool
    ) -> None:
        super().__init__(theme, name, ". ".join((title, *notes)))
        self._icons = icons
        self._notes = "\n".join(notes)
        self._note_font = theme.font(TextRole.NOTE)
        self.setFont(theme.font(TextRole.ACTION))
        self.setText(title)
        self.setCheckable(True)
        self.setChecked(chosen)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def nextCheckState(self) -> None:
        """A press asks; only the flow's answer changes what is chosen."""

    @property
    def _pad(self) -> int:
        return self.theme.mm(7)

    @property
    def _sign(self) -> int:
        return self.theme.mm(9)

    def _title(self, width: int) -> Block:
        return typeset(self.text(), self.font(), width - 2 * self._pad - self._sign)

    def _note(self, width: int) -> Block:
        return typeset(self._notes, self._note_font, width - 2 * self._pad)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        pad = self.theme.space(5)
        content = self._title(width).height + self._note(width).height + self.theme.space(2)
        return max(math.ceil(content) + 2 * pad, self.theme.space(38))

    def sizeHint(self) -> QSize:
        width = self.theme.mm(100)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        words = math.ceil(widest_word(self.text(), self.font())) + 1 + 2 * self._pad + self._sign
        return QSize(max(words, self.theme.mm(60)), self.theme.mm(25))

    def text_rect(self) -> QRectF:
        block = self._title(self.width())
        return QRectF(self._pad, self.theme.space(5), block.width, block.height)

    def note_rect(self) -> QRectF:
        """Where the second text stands; tests measure it."""
        block = self._note(self.width())
        return QRectF(self._pad, self.height() - self.theme.space(5) - block.height, block.width, block.height)

    def sign_rect(self) -> QRectF:
        """Where the check sign of a chosen tile stands."""
        return QRectF(self.width() - self._pad - self._sign, self.theme.space(6), self._sign, self._sign)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self.isChecked()
        stroke = self.theme.line * (1.6 if chosen else 1.0)
        area = QRectF(self.rect()).adjusted(stroke / 2, stroke / 2, -stroke / 2, -stroke / 2)
        painter.setPen(QPen(QColor(Colour.PRIMARY if chosen else Colour.EDGE), stroke))
        painter.setBrush(QColor(Colour.PRIMARY_TINT if chosen or self.isDown() else Colour.SURFACE))
        painter.drawRoundedRect(area, self.theme.radius, self.theme.radius)
        left = Qt.AlignmentFlag.AlignLeft
        painter.setFont(self.font())
        painter.setPen(QColor(Colour.TEXT))
        draw(painter, self._title(self.width()), self.text_rect(), left)
        painter.setFont(self._note_font)
        painter.setPen(QColor(Colour.SECONDARY))
        draw(painter, self._note(self.width()), self.note_rect(), left)
        if chosen:
            self._icons.paint(painter, "check", self.sign_rect(), Colour.PRIMARY)
        if self.focus_visible:
            focus_ring(painter, self.theme, area, self.theme.radius)
        painter.end()
