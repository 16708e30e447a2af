"""One guarded call: breaker, clock, counter and log line, the same for every port."""

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

import structlog

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.guard.breaker import BreakerPolicy, BreakerState, CircuitBreaker
from his_adapter.guard.metrics import OutsideMetrics
from his_adapter.model import Health

log = structlog.get_logger(__name__)

OK = "ok"
CIRCUIT_OPEN = "circuit_open"
OPEN_DETAIL = "circuit open"
BUG = "bug"

Answer = TypeVar("Answer")


class Closable(Protocol):
    """What has connections."""

    def close(self) -> None:
        """Release its connections."""
        ...


class Adapter(Closable, Protocol):
    """What every adapter of a port has beside its calls."""

    def health(self) -> Health:
        """Whether it answers."""
        ...


class Guarded:
    """Guards the calls to one system. `system` is the name in metrics and log lines; `clock` is monotonic seconds."""

    def __init__(
        self,
        inner: Closable,
        system: str,
        metrics: OutsideMetrics,
        *,
        policy: BreakerPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._guarded = inner
        self._system = system
        self._metrics = metrics
        self._clock = clock
        self.breaker = CircuitBreaker(policy, clock=clock, changed=self._changed)
        metrics.breaker(system, self.breaker.state)

    def close(self) -> None:
        """Release the connections."""
        self._guarded.close()

    def _call(
        self,
        call: str,
        work: Callable[[], Answer],
        judge: Callable[[Answer], OutsideFaultCode | None] = lambda _: None,
        is_news: Callable[[Answer], bool] = lambda _: True,
    ) -> Answer:
        """Make a call unless the breaker is open. `judge` finds the fault in an answer that tells of one itself;

        `is_news` is False for an answer that did not come from the system just now. Raises OutsideFault.
        """
        permit = self.breaker.admit()
        if permit is None:
            self._note(call, CIRCUIT_OPEN, None)
            raise OutsideFault(OutsideFaultCode.UNREACHABLE, self._system, OPEN_DETAIL)
        started = self._clock()
        try:
            answer = work()
        except OutsideFault as fault:
            self.breaker.failed(permit, fault.code)
            self._note(call, fault.code.value, started)
            raise
        except BaseException:
            self.breaker.abandoned(permit)
            self._note(call, BUG, started)
            raise
        fault_code = judge(answer)
        if not is_news(answer):
            self.breaker.abandoned(permit)
        elif fault_code is None:
            self.breaker.succeeded(permit)
        else:
            self.breaker.failed(permit, fault_code)
        self._note(call, OK if fault_code is None else fault_code.value, started)
        return answer

    def _note(self, call: str, outcome: str, started: float | None) -> None:
        seconds = None if started is None else self._clock() - started
        self._metrics.called(self._system, call, outcome, seconds)
        write = log.info if outcome == OK else log.warning
        write(
            "outside call",
            system=self._system,
            call=call,
            outcome=outcome,
            milliseconds=0 if seconds is None else round(seconds * 1_000),
        )

    def _changed(self, state: BreakerState) -> None:
        self._metrics.breaker(self._system, state)
        log.warning("breaker", system=self._system, state=state.value)


class GuardedAdapter(Guarded):
    """Guards an adapter of a port."""

    def __init__(
        self,
        inner: Adapter,
        system: str,
        metrics: OutsideMetrics,
        *,
        policy: BreakerPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(inner, system, metrics, policy=policy, clock=clock)
        self._adapter = inner

    def health(self) -> Health:
        """Asked in any state and without effect on the breaker: a person wants to know how it is now."""
        started = self._clock()
        health = self._adapter.health()
        self._note("health", OK if health.fault is None else health.fault.value, started)
        return health
