"""The payments' parts put together, over a hub's database."""

from collections.abc import Mapping

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from his_adapter.payment import ProviderName, notices_for
from his_adapter.ports import PaymentProvider
from hub.payments.desk import PaymentDesk
from hub.payments.orders import Orders
from hub.payments.settings import PaymentsSettings
from hub.payments.settlement import Settlement
from hub.payments.watch import PaymentWatch
from hub.payments.webhooks import notice_routes
from records.store import Store


class Payments:
    """What kiosks ask (`desk`), what providers tell (`mount`), and the thread that brings both together.

    `providers` are the adapters of the settings' accounts; the caller closes them after this.
    """

    def __init__(
        self,
        own: Store,
        settings: PaymentsSettings,
        providers: Mapping[ProviderName, PaymentProvider],
        registry: CollectorRegistry,
    ) -> None:
        orders = Orders(own, settings.provider)
        self.settlement = Settlement(own)
        self.desk = PaymentDesk(
            orders, self.settlement, providers, settings.provider, poll_interval_s=settings.poll_interval_s
        )
        self.watch = PaymentWatch(orders, self.settlement, self.desk, own.now, pause_s=settings.watch_s)
        verifiers = [notices_for(account) for account in settings.accounts.values()]
        self._routes = notice_routes(verifiers, self.settlement, self.watch.wake, own.now, registry)

    def start(self) -> None:
        """Settle what an earlier run left, and go on from there."""
        self.watch.start()

    def mount(self, app: FastAPI) -> None:
        """Add the addresses of the providers' notices; before the kiosks', whose mount would cover them."""
        app.include_router(self._routes)

    def close(self) -> None:
        """Stop asking."""
        self.watch.close()
