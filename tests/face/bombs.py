"""Pictures that are small as files and huge as work: what a hostile card may hold in place of a portrait."""

import io
import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image as Pillow


def portrait(side: int = 200, **options: object) -> bytes:
    """An honest picture of one colour. ``options``: Pillow's."""
    out = io.BytesIO()
    Pillow.fromarray(np.full((side, side, 3), 90, np.uint8)).save(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def codestream(
    width: int,
    height: int,
    *,
    tile: tuple[int, int] | None = None,
    components: int = 3,
    bits: int = 8,
    step: int = 1,
    layers: int = 1,
    levels: int = 5,
    block: tuple[int, int] = (6, 6),
    precinct: int | None = None,
    tile_header: bytes = b"",
    body: bytes = bytes(2000),
) -> bytes:
    """A JPEG 2000 codestream with these numbers in its headers. ``block`` and ``precinct``: exponents of their sides.

    ``tile_header``: marker segments of the first tile-part.
    """
    tile_width, tile_height = tile or (width, height)
    size = struct.pack(">HIIIIIIIIH", 0, width, height, 0, 0, tile_width, tile_height, 0, 0, components)
    size += bytes([bits - 1, step, step]) * components
    quantisation = bytes([0x40]) + bytes([0x48] * (3 * levels + 1))
    header = b"\xff\x4f" + _segment(0x51, size) + coding(layers, levels, block, precinct, components == 3)
    header += _segment(0x5C, quantisation)
    tile_part = struct.pack(">HIBB", 0, 0, 0, 1)
    return header + _segment(0x90, tile_part) + tile_header + b"\xff\x93" + body + b"\xff\xd9"


def coding(layers: int, levels: int, block: tuple[int, int], precinct: int | None, colour: bool = True) -> bytes:
    """A COD segment."""
    precincts = b"" if precinct is None else bytes([precinct << 4 | precinct] * (levels + 1))
    style = bytes([precinct is not None, 0]) + struct.pack(">H", layers)
    return _segment(0x52, style + bytes([colour, levels, block[0] - 2, block[1] - 2, 0, 0]) + precincts)


def jp2(stream: bytes, height: int, width: int) -> bytes:
    """The codestream in a file whose header claims this size."""
    image_header = struct.pack(">IIHBBBB", height, width, 3, 7, 7, 0, 0)
    colour = struct.pack(">BBBI", 1, 0, 0, 16)
    inner = _box(b"ihdr", image_header) + _box(b"colr", colour)
    brand = _box(b"ftyp", b"jp2 \x00\x00\x00\x00jp2 ")
    return b"\x00\x00\x00\x0cjP  \r\n\x87\n" + brand + _box(b"jp2h", inner) + _box(b"jp2c", stream)


def progressive(side: int, scans: int) -> bytes:
    """A progressive JPEG of ``side`` squared whose last scan comes again and again."""
    data = portrait(side, format="JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * scans + data[-2:]


def all_of_them() -> Iterator[tuple[str, bytes]]:
    """(name, bytes). Each costs gigabytes or minutes when a decoder takes it at its word."""
    jpeg = portrait(format="JPEG")
    yield "precincts of one pixel", codestream(2000, 2000, precinct=1)
    yield "precincts of one pixel in a tile's header", codestream(2000, 2000, tile_header=coding(1, 5, (6, 6), 1))
    yield "65535 layers", codestream(2000, 2000, layers=65535, precinct=7, body=bytes(200_000))
    yield "code-blocks of four pixels", codestream(2000, 2000, block=(2, 2))
    yield "tiles of one pixel", codestream(255, 255, tile=(1, 1))
    yield "65535 tiles", codestream(1999, 1999, tile=(8, 8))
    yield "a codestream larger than its file says", jp2(codestream(60_000, 60_000), 300, 300)
    yield "four gigapixels", codestream(65_500, 65_500)
    yield "scans without end", progressive(2000, 900)
    yield "scans that cost more than they say", progressive(4000, 40)
    yield "a million segments", jpeg[:2] + b"\xff\xe5\x00\x02" * 900_000 + jpeg[2:]
    yield "fill bytes without end", jpeg[:2] + b"\xff" * 3_900_000 + jpeg[2:]


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body
