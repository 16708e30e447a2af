"""Prints a bitmap on an ESC/POS printer over TCP and says "printed" only when the printer said so.

Why not python-escpos: its network printer has a time limit per call but none for the job, cannot tell a status byte
from another byte, and knows no ordered answer. Few commands are needed here; the tests use python-escpos as a foreign
peer of the simulated printer instead.

Two kinds of answers are used (Epson ESC/POS command reference):

- DLE EOT n is answered at once, even while offline: why is nothing printed?
- GS r 1 is answered when its turn comes, after the bytes before it were processed: the receipt for each band and for
  the cut. A printer that holds a job (no paper, cover open) does not answer it.
"""

import contextlib
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image

from kiosk.flow.values import FaultCode
from kiosk.printing.typeset import WHITE

DEFAULT_TIMEOUT_S = 10.0
BAND_ROWS = 96  # 12 mm: 7 kB at 576 dots, which the smallest receive buffers in use still take besides the next band
POLL_S = 0.5  # silence after which the printer is asked what is wrong

_INITIALISE = b"\x1b@" + b"\x1da\x00"  # ESC @; GS a 0: no unasked status bytes
_RASTER = b"\x1dv0\x00"
_CUT = b"\x1dVB\x00"  # GS V 66 0: feed to the knife, cut
_ORDERED_STATUS = b"\x1dr\x01"
_ASK = b"\x10\x04\x01" + b"\x10\x04\x02" + b"\x10\x04\x04"
_CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"  # DLE DC4 8: forget what was received and not printed

_REAL_TIME_MASK, _REAL_TIME_FIXED = 0x93, 0x12  # bits 0 and 7 clear, bits 1 and 4 set
_ORDERED_MASK = 0x90  # bits 4 and 7 clear
_OFFLINE = 0x08  # n = 1
_COVER_OPEN, _PAPER_STOP = 0x04, 0x20  # n = 2
_ROLL_END, _ROLL_NEAR_END = 0x60, 0x0C  # n = 4


class PrinterFault(StrEnum):
    """What is wrong with the printer."""

    PAPER_OUT = "paper_out"
    PAPER_LOW = "paper_low"  # a warning: it prints
    COVER_OPEN = "cover_open"
    OFFLINE = "offline"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    UNKNOWN = "unknown"  # answers, but not as an ESC/POS printer does


@dataclass(frozen=True, slots=True)
class PrintResult:
    """`ok`: the printer confirmed the whole job. A fault beside `ok` is about the next job: paper low or used up."""

    ok: bool
    fault: PrinterFault | None = None


def flow_fault(fault: PrinterFault) -> FaultCode | None:
    """The flow's word for a printer's fault; None for a mere warning."""
    match fault:
        case PrinterFault.PAPER_LOW:
            return None
        case PrinterFault.PAPER_OUT:
            return FaultCode.PAPER_OUT
        case _:
            return FaultCode.PRINTER_DOWN


def raster_bands(image: Image.Image) -> Iterator[bytes]:
    """GS v 0 commands for a mode "1" image, `BAND_ROWS` rows each from the top; widths are filled up to whole bytes."""
    row_bytes = (image.width + 7) // 8
    padded = Image.new("1", (row_bytes * 8, image.height), WHITE)
    padded.paste(image, (0, 0))
    dots = bytes(byte ^ 0xFF for byte in padded.tobytes())  # ESC/POS prints ones, Pillow's one is white
    for top in range(0, image.height, BAND_ROWS):
        rows = min(BAND_ROWS, image.height - top)
        size = row_bytes.to_bytes(2, "little") + rows.to_bytes(2, "little")
        yield _RASTER + size + dots[top * row_bytes : (top + rows) * row_bytes]


def print_bitmap(image: Image.Image, host: str, port: int, timeout_s: float = DEFAULT_TIMEOUT_S) -> PrintResult:
    """Print a mode "1" image and cut. Returns within `timeout_s`, whatever the printer does.

    Looking up a host name comes on top, with the system's own limit: settings name an IP address.
    """
    return _with_printer(host, port, timeout_s, lambda link: _job(link, image))


