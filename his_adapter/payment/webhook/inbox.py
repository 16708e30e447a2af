"""A notice's way in: verify the raw request, store it once, answer in the provider's own words."""

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from his_adapter.model import PaymentIntent, PaymentNotice, Transfer
from his_adapter.payment.webhook.interface import (
    Acknowledgement,
    NothingArrived,
    NoticeVerifier,
    Outcome,
    Refusal,
    StrayTransfer,
)


class Inbox(Protocol):
    """Where arriving money is written down: one row for each (provider, provider_txn_id), insert or ignore.

    A store that cannot write answers NOT_STORED, and the provider tells again.
    """

    def keep(self, provider: str, notice: PaymentNotice | StrayTransfer) -> Outcome:
        """Store a notice once, durably. What follows from it may come after: the provider waits for this answer."""
        ...


def take(
    verifier: NoticeVerifier, headers: Mapping[str, str], query: str, raw_body: bytes, now: datetime, inbox: Inbox
) -> Outcome | Refusal:
    """What becomes of one request of a provider. Nothing is stored unless it is proven."""
    verdict = verifier.verify(headers, query, raw_body, now)
    if isinstance(verdict, Refusal):
        return verdict
    if isinstance(verdict, NothingArrived):
        return Outcome.NOTHING
    return inbox.keep(verifier.provider, verdict)


def receive(
    verifier: NoticeVerifier, headers: Mapping[str, str], query: str, raw_body: bytes, now: datetime, inbox: Inbox
) -> Acknowledgement:
    """One request of a provider, to its answer."""
    return verifier.acknowledge(take(verifier, headers, query, raw_body, now, inbox))


class MemoryInbox(Inbox):
    """An inbox that lives as long as its process: for demonstrations and tests. A real one is a table."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[int, int] = {}
        self._kept: dict[tuple[str, str], PaymentNotice | StrayTransfer] = {}

    def expect(self, intent: PaymentIntent) -> None:
        """An order of ours, known before anybody can pay it."""
        with self._lock:
            self._asked[intent.order_code] = intent.amount_dong

    def keep(self, provider: str, notice: PaymentNotice | StrayTransfer) -> Outcome:
        """See the protocol."""
        key = (provider, notice.transfer.provider_txn_id)
        with self._lock:
            if key in self._kept:
                return Outcome.REPEATED
            self._kept[key] = notice
            if isinstance(notice, StrayTransfer) or notice.order_code not in self._asked:
                return Outcome.UNKNOWN_ORDER
            wanted = self._asked[notice.order_code]
        return Outcome.ACCEPTED if notice.transfer.amount_dong == wanted else Outcome.WRONG_AMOUNT

    def transfers(self, order_code: int) -> tuple[Transfer, ...]:
        """What notices told of an order, in the order they came."""
        with self._lock:
            kept = tuple(self._kept.values())
        return tuple(one.transfer for one in kept if isinstance(one, PaymentNotice) and one.order_code == order_code)

    def strays(self) -> tuple[Transfer, ...]:
        """Money without an order."""
        with self._lock:
            return tuple(one.transfer for one in self._kept.values() if isinstance(one, StrayTransfer))
