"""A circuit breaker: a system that is down is left alone, and tried again by one call at a time."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from his_adapter.faults import OutsideFaultCode

DOWN = frozenset(
    {
        OutsideFaultCode.TIMEOUT,
        OutsideFaultCode.UNREACHABLE,
        OutsideFaultCode.SERVER_ERROR,
        OutsideFaultCode.BAD_ANSWER,
    }
)
"""Faults that say the system is down. Any other answer, a refusal too, says that it is there."""


class BreakerState(StrEnum):
    """CLOSED: calls pass. OPEN: none does. HALF_OPEN: one may try."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """Opens after `failures` in a row. The pause doubles from `base_s` to `cap_s` seconds with each try that fails.

    Half of each pause is random, so that kiosks do not return in step. `down` are the faults that count.
    """

    failures: int = 5
    base_s: float = 5.0
    cap_s: float = 120.0
    down: frozenset[OutsideFaultCode] = DOWN

    def __post_init__(self) -> None:
        if self.failures < 1 or not 0 < self.base_s <= self.cap_s:
            raise ValueError("a breaker opens after a failure, for a time that can grow")

    def pause(self, openings: int, jitter: float) -> float:
        """Seconds to stay open after the `openings`-th failed try in a row (from 1). `jitter` is in [0, 1)."""
        exponent = min(openings - 1, 32)  # beyond, the cap holds anyway and the power would overflow
        full = min(self.cap_s, self.base_s * 2.0**exponent)
        return full / 2 + full / 2 * jitter


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to make one call. `round` tells calls that began before the breaker last changed: they are old news."""

    round: int


class CircuitBreaker:
    """The breaker of one system; safe from any thread. `clock` is monotonic seconds, `jitter` a number in [0, 1).

    Whoever gets a permit gives it back with `succeeded`, `failed` or `abandoned`. `changed` hears of every new state,
    in order, and must not call back.
    """

    def __init__(
        self,
        policy: BreakerPolicy | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        changed: Callable[[BreakerState], None] = lambda _: None,
    ) -> None:
        self._policy = policy or BreakerPolicy()
        self._clock = clock
        self._jitter = jitter
        self._changed = changed
        self._lock = threading.Lock()
        self._state = BreakerState.CLOSED
        self._round = 0
        self._failures = 0  # in a row, while closed
        self._openings = 0  # in a row, since it was last closed
        self._until = 0.0
        self._probing = False
        self._last_fault: OutsideFaultCode | None = None

    @property
    def state(self) -> BreakerState:
        """As of the last call: an open breaker becomes half-open only when somebody wants to call."""
        with self._lock:
            return self._state

    @property
    def last_fault(self) -> OutsideFaultCode | None:
        """The last fault that counted; None when the system has answered since."""
        with self._lock:
            return self._last_fault

    def admit(self) -> Permit | None:
        """Leave for a call; None when the system is to be left alone."""
        with self._lock:
            if self._state is BreakerState.OPEN and self._clock() >= self._until:
                self._become(BreakerState.HALF_OPEN)
            if self._state is BreakerState.OPEN or self._probing:
                return None
            self._probing = self._state is BreakerState.HALF_OPEN
            return Permit(self._round)

    def succeeded(self, permit: Permit) -> None:
        """The system answered, be it with a no."""
        with self._lock:
            if permit.round != self._round:
                return
            self._failures = self._openings = 0
            self._last_fault = None
            if self._state is BreakerState.HALF_OPEN:
                self._become(BreakerState.CLOSED)

    def failed(self, permit: Permit, fault: OutsideFaultCode) -> None:
        """The call ended with a fault. One that does not count is an answer."""
        if fault not in self._policy.down:
            self.succeeded(permit)
            return
        with self._lock:
            if permit.round != self._round:
                return
            self._last_fault = fault
            self._failures += 1
            if self._state is BreakerState.HALF_OPEN or self._failures >= self._policy.failures:
                self._openings += 1
                self._until = self._clock() + self._policy.pause(self._openings, self._jitter())
                self._become(BreakerState.OPEN)

    def abandoned(self, permit: Permit) -> None:
        """The call says nothing about the system: it never left, or a bug ended it. The next one may try."""
        with self._lock:
            if permit.round == self._round:
                self._probing = False

    def _become(self, state: BreakerState) -> None:
        self._state = state
        self._round += 1
        self._failures = 0
        self._probing = False
        self._changed(state)
