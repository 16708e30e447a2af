"""A portrait as a chip holds it: cropped to a document's portrait, reduced, and compressed to a few kilobytes.

A citizen card's EF.DG2 holds 12-20 kB (ICAO 9303-10; ISO/IEC 19794-5 allows JPEG and JPEG 2000). Years of ageing
between the chip's picture and the living face are not included.
"""

import io
from collections.abc import Callable
from typing import Literal

import numpy as np

from face.degradation.axes import FaceAxes
from face.degradation.portrait import find_landmarks
from face.errors import FaceError
from face.opencv import Image, Points, cv2

Kind = Literal["jp2", "jpeg"]

LIMIT_BYTES = 12_000
# ISO/IEC 39794-5, D.1.4: the head is 50 to 75 % of the picture's width (here 2.3 eye distances of 3.7), the eyes lie
# 50 to 70 % of the height above the lower edge.
_WIDTH_IN_EYE_DISTANCES = 3.7
_EYES_BELOW_TOP = 0.42


def encode(
    image: Image,
    *,
    kind: Kind = "jp2",
    size: tuple[int, int] | None = None,
    limit_bytes: int = LIMIT_BYTES,
    landmarks: Points | None = None,
) -> bytes:
    """Return ``image`` (H x W x 3, blue-green-red) encoded with the least loss that fits ``limit_bytes``.

    With ``size`` (width, height) it is first cropped to that shape about the face - ``landmarks`` if given, else the
    shipped detector's, else the picture's middle - and reduced to that size. It is never enlarged: a portrait that is
    smaller stays as it is. Raises ``ValueError`` if nothing that small can be made of it.
    """
    picture = image if size is None else _reduce(crop_portrait(image, size[0] / size[1], landmarks), size)
    encoded = _jpeg2000(picture, limit_bytes) if kind == "jp2" else _jpeg(picture, limit_bytes)
    if encoded is None:
        raise ValueError(f"a picture of {picture.shape[1]} x {picture.shape[0]} does not fit {limit_bytes} bytes")
    return encoded


def crop_portrait(image: Image, aspect: float, landmarks: Points | None = None) -> Image:
    """The part of ``image`` (a view) of this width to height that a document's portrait shows, as far as it reaches."""
    height, width = image.shape[:2]
    if landmarks is None:
        try:
            landmarks = find_landmarks(image)
        except FaceError:
            landmarks = None
    if landmarks is None:
        wanted, eyes = min(width, height * aspect), np.array([width / 2, height * _EYES_BELOW_TOP])
    else:
        axes = FaceAxes.of(landmarks)
        wanted, eyes = axes.unit * _WIDTH_IN_EYE_DISTANCES, axes.origin
    crop_width = min(wanted, width, height * aspect)
    crop_height = crop_width / aspect
    left = min(max(0.0, float(eyes[0]) - crop_width / 2), width - crop_width)
    top = min(max(0.0, float(eyes[1]) - crop_height * _EYES_BELOW_TOP), height - crop_height)
    x, y = round(left), round(top)
    return image[y : y + max(1, round(crop_height)), x : x + max(1, round(crop_width))]


def _reduce(image: Image, size: tuple[int, int]) -> Image:
    if image.shape[1] <= size[0] or image.shape[0] <= size[1]:
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _jpeg(image: Image, limit: int) -> bytes | None:
    def encoded(quality: int) -> bytes:
        flags = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
        return bytes(cv2.imencode(".jpg", image, flags)[1])

    return _largest(1, 100, lambda quality: _within(encoded(quality), limit))


def _jpeg2000(image: Image, limit: int) -> bytes | None:
    """By the codec's rate control, which passes its target by the headers' bytes; without loss if that fits too."""
    from PIL import Image as Pillow

    picture = Pillow.fromarray(np.ascontiguousarray(image[:, :, ::-1]))

    def encoded(target: int | None) -> bytes:
        out = io.BytesIO()
        if target is None:
            picture.save(out, "JPEG2000")
        else:
            rate = image.size / target
            picture.save(out, "JPEG2000", quality_mode="rates", quality_layers=[rate], irreversible=True)
        return out.getvalue()

    target, data = limit, b""
    while target > 0:
        data = encoded(target)
        if len(data) <= limit:
            break
        target -= max(len(data) - limit, limit >> 8)
    else:
        return None
    if len(data) < limit - (limit >> 3):  # there was nothing left to encode
        return _within(encoded(None), limit) or data
    return data


def _within(data: bytes, limit: int) -> bytes | None:
    return data if len(data) <= limit else None


def _largest(low: int, high: int, attempt: Callable[[int], bytes | None]) -> bytes | None:
    """The result of the largest argument for which ``attempt`` gives one; the size grows with the argument."""
    best: bytes | None = None
    while low <= high:
        middle = (low + high) // 2
        result = attempt(middle)
        if result is None:
            high = middle - 1
        else:
            best, low = result, middle + 1
    return best
