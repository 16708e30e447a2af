"""A JPEG 2000 picture's headers (ISO/IEC 15444-1, annexes A, B and I), read before a decoder is trusted with the rest.

A few bytes of header make a decoder allocate and visit a structure for every tile, precinct and code-block, whether or
not the file holds data for them: with precincts of one pixel a file of 200 bytes asks for gigabytes. So their numbers
are worked out here, by the standard's formulas, and bounded.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Any

SIGNATURE = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
CODESTREAM = b"\xff\x4f\xff\x51"

MAX_BOXES = 100
MAX_PIXELS = 4_000_000
"""An ID document's portrait has 0.2 to 1 megapixels. Decoding 4 takes about a second and 100 MB."""
MAX_COMPONENTS = 4
MAX_BITS = 16
MAX_TILES = 1024
"""16 megapixels in tiles of 128 x 128. OpenJPEG keeps about 6 kB for each tile before it sees its data."""
MAX_BLOCKS = 200_000
"""Precincts and code-blocks of all tiles and components: 4 megapixels of three components in blocks of 16 x 16 have
70,000. OpenJPEG keeps some hundred bytes for each."""
MAX_PACKETS = 1_000_000
"""Precincts times quality layers. A portrait has hundreds."""

_SIZ, _COD, _COC, _SOT, _SOD, _EOC = 0x51, 0x52, 0x53, 0x90, 0x93, 0xD9
_MAX_MARKERS = 2000


@dataclass(frozen=True, slots=True)
class Jpeg2000Header:
    width: int
    height: int
    components: int
    tiles: int
    blocks: int
    packets: int


@dataclass(frozen=True, slots=True)
class _Size:
    """SIZ: image area and tile size on the reference grid; each component's (x, y) subsampling."""

    x: int
    y: int
    x_offset: int
    y_offset: int
    tile_width: int
    tile_height: int
    components: tuple[tuple[int, int], ...]
    tiles: int


@dataclass(frozen=True, slots=True)
class _Coding:
    """COD or COC: decomposition levels, exponents of the code-block's sides and of each resolution's precincts."""

    levels: int
    block: tuple[int, int]
    precincts: tuple[tuple[int, int], ...]


def read_jpeg2000_header(data: bytes) -> Jpeg2000Header:
    """Walk the headers of a JP2 file or a raw codestream.

    Raises ``ValueError`` for what is neither, is cut off within its headers, or would cost too much.
    """
    start, declared = (0, None) if data.startswith(CODESTREAM) else _find_codestream(data)
    walker = _Walker(data, start)
    size = _size(walker.segment(_SIZ))
    width, height = size.x - size.x_offset, size.y - size.y_offset
    if declared is not None and declared != (height, width):
        raise ValueError("the file header and the codestream differ in size")
    costs = _Costs(size)
    _walk(walker, costs)
    return Jpeg2000Header(width, height, len(size.components), size.tiles, costs.blocks, costs.packets)


def _find_codestream(data: bytes) -> tuple[int, tuple[int, int]]:
    """Where the first contiguous codestream box begins, and (height, width) of the image header box (I.5)."""
    if not data.startswith(SIGNATURE):
        raise ValueError("neither a JP2 file nor a codestream")
    position, declared = len(SIGNATURE), None
    for _ in range(MAX_BOXES):
        length, kind = _unpack(">I4s", data, position)
        body, end = position + 8, position + length
        if length == 1:
            (length,) = _unpack(">Q", data, position + 8)
            body, end = position + 16, position + length
        elif length == 0:
            end = len(data)
        if end < body or end > len(data):
            raise ValueError("a box that is cut off")
        if kind == b"jp2h" and declared is None:
            inner, first, height, width = _unpack(">I4sII", data, body)
            if first != b"ihdr" or inner < 22:
                raise ValueError("no image header where it must be")
            declared = height, width
        elif kind == b"jp2c":
            if declared is None:
                raise ValueError("a codestream without an image header")
            return body, declared
        position = end
    raise ValueError(f"no codestream in {MAX_BOXES} boxes")


