"""Payments as the hub offers them to its kiosks: the provider's calls, over orders and money that are on disk."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import Health, PaymentIntent, PaymentRequest, PaymentState, PaymentStatus
from his_adapter.payment import ProviderName
from his_adapter.payment.bills import Bills
from his_adapter.ports import PaymentProvider
from hub.payments.orders import KnownOrder, Orders
from hub.payments.settlement import Settlement

SYSTEM = "hub"
POLL_INTERVAL_S = 2.0
"""However many ask: a provider hears of one order no more often than this."""
MAX_REMEMBERED = 1_024


class PaymentDesk(PaymentProvider):
    """`PaymentProvider` for kiosks. A bill has one open order, whichever kiosks ask; a kiosk hears of money that only a
    notice told of; when the provider fails, money that is known here already still counts.

    `providers` are all the hospital has an account at; the one called `chosen` is asked for new orders, the others
    about their old ones. `monotonic` is seconds. Methods raise StoreError besides what the port says.
    """

    def __init__(
        self,
        orders: Orders,
        settlement: Settlement,
        providers: Mapping[ProviderName, PaymentProvider],
        chosen: ProviderName,
        *,
        poll_interval_s: float = POLL_INTERVAL_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._orders = orders
        self._settlement = settlement
        self._providers = providers
        self._chosen = chosen
        self._bills = Bills(_Inner(self), orders)
        self._poll_interval_s = poll_interval_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._asked: OrderedDict[int, float] = OrderedDict()

    def create(self, request: PaymentRequest) -> PaymentIntent:
        """Ask for an amount; see the port. Raises OutsideFault CONFLICT when the bill's money has come already."""
        request = request if request.bill_id else replace(request, bill_id=f"order-{request.order_code}")
        known = self._orders.find(request.order_code)
        if known is not None and known.opened and known.request == request:
            return known.intent  # also when the bill has a newer one: a question that was on its way for long
        return self._bills.place(request.bill_id, request)

    def status(self, intent: PaymentIntent) -> PaymentStatus:
        """Where the intent stands; see the port. Money that is known is told without asking anybody."""
        order = self._known(intent)
        status = self._settlement.settle(intent.order_code)
        if not status.transfers and self._is_due(intent.order_code):
            status = self.poll(order)
        return replace(status, provider=order.provider.value)

    def cancel(self, intent: PaymentIntent) -> PaymentStatus:
        """Stop asking; see the port."""
        order = self._known(intent)
        status = self._settlement.settle(intent.order_code)
        if not status.transfers:
            self._take_in(order, lambda: self._provider(order.provider).cancel(order.intent))
            status = self._settlement.close(intent.order_code, PaymentState.CANCELLED)
        return replace(status, provider=order.provider.value)

    def health(self) -> Health:
        """The chosen provider's."""
        return self._provider(self._chosen).health()

    def close(self) -> None:
        """Nothing: whoever opened the providers closes them."""

    def poll(self, order: KnownOrder) -> PaymentStatus:
        """Ask the provider now. Raises OutsideFault."""
        return self._take_in(order, lambda: self._provider(order.provider).status(order.intent))

    def open_order(self, request: PaymentRequest) -> PaymentIntent:
        """Let the provider hear of an order that is on disk."""
        known = self._orders.find(request.order_code)
        assert known is not None, "it was kept before"
        if known.opened:
            return known.intent
        intent = self._provider(known.provider).create(request)
        self._orders.opened(intent)
        return intent

    def _take_in(self, order: KnownOrder, ask: Callable[[], PaymentStatus]) -> PaymentStatus:
        try:
            answer = ask()
        except OutsideFault as fault:
            if fault.code is not OutsideFaultCode.REJECTED or order.opened:
                raise
            answer = PaymentStatus(PaymentState.WAITING)  # the order never reached its provider: nobody can pay it
        return self._settlement.polled(order.request.order_code, answer)

    def _known(self, intent: PaymentIntent) -> KnownOrder:
        order = self._orders.find(intent.order_code)
        if order is None:
            raise OutsideFault(OutsideFaultCode.REJECTED, SYSTEM, "no such order")
        if order.intent.amount_dong != intent.amount_dong:
            raise OutsideFault(OutsideFaultCode.CONFLICT, SYSTEM, "order code used for something else")
        return order

    def _provider(self, name: ProviderName) -> PaymentProvider:
        provider = self._providers.get(name)
        if provider is None:
            raise OutsideFault(OutsideFaultCode.REJECTED, SYSTEM, f"no account at {name.value} any more")
        return provider

    def _is_due(self, order_code: int) -> bool:
        """Whether the provider may be asked about an order again; if so, it counts as asked."""
        now = self._monotonic()
        with self._lock:
            last = self._asked.get(order_code)
            if last is not None and now - last < self._poll_interval_s:
                return False
            self._asked[order_code] = now
            self._asked.move_to_end(order_code)
            while len(self._asked) > MAX_REMEMBERED:
                self._asked.popitem(last=False)
            return True


class _Inner(PaymentProvider):
    """What `Bills` places orders at: the desk itself, one step further in."""

    def __init__(self, desk: PaymentDesk) -> None:
        self._desk = desk

    def create(self, request: PaymentRequest) -> PaymentIntent:
        return self._desk.open_order(request)

    def status(self, intent: PaymentIntent) -> PaymentStatus:
        return self._desk.status(intent)

    def cancel(self, intent: PaymentIntent) -> PaymentStatus:
        return self._desk.cancel(intent)

    def health(self) -> Health:
        return self._desk.health()

    def close(self) -> None:
        pass
