"""When a call that failed is made again."""

from dataclasses import dataclass
from datetime import timedelta

MAX_ATTEMPTS = 4_032
FARTHEST = timedelta(hours=6)
"""Nothing is put off for longer. What seems to be was put off by a clock that ran ahead, by seven hours where a machine
takes Vietnam's time for UTC: it is due."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Delays double from `base_s` to `cap_s` seconds; half of each is random, so that kiosks do not return in step.

    With the default cap an unreachable system is tried for a week (at least 150 s between tries) before giving up.
    """

    base_s: float = 2.0
    cap_s: float = 300.0
    max_attempts: int = MAX_ATTEMPTS

    def __post_init__(self) -> None:
        if not 0 < self.base_s <= self.cap_s or self.max_attempts < 1:
            raise ValueError("there is a pause between tries, and at least one try")

    def delay(self, attempts: int, jitter: float) -> timedelta:
        """The pause after the `attempts`-th failure (from 1). `jitter` is in [0, 1)."""
        exponent = min(attempts - 1, 32)  # beyond, the cap holds anyway and the power would overflow
        full = min(self.cap_s, self.base_s * 2.0**exponent)
        return timedelta(seconds=full / 2 + full / 2 * jitter)

    def after(self, pause: timedelta, jitter: float) -> timedelta:
        """At least `pause`, at most half as long again: for systems that must not be asked earlier."""
        return pause + pause / 2 * jitter
