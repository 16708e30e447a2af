"""Are the frames' times those of a camera? Forwards, at a rate that cameras have, without holes."""

import math
from typing import Final

_BURST_FRAMES: Final = 20  # a worker that was held up reads what the driver had buffered at once: judge the average
_RATE_MAX: Final = 240.0  # frames a second; the fastest cameras that a kiosk could have
_RATE_MIN: Final = 4.0  # below, a turn is three frames, and a swap between two of them cannot be seen
_GAP_MAX_S: Final = 1.0
_EQUAL_MAX: Final = 2  # equal times: a clock of coarse grain


class FrameTimes:
    """Fed the time of every frame, with and without a face. Regular times are no fault: cameras are regular."""

    def __init__(self) -> None:
        self._first = 0.0
        self._last = -math.inf
        self._frames = 0
        self._equal = 0
        self._backwards = False
        self._gap = False

    def feed(self, timestamp: float) -> None:
        if self._frames == 0:
            self._first = timestamp
        elif timestamp < self._last:
            self._backwards = True
        elif timestamp == self._last:
            self._equal += 1
        elif timestamp - self._last > _GAP_MAX_S:
            self._gap = True
        self._last = max(self._last, timestamp)
        self._frames += 1

    def forgive_gaps(self) -> None:
        """The session begins again."""
        self._gap = False

    @property
    def impossible(self) -> str | None:
        """``time_backwards``, ``impossible_rate`` or None."""
        if self._backwards or not math.isfinite(self._last):
            return "time_backwards" if self._frames else None
        fast = self._frames > _BURST_FRAMES and self._rate() > _RATE_MAX
        return "impossible_rate" if fast or self._equal > _EQUAL_MAX else None

    @property
    def insufficient(self) -> str | None:
        """``frame_gap``, ``frame_rate_too_low`` or None."""
        if self._gap:
            return "frame_gap"
        return "frame_rate_too_low" if self._frames > 1 and self._rate() < _RATE_MIN else None

    def _rate(self) -> float:
        return (self._frames - 1) / max(self._last - self._first, 1e-9)
