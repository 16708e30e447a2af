"""The kiosk's settings: one typed schema for the TOML file, the messages about it and a form that edits it.

Titles, descriptions and bounds are part of the schema (`Settings.model_json_schema()`): nothing describes a key twice.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from argon2 import Type, extract_parameters
from argon2.exceptions import InvalidHashError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from kiosk.flow.values import Language
from kiosk.settings.delays import DelaysSection

FACILITY_CODE = r"^[0-9]{5}$"  # MA_CSKCB of Decision 3176/QD-BYT: five digits, leading zeros kept


def _is_md5(secret: SecretStr) -> SecretStr:
    digest = secret.get_secret_value()
    if len(digest) != 32 or any(letter not in "0123456789abcdefABCDEF" for letter in digest):
        raise ValueError("not an MD5 in hexadecimal")
    return secret


def _is_citizen_number(secret: SecretStr) -> SecretStr:
    number = secret.get_secret_value()
    if len(number) != 12 or not (number.isascii() and number.isdigit()):
        raise ValueError("not a citizen number")
    return secret


def _is_argon2id(secret: SecretStr) -> SecretStr:
    try:
        parameters = extract_parameters(secret.get_secret_value())
    except InvalidHashError:
        raise ValueError("not an Argon2 hash") from None
    if parameters.type is not Type.ID:
        raise ValueError("not Argon2id")
    return secret


FacilityCode = Annotated[str, Field(pattern=FACILITY_CODE, json_schema_extra={"allowed": "five digits in quotes"})]
BaseUrl = Annotated[
    str,
    Field(
        pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$",
        json_schema_extra={"allowed": 'an address such as "https://his.hospital.example", without "?" or "#"'},
    ),
]
Host = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9._:-]{1,253}$", json_schema_extra={"allowed": "a host name or an IP address"})
]
Secret = Annotated[SecretStr, Field(min_length=1, json_schema_extra={"allowed": "a text in quotes, not empty"})]
Md5 = Annotated[
    SecretStr, AfterValidator(_is_md5), Field(json_schema_extra={"allowed": "32 hexadecimal digits in quotes"})
]
CitizenNumber = Annotated[
    SecretStr, AfterValidator(_is_citizen_number), Field(json_schema_extra={"allowed": "twelve digits in quotes"})
]
PinHash = Annotated[
    SecretStr, AfterValidator(_is_argon2id), Field(json_schema_extra={"allowed": "the output of `kiosk config pin`"})
]


class Section(BaseModel):
    """A table of the file: no unknown keys, no silent conversion ("9100" is not a port), nothing changes afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class DeviceMode(StrEnum):
    """Real devices, or the simulated twins."""

    SIMULATED = "simulated"
    REAL = "real"


class ReaderSource(StrEnum):
    """How the card is reached."""

    PCSC = "pcsc"
    SOCKET = "socket"  # the emulated card in a process of its own, where no pcscd can run


class ChipAccess(StrEnum):
    """Access protocol of the chip."""

    AUTO = "auto"
    PACE = "pace"
    BAC = "bac"


class FormerLevel(StrEnum):
    """Level of the facility before 2025-01-01, which still decides the rate of self-referred patients."""

    DISTRICT = "district"
    PROVINCE = "province"
    CENTRAL = "central"


class FacilityRank(StrEnum):
    """Professional level of the facility since Law 15/2023/QH15, Art. 104."""

    PRIMARY = "primary"
    BASIC = "basic"
    SPECIALISED = "specialised"


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


class DevicesSection(Section):
    """Real devices or simulated ones."""

    model_config = ConfigDict(title="Devices")

    mode: DeviceMode = Field(default=DeviceMode.REAL, strict=False, title="Mode")


class ReaderSection(Section):
    """The smart-card reader."""

    model_config = ConfigDict(title="Card reader")

    source: ReaderSource = Field(default=ReaderSource.PCSC, strict=False, title="Source")
    access: ChipAccess = Field(
        default=ChipAccess.AUTO, strict=False, title="Chip access", description="“auto” tries PACE, then BAC."
    )
    name: str = Field(
        default="",
        max_length=120,
        title="Reader name",
        description="Part of the PC/SC reader's name; empty takes the first reader.",
    )


