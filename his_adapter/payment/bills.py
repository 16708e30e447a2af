"""One order at a time for each bill, so that a patient never sees two codes that both take money.

Every order has its own transfer code, made and stored before the provider hears of it. A bill whose amount changed gets
a new order only when the old one is cancelled and nothing has arrived for it.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from his_adapter.clock import Now, now
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import PaymentIntent, PaymentRequest, PaymentState, PaymentStatus
from his_adapter.payment.purpose import DEFAULT_PREFIX, new_order_code, purpose_for
from his_adapter.ports import PaymentProvider

SYSTEM = "bill"
LIFE = timedelta(minutes=5)
"""Patients who have not paid within 3 to 5 minutes go to the cashier."""
LOCKS = 64
MAX_CODES = 3
"""Two random codes of 53 bits that meet are a fault of somebody's generator: no use to go on."""


class BillStore(Protocol):
    """The last order asked for each bill; durable where it counts."""

    def last(self, bill_id: str) -> PaymentRequest | None:
        """The bill's last order."""
        ...

    def keep(self, bill_id: str, request: PaymentRequest) -> None:
        """Write down the bill's new order, before anybody can pay it."""
        ...


class MemoryBills(BillStore):
    """A store that lives as long as its process: for demonstrations and tests."""

    def __init__(self) -> None:
        self._orders: dict[str, PaymentRequest] = {}

    def last(self, bill_id: str) -> PaymentRequest | None:
        """See the protocol."""
        return self._orders.get(bill_id)

    def keep(self, bill_id: str, request: PaymentRequest) -> None:
        """See the protocol."""
        self._orders[bill_id] = request


class Bills:
    """Asks for bills at one provider."""

    def __init__(
        self,
        provider: PaymentProvider,
        store: BillStore,
        *,
        prefix: str = DEFAULT_PREFIX,
        life: timedelta = LIFE,
        clock: Now = now,
        new_code: Callable[[], int] = new_order_code,
    ) -> None:
        self._provider = provider
        self._store = store
        self._prefix = prefix
        self._life = life
        self._now = clock
        self._new_code = new_code
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

    def ask(self, bill_id: str, amount_dong: int) -> PaymentIntent:
        """The one open order of a bill. The same bill again is the same order while it is open.

        Raises OutsideFault: CONFLICT when money has arrived for it already, whatever its amount (a person, or the
        status of its order, tells what it means); otherwise whatever the provider raises.
        """
        with self._lock_of(bill_id):
            last = self._store.last(bill_id)
            intent = None if last is None else self._again(last, amount_dong)
            return intent or self._new(bill_id, amount_dong)

    def _lock_of(self, bill_id: str) -> threading.Lock:
        """One bill at a time; others rarely wait for it, while it waits for the provider."""
        return self._locks[hash(bill_id) % LOCKS]

    def _again(self, last: PaymentRequest, amount_dong: int) -> PaymentIntent | None:
        """The bill's last order when it can still be paid; None when it is over and nothing came."""
        recorded = _recorded(last)
        usable = last.amount_dong == amount_dong and last.expires_at > self._now()
        try:
            status = _without_money(self._provider.status(recorded))
        except OutsideFault as fault:
            # the provider knows no such order, or wants a person to look: only the same order may be tried again
            if fault.code is not OutsideFaultCode.REJECTED or not usable:
                raise
            return self._provider.create(last)
        if usable and status.state is PaymentState.WAITING:
            try:
                return self._provider.create(last)
            except OutsideFault as fault:
                if fault.code is not OutsideFaultCode.CONFLICT:
                    raise
                # open there, but its QR was lost with an earlier process of ours: close it and ask anew
        if status.state is PaymentState.WAITING:
            _without_money(self._provider.cancel(recorded))
        return None

    def _new(self, bill_id: str, amount_dong: int) -> PaymentIntent:
        first = PaymentRequest(self._new_code(), amount_dong, "", self._now() + self._life)
        codes = [first.order_code, *(self._new_code() for _ in range(MAX_CODES - 1))]
        for code in codes:
            request = replace(first, order_code=code, purpose=purpose_for(code, self._prefix))
            self._store.keep(bill_id, request)
            try:
                return self._provider.create(request)
            except OutsideFault as fault:
                if fault.code is not OutsideFaultCode.CONFLICT:
                    raise
        raise OutsideFault(OutsideFaultCode.CONFLICT, SYSTEM, "every new order code was taken")


def _recorded(request: PaymentRequest) -> PaymentIntent:
    return PaymentIntent("", request.order_code, request.amount_dong, request.purpose, "", request.expires_at)


def _without_money(status: PaymentStatus) -> PaymentStatus:
    if status.transfers:
        raise OutsideFault(OutsideFaultCode.CONFLICT, SYSTEM, "money has arrived for this bill")
    return status
