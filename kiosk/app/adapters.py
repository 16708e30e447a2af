"""The adapters of the outside systems, built from the settings."""

from dataclasses import dataclass

from his_adapter.bhyt import BhytPortal, EntitlementRules
from his_adapter.hospital import HisProHospital
from his_adapter.payment import PayOsProvider
from his_adapter.ports import HospitalSystem, InsurancePortal, PaymentProvider
from kiosk.settings.build import facility_profile, his_settings, payment_settings, portal_settings
from kiosk.settings.schema import Settings


@dataclass(frozen=True, slots=True)
class Adapters:
    """One adapter per port; no payment provider when the hospital does not offer payment here."""

    hospital: HospitalSystem
    portal: InsurancePortal
    payment: PaymentProvider | None

    def close(self) -> None:
        """Release all connections."""
        self.hospital.close()
        self.portal.close()
        if self.payment is not None:
            self.payment.close()


def build(settings: Settings) -> Adapters:
    """The adapters that the settings name."""
    payment = payment_settings(settings)
    return Adapters(
        hospital=HisProHospital(his_settings(settings)),
        portal=BhytPortal(portal_settings(settings), EntitlementRules(facility_profile(settings))),
        payment=PayOsProvider(payment) if payment else None,
    )
