"""A code scanner on a serial port or a USB port that acts as one (USB-COM, the mode that keeps UTF-8 whole).

pyserial is needed for this alone (`pip install tiepdon[scanner]`), so it is imported when a port is opened.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.scanner import IDLE, LineAssembler

BAUD = 9600
"""What most scanners leave the factory with; USB-COM ignores it."""

_PIECE = 4096
_STEP = IDLE / 3
"""Seconds that one wait for bytes takes at most: a scan without a terminator is noticed in time."""


class SerialScanner:
    """Opens the port at once. Raises `CardError`: unsupported without pyserial, reader_gone when there is no such port,
    when it is in use, or when it goes away while it is read."""

    def __init__(self, port: str, baud: int = BAUD, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lines = LineAssembler()
        self._waiting: deque[str] = deque()
        self._serial, self._failures = _open(port, baud)

    def __enter__(self) -> "SerialScanner":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, timeout: float) -> str | None:
        """The next scan, waiting up to `timeout` seconds for it; None when there was none."""
        end = self._clock() + timeout
        while not self._waiting:
            data = self._receive()
            now = self._clock()
            self._waiting.extend(self._lines.feed(data, now) if data else self._lines.tick(now))
            if now >= end:
                break
        return self._waiting.popleft() if self._waiting else None

    def close(self) -> None:
        """May be called again, and when the port is gone."""
        try:
            self._serial.close()
        except self._failures:
            return

    def _receive(self) -> bytes:
        """What has come, or what comes within a step; nothing is no failure."""
        try:
            data: bytes = self._serial.read(max(1, min(self._serial.in_waiting, _PIECE)))
        except self._failures as error:
            raise CardError(CardErrorCode.READER_GONE, "the scanner's port is gone") from error
        return data


def _open(port: str, baud: int) -> tuple[Any, tuple[type[Exception], ...]]:
    """The open port, and what it raises when it fails: outside pyserial's own class there are the system's, and
    TypeError when another thread closes it."""
    try:
        import serial
    except ImportError as error:
        raise CardError(CardErrorCode.UNSUPPORTED, "a serial scanner needs pyserial") from error
    failures = (serial.SerialException, OSError, TypeError)
    try:
        return serial.Serial(port, baud, timeout=_STEP, exclusive=True), failures
    except (serial.SerialException, OSError, ValueError) as error:
        raise CardError(CardErrorCode.READER_GONE, "the scanner's port cannot be opened") from error
