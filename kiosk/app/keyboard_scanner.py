"""A scanner that types: its bursts are taken out of the window's key strokes, what a person types goes on."""

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtGui import QKeyEvent, QWindow

from cccd_reader.scanner import IDLE, MAX_KEY_GAP, WedgeAssembler


class KeyboardScanner(QObject):
    """`on_scan` hears whole scans; `listening` says whether they are wanted now: a form
    with text fields takes a scan as it is typed.

    The first stroke of a burst passes, it could be anybody's. Those that follow at a scanner's speed are kept back:
    a space or an Enter among them would press the button that has the focus.
    """

    def __init__(
        self,
        parent: QObject,
        on_scan: Callable[[str], None],
        listening: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._on_scan = on_scan
        self._listening = listening
        self._clock = clock
        self._wedge = WedgeAssembler()
        self._last = -math.inf
        self._silence = QTimer(self)
        self._silence.setSingleShot(True)
        self._silence.setInterval(round(1000 * IDLE))
        self._silence.timeout.connect(self._finish)

    def install(self) -> None:
        """Listen to the application's windows, before any widget of them does."""
        application = QCoreApplication.instance()
        assert application is not None, "a scanner's keys come through the application"
        application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # A key stroke comes to the window first, and once; to widgets it may come again on its way up.
        if event.type() is not QEvent.Type.KeyPress or not isinstance(watched, QWindow) or not self._listening():
            return False
        assert isinstance(event, QKeyEvent)
        text = event.text()
        if not text or event.isAutoRepeat():
            return False
        # The stroke's own time: strokes that waited for a busy window are no burst.
        at = event.timestamp() / 1000 if event.timestamp() else self._clock()
        follows = at - self._last <= MAX_KEY_GAP
        self._last = at
        self._tell(self._wedge.feed(text, at))
        self._silence.start()
        return follows

    def _finish(self) -> None:
        self._tell(self._wedge.tick(math.inf))

    def _tell(self, scan: str | None) -> None:
        if scan is not None:
            self._on_scan(scan)
