"""One question at a time per card, none twice within minutes: the portal locks accounts that ask too often."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, Protocol, TypeVar

from his_adapter.faults import OutsideFaultCode

MAX_KEPT = 64
"""Answers are personal data: few are kept, and not for long."""


class Answered(Protocol):
    """What the portal said, or why it said nothing."""

    @property
    def fault(self) -> OutsideFaultCode | None: ...


A = TypeVar("A", bound=Answered)


class RecentAnswers(Generic[A]):
    """Keeps answers for `seconds`; callers with the same key while one is asking share its answer.

    Only what the portal really said about the card is kept, never an outage.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, tuple[float, A]] = OrderedDict()
        self._asking: dict[bytes, Future[A]] = {}

    def get(self, key: bytes, ask: Callable[[], A]) -> A:
        """The kept answer, or the one of `ask`, whose exceptions pass through to every caller."""
        with self._lock:
            self._drop_old()
            if key in self._kept:
                return self._kept[key][1]
            shared = self._asking.get(key)
            if shared is None:
                own = self._asking[key] = Future[A]()
        if shared is not None:
            return shared.result()
        try:
            answer = ask()
        except BaseException as error:
            with self._lock:
                del self._asking[key]
            own.set_exception(error)
            raise
        with self._lock:
            if answer.fault is None:
                self._kept[key] = (self._clock() + self._seconds, answer)
            del self._asking[key]
        own.set_result(answer)
        return answer

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def _drop_old(self) -> None:
        moment = self._clock()
        while self._kept:
            until, _ = next(iter(self._kept.values()))
            if until > moment and len(self._kept) <= MAX_KEPT:
                break
            self._kept.popitem(last=False)
