"""Fingers: any touch on the patient's area, and the five quick taps that open the administration."""

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QInputEvent
from PySide6.QtWidgets import QWidget

from kiosk.ui.widgets.buttons import KEYBOARD

PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin, QEvent.Type.KeyPress)
TAPS = 5
WITHIN_S = 3.0


class TouchFilter(QObject):
    """Installed on the application; calls `on_touch` once per press inside `area`, and swallows nothing."""

    def __init__(self, area: QWidget, on_touch: Callable[[], None]) -> None:
        super().__init__(area)
        self._area, self._on_touch = area, on_touch
        self._last = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in PRESSES and isinstance(watched, QWidget) and isinstance(event, QInputEvent):
            self._pressed(watched, event)
        return False

    def _pressed(self, watched: QWidget, event: QInputEvent) -> None:
        if watched is not self._area and not self._area.isAncestorOf(watched):
            return
        stamp = event.timestamp()
        if stamp and stamp == self._last:
            return  # the same press on its way up through the parents
        self._last = stamp
        self._area.window().setProperty(KEYBOARD, event.type() == QEvent.Type.KeyPress)
        self._on_touch()


class TapGesture:
    """Counts taps; tells when `TAPS` came within `WITHIN_S` seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._taps: deque[float] = deque(maxlen=TAPS)

    def tap(self) -> bool:
        """Count one tap; True completes the gesture and starts over."""
        self._taps.append(self._clock())
        if len(self._taps) == TAPS and self._taps[-1] - self._taps[0] <= WITHIN_S:
            self._taps.clear()
            return True
        return False
