"""The portrait on the chip, from the bytes to pixels."""

import numpy as np

from cccd_reader.lds.dg2 import parse_faces
from face.errors import FaceError, FaceErrorCode
from face.jpeg import read_jpeg_header
from face.jpeg2000 import MAX_BLOCKS, MAX_PACKETS, MAX_TILES, read_jpeg2000_header
from face.picture import MAX_PIXELS, MIN_SIDE, decode_picture
from tests.fuzz.registry import target

DECODED_PIXELS = 100_000
"""Headers of any size are read. The decoders, which no fuzzer sees into, are let at pictures that take milliseconds:
what large ones may cost is bounded by the headers, and tested as such in `tests/face/test_picture.py`."""


@target(max_len=4096)
def picture(data: bytes) -> None:
    pixels = _header_pixels(data)
    if pixels is not None and pixels > DECODED_PIXELS:
        assert pixels <= MAX_PIXELS or data[:2] == b"\xff\xd8"  # a JPEG's size is looked at after its header
        return
    _decode(data)


@target(max_len=4096, tlv=True)
def dg2_picture(data: bytes) -> None:
    """The file, the record in it, the picture in that, and its pixels."""
    for face in parse_faces(data):
        if face.image.width * face.image.height <= DECODED_PIXELS:
            _decode(face.image.data)


def _header_pixels(data: bytes) -> int | None:
    try:
        if data[:2] == b"\xff\xd8":
            jpeg = read_jpeg_header(data)
            return jpeg.width * jpeg.height
        found = read_jpeg2000_header(data)
    except ValueError as error:
        _check_words(error)
        return None
    assert 0 < found.tiles <= MAX_TILES
    assert 0 < found.blocks <= MAX_BLOCKS
    assert 0 < found.packets <= MAX_PACKETS
    return found.width * found.height


def _decode(data: bytes) -> None:
    try:
        image = decode_picture(data)
    except FaceError as error:
        _check_refusal(error)
        raise
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    height, width, channels = image.shape
    assert channels == 3
    assert min(height, width) >= MIN_SIDE
    assert height * width <= MAX_PIXELS
    assert _header_pixels(data) is not None, "decoded although its headers were refused"


def _check_refusal(error: FaceError) -> None:
    assert error.code is FaceErrorCode.BAD_IMAGE
    assert error.__cause__ is None, "the decoder's own error may quote the picture"


def _check_words(error: ValueError) -> None:
    assert len(str(error)) < 100