class _Walker:
    """The marker segments of a codestream one by one."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self._left = _MAX_MARKERS
        self.position = position
        if data[position : position + 2] != CODESTREAM[:2]:
            raise ValueError("no start of codestream")
        self.position += 2

    def marker(self) -> int:
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"more than {_MAX_MARKERS} markers")
        high, low = _unpack(">BB", self._data, self.position)
        if high != 0xFF:
            raise ValueError("no marker where one must be")
        return int(low)

    def body(self) -> bytes:
        """The body of the segment here, which is then behind."""
        (length,) = _unpack(">H", self._data, self.position + 2)
        body = self._data[self.position + 4 : self.position + 2 + length]
        if length < 2 or len(body) != length - 2:
            raise ValueError("a segment that is cut off")
        self.position += 2 + length
        return body

    def segment(self, wanted: int) -> bytes:
        if self.marker() != wanted:
            raise ValueError("another segment than the one that must be here")
        return self.body()

    @property
    def at_end(self) -> bool:
        return self.position + 2 > len(self._data)


def _walk(walker: _Walker, costs: "_Costs") -> None:
    """Main header, then the header of every tile-part: each may name other code-blocks, precincts and layers."""
    in_main, tile_part_end = True, 0
    while True:
        marker = walker.marker()
        if marker == _SOT:
            if in_main:
                costs.finish_main()
                in_main = False
            start = walker.position
            tile, length = _unpack(">HI", walker.body(), 0)
            costs.begin_tile(tile)
            tile_part_end = start + length if length else 0
        elif marker == _SOD:
            if in_main:
                raise ValueError("data before the first tile")
            # Length 0: this tile-part is the last and goes to the end.
            if not tile_part_end:
                return
            if tile_part_end < walker.position:
                raise ValueError("a tile-part shorter than its header")
            walker.position = tile_part_end
            if walker.at_end:  # the data is cut off: the decoder finds out
                return
        elif marker == _EOC:
            if in_main:
                raise ValueError("no tile")
            return
        elif marker == _COD:
            costs.coding(*_coding_default(walker.body()))
        elif marker == _COC:
            costs.component(*_coding_component(walker.body()))
        else:
            walker.body()


class _Costs:
    """Adds up what a decoder makes for the picture, at the dearest coding that any header names."""

    def __init__(self, size: _Size) -> None:
        self._size = size
        self._in_main = True
        self._layers = 0
        self.blocks = 0
        self.packets = 0

    def coding(self, layers: int, coding: _Coding) -> None:
        self._layers = max(self._layers, layers)
        self._add(coding, range(len(self._size.components)))

    def component(self, component: int, coding: _Coding) -> None:
        if component >= len(self._size.components):
            raise ValueError("coding of a component that is not there")
        self._add(coding, [component])

    def finish_main(self) -> None:
        self._in_main = False
        if not self.blocks:
            raise ValueError("no coding style in the main header")

    def begin_tile(self, tile: int) -> None:
        if tile >= self._size.tiles:
            raise ValueError("a tile that is not there")

    def _add(self, coding: _Coding, components: Iterable[int]) -> None:
        """A coding of the main header is for all tiles, one of a tile-part for one."""
        tiles = self._size.tiles if self._in_main else 1
        for component in components:
            precincts, blocks = _count(self._size, self._size.components[component], coding)
            self.blocks += tiles * (precincts + blocks)
            self.packets += tiles * precincts * max(1, self._layers)
        if self.blocks > MAX_BLOCKS or self.packets > MAX_PACKETS:
            raise ValueError(f"more than {MAX_BLOCKS} precincts and code-blocks, or {MAX_PACKETS} packets")


def _count(size: _Size, step: tuple[int, int], coding: _Coding) -> tuple[int, int]:
    """Precincts and code-blocks of one component in one whole tile (B.5 to B.7), borders rounded up."""
    width = ceil(min(size.tile_width, size.x - size.x_offset) / step[0])
    height = ceil(min(size.tile_height, size.y - size.y_offset) / step[1])
    precincts = blocks = 0
    for resolution in range(coding.levels + 1):
        shrunk = 1 << (coding.levels - resolution)
        wide, high = ceil(width / shrunk), ceil(height / shrunk)
        px, py = coding.precincts[min(resolution, len(coding.precincts) - 1)]
        # One more each way: the grid starts at the canvas' origin and not at the tile's.
        here = (ceil(wide / (1 << px)) + 1) * (ceil(high / (1 << py)) + 1)
        precincts += here
        # Above the lowest resolution a precinct is split over subbands of half the size.
        half = 1 if resolution else 0
        bx, by = min(coding.block[0], max(0, px - half)), min(coding.block[1], max(0, py - half))
        bands = 3 if half else 1
        blocks += bands * (ceil(wide / (1 << half + bx)) + 1) * (ceil(high / (1 << half + by)) + 1)
    return precincts, blocks


def _size(body: bytes) -> _Size:
    """The SIZ segment (A.5.1)."""
    x, y, x_offset, y_offset, tile_w, tile_h, tile_x, tile_y, count = _unpack(">2x8IH", body, 0)
    if not 1 <= count <= MAX_COMPONENTS or len(body) != 36 + 3 * count:
        raise ValueError(f"not one to {MAX_COMPONENTS} components")
    steps = []
    for number in range(count):
        bits, step_x, step_y = body[36 + 3 * number : 39 + 3 * number]
        if (bits & 0x7F) + 1 > MAX_BITS or not step_x or not step_y:
            raise ValueError("a component of too many bits or of no size")
        steps.append((step_x, step_y))
    if not (x_offset < x and y_offset < y and tile_w and tile_h and tile_x <= x_offset and tile_y <= y_offset):
        raise ValueError("no image area")
    if (x - x_offset) * (y - y_offset) > MAX_PIXELS:
        raise ValueError(f"more than {MAX_PIXELS} pixels")
    tiles = ceil((x - tile_x) / tile_w) * ceil((y - tile_y) / tile_h)
    if tiles > MAX_TILES:
        raise ValueError(f"more than {MAX_TILES} tiles")
    return _Size(x, y, x_offset, y_offset, tile_w, tile_h, tuple(steps), tiles)


def _coding_default(body: bytes) -> tuple[int, _Coding]:
    """The COD segment (A.6.1): layers and coding."""
    style, layers = _unpack(">BxHx", body, 0)
    if not layers:
        raise ValueError("no layer")
    return layers, _coding(bool(style & 1), body[5:])


def _coding_component(body: bytes) -> tuple[int, _Coding]:
    """The COC segment (A.6.2): component (one byte, for pictures of less than 257) and coding."""
    component, style = _unpack(">BB", body, 0)
    return component, _coding(bool(style & 1), body[2:])


def _coding(own_precincts: bool, body: bytes) -> _Coding:
    """SPcod or SPcoc (tables A.15, A.20)."""
    levels, block_x, block_y = _unpack(">BBBxx", body, 0)
    block = (block_x & 15) + 2, (block_y & 15) + 2
    if levels > 32 or max(block) > 10 or sum(block) > 12:
        raise ValueError("levels or code-blocks out of the standard's bounds")
    if not own_precincts:
        return _Coding(levels, block, ((15, 15),))
    sizes = body[5 : 6 + levels]
    if len(sizes) != levels + 1:
        raise ValueError("precincts that are cut off")
    return _Coding(levels, block, tuple((value & 15, value >> 4) for value in sizes))


def _unpack(form: str, data: bytes, position: int) -> tuple[Any, ...]:  # Any: by the form's letters
    try:
        return struct.unpack_from(form, data, position)
    except struct.error:
        raise ValueError("a header that is cut off") from None
