"""A pause in asking: an account that was refused is locked for the whole hospital when it goes on asking."""

import threading
import time
from collections.abc import Callable


class Rest:
    """Begins at a refusal and lasts so many seconds. Safe from any thread."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._until: float | None = None

    def begin(self) -> None:
        """From now on, anew when it has begun already."""
        with self._lock:
            self._until = self._clock() + self._seconds

    def end(self) -> None:
        """The account works again."""
        with self._lock:
            self._until = None

    @property
    def active(self) -> bool:
        """Whether nothing may be asked now."""
        with self._lock:
            return self._until is not None and self._clock() < self._until
