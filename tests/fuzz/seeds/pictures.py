"""Portraits: one of each kind that the decoders tell apart, and the headers of those that are made to cost."""

import io

import numpy as np
from PIL import Image

from cccd_reader import tlv
from tests.face import bombs
from tests.fuzz.seeds.samples import Make, Seeds

SEED_BYTES = 4000


def _pictures() -> Seeds:
    x, y = np.meshgrid(np.arange(32), np.arange(40))
    colours = Image.fromarray(np.stack([x * 8, y * 6, 255 - x], axis=2).astype(np.uint8))
    yield _encoded(colours, format="JPEG", quality=40)
    yield _encoded(colours, format="JPEG", quality=40, progressive=True)
    yield _encoded(colours, format="JPEG", quality=40, restart_marker_blocks=2)
    yield _encoded(colours.convert("CMYK"), format="JPEG", quality=30)
    yield _encoded(colours.convert("L"), format="JPEG", quality=30)
    for mode in ("RGB", "L", "LA", "RGBA"):
        yield _encoded(colours.convert(mode), format="JPEG2000", quality_mode="rates", quality_layers=[20])
    yield _encoded(Image.fromarray((x * 2000).astype(np.uint16)), format="JPEG2000")
    yield _encoded(colours, format="JPEG2000", no_jp2=True, tile_size=(16, 16), quality_layers=[40, 20])
    yield _encoded(colours, format="JPEG2000", no_jp2=True, precinct_size=(32, 32), codeblock_size=(8, 8))
    yield bombs.codestream(40, 40, precinct=5, layers=3, body=bytes(60), tile_header=bombs.coding(2, 3, (4, 4), 6))
    yield bombs.jp2(bombs.codestream(40, 40, body=bytes(60)), 40, 40)
    for _, data in bombs.all_of_them():
        if len(data) <= SEED_BYTES:
            yield data


def _files() -> Seeds:
    """A DG2 around each, in the record of ISO/IEC 19794-5."""
    for picture in _pictures():
        if len(picture) > SEED_BYTES - 200:
            continue
        information = bytes(20)
        block = information + bytes(12) + picture
        record = b"FAC\x00010\x00" + (14 + len(block)).to_bytes(4, "big") + b"\x00\x01"
        record += len(block).to_bytes(4, "big") + block[4:]
        template = tlv.encode(0x7F60, tlv.encode(0xA1, b"") + tlv.encode(0x5F2E, record))
        yield tlv.encode(0x75, tlv.encode(0x7F61, tlv.encode(0x02, b"\x01") + template))


def _encoded(picture: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


SEEDS: dict[str, Make] = {"picture": _pictures, "dg2_picture": _files}
