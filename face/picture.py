"""Decoding the picture from the chip: JPEG, JPEG 2000 (JP2 box or raw codestream), as ISO/IEC 19794-5 allows."""

import io
import warnings

import numpy as np

from face.errors import FaceError, FaceErrorCode
from face.opencv import Image

MAX_BYTES = 4 * 1024 * 1024  # a chip holds 12-40 kB; nothing near this comes from one
MAX_PIXELS = 16_000_000  # about 48 MB once decoded; the largest picture of an ID document is well below 1 megapixel
MIN_SIDE = 32

_SIGNATURES = {
    b"\xff\xd8\xff": "JPEG",
    b"\x00\x00\x00\x0cjP  \r\n\x87\n": "JPEG2000",  # JP2 signature box, ISO/IEC 15444-1 annex I
    b"\xff\x4f\xff\x51": "JPEG2000",  # raw codestream: SOC and SIZ markers
}


def decode_picture(data: bytes) -> Image:
    """Return the picture as H x W x 3 uint8, blue-green-red.

    The size is read from the header and checked before anything is decoded, so a few bytes cannot ask for gigabytes.
    Raises :class:`FaceError` (``bad_image``) for every other format, for truncated or damaged data and for sizes out
    of bounds.
    """
    from PIL import Image as Pillow

    if len(data) > MAX_BYTES:
        raise FaceError(FaceErrorCode.BAD_IMAGE, f"{len(data)} bytes, at most {MAX_BYTES}")
    kind = next((kind for signature, kind in _SIGNATURES.items() if data.startswith(signature)), None)
    if kind is None:
        raise FaceError(FaceErrorCode.BAD_IMAGE, "neither JPEG nor JPEG 2000")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about odd metadata; what counts is whether pixels come out
            with Pillow.open(io.BytesIO(data), formats=[kind]) as picture:
                width, height = picture.size
                _check_size(width, height)
                pixels = np.asarray(picture.convert("RGB"))
    except FaceError:
        raise
    except Exception as error:  # noqa: BLE001 - the decoders raise a dozen types for damaged data; all mean the same
        raise FaceError(FaceErrorCode.BAD_IMAGE, f"{kind} cannot be decoded ({type(error).__name__})") from None
    return np.ascontiguousarray(pixels[:, :, ::-1])


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS or min(width, height) < MIN_SIDE:
        raise FaceError(FaceErrorCode.BAD_IMAGE, f"{width}x{height} pixels are out of bounds")
