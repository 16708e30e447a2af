"""Decoding the chip's picture: whole JPEG and JPEG 2000, and one documented error for everything else."""

import io
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from face.errors import FaceError, FaceErrorCode
from face.opencv import Image
from face.picture import MAX_BYTES, decode_picture


@pytest.fixture(scope="module")
def pixels() -> Image:
    x, y = np.meshgrid(np.arange(120), np.arange(160))
    return np.stack([x * 2, y, 255 - x], axis=2).astype(np.uint8)  # red rises to the right, blue falls


def encoded(pixels: Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


@pytest.mark.parametrize(
    "options",
    [{"format": "JPEG", "quality": 95}, {"format": "JPEG2000"}, {"format": "JPEG2000", "no_jp2": True}],
    ids=["jpeg", "jp2", "j2k"],
)
def test_each_format_of_the_standard_comes_out_blue_green_red(pixels: Image, options: dict[str, object]) -> None:
    image = decode_picture(encoded(pixels, **options))
    assert image.shape == (160, 120, 3)
    assert image.dtype == np.uint8
    np.testing.assert_allclose(image[:, :, ::-1].astype(int), pixels.astype(int), atol=12)


def test_a_grey_picture_has_three_equal_channels(pixels: Image) -> None:
    image = decode_picture(encoded(pixels[:, :, 0], format="JPEG2000"))
    assert image.shape == (160, 120, 3)
    assert (image[:, :, 0] == image[:, :, 2]).all()


def bad(data: bytes) -> str:
    with pytest.raises(FaceError) as caught:
        decode_picture(data)
    assert caught.value.code is FaceErrorCode.BAD_IMAGE
    return caught.value.detail


@pytest.mark.parametrize("data", [b"", b"\xff", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"<svg/>"])
def test_other_formats_are_bad_images(data: bytes) -> None:
    assert bad(data) == "neither JPEG nor JPEG 2000"


@pytest.mark.parametrize("format", ["JPEG", "JPEG2000"])
@pytest.mark.parametrize("part", [0.01, 0.1, 0.5])
def test_truncated_pictures_are_bad_images(pixels: Image, format: str, part: float) -> None:
    data = encoded(pixels, format=format)
    assert bad(data[: max(14, int(len(data) * part))])


@pytest.mark.parametrize(
    ("side", "detail"),
    [(6000, "6000x6000 pixels are out of bounds"), (65500, "JPEG cannot be decoded (DecompressionBombError)")],
)
def test_a_header_that_claims_too_many_pixels_is_refused_before_decoding(pixels: Image, side: int, detail: str) -> None:
    data = bytearray(encoded(pixels, format="JPEG"))
    frame_header = data.index(b"\xff\xc0")
    data[frame_header + 5 : frame_header + 9] = struct.pack(">HH", side, side)
    assert bad(bytes(data)) == detail


def test_too_many_bytes_are_refused_unread() -> None:
    assert bad(b"\xff\xd8\xff" + bytes(MAX_BYTES)).endswith(f"at most {MAX_BYTES}")


def test_a_picture_too_small_for_a_face_is_refused(pixels: Image) -> None:
    assert bad(encoded(pixels[:10, :10], format="JPEG")) == "10x10 pixels are out of bounds"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes_give_a_picture_or_the_one_error(pixels: Image, data: st.DataObject) -> None:
    whole = bytearray(encoded(pixels, format=data.draw(st.sampled_from(["JPEG", "JPEG2000"]))))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        outcome: object = decode_picture(bytes(whole)).shape[2]
    except FaceError as error:
        outcome = error.code
    assert outcome in (3, FaceErrorCode.BAD_IMAGE)
