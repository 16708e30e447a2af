"""From what a scanner sends to whole scans: bytes of a serial port, and key strokes of one that acts as a keyboard.

Nothing here reads a clock or a device: the caller brings the moments (seconds of any clock that only goes forward).
"""

from cccd_reader.qr import MAX_CHARACTERS

MAX_BYTES = 4 * MAX_CHARACTERS
"""UTF-8 has at most four bytes a character."""

IDLE = 0.15
"""Seconds of silence that end a scan without a terminator. At 9600 baud a byte takes one millisecond; scanners pause
between USB packets for some tens of them."""

MAX_KEY_GAP = 0.05
"""Seconds between two key strokes of a scanner at most. Scanners take 1 to 30 ms; a fast typist takes 100."""

LEAST_BURST = 8
"""So many key strokes at that speed are no person's: nobody rolls eight keys."""

_STX, _ETX = 0x02, 0x03
_ENDS = frozenset(b"\r\n\x03")
_KEY_ENDS = frozenset("\r\n\t")


class LineAssembler:
    """Bytes of a serial or USB-COM scanner to texts. A text ends with CR, LF or ETX, begins anew at STX, and ends as
    well when nothing comes for `idle` seconds. Pieces may be cut anywhere, inside a letter too.

    Longer texts than any card's are dropped up to their end. Bytes that are not UTF-8 become U+FFFD, which tells that
    the scanner has a wrong code page; digits are the same in all of them.
    """

    def __init__(self, idle: float = IDLE) -> None:
        self._idle = idle
        self._bytes = bytearray()
        self._overflow = False
        self._last = 0.0

    def feed(self, data: bytes, at: float) -> list[str]:
        """The texts that `data`, received at the moment `at`, completes."""
        found = self.tick(at)
        self._last = at
        for byte in data:
            if byte in _ENDS:
                found += self._finish()
            elif byte == _STX:
                self._bytes.clear()
                self._overflow = False
            elif len(self._bytes) >= MAX_BYTES:
                self._overflow = True
            elif byte:
                self._bytes.append(byte)
        return found

    def tick(self, at: float) -> list[str]:
        """The text that silence completes, if it has lasted long enough at the moment `at`."""
        waiting = self._bytes or self._overflow
        return self._finish() if waiting and at - self._last >= self._idle else []

    def _finish(self) -> list[str]:
        text = bytes(self._bytes).decode("utf-8", "replace").strip("\ufeff \t")
        dropped = self._overflow
        self._bytes.clear()
        self._overflow = False
        return [text] if text and not dropped else []


class WedgeAssembler:
    """Key strokes to texts, when they come too fast for a person. A scan ends with Enter or Tab, or with silence.

    A stroke may be several characters, as input methods commit them. What a person types is never returned; the caller
    hands it on as it would without a scanner.
    """

    def __init__(self, max_gap: float = MAX_KEY_GAP, idle: float = IDLE) -> None:
        self._max_gap = max_gap
        self._idle = idle
        self._characters: list[str] = []
        self._count = 0
        self._strokes = 0
        self._last = 0.0

    @property
    def bursting(self) -> bool:
        """Whether the strokes since the last pause are a scanner's, so that they should not reach a text field."""
        return self._strokes >= LEAST_BURST

    def feed(self, stroke: str, at: float) -> str | None:
        """The text that this stroke, at the moment `at`, completes."""
        if self._strokes and at - self._last > self._max_gap:
            finished = self._finish()
            self._add(stroke, at)
            # A new scan that begins with its terminator would be an empty one.
            return finished
        if stroke in _KEY_ENDS:
            self._last = at
            return self._finish()
        self._add(stroke, at)
        return None

    def tick(self, at: float) -> str | None:
        """The text that silence completes, if it has lasted long enough at the moment `at`."""
        return self._finish() if self._strokes and at - self._last >= self._idle else None

    def _add(self, stroke: str, at: float) -> None:
        self._last = at
        if stroke in _KEY_ENDS or not stroke:
            return
        self._strokes += 1
        self._count += len(stroke)
        if self._count <= MAX_CHARACTERS:
            self._characters.append(stroke)
        else:
            self._characters.clear()

    def _finish(self) -> str | None:
        whole = self.bursting and self._count <= MAX_CHARACTERS
        text = "".join(self._characters) if whole else None
        self._characters.clear()
        self._count = self._strokes = 0
        return text or None
