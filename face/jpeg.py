"""A JPEG's headers (ISO/IEC 10918-1, annex B), read before a decoder is trusted with the rest."""

import re
from dataclasses import dataclass

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15 without DHT, JPG, DAC
_END, _SCAN = 0xD9, 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # TEM, RSTn, SOI: markers without a length
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # the next marker that entropy-coded data cannot contain

MAX_SEGMENTS = 1000
"""A portrait has about ten. Decoders work on each, however empty, and keep what is in it."""
MAX_SCAN_PIXELS = 200_000_000
"""Scans times pixels. A progressive decoder goes over the whole picture once for every scan, however little the scan
says: 31 bytes cost 50 ms at 16 megapixels. A portrait has at most ten scans, this is 12 at 16 megapixels."""


@dataclass(frozen=True, slots=True)
class JpegHeader:
    width: int
    height: int
    components: int
    scans: int


def read_jpeg_header(data: bytes) -> JpegHeader:
    """Walk all segments of a JPEG. Raises ``ValueError`` for what is no JPEG, is cut off, or would cost too much."""
    position, frame, scans = 2, None, 0
    for _ in range(MAX_SEGMENTS):  # fill bytes count, too: decoders read them one by one
        if position + 2 > len(data) or data[position] != 0xFF:
            raise ValueError("no marker where one must be")
        marker = data[position + 1]
        if marker == 0xFF:  # a fill byte (B.1.1.2)
            position += 1
            continue
        if marker == _END:
            break
        if marker in _ALONE:
            raise ValueError("a marker that does not belong here")
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        body = data[position + 4 : position + 2 + length]
        if length < 2 or len(body) != length - 2:
            raise ValueError("a segment that is cut off")
        position += 2 + length
        if marker in _FRAMES:
            if frame is not None:
                raise ValueError("two frames")
            frame = _frame(body)
        elif marker == _SCAN:
            scans += 1
            found = _AFTER_SCAN.search(data, position)
            if found is None:
                raise ValueError("a scan without an end")
            position = found.start()
    else:
        raise ValueError(f"more than {MAX_SEGMENTS} segments")
    if frame is None or not scans:
        raise ValueError("no frame or no scan")
    width, height, components = frame
    if scans * width * height > MAX_SCAN_PIXELS:
        raise ValueError(f"{scans} scans of {width}x{height} pixels")
    return JpegHeader(width, height, components, scans)


def _frame(body: bytes) -> tuple[int, int, int]:
    """Width, height, number of components of a start-of-frame segment (B.2.2)."""
    if len(body) < 6:
        raise ValueError("a frame header that is cut off")
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    return width, height, body[5]
