"""The bar on top: the hospital's sign and name, text size, language."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QWidget

from kiosk.ui.theme import Colour, TextRole, Theme
from kiosk.ui.widgets.boxes import Column
from kiosk.ui.widgets.buttons import PaintedButton, focus_ring
from kiosk.ui.widgets.icons import Icons
from kiosk.ui.widgets.label import label
from kiosk.ui.widgets.typeset import draw, typeset


class LogoButton(PaintedButton):
    """The hospital's sign. Patients see a picture; five quick taps are for the hospital's IT staff."""

    def __init__(self, theme: Theme, icons: Icons, spoken: str) -> None:
        super().__init__(theme, "btn-logo", spoken)
        self._icons = icons
        side = theme.mm(21)
        self.setFixedSize(side, side)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        self._icons.paint(painter, "logo", QRectF(self.rect()))
        painter.end()


class SwitchButton(PaintedButton):
    """One half of the language switch, or the whole text-size switch: filled when it is on."""

    def __init__(
        self, theme: Theme, name: str, spoken: str, *, on: bool, text: str = "", icon: tuple[Icons, str] | None = None
    ) -> None:
        super().__init__(theme, name, spoken)
        self.setFont(theme.font(TextRole.BRAND))
        self.setText(text)
        self.setCheckable(True)
        self.setChecked(on)
        self.setAutoExclusive(False)
        self._icon = icon
        self.setFixedSize(theme.mm(25), theme.mm(21))

    def nextCheckState(self) -> None:
        """A press asks; only the flow's answer changes what is on."""

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def text_rect(self) -> QRectF:
        block = typeset(self.text(), self.font())
        place = QRectF(0, 0, block.width, block.height)
        place.moveCenter(QRectF(self.rect()).center())
        return place

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inset = self.theme.line / 2
        area = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        filled = self.isChecked() or self.isDown()
        painter.setPen(QPen(QColor(Colour.PRIMARY), self.theme.line))
        painter.setBrush(QColor(Colour.PRIMARY if filled else Colour.SURFACE))
        radius = area.height() / 2
        painter.drawRoundedRect(area, radius, radius)
        words = Colour.ON_PRIMARY if filled else Colour.TEXT
        painter.setFont(self.font())
        painter.setPen(QColor(words))
        draw(painter, typeset(self.text(), self.font()), self.text_rect(), Qt.AlignmentFlag.AlignHCenter)
        if self._icon:
            icons, name = self._icon
            inset = area.height() * 0.22
            sign = area.adjusted(inset, inset, -inset, -inset)
            icons.paint(painter, name, sign, words)
        if self.focus_visible:
            focus_ring(painter, self.theme, area, radius)
        painter.end()


class LanguageSwitch(QWidget):
    """Two buttons in one frame."""

    def __init__(self, theme: Theme, halves: tuple[SwitchButton, SwitchButton]) -> None:
        super().__init__()
        self._theme = theme
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.mm(2.6))  # VVSG 2.0: at least 2.54 mm between touch areas
        for half in halves:
            row.addWidget(half)


class Header(QWidget):
    """Logo, two lines of names, switches."""

    def __init__(
        self,
        theme: Theme,
        icons: Icons,
        *,
        facility: str,
        tagline: str,
        switches: tuple[QWidget, ...],
        on_logo: Callable[[], None],
    ) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedHeight(theme.header_height)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.margin, 0, theme.margin, 0)
        row.setSpacing(theme.mm(5.5))
        logo = LogoButton(theme, icons, facility)
        logo.pressed.connect(on_logo)
        row.addWidget(logo)
        names = Column()
        names.box.addStretch(1)
        fixed = replace(theme, scale=1.0)  # the header keeps its size in large text
        names.box.addWidget(label(fixed, TextRole.BRAND, facility, Colour.PRIMARY))
        names.box.addWidget(label(fixed, TextRole.SMALL, tagline, Colour.SECONDARY))
        names.box.addStretch(1)
        row.addWidget(names, 1)
        for switch in switches:
            row.addWidget(switch)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(Colour.SURFACE))
        path = QPainterPath()
        path.addRect(0, self.height() - self._theme.line, self.width(), self._theme.line)
        painter.fillPath(path, QColor(Colour.LINE))
        painter.end()
