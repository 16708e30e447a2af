"""Decoding the picture from the chip: JPEG, JPEG 2000 (JP2 file or raw codestream), as ISO/IEC 19794-5 allows.

The bytes come from a card that anybody may have made. All headers are read and bounded before a decoder sees the file
(:mod:`face.jpeg`, :mod:`face.jpeg2000`), so a few bytes can ask neither for gigabytes nor for minutes.
"""

import io
import warnings
from typing import TYPE_CHECKING

import numpy as np

from face.errors import FaceError, FaceErrorCode
from face.jpeg import read_jpeg_header
from face.jpeg2000 import CODESTREAM, SIGNATURE, read_jpeg2000_header
from face.opencv import Image

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

MAX_BYTES = 4 * 1024 * 1024  # a chip holds 12-40 kB; nothing near this comes from one
MAX_PIXELS = 16_000_000  # JPEG, as telephones make them, for IT staff; for JPEG 2000 see face.jpeg2000
MIN_SIDE = 32
# A larger JPEG is decoded at half, a quarter or an eighth of its size, which its transform gives for free: a face is
# looked for on 640 pixels and embedded from 112.
ENOUGH_PIXELS = 1600

_JPEG = b"\xff\xd8\xff"


def decode_picture(data: bytes) -> Image:
    """Return the picture as H x W x 3 uint8, blue-green-red.

    Grey, palette, CMYK and 16-bit pictures are converted, transparency is dropped. Raises :class:`FaceError`
    (``bad_image``) for every other format, for truncated or damaged data, and for what would cost too much.
    """
    if len(data) > MAX_BYTES:
        raise FaceError(FaceErrorCode.BAD_IMAGE, f"{len(data)} bytes, at most {MAX_BYTES}")
    kind = _kind(data)
    try:
        if kind == "JPEG":
            jpeg = read_jpeg_header(data)
            _check_size(jpeg.width, jpeg.height)
        else:
            jpeg2000 = read_jpeg2000_header(data)
            _check_size(jpeg2000.width, jpeg2000.height)
    except ValueError as error:
        raise FaceError(FaceErrorCode.BAD_IMAGE, f"{kind}: {error}") from None
    return _decode(data, kind)


def _kind(data: bytes) -> str:
    if data.startswith(_JPEG):
        return "JPEG"
    if data.startswith((SIGNATURE, CODESTREAM)):
        return "JPEG2000"
    raise FaceError(FaceErrorCode.BAD_IMAGE, "neither JPEG nor JPEG 2000")


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS or min(width, height) < MIN_SIDE:
        raise ValueError(f"{width}x{height} pixels are out of bounds")


def _decode(data: bytes, kind: str) -> Image:
    from PIL import Image as Pillow

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about odd metadata; what counts is whether pixels come out
            with Pillow.open(io.BytesIO(data), formats=[kind]) as picture:
                picture.draft("RGB", (ENOUGH_PIXELS, ENOUGH_PIXELS))
                with _eight_bits(picture) as converted:
                    pixels = np.asarray(converted)
    except Exception as error:  # noqa: BLE001 - the decoders raise a dozen types for damaged data; all mean the same
        raise FaceError(FaceErrorCode.BAD_IMAGE, f"{kind} cannot be decoded ({type(error).__name__})") from None
    return np.ascontiguousarray(pixels[:, :, ::-1])


def _eight_bits(picture: "PillowImage") -> "PillowImage":
    """Red, green, blue. Pillow would cut 16-bit greys off at 255 instead of scaling them."""
    if not picture.mode.startswith("I"):
        return picture.convert("RGB")
    from PIL import Image as Pillow

    high = np.asarray(picture, dtype=np.uint32) >> 8
    return Pillow.fromarray(high.clip(0, 255).astype(np.uint8)).convert("RGB")
