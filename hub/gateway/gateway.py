"""The gateway's parts put together, over adapters that the caller closes."""

from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from his_adapter.ports import HospitalSystem, InsurancePortal
from his_adapter.remote import wire
from hub.context import client_address
from hub.gateway.admission import Admission
from hub.gateway.api import gateway_api
from hub.gateway.checkin_desk import CheckInDesk, NoCheckIns
from hub.gateway.kiosks import Kiosks
from hub.gateway.metrics import GatewayMetrics
from hub.gateway.operations import Offer, checkin_offers, hospital_offers, payment_offers, portal_offers
from hub.gateway.queue_numbers import QueueNumbers
from hub.gateway.workers import Workers
from hub.network import is_loopback
from hub.payments.service import Payments
from records.audit import AuditTrail
from records.store import Store


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """How much the gateway does at a time. A portal call takes 1 to 3 s, a registration under 1 s."""

    max_calls: int = 16
    max_calls_per_kiosk: int = 4

    def __post_init__(self) -> None:
        if not 1 <= self.max_calls_per_kiosk <= self.max_calls <= 256:
            raise ValueError("1 ≤ max_calls_per_kiosk ≤ max_calls ≤ 256")


class Gateway:
    """What kiosks ask through: the hospital system, the insurance portal, payments, or some of them."""

    def __init__(
        self,
        own: Store,
        *,
        hospital: HospitalSystem | None,
        portal: InsurancePortal | None,
        checkin: CheckInDesk | None = None,
        payments: Payments | None = None,
        settings: GatewaySettings,
        registry: CollectorRegistry,
    ) -> None:
        self._registry = registry
        self._payments = payments
        self._workers = Workers(settings.max_calls, settings.max_calls_per_kiosk)
        offers: list[Offer] = []
        if hospital is not None:
            offers += hospital_offers(hospital, QueueNumbers(own))
        if portal is not None:
            offers += portal_offers(portal)
            offers += checkin_offers(checkin or NoCheckIns())
        if payments is not None:
            offers += payment_offers(payments.desk)
        admission = Admission(Kiosks(own), AuditTrail(own), own.now)
        self._api = gateway_api(offers, admission, self._workers, GatewayMetrics(registry, self._workers.running))

    def mount(self, app: FastAPI) -> None:
        """Add the kiosks' paths, and the figures for a monitor on this machine."""
        if self._payments is not None:
            self._payments.mount(app)  # before the kiosks' paths, which begin with the same words
        app.mount(wire.API, self._api)
        app.add_api_route("/metrics", self.figures, methods=["GET"])

    def figures(self, request: Request) -> Response:
        """Prometheus' text format, for this machine only: how busy a hospital is concerns nobody else."""
        if not is_loopback(client_address(request)):
            return Response(status_code=404)
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)

    def close(self) -> None:
        """Wait for the calls that run; each ends by its own time limit."""
        self._workers.close()
