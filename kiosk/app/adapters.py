"""The adapters of the outside systems, built from the settings, each behind its guard."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from his_adapter.bhyt.xml0 import CheckInSender, NationalService
from his_adapter.guard import (
    PORTAL_POLICY,
    GuardedCheckIn,
    GuardedHospital,
    GuardedPayment,
    GuardedPortal,
    OutsideMetrics,
)
from his_adapter.ports import HospitalSystem, InsurancePortal, PaymentProvider
from kiosk.settings.build import (
    checkin,
    checkin_requests,
    checkin_sender,
    hospital_system,
    insurance_portal,
    payment_provider,
    remote_checkin,
)
from kiosk.settings.schema import Settings


@dataclass(frozen=True, slots=True)
class Adapters:
    """One adapter per port; no payment provider when the hospital does not offer payment here.

    `checkin` sends check-in records of departments that have a national code in `services`; None where the hospital
    system does. `metrics` are the figures of all their calls.
    """

    hospital: HospitalSystem
    portal: InsurancePortal
    payment: PaymentProvider | None
    metrics: OutsideMetrics
    checkin: GuardedCheckIn | None = None
    services: Mapping[str, NationalService] = field(default_factory=dict)

    def close(self) -> None:
        """Release all connections."""
        self.hospital.close()
        self.portal.close()
        if self.payment is not None:
            self.payment.close()
        if self.checkin is not None:
            self.checkin.close()


def build(settings: Settings) -> Adapters:
    """The adapters that the settings name. Raises ValueError when a kind's own settings cannot be used."""
    metrics = OutsideMetrics()
    payment = payment_provider(settings)
    sender, services = _check_ins(settings)
    return Adapters(
        hospital=GuardedHospital(hospital_system(settings), metrics),
        portal=GuardedPortal(insurance_portal(settings), metrics, policy=PORTAL_POLICY),
        payment=GuardedPayment(payment, metrics, system=settings.payment.provider) if payment else None,
        metrics=metrics,
        checkin=GuardedCheckIn(sender, metrics) if sender else None,
        services=services,
    )


def _check_ins(settings: Settings) -> tuple[CheckInSender | None, Mapping[str, NationalService]]:
    """Who sends check-in records, this kiosk or its hub, and what they are made of."""
    if (requests := checkin_requests(settings)) is not None:
        return remote_checkin(settings, requests), requests.services
    if (how := checkin(settings)) is not None:
        return checkin_sender(settings, how), how.services
    return None, {}
