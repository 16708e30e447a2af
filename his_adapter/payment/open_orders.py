"""The orders one adapter has asked for lately, so that the same request again is the same intent."""

import threading

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import PaymentIntent, PaymentRequest, PaymentState, PaymentStatus

MAX_OPEN = 32
"""A kiosk has one order on its screen and a few whose money may still come."""
MAX_CANCELLED = 1024


class OpenOrders:
    """Bounded and safe from any thread. Nothing here outlives the process: our own ledger does that."""

    def __init__(self, system: str) -> None:
        self._system = system
        self._lock = threading.Lock()
        self._open: dict[int, tuple[PaymentRequest, PaymentIntent]] = {}
        self._cancelled: dict[int, None] = {}

    def known(self, request: PaymentRequest) -> PaymentIntent | None:
        """The intent of the same request. Raises OutsideFault CONFLICT when the code was used for another one."""
        with self._lock:
            known = self._open.get(request.order_code)
        if known is None:
            return None
        if known[0] != request:
            raise OutsideFault(OutsideFaultCode.CONFLICT, self._system, "order code used for something else")
        return known[1]

    def keep(self, request: PaymentRequest, intent: PaymentIntent) -> PaymentIntent:
        """Remember an intent; the oldest one is forgotten. When two threads asked, the first one's intent holds."""
        with self._lock:
            kept = self._open.setdefault(request.order_code, (request, intent))[1]
            while len(self._open) > MAX_OPEN:
                del self._open[next(iter(self._open))]
        return kept

    def cancel(self, intent: PaymentIntent, status: PaymentStatus) -> PaymentStatus:
        """The patient was sent to the cashier. For providers that cannot be told so.

        `status` is what the provider says now: an order that is settled stays what it is.
        """
        if status.state is not PaymentState.WAITING:
            return status
        with self._lock:
            self._cancelled[intent.order_code] = None
            while len(self._cancelled) > MAX_CANCELLED:
                del self._cancelled[next(iter(self._cancelled))]
        return PaymentStatus(PaymentState.CANCELLED)

    def is_cancelled(self, order_code: int) -> bool:
        """Whether `cancel` took effect in this process."""
        with self._lock:
            return order_code in self._cancelled