def query(host: str, port: int, timeout_s: float = DEFAULT_TIMEOUT_S) -> PrintResult:
    """Ask for the printer's state without printing; `ok` means that it could print now."""
    return _with_printer(host, port, timeout_s, _readiness)


def _with_printer(host: str, port: int, timeout_s: float, work: "Callable[[_Link], PrintResult]") -> PrintResult:
    deadline = time.monotonic() + timeout_s
    try:
        connection = socket.create_connection((host, port), timeout=timeout_s)
    except OSError:  # refused, no route, no such name, no answer: nobody is there
        return PrintResult(False, PrinterFault.UNREACHABLE)
    with connection:
        try:
            return work(_Link(connection, deadline))
        except TimeoutError:
            return PrintResult(False, PrinterFault.TIMEOUT)
        except OSError:  # reset or closed: unplugged or switched off
            return PrintResult(False, PrinterFault.UNREACHABLE)


def _readiness(link: "_Link") -> PrintResult:
    fault = link.ask()
    return PrintResult(fault in (None, PrinterFault.PAPER_LOW), fault)


def _job(link: "_Link", image: Image.Image) -> PrintResult:
    ready = _readiness(link)
    if not ready.ok:
        return ready
    for command in (_INITIALISE, *raster_bands(image), _CUT):
        if fault := link.send_confirmed(command):
            link.forget_job()
            return PrintResult(False, fault)
    try:
        return PrintResult(True, link.ask())
    except OSError:  # the paper is out and cut, whatever became of the line since
        return PrintResult(True)


class _Link:
    """One connection: what is sent and what comes back before the deadline."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self._ordered: deque[int] = deque()
        self._real_time: deque[int] = deque()
        self._strange = False

    def ask(self) -> PrinterFault | None:
        """The state right now.

        Raises: TimeoutError if the printer keeps silent until the deadline, OSError if it is gone.
        """
        self._drain()
        self._send(_ASK)
        while len(self._real_time) < 3:
            self._receive(self._left())
            if self._strange:
                return PrinterFault.UNKNOWN
        printer, cause, roll = (self._real_time.popleft() for _ in range(3))
        if cause & _PAPER_STOP or roll & _ROLL_END:
            return PrinterFault.PAPER_OUT
        if cause & _COVER_OPEN:
            return PrinterFault.COVER_OPEN
        if printer & _OFFLINE:
            return PrinterFault.OFFLINE
        return PrinterFault.PAPER_LOW if roll & _ROLL_NEAR_END else None

    def send_confirmed(self, command: bytes) -> PrinterFault | None:
        """Send and wait until the printer has processed it; the fault that keeps it from doing so, or None.

        Raises: TimeoutError at the deadline, OSError if the printer is gone.
        """
        self._ordered.clear()
        self._send(command + _ORDERED_STATUS)
        while not self._ordered:
            try:
                self._receive(min(POLL_S, self._left()))
            except TimeoutError:
                fault = self.ask()
                if fault not in (None, PrinterFault.PAPER_LOW):
                    return fault
        return None

    def forget_job(self) -> None:
        """Keep a held job from coming out later beside its second print. The fault is reported either way."""
        with contextlib.suppress(OSError):
            self._send(_CLEAR)
            self.ask()  # its answer follows the clearing: done before somebody can put in paper

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the print job's time is over")
        return left

    def _send(self, data: bytes) -> None:
        self._connection.settimeout(self._left())
        self._connection.sendall(data)

    def _receive(self, wait_s: float) -> None:
        self._connection.settimeout(wait_s)
        data = self._connection.recv(64)
        if not data:
            raise ConnectionResetError("the printer closed the connection")
        for byte in data:
            if byte & _REAL_TIME_MASK == _REAL_TIME_FIXED:
                self._real_time.append(byte)
            elif byte & _ORDERED_MASK == 0:
                self._ordered.append(byte)
            else:
                self._strange = True

    def _drain(self) -> None:
        """Drop answers nobody asked for: a printer also answers a DLE EOT that happens to stand in a picture."""
        try:
            while True:
                self._receive(0.0)
        except BlockingIOError:
            self._real_time.clear()
            self._strange = False  # unasked status bytes that were still switched on
