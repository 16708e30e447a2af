"""Figures of the gateway for the hospital's monitoring (Prometheus), beside those of the systems behind it."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 15.0)
"""A portal call takes 1 to 3 s, a kiosk's patience is 8 s."""
OK = "ok"


class GatewayMetrics:
    """What kiosks asked and what they were told. The labels are words of this house and never come from a request."""

    def __init__(self, registry: CollectorRegistry, running: Callable[[], int]) -> None:
        self._calls = Counter(
            "tiepdon_gateway_calls",  # the client adds _total
            "Questions of kiosks, by what they were told.",
            ("operation", "outcome"),
            registry=registry,
        )
        self._seconds = Histogram(
            "tiepdon_gateway_call_seconds",
            "From the question's arrival to its answer.",
            ("operation",),
            buckets=BUCKETS_S,
            registry=registry,
        )
        self._refused = Counter(
            "tiepdon_gateway_refused", "Requests without a valid key.", ("reason",), registry=registry
        )
        now = Gauge("tiepdon_gateway_running_calls", "Calls to the systems behind, now.", registry=registry)
        now.set_function(running)

    def answered(self, operation: str, outcome: str, seconds: float) -> None:
        """One question; `outcome` is "ok" or a fault code."""
        self._calls.labels(operation, outcome).inc()
        self._seconds.labels(operation).observe(seconds)

    def refused(self, reason: str) -> None:
        """One request that was not let in: "key" or "locked"."""
        self._refused.labels(reason).inc()
