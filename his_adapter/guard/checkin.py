"""The guard of whoever sends check-in records to the insurance portal."""

import time
from collections.abc import Callable

from his_adapter.bhyt.xml0 import CheckInReceipt, CheckInRecord0, CheckInSender
from his_adapter.guard.breaker import BreakerPolicy
from his_adapter.guard.calls import Guarded
from his_adapter.guard.metrics import OutsideMetrics
from his_adapter.guard.portal import PORTAL_POLICY

SYSTEM = "bhyt_checkin"


class GuardedCheckIn(Guarded):
    """`CheckInSender` behind a breaker: open, `send` raises OutsideFault UNREACHABLE at once."""

    def __init__(
        self,
        inner: CheckInSender,
        metrics: OutsideMetrics,
        *,
        policy: BreakerPolicy = PORTAL_POLICY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(inner, SYSTEM, metrics, policy=policy, clock=clock)
        self._inner = inner

    def send(self, record: CheckInRecord0) -> CheckInReceipt:
        """The portal's receipt for one record; see `XmlCheckInSender.send`."""
        return self._call("send", lambda: self._inner.send(record))
