"""The text label every screen uses."""

import math
from collections.abc import Iterable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from kiosk.ui.theme import Colour, TextRole, Theme
from kiosk.ui.widgets.typeset import Block, draw, typeset, widest_word

LEFT = 2
EDGE = 2
"""Pixels left, above and below the words, for soft edges and for hinting, which may lift a stacked mark by a pixel."""
RIGHT_EM = 0.07
"""The horn of a final "ữ" or "ơ" reaches beyond the letter's advance width."""


class TextLabel(QLabel):
    """Wrapped plain text with room for tone marks. Height follows width, so a layout never clips it."""

    def __init__(
        self,
        text: str,
        font: QFont,
        colour: Colour = Colour.TEXT,
        *,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        balanced: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(font)
        self.setAlignment(align)
        self._align = align
        self._colour = colour
        self._balanced = balanced
        self._others: tuple[str, ...] = ()
        self._lit = False
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setText(text)

    def set_text(self, text: str) -> None:
        """Change the text; nothing is laid out again when it is the same."""
        if text != self.text():
            self.setText(text)
            self.updateGeometry()

    def reserve(self, others: Iterable[str]) -> None:
        """Keep room for these texts too: nothing below moves when one of them takes the place of the present one."""
        self._others = tuple(others)
        self.updateGeometry()

    def set_lit(self, lit: bool) -> None:
        """Whether a colour of the screen light lies under the words: then they are set in the darkest colour."""
        if lit is not self._lit:
            self._lit = lit
            self.update()

    def ink_width(self) -> int:
        """Width of the widest line as set in the label's present width."""
        return math.ceil(self._set(self.width()).width) + self._sides

    @property
    def _right(self) -> int:
        return math.ceil(self.font().pixelSize() * RIGHT_EM)

    @property
    def _sides(self) -> int:
        return LEFT + self._right

    def _set(self, width: int) -> Block:
        return typeset(self.text(), self.font(), width - self._sides, balanced=self._balanced)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        room = width - self._sides
        blocks = (typeset(text, self.font(), room, balanced=self._balanced) for text in (self.text(), *self._others))
        return math.ceil(max(block.height for block in blocks)) + 2 * EDGE

    def sizeHint(self) -> QSize:
        block = typeset(self.text(), self.font())
        return QSize(math.ceil(block.width) + 1 + self._sides, math.ceil(block.height) + 2 * EDGE)

    def minimumSizeHint(self) -> QSize:
        one_line = typeset("Ệ", self.font())
        widest = max(widest_word(text, self.font()) for text in (self.text(), *self._others))
        return QSize(math.ceil(widest) + 1 + self._sides, math.ceil(one_line.height) + 2 * EDGE)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(QColor(Colour.TEXT if self._lit else self._colour))
        draw(painter, self._set(self.width()), QRectF(self.rect()).adjusted(LEFT, 0, -self._right, 0), self._align)
        painter.end()


def label(
    theme: Theme,
    role: TextRole,
    text: str,
    colour: Colour = Colour.TEXT,
    *,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> TextLabel:
    """A label in one of the theme's text roles, set in even lines."""
    return TextLabel(text, theme.font(role), colour, align=align, balanced=True)
