"""The simulated printer itself, without its socket: bytes in, answers and tickets out.

It behaves as a receipt printer does where that matters: status requests are answered at once, even in the middle of a
picture and while offline; everything else waits in a buffer, and stands still without paper or with the cover open.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import assert_never

from PIL import Image

from kiosk.printing.decoder import (
    CLEAR_BUFFERS,
    Align,
    Cut,
    Feed,
    Ignored,
    Raster,
    Reset,
    TellPaper,
    Unknown,
    next_command,
)

WHITE = 255
_DLE_EOT = b"\x10\x04"
_FIXED = 0x12


class Paper(StrEnum):
    """The roll."""

    OK = "ok"
    LOW = "low"
    OUT = "out"


class PaperPrinter:
    """Decodes a byte stream onto paper `width_px` dots wide; every cut hands one bitmap to `ticket_done`."""

    def __init__(self, width_px: int, ticket_done: Callable[[Image.Image], None]) -> None:
        self._width = width_px
        self._ticket_done = ticket_done
        self._buffer = bytearray()
        self._scan = bytearray()
        self._paper = Paper.OK
        self._cover_open = False
        self._bands_until_out: int | None = None
        self._align = 0
        self._pieces: list[Image.Image] = []
        self.unknown_bytes = 0
        self.torn_off = 0
        """Beginnings of tickets that never got their cut."""

    @property
    def prints(self) -> bool:
        """Has paper and a closed cover."""
        return self._paper is not Paper.OUT and not self._cover_open

    def feed(self, data: bytes) -> bytes:
        """Take bytes from the line; returns what is answered now."""
        self._buffer += data
        self._scan += data
        return self._answer_real_time() + self.run()

    def run(self) -> bytes:
        """Process the buffer as far as the printer can; returns the ordered answers."""
        answers = bytearray()
        while self._buffer and self.prints:
            found = next_command(bytes(self._buffer))
            if found is None:
                break
            command, length = found
            if isinstance(command, Raster) and not self._has_paper_for_band():
                break
            del self._buffer[:length]
            match command:
                case Reset():
                    self._align = 0
                case Align(place):
                    self._align = place
                case Feed(dots):
                    self._pieces.append(Image.new("1", (self._width, dots), WHITE))
                case Raster():
                    self._pieces.append(self._picture(command))
                case Cut():
                    self._cut()
                case TellPaper():
                    answers.append(0x03 if self._paper is Paper.LOW else 0x00)
                case Ignored():
                    pass
                case Unknown():
                    self.unknown_bytes += 1
                case _:
                    assert_never(command)
        return bytes(answers)

    def set_paper(self, paper: Paper, after_bands: int | None = None) -> None:
        """Change the roll; with `after_bands` it ends after that many more bands. A new roll starts clean."""
        if after_bands is not None and paper is Paper.OUT:
            self._bands_until_out = after_bands
            return
        if self._paper is Paper.OUT and paper is not Paper.OUT:
            self._tear_off()
        self._bands_until_out = None
        self._paper = paper

    def set_cover(self, *, is_open: bool) -> None:
        """Open or close the cover; whoever opens it tears off what hangs out."""
        self._cover_open = is_open
        if is_open:
            self._tear_off()

    def disconnected(self) -> None:
        """The line is gone: half a command can never be completed."""
        self._scan.clear()
        if self.prints:
            self._buffer.clear()

    def power_cut(self) -> None:
        """Everything in memory is lost."""
        self._buffer.clear()
        self._scan.clear()
        self._tear_off()

    def _tear_off(self) -> None:
        if self._pieces:
            self.torn_off += 1
            self._pieces.clear()

    def _has_paper_for_band(self) -> bool:
        if self._bands_until_out is None:
            return True
        if self._bands_until_out == 0:
            self._bands_until_out = None
            self._paper = Paper.OUT
            return False
        self._bands_until_out -= 1
        return True

    def _picture(self, raster: Raster) -> Image.Image:
        dots = bytes(byte ^ 0xFF for byte in raster.dots)
        picture = Image.frombytes("1", (raster.row_bytes * 8, raster.rows), dots)
        wide, high = raster.mode & 1, raster.mode >> 1 & 1
        if wide or high:
            size = (picture.width << wide, picture.height << high)
            picture = picture.resize(size, Image.Resampling.NEAREST)
        left = (self._width - picture.width) * self._align // 2
        strip = Image.new("1", (self._width, picture.height), WHITE)
        strip.paste(picture, (max(left, 0), 0))
        return strip

    def _cut(self) -> None:
        pieces, self._pieces = self._pieces, []
        ticket = Image.new("1", (self._width, max(sum(piece.height for piece in pieces), 1)), WHITE)
        top = 0
        for piece in pieces:
            ticket.paste(piece, (0, top))
            top += piece.height
        self._ticket_done(ticket)

    def _answer_real_time(self) -> bytes:
        answers = bytearray()
        at = 0
        while (at := self._scan.find(b"\x10", at)) >= 0:
            rest = bytes(self._scan[at : at + len(CLEAR_BUFFERS)])
            if rest == CLEAR_BUFFERS:
                after = bytes(self._scan[at + len(CLEAR_BUFFERS) :])
                self._buffer[:] = after
                at += len(CLEAR_BUFFERS)
            elif rest.startswith(_DLE_EOT) and len(rest) >= 3:
                answers += self._status(rest[2])
                at += 3
            elif CLEAR_BUFFERS.startswith(rest) or _DLE_EOT.startswith(rest):
                break  # the rest of a request may still arrive
            else:
                at += 1
        del self._scan[: at if at >= 0 else len(self._scan)]
        return bytes(answers)

    def _status(self, request: int) -> bytes:
        match request:
            case 1:
                return bytes([_FIXED | (0 if self.prints else 0x08)])
            case 2:
                cover = 0x04 if self._cover_open else 0
                return bytes([_FIXED | cover | (0x20 if self._paper is Paper.OUT else 0)])
            case 3:
                return bytes([_FIXED])
            case 4:
                roll = {Paper.OK: 0, Paper.LOW: 0x0C, Paper.OUT: 0x6C}[self._paper]
                return bytes([_FIXED | roll])
            case _:
                return b""
