"""One order at a time for each bill, so that a patient never sees two codes that both take money.

Every order has its own transfer code, made and stored before the provider hears of it. A bill gets a new order only
when the old one is cancelled and nothing has arrived for it.
"""

import threading
from typing import Protocol

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import PaymentIntent, PaymentRequest, PaymentState, PaymentStatus
from his_adapter.ports import PaymentProvider

SYSTEM = "bill"
LOCKS = 64


class BillStore(Protocol):
    """The last order asked for each bill; durable where it counts."""

    def last(self, bill_id: str) -> PaymentRequest | None:
        """The bill's last order."""
        ...

    def keep(self, bill_id: str, request: PaymentRequest) -> None:
        """Write down the bill's new order, before anybody can pay it."""
        ...


class Bills:
    """Places the orders of bills at one provider."""

    def __init__(self, provider: PaymentProvider, store: BillStore) -> None:
        self._provider = provider
        self._store = store
        self._locks = tuple(threading.Lock() for _ in range(LOCKS))

    def place(self, bill_id: str, request: PaymentRequest) -> PaymentIntent:
        """An order whose code the caller has made and written down. The same order again is the same intent.

        An earlier order of the bill is closed first, so that one code at a time takes money. Raises OutsideFault:
        CONFLICT when money has arrived for the earlier one; otherwise whatever the provider raises.
        """
        with self._lock_of(bill_id):
            last = self._store.last(bill_id)
            if last is not None and last.order_code != request.order_code:
                recorded = _recorded(last)
                if _without_money(self._provider.status(recorded)).state is PaymentState.WAITING:
                    _without_money(self._provider.cancel(recorded))
            self._store.keep(bill_id, request)
            return self._provider.create(request)

    def _lock_of(self, bill_id: str) -> threading.Lock:
        """One bill at a time; others rarely wait for it, while it waits for the provider."""
        return self._locks[hash(bill_id) % LOCKS]


def _recorded(request: PaymentRequest) -> PaymentIntent:
    return PaymentIntent("", request.order_code, request.amount_dong, request.purpose, "", request.expires_at)


def _without_money(status: PaymentStatus) -> PaymentStatus:
    if status.transfers:
        raise OutsideFault(OutsideFaultCode.CONFLICT, SYSTEM, "money has arrived for this bill")
    return status
