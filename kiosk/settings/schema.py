"""The kiosk's settings: one typed schema for the TOML file, the messages about it and a form that edits it.

Titles, descriptions and bounds are part of the schema (`Settings.model_json_schema()`): nothing describes a key twice.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from his_adapter.bhyt.entitlement import EntitlementRules, FacilityProfile, FacilityRank, FormerLevel
from his_adapter.hospital.kinds import HospitalKind
from kiosk.flow.values import Language
from kiosk.settings.delays import DelaysSection
from kiosk.settings.devices import (
    CameraSection,
    DeviceMode,
    DevicesSection,
    FaceSection,
    PadSection,
    PrinterSection,
    ReaderSection,
    ScannerKind,
    ScannerSection,
)
from kiosk.settings.services import HisSection, HubSection, PaymentPath, PaymentSection, PortalPath, PortalSection
from kiosk.settings.values import FacilityCode, PinHash, Section

STORE_FILE = "kiosk.db"
NEEDED_WITH_REAL_DEVICES: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("portal",): ("base_url", "username", "password_md5", "officer_name", "officer_number"),
    ("his",): ("base_url", "api_key"),
    ("hub",): ("base_url", "key"),
    ("payment", "payos"): ("base_url", "client_id", "api_key", "checksum_key"),
    ("payment", "sepay"): ("base_url", "bank", "account", "api_token"),
    ("payment", "vnpay"): ("base_url", "query_url", "terminal", "hash_secret"),
    ("payment", "momo"): ("base_url", "partner_code", "access_key", "secret_key"),
    ("printer",): ("host",),
    ("scanner",): ("port",),
}
"""Keys without a sensible default, by table. The simulation brings its own; of the payment providers only the chosen
one needs its keys, and `[scanner]` none unless it is a serial one."""
FILED_KINDS = frozenset({HospitalKind.FHIR, HospitalKind.HL7, HospitalKind.GNUHEALTH})
"""Kinds of hospital systems whose settings fill a file of their own."""
NEEDED = "needed_with_real_devices"
"""Type of the validation error that lists such keys in its context."""
NO_RULE = "no_entitlement_rule"
"""Type of the validation error when rank, former level and points fit no rule."""


class KioskSection(Section):
    """This kiosk and the facility it stands in."""

    model_config = ConfigDict(title="Kiosk")

    id: str = Field(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=40,
        title="Kiosk id",
        description="Name of this kiosk in the logs and towards the hub; never changes.",
        json_schema_extra={"allowed": "small letters, digits and single hyphens, at most 40 characters"},
    )
    facility_name_vi: str = Field(min_length=1, max_length=80, title="Facility name, Vietnamese")
    facility_name_en: str = Field(min_length=1, max_length=80, title="Facility name, English")
    facility_code: FacilityCode = Field(
        title="Facility code (MA_CSKCB)", description="The facility's code with the social insurance agency."
    )
    accepted_facilities: tuple[FacilityCode, ...] = Field(
        default=(),
        strict=False,
        title="Accepted registrations",
        description="Codes of other facilities whose registered patients count as registered here.",
    )
    counter_vi: str = Field(
        default="quầy tiếp đón",
        min_length=1,
        max_length=40,
        title="Counter, Vietnamese",
        description="Where the kiosk sends people, as it stands in a sentence: “quầy số 3”.",
    )
    counter_en: str = Field(default="the reception counter", min_length=1, max_length=40, title="Counter, English")
    language: Language = Field(default=Language.VI, strict=False, title="First language of the screens")
    data_dir: Path = Field(
        default=Path("var"),
        strict=False,
        title="Data folder",
        description="Holds the store. A relative path starts at the settings file's folder.",
    )
    fullscreen: bool = Field(default=True, title="Full screen")
    panel_inches: float = Field(
        default=21.5, ge=10, le=65, title="Panel diagonal (inches)", description="Sizes on screen are in millimetres."
    )
    large_text: bool = Field(default=False, title="Large text from the start")

    @property
    def store_path(self) -> Path:
        """The store's file."""
        return self.data_dir / STORE_FILE


class AdminSection(Section):
    """The IT staff's screen on the kiosk."""

    model_config = ConfigDict(title="Admin screen")

    pin_hash: PinHash | None = Field(
        default=None, title="PIN, hashed", description="Made by `kiosk config pin`; without it the screen stays closed."
    )


class EntitlementSection(Section):
    """What the insurance rules need to know of the facility (Decision 3276/QD-BYT of 2025, annex 1)."""

    model_config = ConfigDict(title="Entitlement")

    rank: FacilityRank = Field(default=FacilityRank.SPECIALISED, strict=False, title="Professional level")
    points: int | None = Field(
        default=None, ge=0, le=100, title="Ranking points", description="Decides between rows 1.12 and 1.13."
    )
    former_level: FormerLevel = Field(default=FormerLevel.PROVINCE, strict=False, title="Level before 2025")

    def profile(self, kiosk: KioskSection) -> FacilityProfile:
        """The facility as the insurance rules see it."""
        return FacilityProfile(
            kiosk.facility_code, frozenset(kiosk.accepted_facilities), self.rank, self.former_level, self.points
        )


class Settings(Section):
    """The whole file."""

    model_config = ConfigDict(title="Kiosk settings")

    kiosk: KioskSection
    devices: DevicesSection = DevicesSection()
    reader: ReaderSection = ReaderSection()
    camera: CameraSection = CameraSection()
    scanner: ScannerSection = ScannerSection()
    face: FaceSection = FaceSection()
    pad: PadSection = PadSection()
    portal: PortalSection = PortalSection()
    his: HisSection = HisSection()
    hub: HubSection = HubSection()
    payment: PaymentSection = PaymentSection()
    printer: PrinterSection = PrinterSection()
    admin: AdminSection = AdminSection()
    entitlement: EntitlementSection = EntitlementSection()
    delays: DelaysSection = DelaysSection()

    def unset(self) -> tuple[tuple[str, ...], ...]:
        """Paths of keys that real devices would need and that have no value."""
        needed = {table: keys for table, keys in NEEDED_WITH_REAL_DEVICES.items() if self._is_used(table)}
        unset = [
            (*table, key)
            for table, keys in needed.items()
            for key in keys
            if not _plain(functools.reduce(getattr, (*table, key), self))
        ]
        if self.his.kind in FILED_KINDS and self.his.file is None:
            unset.append(("his", "file"))
        return tuple(unset)

    def _is_used(self, table: tuple[str, ...]) -> bool:
        match table:
            case ("payment", provider):
                return self.payment.enabled and self.payment.provider == provider
            case ("portal",):
                return self.portal.through is PortalPath.DIRECT
            case ("his",):
                return self.his.kind is HospitalKind.HISPRO
            case ("hub",):
                paid = self.payment.enabled and self.payment.provider is PaymentPath.HUB
                return paid or self.his.kind is HospitalKind.HUB or self.portal.through is PortalPath.HUB
            case ("scanner",):
                return self.scanner.kind is ScannerKind.SERIAL
            case _:
                return True

    @model_validator(mode="after")
    def _a_rule_fits_the_facility(self) -> Self:
        try:
            EntitlementRules(self.entitlement.profile(self.kiosk))
        except ValueError:
            raise PydanticCustomError(NO_RULE, "no rule fits") from None
        return self

    @model_validator(mode="after")
    def _real_devices_need_addresses(self) -> Self:
        if self.devices.mode is DeviceMode.REAL and (keys := self.unset()):
            raise PydanticCustomError(NEEDED, "needed with real devices", {"keys": keys})
        return self


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
