"""Buttons: painted, at least 20 mm high, their words never cut."""

import math
from enum import Enum

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFocusEvent, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QSizePolicy

from kiosk.ui.theme import Colour, TextRole, Theme
from kiosk.ui.widgets.icons import Icons
from kiosk.ui.widgets.typeset import Block, draw, typeset, widest_word

MOST_LINES = 2
KEYBOARD_REASONS = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


KEYBOARD = "keyboard"
"""Property of the window: the last press came from a key. Qt also moves focus by itself, which no finger asked for."""
SMALLEST_SHARE = 0.8
"""Words give way down to this share of their size, about that of normal text, before they would break into lines."""
WORDS_SHARE = 0.085
"""Words on a drawing: at most this share of its height, so that they stay below the arrow."""


class Kind(Enum):
    """How strongly a button asks to be pressed."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    QUIET = "quiet"


def focus_ring(painter: QPainter, theme: Theme, area: QRectF, radius: float) -> None:
    """The amber ring that keyboard users follow, drawn inside `area` with a dark line around it (3:1 on any ground)."""
    inset = theme.mm(1.4)
    inner = area.adjusted(inset, inset, -inset, -inset)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((Colour.TEXT, 1.6), (Colour.ATTENTION, 0.9)):
        painter.setPen(QPen(QColor(colour), theme.unit * width))
        painter.drawRoundedRect(inner, radius - inset, radius - inset)


class PaintedButton(QPushButton):
    """Common ground of all buttons: painted by hand, keyboard focus shown only to keyboard users."""

    def __init__(self, theme: Theme, name: str, spoken: str) -> None:
        super().__init__()
        self.theme = theme
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.focus_visible = False

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.focus_visible = event.reason() in KEYBOARD_REASONS and bool(self.window().property(KEYBOARD))
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.focus_visible = False
        super().focusOutEvent(event)

    def text_rect(self) -> QRectF:
        """Where the words stand; tests measure them against it."""
        return QRectF(self.rect())


class ActionButton(PaintedButton):
    """A button with words, an optional icon before them and an optional arrow after them."""

    def __init__(
        self,
        theme: Theme,
        icons: Icons,
        kind: Kind,
        name: str,
        text: str,
        *,
        icon: str | None = None,
        arrow: bool = False,
    ) -> None:
        super().__init__(theme, name, text)
        self._kind, self._icons, self._icon, self._arrow = kind, icons, icon, arrow
        self.setFont(theme.font(TextRole.STRONG if kind is Kind.QUIET else TextRole.ACTION))
        self.setText(text)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._least = self._narrowest()
        self._lit = False

    def set_lit(self, lit: bool) -> None:
        """Whether a colour of the screen light lies under the button: words without a ground of their own go dark."""
        if lit is not self._lit:
            self._lit = lit
            self.update()

    @property
    def _pad(self) -> int:
        return self.theme.mm(4 if self._kind is Kind.QUIET else 6)

    @property
    def _sign(self) -> int:
        return round(self.font().pixelSize() * 0.95)

    @property
    def _sign_gap(self) -> int:
        return self.theme.mm(4.5 if self._icon else 3)

    def _extra(self) -> int:
        signs = (1 if self._icon else 0) + (1 if self._arrow else 0)
        return signs * (self._sign + self._sign_gap)

    def _narrowest(self) -> int:
        """The least width in which the words stand on at most two lines."""
        width = widest_word(self.text(), self.font())
        while len(typeset(self.text(), self.font(), math.ceil(width) + 1).lines) > MOST_LINES:
            width *= 1.05
        return math.ceil(width) + 1

    def _height(self) -> int:
        return self.theme.quiet_height if self._kind is Kind.QUIET else self.theme.action_height

    def sizeHint(self) -> QSize:
        one_line = typeset(self.text(), self.font())
        return QSize(math.ceil(one_line.width) + 1 + self._extra() + 2 * self._pad, self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._least + self._extra() + 2 * self._pad, self._height())

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return max(self._height(), math.ceil(self._set(width).height) + self.theme.mm(3))

    def _room(self, width: int) -> int:
        return width - 2 * self._pad - self._extra()

    def words_font(self, width: int) -> QFont:
        """The largest size in which the words stand on one line; the full size when they need two all the same."""
        font = self.font()
        size = font.pixelSize()
        for smaller in range(size, math.floor(size * SMALLEST_SHARE) - 1, -1):
            font.setPixelSize(smaller)
            if typeset(self.text(), font).width <= self._room(width):
                return font
        return self.font()

    def _set(self, width: int) -> Block:
        return typeset(self.text(), self.words_font(width), self._room(width), balanced=True)

    def lines(self) -> tuple[str, ...]:
        """The words as they stand now; more than one line means that the button is too narrow for them."""
        return tuple(self._set(self.width()).lines)

    def text_rect(self) -> QRectF:
        block = self._set(self.width())
        whole = block.width + self._extra()
        left = (self.width() - whole) / 2 + ((self._sign + self._sign_gap) if self._icon else 0)
        return QRectF(left, (self.height() - block.height) / 2, block.width, block.height)

    def _colours(self) -> tuple[Colour, Colour | None, Colour | None]:
        """(words, ground, border) of the present state."""
        if not self.isEnabled():
            if self._kind is Kind.QUIET:
                return Colour.DISABLED, None, None
            return Colour.DISABLED, Colour.DISABLED_GROUND, Colour.LINE
        down = self.isDown()
        match self._kind:
            case Kind.PRIMARY:
                return Colour.ON_PRIMARY, Colour.PRESSED if down else Colour.PRIMARY, None
            case Kind.SECONDARY:
                return Colour.PRIMARY, Colour.GOOD_GROUND if down else Colour.SURFACE, Colour.PRIMARY
            case Kind.QUIET:
                words = Colour.TEXT if self._lit else Colour.PRIMARY
                return words, Colour.GOOD_GROUND if down else None, None

    def paintEvent(self, _: QPaintEvent) -> None:
        words, ground, border = self._colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inset = self.theme.line / 2
        area = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        if ground or border:
            painter.setPen(QPen(QColor(border), self.theme.line) if border else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ground) if ground else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area, self.theme.radius, self.theme.radius)
        place = self.text_rect()
        painter.setFont(self.words_font(self.width()))
        painter.setPen(QColor(words))
        draw(painter, self._set(self.width()), place, Qt.AlignmentFlag.AlignHCenter)
        sign = QRectF(0, (self.height() - self._sign) / 2, self._sign, self._sign)
        if self._icon:
            sign.moveLeft(place.left() - self._sign_gap - self._sign)
            self._icons.paint(painter, self._icon, sign, words)
        if self._arrow:
            sign.moveLeft(place.right() + self._sign_gap)
            self._icons.paint(painter, "arrow-right", sign, words)
        if self.focus_visible:
            focus_ring(painter, self.theme, area, self.theme.radius)
        painter.end()


class PictureButton(PaintedButton):
    """A drawing one can press, with an optional line of words in its lower part."""

    def __init__(self, theme: Theme, icons: Icons, name: str, drawing: str, text: str) -> None:
        super().__init__(theme, name, text)
        self._icons, self._drawing = icons, drawing
        self.setFont(theme.font(TextRole.ACTION))
        self.setText(text)
        self.setMinimumHeight(theme.mm(80))
        self.setMaximumHeight(theme.mm(155))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(self.minimumHeight(), self.minimumHeight())

    def _words_font(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(min(font.pixelSize(), round(self._drawing_rect().height() * WORDS_SHARE)))
        return font

    def text_rect(self) -> QRectF:
        block = typeset(self.text(), self._words_font())
        drawing = self._drawing_rect()
        place = QRectF(0, 0, block.width, block.height)
        place.moveCenter(drawing.center())
        place.moveBottom(drawing.bottom() - drawing.height() * 0.03)
        return place

    def _drawing_rect(self) -> QRectF:
        size = self._icons.renderer(self._drawing).defaultSize()
        size.scale(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(0, 0, size.width(), size.height())
        place.moveCenter(QRectF(self.rect()).center())
        return place

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isDown():
            painter.setOpacity(0.85)
        self._icons.paint(painter, self._drawing, self._drawing_rect())
        painter.setFont(self._words_font())
        painter.setPen(QColor(Colour.ON_PRIMARY))
        draw(painter, typeset(self.text(), painter.font()), self.text_rect(), Qt.AlignmentFlag.AlignHCenter)
        if self.focus_visible:
            focus_ring(painter, self.theme, QRectF(self.rect()), self.theme.radius)
        painter.end()