class CameraSection(Section):
    """The camera that sees the patient and the card's QR code."""

    model_config = ConfigDict(title="Camera")

    source: Annotated[int, Field(ge=0, le=63)] | Annotated[str, Field(min_length=1)] = Field(
        default=0,
        title="Source",
        description="Index of the camera, a path, or the URL of a stream.",
        json_schema_extra={"allowed": "a camera index from 0 to 63, or a path or URL in quotes"},
    )
    mirror: bool = Field(default=True, title="Mirror the preview")


class FaceSection(Section):
    """Face comparison."""

    model_config = ConfigDict(title="Face")

    pack: str = Field(
        default="yunet-sface",
        pattern=r"^[A-Za-z0-9._-]+$",
        title="Model pack",
        description="Folder of the models under assets/models.",
        json_schema_extra={"allowed": "the name of a folder under assets/models"},
    )
    fmr: Literal["1e-3", "1e-4"] = Field(
        default="1e-4", title="False match rate", description="The threshold is the pack's value for this rate."
    )
    time_limit_s: float = Field(default=20.0, ge=5, le=120, title="Time limit (s)")


class PortalSection(Section):
    """The social insurance portal (BHYT)."""

    model_config = ConfigDict(title="Insurance portal")

    base_url: BaseUrl = Field(
        title="Address", description="Production and training gateway differ in this one value only."
    )
    username: str = Field(min_length=1, max_length=60, title="Account")
    password_md5: Md5 = Field(
        title="Password, MD5", description="The portal takes the MD5 of the password, never the password."
    )
    md5_upper: bool = Field(default=True, title="MD5 in capitals", description="Older gateways want small letters.")
    officer_name: str = Field(min_length=1, max_length=80, title="Registered officer's name (hoTenCb)")
    officer_number: CitizenNumber = Field(title="Registered officer's ID number (cccdCb)")
    timeout_s: float = Field(default=8.0, ge=1, le=60, title="Time limit (s)")


class HisSection(Section):
    """The hospital information system."""

    model_config = ConfigDict(title="Hospital system")

    base_url: BaseUrl = Field(title="Address")
    api_key: Secret = Field(title="API key")
    timeout_s: float = Field(default=8.0, ge=1, le=60, title="Time limit (s)")


class PaymentSection(Section):
    """VietQR payments through a payment provider."""

    model_config = ConfigDict(title="Payment")

    enabled: bool = Field(default=True, title="Offer payment", description="Off: everybody pays at the cash desk.")
    base_url: BaseUrl = Field(title="Address")
    client_id: str = Field(min_length=1, max_length=80, title="Client id")
    api_key: Secret = Field(title="API key")
    checksum_key: Secret = Field(title="Checksum key")
    timeout_s: float = Field(default=8.0, ge=1, le=60, title="Time limit (s)")


class PrinterSection(Section):
    """The ticket printer: ESC/POS over TCP."""

    model_config = ConfigDict(title="Ticket printer")

    host: Host = Field(title="Address")
    port: int = Field(default=9100, ge=1, le=65535, title="Port")
    width_px: int = Field(
        default=576,
        ge=384,
        le=832,
        multiple_of=8,
        title="Width (dots)",
        description="384 for 58 mm paper, 576 for 80 mm paper at 203 dpi.",
    )
    timeout_s: float = Field(default=10.0, ge=2, le=60, title="Time limit (s)")


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


class Settings(Section):
    """The whole file. `portal`, `his` and `printer` are needed with real devices; the simulation brings its own."""

    model_config = ConfigDict(title="Kiosk settings")

    kiosk: KioskSection
    devices: DevicesSection = DevicesSection()
    reader: ReaderSection = ReaderSection()
    camera: CameraSection = CameraSection()
    face: FaceSection = FaceSection()
    portal: PortalSection | None = None
    his: HisSection | None = None
    payment: PaymentSection | None = None
    printer: PrinterSection | None = None
    admin: AdminSection = AdminSection()
    entitlement: EntitlementSection = EntitlementSection()
    delays: DelaysSection = DelaysSection()

    @model_validator(mode="after")
    def _real_devices_need_addresses(self) -> Self:
        if self.devices.mode is DeviceMode.REAL:
            given = {"portal": self.portal, "his": self.his, "printer": self.printer}
            if missing := [name for name, section in given.items() if section is None]:
                raise PydanticCustomError(
                    "sections_missing",
                    'with mode = "real" the file also needs {sections}',
                    {"sections": ", ".join(f"[{name}]" for name in missing)},
                )
        return self
