"""Decoding the chip's picture: whole JPEG and JPEG 2000, and one documented error for everything else."""

import io
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from face.errors import FaceError, FaceErrorCode
from face.opencv import Image
from face.picture import MAX_BYTES, decode_picture
from tests.face import bombs

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pixels() -> Image:
    x, y = np.meshgrid(np.arange(120), np.arange(160))
    return np.stack([x * 2, y, 255 - x], axis=2).astype(np.uint8)  # red rises to the right, blue falls


def encoded(pixels: Image, **options: object) -> bytes:
    return encoded_as(Pillow.fromarray(pixels), **options)


def encoded_as(picture: Pillow.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, **options)  # type: ignore[arg-type]
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
    [(6000, "JPEG: 6000x6000 pixels are out of bounds"), (65500, "JPEG: 1 scans of 65500x65500 pixels")],
)
def test_a_header_that_claims_too_many_pixels_is_refused_before_decoding(pixels: Image, side: int, detail: str) -> None:
    data = bytearray(encoded(pixels, format="JPEG"))
    frame_header = data.index(b"\xff\xc0")
    data[frame_header + 5 : frame_header + 9] = struct.pack(">HH", side, side)
    assert bad(bytes(data)) == detail


def test_too_many_bytes_are_refused_unread() -> None:
    assert bad(b"\xff\xd8\xff" + bytes(MAX_BYTES)).endswith(f"at most {MAX_BYTES}")


def test_a_picture_too_small_for_a_face_is_refused(pixels: Image) -> None:
    assert bad(encoded(pixels[:10, :10], format="JPEG")) == "JPEG: 10x10 pixels are out of bounds"


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


# --- what other pictures hold than eight bits of red, green and blue


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_a_jpeg_of_another_colour_space_is_converted(pixels: Image, mode: str) -> None:
    image = decode_picture(encoded_as(Pillow.fromarray(pixels).convert(mode), format="JPEG", quality=95))
    assert image.shape == (160, 120, 3)
    wanted = np.asarray(Pillow.fromarray(pixels).convert(mode).convert("RGB"))[:, :, ::-1]
    assert np.abs(image.astype(int) - wanted).mean() < 8


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_dropped(pixels: Image, mode: str) -> None:
    image = decode_picture(encoded_as(Pillow.fromarray(pixels).convert(mode), format="JPEG2000"))
    wanted = np.asarray(Pillow.fromarray(pixels).convert(mode).convert("RGB"))[:, :, ::-1]
    np.testing.assert_allclose(image.astype(int), wanted.astype(int), atol=2)


def test_greys_of_sixteen_bits_are_scaled_not_cut_off() -> None:
    ramp = np.tile(np.linspace(0, 65535, 120).astype(np.uint16), (160, 1))
    image = decode_picture(encoded_as(Pillow.fromarray(ramp), format="JPEG2000"))
    np.testing.assert_allclose(image[:, :, 0].astype(int), (ramp >> 8).astype(int), atol=2)


def test_a_telephones_picture_is_decoded_at_a_fraction_of_its_size() -> None:
    assert decode_picture(bombs.portrait(4000, format="JPEG")).shape == (2000, 2000, 3)
    assert decode_picture(bombs.portrait(1900, format="JPEG")).shape == (1900, 1900, 3)


def test_an_honest_picture_in_tiles_is_decoded(pixels: Image) -> None:
    image = decode_picture(encoded(pixels, format="JPEG2000", no_jp2=True, tile_size=(64, 64)))
    np.testing.assert_allclose(image[:, :, ::-1].astype(int), pixels.astype(int), atol=2)


def test_what_the_tests_write_by_hand_is_a_codestream() -> None:
    """The bombs differ from this in one number each: that they are refused is not for being no codestream at all."""
    assert decode_picture(bombs.codestream(200, 200)).shape == (200, 200, 3)
    assert decode_picture(bombs.jp2(bombs.codestream(200, 200), 200, 200)).shape == (200, 200, 3)
    tile_header = bombs.coding(1, 5, (6, 6), 7)
    assert decode_picture(bombs.codestream(200, 200, tile_header=tile_header)).shape == (200, 200, 3)
    assert decode_picture(bombs.progressive(200, 1)).shape == (200, 200, 3)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bombs.codestream(200, 200, components=5), "not one to 4 components"),
        (bombs.codestream(200, 200, bits=38), "too many bits"),
        (bombs.codestream(200, 200, step=0), "no size"),
        (bombs.codestream(200, 200, levels=33), "out of the standard's bounds"),
        (bombs.codestream(200, 200, block=(9, 9)), "out of the standard's bounds"),
        (bombs.codestream(200, 200, layers=0), "no layer"),
        (bombs.codestream(2100, 2000), "more than 4000000 pixels"),
        (bombs.jp2(bombs.codestream(200, 200), 200, 300), "differ in size"),
        (bombs.jp2(bombs.codestream(200, 200), 200, 200)[:40], "cut off"),
        (bombs.portrait(format="JPEG")[:-2], "without an end"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_header_out_of_bounds_is_named(data: bytes, reason: str) -> None:
    assert reason in bad(data)


# --- what a hostile card may hold

_MEMORY = """
import resource, sys
import face.picture, PIL.JpegImagePlugin, PIL.Jpeg2KImagePlugin
from face.errors import FaceError
from tests.face.bombs import all_of_them, codestream, portrait
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
bombs = list(all_of_them())
# The largest that are let through: they set how much memory decoding may take.
bombs.append(("largest JPEG 2000", codestream(2000, 2000)))
bombs.append(("largest JPEG", portrait(4000, format="JPEG", progressive=True)))
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + {room},) * 2)
for name, data in bombs:
    try:
        print(f"{{name}}: {{face.picture.decode_picture(data).shape}}")
    except FaceError as error:
        print(f"{{name}}: {{error.code}}")
"""
ROOM = 200 * 1024 * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process are Linux's")
def test_no_picture_takes_much_memory_or_time() -> None:
    """In a process that may take 200 MB more than it has: without the checks the first one alone asks for 5 GB."""
    program = _MEMORY.format(room=ROOM)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    answers = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert answers.pop("largest JPEG 2000") == "(2000, 2000, 3)"
    assert answers.pop("largest JPEG") == "(2000, 2000, 3)"
    assert set(answers) == {name for name, _ in bombs.all_of_them()}
    assert set(answers.values()) == {"bad_image"}


@pytest.mark.parametrize(
    ("name", "data"), list(bombs.all_of_them()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_bomb_is_refused_by_its_header(name: str, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("face.picture._decode", lambda *_: pytest.fail(f"{name}: the decoder was let at it"))
    assert len(bad(data)) < 120
