"""Design tokens in millimetres, and the pixels they become on the panel at hand.

Sizes follow a 21.5-inch full-HD panel (4 px = 1 mm). Touch areas are at least 20 mm high (Duff et al. 2010; VVSG 2.0
asks for 12.7 mm), gaps at least 2.54 mm, capital letters at least 4.8 mm (ADA/ABA 707.7.2).
"""

from dataclasses import dataclass
from enum import Enum, StrEnum

from PySide6.QtGui import QColor, QFont

from kiosk.flow.values import ScreenLight

FAMILY = "Be Vietnam Pro"
MM_PER_INCH = 25.4
LONG_MM = 480.0
SHORT_MM = 270.0
"""Sides of the drawing board: 1080 × 1920 px at 4 px/mm."""

LARGE = 1.25
"""Large text: reading sizes grow by a quarter."""
TITLE_SHARE = 0.4
"""Titles are large already: they take this share of the growth, so that they do not wrap badly."""
TITLE_LEAST = 0.72
"""On a page that is full, titles shrink no further than this."""
TITLE_FROM_MM = 12.0


class Colour(StrEnum):
    """Contrast with its ground in brackets; WCAG AAA asks 7:1 of text."""

    GROUND = "#F6F8F6"
    SURFACE = "#FFFFFF"
    LINE = "#E0E7E3"
    TRACK = "#D8E1DC"
    EDGE = "#6E8079"  # borders that a control is told by: 4:1 (WCAG 1.4.11 asks 3:1)
    TEXT = "#14211E"  # 16:1
    SECONDARY = "#3F524C"  # 8:1
    PRIMARY = "#0B5C4A"  # white on it 7.9:1
    PRESSED = "#083F33"
    PRIMARY_TINT = "#EAF4F0"
    ON_PRIMARY = "#FFFFFF"
    ATTENTION = "#E8A33D"
    ATTENTION_TEXT = "#7A4B00"  # 7:1 on its ground
    ATTENTION_GROUND = "#FCF0DA"
    GOOD = "#0B6B3A"
    GOOD_GROUND = "#E2F2E9"
    BAD = "#8A1010"
    BAD_GROUND = "#FBE9E9"
    DISABLED = "#5F6F69"
    DISABLED_GROUND = "#E6EBE8"
    DARK = "#3B4B46"

    @property
    def q(self) -> QColor:
        """The colour for a painter."""
        return QColor(self.value)


LIGHTS = {
    ScreenLight.WHITE: QColor(255, 255, 255),
    ScreenLight.AMBER: QColor(255, 190, 80),
    ScreenLight.AZURE: QColor(90, 170, 255),
    ScreenLight.MINT: QColor(110, 255, 180),
    ScreenLight.ORCHID: QColor(255, 130, 240),
}
"""What the screen shows while it lights the face: those of `face.pad.light_colours`, which looks for them on the skin.
Words on them are `Colour.TEXT` (at least 6:1), signs `Colour.PRIMARY` (at least 3:1)."""


class Tone(Enum):
    """Meaning of a coloured sign: (text, ground). Always together with a word and mostly with an icon."""

    NEUTRAL = (Colour.TEXT, Colour.SURFACE)
    GOOD = (Colour.GOOD, Colour.GOOD_GROUND)
    ATTENTION = (Colour.ATTENTION_TEXT, Colour.ATTENTION_GROUND)
    BAD = (Colour.BAD, Colour.BAD_GROUND)

    @property
    def text(self) -> Colour:
        """Colour of words and icon."""
        return self.value[0]

    @property
    def ground(self) -> Colour:
        """Colour behind them."""
        return self.value[1]


class TextRole(Enum):
    """A kind of text: (size of the em in mm, weight)."""

    WELCOME = (23.0, QFont.Weight.Bold)
    TITLE = (18.0, QFont.Weight.Bold)
    LEAD = (10.5, QFont.Weight.Normal)
    ACTION = (10.5, QFont.Weight.Bold)
    BODY = (9.5, QFont.Weight.Normal)
    STRONG = (9.5, QFont.Weight.DemiBold)
    NOTE = (8.0, QFont.Weight.Normal)
    NOTE_STRONG = (8.0, QFont.Weight.DemiBold)
    SMALL = (6.6, QFont.Weight.Normal)
    BRAND = (8.4, QFont.Weight.Bold)
    DIGIT = (13.0, QFont.Weight.Bold)
    KEY = (15.0, QFont.Weight.Bold)


@dataclass(frozen=True, slots=True)
class Theme:
    """Pixels for one window size.

    `unit` is pixels per design millimetre, `scale` the growth of reading text (1.0 normal, `LARGE` large), `shrink`
    (0–1) tightens the empty space and the titles of a page that is full.
    """

    width: int
    height: int
    unit: float
    scale: float = 1.0
    shrink: float = 1.0

    @classmethod
    def of(cls, width: int, height: int, ppi: float | None = None, *, large: bool = False) -> "Theme":
        """The theme of a window of `width` × `height` pixels on a panel of `ppi` pixels per inch.

        True millimetres where they fit; on a panel smaller than the drawing board everything shrinks alike.
        """
        board = (SHORT_MM, LONG_MM) if height >= width else (LONG_MM, SHORT_MM)
        fit = min(width / board[0], height / board[1])
        return cls(width, height, min(fit, ppi / MM_PER_INCH) if ppi else fit, LARGE if large else 1.0)

    @property
    def portrait(self) -> bool:
        """Upright panel: one column. Otherwise two."""
        return self.height >= self.width

    def mm(self, millimetres: float) -> int:
        """Pixels, at least one."""
        return max(1, round(millimetres * self.unit))

    def space(self, millimetres: float) -> int:
        """Pixels of empty space, which gives way first where a page is full."""
        return max(1, round(millimetres * self.unit * self.shrink))

    def font(self, role: TextRole) -> QFont:
        """The font of a text role at this size."""
        size, weight = role.value
        if size > TITLE_FROM_MM:
            size *= (1 + (self.scale - 1) * TITLE_SHARE) * max(TITLE_LEAST, self.shrink)
        else:
            size *= self.scale
        font = QFont(FAMILY)
        font.setPixelSize(self.mm(size))
        font.setWeight(weight)
        return font

    @property
    def margin(self) -> int:
        """Left and right of everything."""
        return self.mm(14)

    @property
    def gap(self) -> int:
        """Between things that belong together."""
        return self.space(7)

    @property
    def radius(self) -> int:
        """Corners of cards and buttons."""
        return self.mm(8)

    @property
    def action_height(self) -> int:
        """Main buttons."""
        return self.mm(37.5 if self.portrait else 30)

    @property
    def quiet_height(self) -> int:
        """Buttons for leaving: less tall, still 20 mm or more."""
        return self.mm(25 if self.portrait else 30)

    @property
    def header_height(self) -> int:
        """The bar with the hospital's name."""
        return self.mm(37.5 if self.portrait else 27)

    @property
    def line(self) -> int:
        """Hairlines and borders."""
        return max(1, round(0.6 * self.unit))
