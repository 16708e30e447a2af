"""The systems behind the gateway, from the hub's settings file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from his_adapter.bhyt import BhytPortal, EntitlementRules, FacilityProfile
from his_adapter.guard import PORTAL_POLICY, GuardedHospital, GuardedPortal, OutsideMetrics
from his_adapter.hospital import HisProHospital, Hl7Hospital
from his_adapter.hospital.hl7v2 import Hl7Settings
from his_adapter.ports import HospitalSystem, InsurancePortal
from his_adapter.settings import HisSettings, PortalSettings
from hub.gateway.gateway import GatewaySettings
from hub.settings_file import SettingsError, SettingsFile

TABLES = ("hospital", "portal", "facility", "gateway")
"""The settings file's tables about the gateway."""
KIND = "kind"


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of hospital system: its settings, and the adapter made of them."""

    settings: type[Any]
    adapter: Callable[[Any], HospitalSystem]


HOSPITALS: Mapping[str, _Kind] = {
    "hispro": _Kind(HisSettings, HisProHospital),
    "hl7": _Kind(Hl7Settings, Hl7Hospital),
}


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
    hospital = _hospital(file, metrics) if "hospital" in file else None
    return Systems(hospital, portal, settings)


def _hospital(file: SettingsFile, metrics: OutsideMetrics) -> HospitalSystem:
    kind = HOSPITALS[file.word("hospital", KIND, HOSPITALS)]
    return GuardedHospital(kind.adapter(file.read("hospital", kind.settings, without=(KIND,))), metrics)


def _portal(file: SettingsFile, metrics: OutsideMetrics) -> InsurancePortal:
    settings = file.read("portal", PortalSettings)
    rules = EntitlementRules(file.read("facility", FacilityProfile))
    return GuardedPortal(BhytPortal(settings, rules), metrics, policy=PORTAL_POLICY)
