"""An emulated Vietnamese citizen card: synthetic people, a test authority, the chip, and ways onto a virtual reader.

    image = personalise(load_citizen(Path("citizen.toml")), Path("chip.jpg").read_bytes())
    connection = LocalConnection(EmulatedCard(image))

Nothing here is meant for a kiosk in use: Debian's virtual reader driver (vsmartcard-vpcd) listens on all network
interfaces, and whoever reaches it puts cards on the reader. It belongs on machines for tests and demonstrations.
"""

from cccd_reader.emulation.air import AirTime
from cccd_reader.emulation.card import EmulatedCard
from cccd_reader.emulation.data_groups import ParentsLayout
from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.emulation.faults import (
    Fault,
    Proof,
    PullAt,
    PullInFile,
    SilenceAt,
    StatusWordAt,
    StatusWordOn,
    TruncateAt,
    WrongMacAt,
    WrongProof,
)
from cccd_reader.emulation.image import CardImage, cloned, forged, tampered, without_file
from cccd_reader.emulation.invention import invent_citizen
from cccd_reader.emulation.personalise import personalise
from cccd_reader.emulation.profile import CardGeneration, SyntheticCitizen, load_citizen
from cccd_reader.emulation.quirks import PastEnd, Quirks
from cccd_reader.emulation.signer import SignerKind, TestSigner
from cccd_reader.emulation.variants import ActiveAuthenticationVariant, ChipAuthenticationVariant, PaceVariant

__all__ = [
    "ActiveAuthenticationVariant",
    "AirTime",
    "CardGeneration",
    "CardImage",
    "ChipAuthenticationVariant",
    "EmulatedCard",
    "EmulationError",
    "EmulationErrorCode",
    "Fault",
    "PaceVariant",
    "ParentsLayout",
    "PastEnd",
    "Proof",
    "PullAt",
    "PullInFile",
    "Quirks",
    "SignerKind",
    "SilenceAt",
    "StatusWordAt",
    "StatusWordOn",
    "SyntheticCitizen",
    "TestSigner",
    "TruncateAt",
    "WrongMacAt",
    "WrongProof",
    "cloned",
    "forged",
    "invent_citizen",
    "load_citizen",
    "personalise",
    "tampered",
    "without_file",
]
