"""The systems behind the gateway, from the hub's settings file."""

from collections.abc import Mapping
from dataclasses import dataclass

from his_adapter.bhyt import BhytPortal, EntitlementRules, FacilityProfile
from his_adapter.bhyt.xml0 import XmlCheckInSender, read_checkin
from his_adapter.bhyt.xml0.settings import TABLE as CHECKIN
from his_adapter.guard import (
    PORTAL_POLICY,
    GuardedCheckIn,
    GuardedHospital,
    GuardedPayment,
    GuardedPortal,
    OutsideMetrics,
)
from his_adapter.hospital.kinds import TABLE, HospitalKind, hospital_of, kind_in, read_hospital
from his_adapter.payment import ProviderName, provider_for
from his_adapter.ports import HospitalSystem, InsurancePortal, PaymentProvider
from his_adapter.settings import PortalSettings
from his_adapter.settings_file import SettingsError, SettingsFile
from hub.gateway.checkin_desk import CheckInDesk
from hub.gateway.gateway import GatewaySettings
from hub.payments.settings import PaymentsSettings

TABLES = ("hospital", "portal", "facility", CHECKIN, "payment", "gateway")
"""The settings file's tables about the gateway."""
BEHIND = (TABLE, "portal", "payment")
BEHIND_A_HUB = tuple(kind for kind in HospitalKind if kind is not HospitalKind.HUB)


@dataclass(frozen=True, slots=True)
class Systems:
    """What is behind the gateway; None where the hub does not stand between."""

    hospital: HospitalSystem | None
    portal: InsurancePortal | None
    checkin: CheckInDesk | None
    payment: PaymentsSettings | None
    providers: Mapping[ProviderName, PaymentProvider]
    settings: GatewaySettings

    def close(self) -> None:
        """Release the connections."""
        for adapter in (self.hospital, self.portal, self.checkin, *self.providers.values()):
            if adapter is not None:
                adapter.close()


def build_systems(file: SettingsFile, metrics: OutsideMetrics) -> Systems:
    """The adapters that the file names, each behind its guard. Raises SettingsError."""
    if not any(table in file for table in BEHIND):
        raise SettingsError(f"a gateway has one of these behind it: {', '.join(f'[{table}]' for table in BEHIND)}")
    settings = file.read("gateway", GatewaySettings)
    checkin = _checkin(file, metrics) if CHECKIN in file else None
    portal = _portal(file, metrics) if "portal" in file else None
    hospital = _hospital(file, metrics) if TABLE in file else None
    payment = file.read("payment", PaymentsSettings) if "payment" in file else None
    providers = {} if payment is None else _providers(payment, metrics)
    return Systems(hospital, portal, checkin, payment, providers, settings)


def _hospital(file: SettingsFile, metrics: OutsideMetrics) -> HospitalSystem:
    kind = kind_in(file, BEHIND_A_HUB)
    return GuardedHospital(hospital_of(kind, read_hospital(file, kind)), metrics)


def _portal(file: SettingsFile, metrics: OutsideMetrics) -> InsurancePortal:
    settings = file.read("portal", PortalSettings)
    rules = EntitlementRules(file.read("facility", FacilityProfile))
    return GuardedPortal(BhytPortal(settings, rules), metrics, policy=PORTAL_POLICY)


def _checkin(file: SettingsFile, metrics: OutsideMetrics) -> CheckInDesk | None:
    """None where it is switched off. A certificate that has ended stops no hub: the kiosks' doctor tells of it."""
    if "portal" not in file:
        raise SettingsError(f"{file.path.name}: [{CHECKIN}] needs the account in [portal]")
    how = read_checkin(file, file.read("facility", FacilityProfile).code)
    if not how.sending.send:
        return None
    sender = XmlCheckInSender(file.read("portal", PortalSettings), how.sending)
    return CheckInDesk(GuardedCheckIn(sender, metrics), how)


def _providers(payment: PaymentsSettings, metrics: OutsideMetrics) -> Mapping[ProviderName, PaymentProvider]:
    return {
        name: GuardedPayment(provider_for(account), metrics, system=name.value)
        for name, account in payment.accounts.items()
    }
