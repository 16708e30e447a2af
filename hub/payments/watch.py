"""The thread that brings the inbox and the orders together, and asks about money that nobody told of."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import PaymentState
from hub.logs import where
from hub.payments.desk import PaymentDesk
from hub.payments.orders import Orders
from hub.payments.settlement import Settlement
from records.errors import StoreError

log = structlog.get_logger(__name__)

PAUSE_S = 30.0
"""Between two rounds of asking. A kiosk whose patient waits asks by itself, much more often."""
LISTEN_AFTER = timedelta(minutes=15)
"""Money sent in the last second still arrives. Later money is found by its notice, or by the day's reconciliation."""
DOWN = frozenset(
    {OutsideFaultCode.TIMEOUT, OutsideFaultCode.UNREACHABLE, OutsideFaultCode.AUTH, OutsideFaultCode.RESTRICTED}
)
"""Faults that the next question would meet as well. Any other may be one order's, and must not silence the rest."""
ORDERS_A_ROUND = 50
"""5,000 patients a day in 5 busy hours leave about 330 orders in 20 minutes: each is asked about every few rounds."""


class PaymentWatch:
    """Begins by settling what an earlier run left between a notice and its order."""

    def __init__(
        self,
        orders: Orders,
        settlement: Settlement,
        desk: PaymentDesk,
        now: Callable[[], datetime],
        *,
        pause_s: float = PAUSE_S,
    ) -> None:
        self._orders = orders
        self._settlement = settlement
        self._desk = desk
        self._now = now
        self._pause_s = pause_s
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="payment watch", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """A notice was stored: settle it now. From any thread; waits for nothing."""
        self._wake.set()

    def close(self) -> None:
        """Stop after the present question."""
        self._stop.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def settle(self) -> None:
        """Bring everything that waits in the inbox to its order. Raises StoreError."""
        self._settlement.settle_due()

    def ask_around(self) -> None:
        """Ask about the orders whose money may still come, and end those whose time is long over. Raises StoreError."""
        moment = self._now()
        for order_code in self._orders.forgotten(moment - LISTEN_AFTER, ORDERS_A_ROUND):
            self._settlement.close(order_code, PaymentState.EXPIRED)
        for known in self._orders.awaited(moment - LISTEN_AFTER, ORDERS_A_ROUND):
            if self._stop.is_set():
                return
            if self._wake.is_set():
                self._wake.clear()
                self.settle()
            try:
                self._desk.poll(known)
            except OutsideFault as fault:
                log.warning("payment provider not asked", provider=known.provider.value, code=fault.code.value)
                self._settlement.asked(known.request.order_code)
                if fault.code in DOWN:
                    return  # it would be the same for the others; the next round begins with another one

    def _run(self) -> None:
        next_round = 0.0
        while not self._stop.is_set():
            try:
                self.settle()
                if time.monotonic() >= next_round:
                    next_round = time.monotonic() + self._pause_s
                    self.ask_around()
            except StoreError as error:
                log.error("payments not readable", code=error.code.value)
            except Exception as error:  # noqa: BLE001 — one order's bug must not end the watch over the others
                log.error("payment watch failed", error=type(error).__name__, where=where(error))
            self._wake.wait(max(0.0, next_round - time.monotonic()))
            self._wake.clear()
