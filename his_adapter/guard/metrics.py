"""Figures for the hospital's monitoring, by the conventions of Prometheus: names with units, totals, no personal data.

The labels have few values: system, call and outcome are words of this house, never something another system said.
"""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, generate_latest

from his_adapter.guard.breaker import BreakerState

BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 15.0, 30.0)
"""A portal call takes 1 to 3 s, a kiosk's patience is 8 s."""


class OutsideMetrics:
    """Calls to other systems, their breakers, and what waits in the outbox. One object per process."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._calls = Counter(
            "tiepdon_outside_calls",  # the client adds _total
            "Calls to another system, by what came of them.",
            ("system", "call", "outcome"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "tiepdon_outside_call_seconds",
            "Duration of the calls that were made; a call that an open breaker refused took no time.",
            ("system", "call"),
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self._breaker = Enum(
            "tiepdon_outside_breaker_state",
            "State of the circuit breaker of a system: 1 for the present one.",
            ("system",),
            states=[state.value for state in BreakerState],
            registry=self.registry,
        )
        self._pending = Gauge(
            "tiepdon_outbox_pending", "Promised calls not yet delivered.", ("destination",), registry=self.registry
        )
        self._dead = Gauge(
            "tiepdon_outbox_dead", "Promised calls given up, for a person.", ("destination",), registry=self.registry
        )
        self._oldest = Gauge(
            "tiepdon_outbox_oldest_timestamp_seconds",
            "When the oldest undelivered call was promised, Unix time; absent when none waits.",
            ("destination",),
            registry=self.registry,
        )

    def called(self, system: str, call: str, outcome: str, seconds: float | None) -> None:
        """One call. `seconds` None: it was not made."""
        self._calls.labels(system, call, outcome).inc()
        if seconds is not None:
            self._seconds.labels(system, call).observe(seconds)

    def breaker(self, system: str, state: BreakerState) -> None:
        """A breaker's new state."""
        self._breaker.labels(system).state(state.value)

    def outbox(self, destination: str, *, pending: int, dead: int, oldest: datetime | None) -> None:
        """What waits for one destination now; `oldest` is when its oldest undelivered call was promised."""
        self._pending.labels(destination).set(pending)
        self._dead.labels(destination).set(dead)
        if oldest is None:
            self._oldest.remove_by_labels({"destination": destination})
        else:
            self._oldest.labels(destination).set(oldest.timestamp())

    def text(self) -> bytes:
        """All figures in Prometheus' text format, version 0.0.4."""
        return generate_latest(self.registry)
