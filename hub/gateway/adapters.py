"""The systems behind the gateway, from the hub's settings file."""

from dataclasses import dataclass

from his_adapter.bhyt import BhytPortal, EntitlementRules, FacilityProfile
from his_adapter.guard import PORTAL_POLICY, GuardedHospital, GuardedPortal, OutsideMetrics
from his_adapter.hospital.kinds import TABLE, HospitalKind, hospital_of, kind_in, read_hospital
from his_adapter.ports import HospitalSystem, InsurancePortal
from his_adapter.settings import PortalSettings
from his_adapter.settings_file import SettingsError, SettingsFile
from hub.gateway.gateway import GatewaySettings

TABLES = ("hospital", "portal", "facility", "gateway")
"""The settings file's tables about the gateway."""
BEHIND_A_HUB = tuple(kind for kind in HospitalKind if kind is not HospitalKind.HUB)


@dataclass(frozen=True, slots=True)
class Systems:
    """What is behind the gateway; None where the hub does not stand between."""

    hospital: HospitalSystem | None
    portal: InsurancePortal | None
    settings: GatewaySettings

    def close(self) -> None:
        """Release the connections."""
        for adapter in (self.hospital, self.portal):
            if adapter is not None:
                adapter.close()


def build_systems(file: SettingsFile, metrics: OutsideMetrics) -> Systems:
    """The adapters that the file names, each behind its guard. Raises SettingsError."""
    if "hospital" not in file and "portal" not in file:
        raise SettingsError("a gateway has a [hospital], a [portal] or both behind it")
    settings = file.read("gateway", GatewaySettings)
    portal = _portal(file, metrics) if "portal" in file else None
    hospital = _hospital(file, metrics) if TABLE in file else None
    return Systems(hospital, portal, settings)


def _hospital(file: SettingsFile, metrics: OutsideMetrics) -> HospitalSystem:
    kind = kind_in(file, BEHIND_A_HUB)
    return GuardedHospital(hospital_of(kind, read_hospital(file, kind)), metrics)


def _portal(file: SettingsFile, metrics: OutsideMetrics) -> InsurancePortal:
    settings = file.read("portal", PortalSettings)
    rules = EntitlementRules(file.read("facility", FacilityProfile))
    return GuardedPortal(BhytPortal(settings, rules), metrics, policy=PORTAL_POLICY)
