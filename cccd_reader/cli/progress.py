"""The progress of a reading on standard error: a bar on a terminal, a line per file elsewhere."""

import sys
from typing import TextIO

from cccd_reader.readout import Progress, Stage

BAR_WIDTH = 30
_ERASE_LINE = "\r\x1b[K"
_TITLES = {Stage.OPENING: "opening the chip", Stage.CHECKING: "checking"}


class ProgressPrinter:
    """To be given as `on_progress`. `close` ends the bar's line, also after a failure."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._bar = self._stream.isatty()
        self._last: str | None = None

    def __call__(self, progress: Progress) -> None:
        title = _TITLES.get(progress.stage) or progress.file or ""
        if self._bar:
            self._write(f"{_ERASE_LINE}{_bar(progress)} {title}")
        elif title != self._last:
            self._write(title + "\n")
        self._last = title

    def close(self) -> None:
        if self._bar and self._last is not None:
            self._write(_ERASE_LINE)
        self._last = None

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _bar(progress: Progress) -> str:
    share = min(1.0, progress.done / progress.total) if progress.total else 0.0
    full = round(share * BAR_WIDTH)
    return f"[{'#' * full}{'.' * (BAR_WIDTH - full)}] {share:4.0%}"
