"""Text and codes as black-on-white blocks of dots, stacked into one bitmap.

Everything is drawn in grey and cut at the middle once: a thermal head knows only black and white, and the cut
leaves rounder letters than drawing without grey does.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from math import ceil

import segno
from PIL import Image, ImageDraw, ImageFont

from kiosk import paths

LINE_HEIGHT = 1.3  # em; the least for calm reading
QR_QUIET_MODULES = 4  # ISO/IEC 18004: quiet zone of four modules
BLACK, WHITE = 0, 255
_CUT = 128


class Weight(StrEnum):
    """The font files that ship in assets/fonts."""

    REGULAR = "BeVietnamPro-Regular.ttf"
    SEMIBOLD = "BeVietnamPro-SemiBold.ttf"
    BOLD = "BeVietnamPro-Bold.ttf"


@lru_cache(maxsize=64)
def font(weight: Weight, size: int) -> ImageFont.FreeTypeFont:
    """A font by weight and em size in dots. Raises: OSError if the file is missing."""
    return ImageFont.truetype(paths.fonts() / weight.value, size)


def extents(lines: Sequence[str], face: ImageFont.FreeTypeFont) -> tuple[int, int]:
    """Dots above and below the baseline that every one of `lines` has room in.

    The font's own ascent is too small for stacked tone marks (Ễ, Ữ), so the ink decides where it is larger.
    """
    ascent, descent = face.getmetrics()
    boxes = [face.getbbox(line, anchor="ls") for line in lines]
    above = max(ascent, *(ceil(-box[1]) for box in boxes))
    below = max(descent, *(ceil(box[3]) for box in boxes))
    spare = max(ceil(face.size * LINE_HEIGHT) - above - below, 0)
    return above + spare // 2, below + spare - spare // 2


def text_block(
    text: str, face: ImageFont.FreeTypeFont, width: int, *, centred: bool = True, inverted: bool = False
) -> Image.Image:
    """`text` wrapped to `width` dots, as a grey block of that width."""
    ink, ground = (WHITE, BLACK) if inverted else (BLACK, WHITE)
    lines = wrapped(unicodedata.normalize("NFC", text), face, width)
    above, below = extents(lines, face)
    height = above + below
    block = Image.new("L", (width, height * len(lines)), ground)
    draw = ImageDraw.Draw(block)
    for number, line in enumerate(lines):
        left = (width - face.getlength(line)) / 2 if centred else 0
        draw.text((left, number * height + above), line, font=face, fill=ink, anchor="ls")
    return block


def wrapped(text: str, face: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Lines no wider than `width`; a word that is too wide by itself is broken."""
    lines: list[str] = []
    for word in text.split():
        trial = f"{lines[-1]} {word}" if lines else word
        if lines and face.getlength(trial) <= width:
            lines[-1] = trial
            continue
        *whole, rest = _broken(word, face, width)
        lines += [*whole, rest]
    return lines or [""]


def _broken(word: str, face: ImageFont.FreeTypeFont, width: int) -> list[str]:
    parts = [""]
    for letter in word:
        if parts[-1] and face.getlength(parts[-1] + letter) > width:
            parts.append("")
        parts[-1] += letter
    return parts


def fitted(text: str, weight: Weight, width: int, largest: int, smallest: int) -> ImageFont.FreeTypeFont:
    """The largest font in which `text` fits on one line of `width` dots, but not below `smallest`."""
    size = largest
    while size > smallest and font(weight, size).getlength(text) > width:
        size -= 2
    return font(weight, size)


def qr_block(text: str, width: int, largest: int) -> Image.Image:
    """A QR code (level M) with its quiet zone, whole dots per module, at most `largest` dots wide, centred."""
    code = segno.make(text, error="m", micro=False)
    modules = [bytes(row) for row in code.matrix_iter(scale=1, border=QR_QUIET_MODULES)]
    side = len(modules)
    scale = max(1, largest // side)
    grid = Image.new("L", (side, side), WHITE)
    grid.putdata([BLACK if dark else WHITE for row in modules for dark in row])
    block = Image.new("L", (width, side * scale), WHITE)
    block.paste(grid.resize((side * scale, side * scale), Image.Resampling.NEAREST), ((width - side * scale) // 2, 0))
    return block


def rule_block(width: int, thickness: int) -> Image.Image:
    """A line across."""
    return Image.new("L", (width, thickness), BLACK)


def space_block(width: int, height: int) -> Image.Image:
    """White paper."""
    return Image.new("L", (width, height), WHITE)


def framed(blocks: Sequence[Image.Image], width: int, padding: int) -> Image.Image:
    """Blocks (of `width - 2 * padding`) white on black."""
    frame = Image.new("L", (width, sum(block.height for block in blocks) + 2 * padding), BLACK)
    top = padding
    for block in blocks:
        frame.paste(block, (padding, top))
        top += block.height
    return frame


def stacked(blocks: Iterable[Image.Image], width: int, margin: int) -> Image.Image:
    """All blocks below each other between two margins, in black and white (mode "1")."""
    rows = list(blocks)
    page = Image.new("L", (width, sum(block.height for block in rows)), WHITE)
    top = 0
    for block in rows:
        page.paste(block, (margin, top))
        top += block.height
    return page.point(lambda grey: WHITE if grey >= _CUT else BLACK).convert("1", dither=Image.Dither.NONE)
