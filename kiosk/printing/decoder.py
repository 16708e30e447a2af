"""The subset of ESC/POS that tickets need, read command by command (Epson ESC/POS command reference)."""

from dataclasses import dataclass

ESC, GS, DLE, LF = 0x1B, 0x1D, 0x10, 0x0A
LINE_DOTS = 30  # default line spacing, 1/6 inch at 180 dpi
CLEAR_BUFFERS = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"


@dataclass(frozen=True, slots=True)
class Reset:
    """ESC @."""


@dataclass(frozen=True, slots=True)
class Align:
    """ESC a n: 0 left, 1 centre, 2 right."""

    place: int


@dataclass(frozen=True, slots=True)
class Feed:
    """LF, ESC d n, ESC J n."""

    dots: int


@dataclass(frozen=True, slots=True)
class Raster:
    """GS v 0: `rows` rows of `row_bytes` bytes; ones are black. Mode bit 0 doubles the width, bit 1 the height."""

    mode: int
    row_bytes: int
    rows: int
    dots: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """GS V."""


@dataclass(frozen=True, slots=True)
class TellPaper:
    """GS r n: answered in its turn."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Known, without effect on this paper: GS a, GS ( …, ESC settings, and real-time commands in their turn."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A byte that starts no known command."""


Command = Reset | Align | Feed | Raster | Cut | TellPaper | Ignored | Unknown

_ESC_SETTINGS = {0x74: 3, 0x32: 2, 0x33: 3, 0x21: 3, 0x45: 3, 0x47: 3, 0x4D: 3, 0x2D: 3, 0x7B: 3}
"""Length of the ESC commands that only set how text would look."""


def next_command(data: bytes) -> tuple[Command, int] | None:
    """The first command and its length in bytes; None while its end has not arrived. `data` is not empty."""
    first = data[0]
    if first == LF:
        return Feed(LINE_DOTS), 1
    if first not in (ESC, GS, DLE):
        return Unknown(), 1
    if len(data) < 2:
        return None
    match first:
        case 0x1B:
            return _escape(data)
        case 0x1D:
            return _group(data)
        case _:
            return _real_time(data)


def _escape(data: bytes) -> tuple[Command, int] | None:
    if data[1] == 0x40:
        return Reset(), 2
    if data[1] not in (0x61, 0x64, 0x4A, *_ESC_SETTINGS):
        return Unknown(), 1
    length = _ESC_SETTINGS.get(data[1], 3)
    if len(data) < length:
        return None
    match data[1]:
        case 0x61:
            return Align(data[2] % 48), 3  # the digits "0" to "2" are allowed as well
        case 0x64:
            return Feed(data[2] * LINE_DOTS), 3
        case 0x4A:
            return Feed(data[2]), 3
        case _:
            return Ignored(), length


def _group(data: bytes) -> tuple[Command, int] | None:
    match data[1]:
        case 0x76:
            return _raster(data)
        case 0x56:
            return _cut(data)
        case 0x28:  # GS ( x pL pH …: two-dimensional codes and settings
            if len(data) < 5:
                return None
            length = 5 + int.from_bytes(data[3:5], "little")
            return (Ignored(), length) if len(data) >= length else None
        case 0x72 | 0x61:
            if len(data) < 3:
                return None
            return (TellPaper() if data[1] == 0x72 else Ignored()), 3
        case _:
            return Unknown(), 1


def _raster(data: bytes) -> tuple[Command, int] | None:
    if len(data) < 8:
        return None
    if data[2] != 0x30 or data[3] % 48 > 3:
        return Unknown(), 1
    row_bytes, rows = int.from_bytes(data[4:6], "little"), int.from_bytes(data[6:8], "little")
    length = 8 + row_bytes * rows
    if len(data) < length:
        return None
    return Raster(data[3] % 48, row_bytes, rows, bytes(data[8:length])), length


def _cut(data: bytes) -> tuple[Command, int] | None:
    if len(data) < 3:
        return None
    if data[2] in (0, 1, 0x30, 0x31):
        return Cut(), 3
    if data[2] in (0x41, 0x42):
        return (Cut(), 4) if len(data) >= 4 else None
    return Unknown(), 1


def _real_time(data: bytes) -> tuple[Command, int] | None:
    if data[1] in (0x04, 0x05):
        return (Ignored(), 3) if len(data) >= 3 else None
    if data[1] != 0x14:
        return Unknown(), 1
    if len(data) < 3:
        return None
    length = len(CLEAR_BUFFERS) if data[2] == 0x08 else 5
    return (Ignored(), length) if len(data) >= length else None
