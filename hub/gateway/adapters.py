"""The systems behind the gateway, from the hub's settings file."""

from collections.abc import Mapping
from dataclasses import dataclass

from his_adapter.bhyt import BhytPortal, EntitlementRules, FacilityProfile
from his_adapter.guard import PORTAL_POLICY, GuardedHospital, GuardedPayment, GuardedPortal, OutsideMetrics
from his_adapter.hospital.kinds import TABLE, HospitalKind, hospital_of, kind_in, read_hospital
from his_adapter.payment import ProviderName, provider_for
from his_adapter.ports import HospitalSystem, InsurancePortal, PaymentProvider
from his_adapter.settings import PortalSettings
from his_adapter.settings_file import SettingsError, SettingsFile
from hub.gateway.gateway import GatewaySettings
from hub.payments.settings import PaymentsSettings

TABLES = ("hospital", "portal", "facility", "payment", "gateway")
"""The settings file's tables about the gateway."""
BEHIND = (TABLE, "portal", "payment")
BEHIND_A_HUB = tuple(kind for kind in HospitalKind if kind is not HospitalKind.HUB)


@dataclass(frozen=True, slots=True)
class Systems:
    """What is behind the gateway; None where the hub does not stand between."""

    hospital: HospitalSystem | None
    portal: InsurancePortal | None
    payment: PaymentsSettings | None
    providers: Mapping[ProviderName, PaymentProvider]
    settings: GatewaySettings

    def close(self) -> None:
        """Release the connections."""
        for adapter in (self.hospital, self.portal, *self.providers.values()):
            if adapter is not None:
                adapter.close()


def build_systems(file: SettingsFile, metrics: OutsideMetrics) -> Systems:
    """The adapters that the file names, each behind its guard. Raises SettingsError."""
    if not any(table in file for table in BEHIND):
        raise SettingsError(f"a gateway has one of these behind it: {', '.join(f'[{table}]' for table in BEHIND)}")
    settings = file.read("gateway", GatewaySettings)
    portal = _portal(file, metrics) if "portal" in file else None
    hospital = _hospital(file, metrics) if TABLE in file else None
    payment = file.read("payment", PaymentsSettings) if "payment" in file else None
    providers = {} if payment is None else _providers(payment, metrics)
    return Systems(hospital, portal, payment, providers, settings)


def _hospital(file: SettingsFile, metrics: OutsideMetrics) -> HospitalSystem:
    kind = kind_in(file, BEHIND_A_HUB)
    return GuardedHospital(hospital_of(kind, read_hospital(file, kind)), metrics)


def _portal(file: SettingsFile, metrics: OutsideMetrics) -> InsurancePortal:
    settings = file.read("portal", PortalSettings)
    rules = EntitlementRules(file.read("facility", FacilityProfile))
    return GuardedPortal(BhytPortal(settings, rules), metrics, policy=PORTAL_POLICY)


def _providers(payment: PaymentsSettings, metrics: OutsideMetrics) -> Mapping[ProviderName, PaymentProvider]:
    return {
        name: GuardedPayment(provider_for(account), metrics, system=name.value)
        for name, account in payment.accounts.items()
    }
