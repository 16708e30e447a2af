"""A hub that takes money: on a real port of this machine, beside the simulated bank, whose notices reach it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from his_adapter.model import PaymentIntent, PaymentRequest
from his_adapter.payment import ProviderName, new_order_code, provider_for, purpose_for
from his_adapter.ports import PaymentProvider
from his_adapter.remote import RemotePayment, RemoteSettings
from his_adapter.simulation import OutsideWorld
from his_adapter.simulation.commands import Provider
from hub.accounts import Accounts
from hub.app import create_app
from hub.database import open_hub_database
from hub.gateway.gateway import Gateway, GatewaySettings
from hub.gateway.kiosks import Kiosks
from hub.payments.service import Payments
from hub.payments.settings import PaymentsSettings
from records.audit import AuditTrail
from records.store import Store
from tests.hub.gateway.served import Served

ROOT = Path(__file__).parents[3]
AMOUNT = 50_600


class Clock:
    """The real time, and as much later as a story needs."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class MoneyHub:
    """A hub with payments. It can be stopped, and started again over the same database."""

    def __init__(
        self, path: Path, world: OutsideWorld, chosen: ProviderName, clock: Clock, momo_address: str = ""
    ) -> None:
        self.clock = clock
        self.world = world
        self.chosen = chosen
        self.served = Served()
        self._path = path
        self._momo_address = momo_address
        self._clients: list[RemotePayment] = []
        self._parts: tuple[Gateway, Payments, Mapping[ProviderName, PaymentProvider], Store] | None = None

    @property
    def own_path(self) -> Path:
        """The file of its database."""
        return self._path

    @property
    def own(self) -> Store:
        assert self._parts is not None
        return self._parts[3]

    @property
    def payments(self) -> Payments:
        assert self._parts is not None
        return self._parts[1]

    def address(self, provider: Provider) -> str:
        """Where this provider's notices go."""
        return f"{self.served.url}/api/v1/payment/{provider.value}/notice"

    def start(self, *, watching: bool = True) -> None:
        """Serve. Without `watching` notices are stored, and nothing follows from them until somebody asks."""
        own = open_hub_database(self._path, clock=self.clock)
        settings = PaymentsSettings(
            self.chosen,
            poll_interval_s=0.0,
            watch_s=3600.0,
            payos=self.world.payment_settings(),
            sepay=self.world.sepay_settings(),
            vnpay=self.world.vnpay_settings(),
            momo=self.world.momo_settings(self._momo_address or self.address(Provider.MOMO)),
        )
        providers = {name: provider_for(account, clock=self.clock) for name, account in settings.accounts.items()}
        registry = CollectorRegistry()
        payments = Payments(own, settings, providers, registry)
        gateway = Gateway(
            own, hospital=None, portal=None, payments=payments, settings=GatewaySettings(), registry=registry
        )
        accounts = Accounts(own, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self._parts = (gateway, payments, providers, own)
        self.served.start(create_app(log=own, own=own, secure_cookies=False, accounts=accounts, gateway=gateway))
        if watching:
            payments.start()

    def stop(self) -> None:
        if self._parts is None:
            return
        gateway, payments, providers, own = self._parts
        self.served.stop()
        gateway.close()
        payments.close()
        for provider in providers.values():
            provider.close()
        own.close()
        self._parts = None

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self.stop()
        self.served.close()

    def kiosk(self, kiosk_id: str = "k1", key: str | None = None, timeout_s: float = 8.0) -> RemotePayment:
        """A kiosk behind address translation: it asks, nobody can call it."""
        if key is None:
            kiosks = Kiosks(self.own)
            known = {one.kiosk_id for one in kiosks.all()}
            key = kiosks.renew(kiosk_id) if kiosk_id in known else kiosks.add(kiosk_id)
        client = RemotePayment(RemoteSettings(self.served.url, kiosk_id, SecretStr(key), timeout_s))
        self._clients.append(client)
        return client

    def audited(self) -> list[tuple[str, str, str]]:
        """The access history, oldest first: who, what, on what."""
        return [(item.actor, item.action, item.target) for item in reversed(AuditTrail(self.own).page(1, 500).events)]


MakeHub = Callable[..., MoneyHub]


def bill(amount: int = AMOUNT, bill_id: str = "", minutes: float = 5) -> PaymentRequest:
    """An order with a code of its own."""
    order = new_order_code()
    expires_at = datetime.now(UTC) + timedelta(minutes=minutes)
    return PaymentRequest(order, amount, purpose_for(order), expires_at, bill_id)


def recorded(intent: PaymentIntent) -> PaymentIntent:
    """As a kiosk makes it again from its own record."""
    return PaymentIntent("", intent.order_code, intent.amount_dong, intent.purpose, "", intent.expires_at)
