"""The threads in which the adapters wait for the systems behind them: few, and not all of them for one kiosk."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.http import Deadline, within

SYSTEM = "hub"
BUSY = "busy"
GRACE_S = 0.2
"""For an adapter whose time is up to say so itself, with what it knows: the portal's silence comes with evidence."""

Answer = TypeVar("Answer")


class Workers:
    """Runs blocking calls, at most `limit` at a time and `limit_per_kiosk` of them for one kiosk.

    Nothing queues: a kiosk that is told at once that the hub is busy can do something better than wait.
    """

    def __init__(self, limit: int, limit_per_kiosk: int) -> None:
        self._limit = limit
        self._limit_per_kiosk = limit_per_kiosk
        self._pool = ThreadPoolExecutor(limit, thread_name_prefix="gateway")
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()

    async def run(self, kiosk_id: str, work: Callable[[], Answer], deadline: Deadline) -> Answer:
        """The work's answer. Raises what the work raises; OutsideFault UNREACHABLE when it was not begun, because too

        many are running, and TIMEOUT when the deadline has passed. An adapter that then still works keeps its place
        until it ends.
        """
        self._take_place(kiosk_id)
        try:
            running = self._pool.submit(self._work, kiosk_id, work, deadline)
        except RuntimeError:  # closed
            self._give_place_back(kiosk_id)
            raise OutsideFault(OutsideFaultCode.UNREACHABLE, SYSTEM, "stopping") from None
        try:
            return await asyncio.wait_for(asyncio.wrap_future(running), deadline.left() + GRACE_S)
        except TimeoutError:
            raise OutsideFault(OutsideFaultCode.TIMEOUT, SYSTEM, "no answer in time") from None

    def running(self) -> int:
        """How many calls there are now."""
        with self._lock:
            return self._running.total()

    def close(self) -> None:
        """Wait for the calls that run; each ends by its own time limit."""
        self._pool.shutdown()

    def _work(self, kiosk_id: str, work: Callable[[], Answer], deadline: Deadline) -> Answer:
        try:
            with within(deadline.left()):
                return work()
        finally:
            self._give_place_back(kiosk_id)

    def _take_place(self, kiosk_id: str) -> None:
        with self._lock:
            if self._running.total() >= self._limit or self._running[kiosk_id] >= self._limit_per_kiosk:
                raise OutsideFault(OutsideFaultCode.UNREACHABLE, SYSTEM, BUSY)
            self._running[kiosk_id] += 1

    def _give_place_back(self, kiosk_id: str) -> None:
        with self._lock:
            self._running[kiosk_id] -= 1
            if not self._running[kiosk_id]:
                del self._running[kiosk_id]
