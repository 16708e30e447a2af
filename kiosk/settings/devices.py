"""The settings' tables about devices."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from cccd_reader.access import Access
from face.pad.policy import PadPolicy
from kiosk.settings.values import NOT_SET, Host, Section


class DeviceMode(StrEnum):
    """Real devices, or the simulated twins."""

    SIMULATED = "simulated"
    REAL = "real"


class ReaderSource(StrEnum):
    """How the card is reached."""

    PCSC = "pcsc"
    SOCKET = "socket"  # the emulated card in a process of its own, where no pcscd can run


class ScannerKind(StrEnum):
    """What reads codes besides the camera."""

    CAMERA = "camera"
    SERIAL = "serial"
    KEYBOARD = "keyboard"


class DevicesSection(Section):
    """Real devices or simulated ones."""

    model_config = ConfigDict(title="Devices")

    mode: DeviceMode = Field(default=DeviceMode.REAL, strict=False, title="Mode")


class ReaderSection(Section):
    """The smart-card reader."""

    model_config = ConfigDict(title="Card reader")

    source: ReaderSource = Field(default=ReaderSource.PCSC, strict=False, title="Source")
    access: Access = Field(
        default=Access.AUTO, strict=False, title="Chip access", description="“auto” tries PACE, then BAC."
    )
    name: str = Field(
        default="",
        max_length=120,
        title="Reader name",
        description="Part of the PC/SC reader's name; empty takes the first reader.",
    )
    largest_read: int | None = Field(
        default=None,
        ge=256,
        le=65536,
        title="Largest read (bytes)",
        description="The most that one command may read. Not set: the largest that works, found out by trying.",
    )
    trust_store: Path | None = Field(
        default=None,
        strict=False,
        title="Trust store",
        description=(
            "Folder with the issuers' certificates, made by “python -m cccd_reader trust import”. A relative path "
            "starts at the settings file's folder. Not set: a card can be proven intact, not genuine."
        ),
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
    width: int = Field(default=1280, ge=320, le=3840, title="Width", description="Pixels asked of a camera device.")
    height: int = Field(default=720, ge=240, le=2160, title="Height", description="Pixels asked of a camera device.")
    exposure_ms: float | None = Field(
        default=None,
        ge=0.1,
        le=500,
        title="Exposure (ms)",
        description="None: automatic. A fixed one, 10 or 20 ms under lamps, where the light never changes.",
    )


class ScannerSection(Section):
    """A code scanner besides the camera."""

    model_config = ConfigDict(title="Code scanner")

    kind: ScannerKind = Field(
        default=ScannerKind.CAMERA,
        strict=False,
        title="Kind",
        description="“camera”: there is no scanner. “serial”: on a serial port or in USB-COM mode, which keeps "
        "Vietnamese letters whole. “keyboard”: a scanner that types.",
    )
    port: str = Field(
        default=NOT_SET,
        max_length=200,
        title="Serial port",
        description="Name of the port, such as /dev/serial/by-id/… or COM3.",
    )
    baud: int = Field(
        default=9600, ge=1200, le=921_600, title="Speed (baud)", description="As the scanner is set; USB ignores it."
    )


class PadPolicyName(StrEnum):
    """How presentation attack detection decides (ISO/IEC 30107-3)."""

    ACTIVE = "active"
    ADVISORY = "advisory"
    OFF = "off"


class CheckMode(StrEnum):
    """How one check counts."""

    REQUIRED = "required"
    ADVISORY = "advisory"
    OFF = "off"


class FaceSection(Section):
    """Face comparison."""

    model_config = ConfigDict(title="Face")

    pack: str = Field(
        default="yunet-sface",
        pattern=r"^[A-Za-z0-9._-]+$",
        title="Model pack",
        description="Folder of the models: one that ships with the kiosk, else one in “packs_dir”.",
        json_schema_extra={"allowed": "the name of a folder of models"},
    )
    packs_dir: Path | None = Field(
        default=None,
        strict=False,
        title="Folder of further packs",
        description="Holds the facility's own model packs, licensed or calibrated, a folder each. A relative path "
        "starts at the settings file's folder.",
    )
    fmr: Literal["1e-3", "1e-4", "1e-5"] = Field(
        default="1e-5",
        title="False match rate",
        description="A match needs the pack's score for this rate, among people of one sex and origin too.",
    )
    time_limit_s: float = Field(
        default=10.0,
        ge=5,
        le=120,
        title="Time limit (s)",
        description="For a good picture and its comparison; the head moves have limits of their own.",
    )


class PadSection(Section):
    """Presentation attack detection: is a living person there? It never refuses, it sends to the counter."""

    model_config = ConfigDict(title="Living person")

    policy: PadPolicyName = Field(
        default=PadPolicyName.ACTIVE,
        strict=False,
        title="Policy",
        description="“active”: the checks decide. “advisory”: they are made and logged, the comparison alone decides. "
        "“off”: none is made.",
    )
    moves: int = Field(
        default=2, ge=1, le=3, title="Head moves", description="How many are asked for, at least one of them a turn."
    )
    retries: int = Field(
        default=1, ge=0, le=3, title="Further tries", description="A move that was not followed is replaced this often."
    )
    move_limit_s: float = Field(
        default=5.0, ge=3, le=20, title="Time for a move (s)", description="From the words on screen to its end."
    )
    light: CheckMode = Field(
        default=CheckMode.REQUIRED,
        strict=False,
        title="Screen light",
        description="The screen softly changes colour and the skin must follow. Never counts for more than the policy "
        "says; “advisory” where sunlight reaches the patient.",
    )
    light_steps: int = Field(default=4, ge=3, le=12, title="Colours of light", description="Each stays half a second.")
    noise_floor: float = Field(
        default=PadPolicy().noise_floor,
        ge=0,
        le=5,
        title="Least sensor noise (grey levels)",
        description="Quieter pictures are no camera's. 0 for a camera that sends H.264, which smooths the noise away.",
    )


class PrinterSection(Section):
    """The ticket printer: ESC/POS over TCP."""

    model_config = ConfigDict(title="Ticket printer")

    host: Host = Field(default=NOT_SET, title="Address")
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
