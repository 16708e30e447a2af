"""JPEG and JPEG 2000 as far as a chip photo needs it: which one, where it starts, its size, whether it is whole."""

from dataclasses import dataclass
from enum import StrEnum

from cccd_reader.errors import ChipDataError

MAX_SIDE = 8192
MAX_PIXELS = 1 << 24
"""A portrait has 413 × 531. A code stream states its size in a few bytes, and whoever decodes it allocates by that."""

_JPEG = b"\xff\xd8\xff"
_JP2 = bytes.fromhex("0000000C6A5020200D0A870A")
_J2K = bytes.fromhex("FF4FFF51")
"""Start of image; the JPEG 2000 signature box; start of codestream with the SIZ marker (ISO/IEC 10918-1, 15444-1)."""

_END = b"\xff\xd9"
"""End of image, and end of codestream: the same marker in both."""

_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers: C0 to CF without the tables DHT, JPG and DAC."""


class Codec(StrEnum):
    JPEG = "jpeg"
    JPEG2000 = "jpeg2000"


@dataclass(frozen=True, slots=True)
class FaceImage:
    """An encoded picture. `width` and `height` are the code stream's, in pixels: record headers are often wrong.
    `declared` is what the header says, (width, height), when it says anything. A `truncated` picture lacks its end."""

    codec: Codec
    data: bytes
    width: int
    height: int
    declared: tuple[int, int] | None = None
    truncated: bool = False

    def __repr__(self) -> str:
        cut = ", truncated" if self.truncated else ""
        return f"FaceImage({self.codec}, {len(self.data)} bytes, {self.width}×{self.height}{cut})"


def find_image(record: bytes, what: str) -> FaceImage:
    """The first picture in `record`, to its end; `ChipDataError` when there is none, or none of a portrait's size."""
    starts = {start: codec for magic, codec in _MAGIC.items() if (start := record.find(magic)) >= 0}
    if not starts:
        raise ChipDataError(what, "no JPEG or JPEG 2000 code stream")
    first = min(starts)
    data = record[first:]
    width, height, body = _jpeg_size(data, what) if starts[first] is Codec.JPEG else _jpeg2000_size(data, what)
    if not (width and height):
        raise ChipDataError(what, "the picture has no size")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise ChipDataError(what, f"the picture is larger than {MAX_SIDE} a side or {MAX_PIXELS} pixels")
    # The end is searched behind the headers: a thumbnail inside them has an end of its own.
    return FaceImage(starts[first], data, width, height, truncated=data.rfind(_END, body) < 0)


_MAGIC = {_JPEG: Codec.JPEG, _JP2: Codec.JPEG2000, _J2K: Codec.JPEG2000}


def _jpeg_size(data: bytes, what: str) -> tuple[int, int, int]:
    """(width, height, end of the headers) from the start-of-frame segment (ISO/IEC 10918-1, B.2.2)."""
    position = 2
    while position + 9 <= len(data):
        if data[position] != 0xFF:
            break
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        following = position + 2 + max(2, _number(data, position + 2, 2))
        if marker in _JPEG_FRAMES:
            return _number(data, position + 7, 2), _number(data, position + 5, 2), following
        position = following
    raise ChipDataError(what, "the JPEG has no frame header")


def _jpeg2000_size(data: bytes, what: str) -> tuple[int, int, int]:
    """(width, height, end of the header) from the SIZ segment (ISO/IEC 15444-1, A.5.1): reference grid less image
    offset."""
    start = data.find(_J2K)
    if start < 0 or start + 24 > len(data):
        raise ChipDataError(what, "the JPEG 2000 has no SIZ segment")
    x, y, x_offset, y_offset = (_number(data, start + 8 + 4 * i, 4) for i in range(4))
    return max(0, x - x_offset), max(0, y - y_offset), start + 4 + _number(data, start + 4, 2)


def _number(data: bytes, position: int, size: int) -> int:
    return int.from_bytes(data[position : position + size], "big")
