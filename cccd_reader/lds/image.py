"""JPEG and JPEG 2000 as far as a chip photo needs it: which one it is, where it starts, and its size in pixels."""

from dataclasses import dataclass
from enum import StrEnum

from cccd_reader.errors import ChipDataError

_JPEG = b"\xff\xd8\xff"
_JP2 = bytes.fromhex("0000000C6A5020200D0A870A")
_J2K = bytes.fromhex("FF4FFF51")
"""Start of image; the JPEG 2000 signature box; start of codestream with the SIZ marker (ISO/IEC 10918-1, 15444-1)."""

_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers: C0 to CF without the tables DHT, JPG and DAC."""


class Codec(StrEnum):
    JPEG = "jpeg"
    JPEG2000 = "jpeg2000"


@dataclass(frozen=True, slots=True)
class FaceImage:
    """An encoded picture. `width` and `height` are the code stream's, in pixels: record headers are often wrong."""

    codec: Codec
    data: bytes
    width: int
    height: int

    def __repr__(self) -> str:
        return f"FaceImage({self.codec}, {len(self.data)} bytes, {self.width}×{self.height})"


def find_image(record: bytes, what: str) -> FaceImage:
    """The first picture in `record`, to its end; `ChipDataError` when there is none."""
    starts = {start: codec for magic, codec in _MAGIC.items() if (start := record.find(magic)) >= 0}
    if not starts:
        raise ChipDataError(what, "no JPEG or JPEG 2000 code stream")
    first = min(starts)
    data = record[first:]
    width, height = _jpeg_size(data, what) if starts[first] is Codec.JPEG else _jpeg2000_size(data, what)
    if not (width and height):
        raise ChipDataError(what, "the picture has no size")
    return FaceImage(starts[first], data, width, height)


_MAGIC = {_JPEG: Codec.JPEG, _JP2: Codec.JPEG2000, _J2K: Codec.JPEG2000}


def _jpeg_size(data: bytes, what: str) -> tuple[int, int]:
    """(width, height) from the start-of-frame segment (ISO/IEC 10918-1, B.2.2)."""
    position = 2
    while position + 9 <= len(data):
        if data[position] != 0xFF:
            break
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        if marker in _JPEG_FRAMES:
            return _number(data, position + 7, 2), _number(data, position + 5, 2)
        position += 2 + max(2, _number(data, position + 2, 2))
    raise ChipDataError(what, "the JPEG has no frame header")


def _jpeg2000_size(data: bytes, what: str) -> tuple[int, int]:
    """(width, height) from the SIZ segment (ISO/IEC 15444-1, A.5.1): reference grid less image offset."""
    start = data.find(_J2K)
    if start < 0 or start + 24 > len(data):
        raise ChipDataError(what, "the JPEG 2000 has no SIZ segment")
    x, y, x_offset, y_offset = (_number(data, start + 8 + 4 * i, 4) for i in range(4))
    return max(0, x - x_offset), max(0, y - y_offset)


def _number(data: bytes, position: int, size: int) -> int:
    return int.from_bytes(data[position : position + size], "big")
