"""Setting Vietnamese text: line height 1.3, room for stacked tone marks, lines of even length.

Be Vietnam Pro draws "Ễ" 1.15 em above the baseline and "Ậ" 0.25 em below, more than its own line metrics allow, so the
stock label would cut the hook of a capital. Text here is laid out and painted with that room added.
"""

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QTextLayout, QTextOption

LINE_HEIGHT = 1.3
ABOVE = 1.17
BELOW = 0.27
UNBOUNDED = 100_000.0


@dataclass(frozen=True, slots=True)
class Block:
    """Set lines with their widths; `size` is the em in pixels."""

    lines: tuple[str, ...]
    widths: tuple[float, ...]
    size: int

    @property
    def width(self) -> float:
        """Of the widest line."""
        return max(self.widths, default=0.0)

    @property
    def height(self) -> float:
        """From above the first line's marks to below the last one's."""
        return (ABOVE + BELOW + LINE_HEIGHT * (len(self.lines) - 1)) * self.size


def _break(text: str, font: QFont, width: float) -> Block:
    metrics = QFontMetricsF(font)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        layout = QTextLayout(paragraph, font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WordWrap)
        layout.setTextOption(option)
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            lines.append(paragraph[line.textStart() : line.textStart() + line.textLength()].strip(" "))
        layout.endLayout()
    return Block(tuple(lines), tuple(metrics.horizontalAdvance(line) for line in lines), font.pixelSize())


def _set(text: str, font: QFont, width: float, *, balanced: bool) -> Block:
    block = _break(text, font, width)
    if not balanced or len(block.lines) < 2:
        return block
    low, high = widest_word(text, font), width
    while high - low > 2:  # the narrowest measure with as many lines: no orphan word on the last one
        middle = (low + high) / 2
        if len(_break(text, font, middle).lines) > len(block.lines):
            low = middle
        else:
            high = middle
    return _break(text, font, high)


@lru_cache(maxsize=1024)
def _cached(text: str, key: str, width: int, balanced: bool) -> Block:
    font = QFont()
    font.fromString(key)
    return _set(text, font, float(width), balanced=balanced)


def typeset(text: str, font: QFont, width: float = UNBOUNDED, *, balanced: bool = False) -> Block:
    """Break `text` into lines no wider than `width` (except single words wider than that)."""
    return _cached(text, font.toString(), max(1, int(width)), balanced)


def widest_word(text: str, font: QFont) -> float:
    """The least width at which no line overflows. A no-break space does not part words."""
    metrics = QFontMetricsF(font)
    return max((metrics.horizontalAdvance(word) for word in text.replace("\n", " ").split(" ")), default=0.0)


def draw(painter: QPainter, block: Block, area: QRectF, align: Qt.AlignmentFlag) -> None:
    """Paint a block into `area` with the painter's font and pen; vertically centred."""
    top = area.top() + (area.height() - block.height) / 2
    for number, (line, width) in enumerate(zip(block.lines, block.widths, strict=True)):
        if align & Qt.AlignmentFlag.AlignRight:
            left = area.right() - width
        elif align & Qt.AlignmentFlag.AlignHCenter:
            left = area.left() + (area.width() - width) / 2
        else:
            left = area.left()
        painter.drawText(QPointF(left, top + (ABOVE + LINE_HEIGHT * number) * block.size), line)
