"""Payments as the hub offers them."""

from dataclasses import replace

from his_adapter.faults import OutsideFault
from his_adapter.model import Health, PaymentIntent, PaymentRequest, PaymentStatus
from his_adapter.ports import PaymentProvider
from his_adapter.remote import wire
from his_adapter.remote.connection import HubConnection
from his_adapter.remote.settings import RemoteSettings


class RemotePayment(PaymentProvider):
    """`PaymentProvider` through a hub, which has the account at the provider and hears of money by its notices.

    A kiosk that no provider can reach learns of money as soon as the hub does. A bill has one open order, whichever
    kiosks ask for it. Faults of the provider arrive as themselves, those of the way as "hub".
    """

    def __init__(self, settings: RemoteSettings) -> None:
        self._hub = HubConnection(settings)

    def create(self, request: PaymentRequest) -> PaymentIntent:
        """Ask for an amount; see the port. Raises OutsideFault CONFLICT when the bill's money has come already."""
        return self._hub.ask(wire.CREATE_PAYMENT, wire.MoneyToAsk(request=request)).intent

    def status(self, intent: PaymentIntent) -> PaymentStatus:
        """Where the intent stands; see the port."""
        return self._hub.ask(wire.PAYMENT_STATUS, _question(intent)).status

    def cancel(self, intent: PaymentIntent) -> PaymentStatus:
        """Stop asking; see the port."""
        return self._hub.ask(wire.CANCEL_PAYMENT, _question(intent)).status

    def health(self) -> Health:
        """Whether the provider answers the hub; a fault of system "hub" when the hub itself does not."""
        try:
            return self._hub.ask(wire.PAYMENT_HEALTH, wire.Nothing()).health
        except OutsideFault as fault:
            return Health(fault.system, fault.code, fault.detail)

    def close(self) -> None:
        """Release the connections."""
        self._hub.close()


def _question(intent: PaymentIntent) -> wire.IntentQuestion:
    return wire.IntentQuestion(intent=replace(intent, qr_text=""))
