"""The guard of a payment provider."""

import time
from collections.abc import Callable

from his_adapter.guard.breaker import BreakerPolicy
from his_adapter.guard.calls import GuardedAdapter
from his_adapter.guard.metrics import OutsideMetrics
from his_adapter.model import PaymentIntent, PaymentRequest, PaymentStatus
from his_adapter.ports import PaymentProvider

SYSTEM = "payment"


class GuardedPayment(GuardedAdapter, PaymentProvider):
    """`PaymentProvider` over any other. With an open breaker every call raises OutsideFault UNREACHABLE at once."""

    def __init__(
        self,
        inner: PaymentProvider,
        metrics: OutsideMetrics,
        *,
        system: str = SYSTEM,
        policy: BreakerPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(inner, system, metrics, policy=policy, clock=clock)
        self._inner = inner

    def create(self, request: PaymentRequest) -> PaymentIntent:
        """Ask for an amount; see the port."""
        return self._call("create", lambda: self._inner.create(request))

    def status(self, intent: PaymentIntent) -> PaymentStatus:
        """Where the intent stands; see the port."""
        return self._call("status", lambda: self._inner.status(intent))

    def cancel(self, intent: PaymentIntent) -> PaymentStatus:
        """Stop asking; see the port."""
        return self._call("cancel", lambda: self._inner.cancel(intent))
