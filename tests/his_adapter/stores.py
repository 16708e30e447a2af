"""Stores for payments that live as long as a test. The hub's are tables."""

import threading

from his_adapter.model import PaymentIntent, PaymentNotice, PaymentRequest, Transfer
from his_adapter.payment.bills import BillStore
from his_adapter.payment.webhook import Inbox, Outcome, StrayTransfer


class MemoryBills(BillStore):
    """Orders of bills."""

    def __init__(self) -> None:
        self._orders: dict[str, PaymentRequest] = {}

    def last(self, bill_id: str) -> PaymentRequest | None:
        """See the protocol."""
        return self._orders.get(bill_id)

    def keep(self, bill_id: str, request: PaymentRequest) -> None:
        """See the protocol."""
        self._orders[bill_id] = request


class MemoryInbox(Inbox):
    """Arrived money."""

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
