"""Pictures of a test set: whatever a photographer or a data set hands over, not only what a chip may hold."""

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from face.errors import FaceError, FaceErrorCode
from face.opencv import Image

if TYPE_CHECKING:
    from PIL import Image as Pillow

MAX_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 64_000_000  # a camera of today; 192 MB once decoded
MIN_SIDE = 16
FORMATS = ("JPEG", "JPEG2000", "PNG", "BMP", "WEBP", "TIFF", "PPM")


def read_picture(path: Path) -> Image:
    """H x W x 3, uint8, blue-green-red, upright as the camera noted it (EXIF). Grey pictures get three equal channels.

    Raises :class:`FaceError` (``bad_image``) and ``OSError``.
    """
    from PIL import Image as Pillow
    from PIL import ImageOps

    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise FaceError(FaceErrorCode.BAD_IMAGE, f"more than {MAX_BYTES} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Pillow.open(io.BytesIO(data), formats=FORMATS) as picture:
                _check_size(*picture.size)
                upright = ImageOps.exif_transpose(_eight_bits(picture))
                pixels = np.asarray(upright.convert("RGB"))
    except FaceError:
        raise
    except Exception as error:  # noqa: BLE001 - the decoders raise a dozen types for damaged data; all mean the same
        raise FaceError(FaceErrorCode.BAD_IMAGE, f"cannot be decoded ({type(error).__name__})") from None
    return np.ascontiguousarray(pixels[:, :, ::-1])


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS or min(width, height) < MIN_SIDE:
        raise FaceError(FaceErrorCode.BAD_IMAGE, f"{width}x{height} pixels are out of bounds")


def _eight_bits(picture: "Pillow.Image") -> "Pillow.Image":
    """Pillow cuts deeper grey pictures off at 255 instead of scaling them."""
    from PIL import Image as Pillow

    if picture.mode not in ("I", "F", "I;16", "I;16B", "I;16L", "I;16N"):
        return picture
    deep = np.asarray(picture, dtype=np.float64)
    scale = 255.0 / max(float(deep.max()), 1.0)
    return Pillow.fromarray((deep * scale).astype(np.uint8))
