"""Who may come in: a kiosk with its key. Refusals of an address are counted, told less and less, and written down."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hub.gateway.kiosks import LONGEST_KEY, Kiosks
from hub.lockout import FORGET_AFTER, lock_after
from records.audit import AuditTrail

MAX_ADDRESSES = 1_024
"""More are only remembered by forgetting those that were refused longest ago: an attacker cannot fill the memory."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """The request is this kiosk's."""

    kiosk_id: str


@dataclass(frozen=True, slots=True)
class NotAdmitted:
    """Unknown kiosk, wrong key or disabled; which of them is not said. `locked_s`: seconds until the lock ends."""

    locked_s: int = 0


@dataclass(slots=True)
class _Refusals:
    count: int
    last_at: datetime
    locked_until: datetime


class Admission:
    """Decides over requests.

    A lock holds back what is refused: it gets 429 instead of 401, and no place in the access history. A right key opens
    all the same, because one wrongly set up kiosk must not shut out those that share its address, and 256 random bits
    need no protection from guessing.
    """

    def __init__(self, kiosks: Kiosks, audit: AuditTrail, clock: Callable[[], datetime]) -> None:
        self._kiosks = kiosks
        self._audit = audit
        self._clock = clock
        self._lock = threading.Lock()
        self._refused: OrderedDict[str, _Refusals] = OrderedDict()

    def admit(self, kiosk_id: str, authorization: str, address: str) -> Admitted | NotAdmitted:
        """Judge a request by its headers. Raises StoreError."""
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() == "bearer" and 0 < len(key) <= LONGEST_KEY and self._kiosks.may_ask(kiosk_id, key):
            return Admitted(kiosk_id)
        locked_s = self._count(address)
        if not locked_s:
            # the claimed id is not written down: it proves nothing, and may be anything
            self._audit.append(
                actor="", role="", action="kiosk_refused", target="", allowed=False, address=address[:64]
            )
        return NotAdmitted(locked_s)

    def _count(self, address: str) -> int:
        """One more refusal. Returns the seconds that are left of a running lock."""
        now = self._clock()
        with self._lock:
            known = self._refused.pop(address, None)
            if known is None or now - known.last_at > FORGET_AFTER:
                known = _Refusals(0, now, now)
            self._refused[address] = known
            if len(self._refused) > MAX_ADDRESSES:
                self._refused.popitem(last=False)
            known.last_at = now
            if known.locked_until > now:
                return max(1, round((known.locked_until - now).total_seconds()))
            known.count += 1
            known.locked_until = now + lock_after(known.count)
            return 0
