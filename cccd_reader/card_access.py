"""EF.CardAccess: which PACE protocols the chip offers (ICAO 9303-11, 9.2)."""

from dataclasses import dataclass
from enum import StrEnum

from cccd_reader import tlv
from cccd_reader.crypto import CipherSuite
from cccd_reader.curve_table import BY_PARAMETER_ID
from cccd_reader.curves import Curve
from cccd_reader.errors import ChipDataError

FILE = "CardAccess"

FALLBACK = bytes.fromhex(
    "3134300D060804007F0007020202020101300F060A04007F000702020302020201013012060A04007F0007020204020202010202010D"
)
"""The content that several readers of Vietnamese cards carry as a constant: terminal authentication 1, chip
authentication ECDH-AES-128, and PACE ECDH-GM-AES-128 on brainpoolP256r1. For chips whose file cannot be read."""

_PACE_PREFIX = bytes.fromhex("04007F0007020204")
"""id-PACE, 0.4.0.127.0.7.2.2.4; one byte for agreement and mapping, one for the cipher follow."""


class Mapping(StrEnum):
    """How the nonce becomes the parameters of the second key agreement (4.4.3.3)."""

    GENERIC = "GM"
    INTEGRATED = "IM"
    CHIP_AUTHENTICATION = "CAM"


class Agreement(StrEnum):
    DH = "DH"
    ECDH = "ECDH"


_VARIANTS = {
    1: (Agreement.DH, Mapping.GENERIC),
    2: (Agreement.ECDH, Mapping.GENERIC),
    3: (Agreement.DH, Mapping.INTEGRATED),
    4: (Agreement.ECDH, Mapping.INTEGRATED),
    6: (Agreement.ECDH, Mapping.CHIP_AUTHENTICATION),
}
_SUITES = {1: CipherSuite.DES3, 2: CipherSuite.AES128, 3: CipherSuite.AES192, 4: CipherSuite.AES256}


@dataclass(frozen=True, slots=True)
class PaceInfo:
    """One PACEInfo (9.2.1). `oid` is the content of the OBJECT IDENTIFIER, as MSE:Set AT takes it."""

    oid: bytes
    agreement: Agreement
    mapping: Mapping
    suite: CipherSuite
    version: int
    parameter_id: int | None

    @property
    def curve(self) -> Curve | None:
        """The curve, if this reader can run the protocol: ECDH over a standardized curve, and not integrated mapping.

        Chip authentication mapping agrees keys as the generic mapping does; its extra proof is not evaluated here.
        """
        if self.agreement is not Agreement.ECDH or self.mapping is Mapping.INTEGRATED or self.parameter_id is None:
            return None
        return BY_PARAMETER_ID.get(self.parameter_id)

    def __str__(self) -> str:
        return f"PACE-{self.agreement}-{self.mapping}-{self.suite.label}, parameters {self.parameter_id}"


@dataclass(frozen=True, slots=True)
class CardAccess:
    """The PACE protocols of the file, in its order, and every protocol's object identifier."""

    pace: tuple[PaceInfo, ...]
    oids: tuple[bytes, ...]
    from_card: bool = True

    def preferred(self) -> PaceInfo | None:
        """The first protocol that this reader can run."""
        return next((info for info in self.pace if info.curve is not None), None)


def parse_card_access(data: bytes, *, from_card: bool = True) -> CardAccess:
    """SecurityInfos ::= SET OF SEQUENCE {protocol, requiredData, optionalData}. Unknown protocols are skipped."""
    outer, _ = tlv.decode_first(data, FILE)  # a reader may have fetched padding after the set
    if outer.tag != 0x31:
        raise ChipDataError(FILE, "not a SET of SecurityInfo")
    pace: list[PaceInfo] = []
    oids: list[bytes] = []
    for info in tlv.iterate(outer.value, FILE):
        parts = list(tlv.iterate(info.value, FILE)) if info.tag == 0x30 else []
        if not parts or parts[0].tag != 0x06:
            raise ChipDataError(FILE, "a SecurityInfo is no SEQUENCE that starts with an object identifier")
        oids.append(parts[0].value)
        found = _pace_info(parts)
        if found is not None:
            pace.append(found)
    return CardAccess(tuple(pace), tuple(oids), from_card)


def fallback_card_access() -> CardAccess:
    return parse_card_access(FALLBACK, from_card=False)


def _pace_info(parts: list[tlv.Tlv]) -> PaceInfo | None:
    oid = parts[0].value
    # A shorter identifier under id-PACE is a PACEDomainParameterInfo, whose proprietary curve we would not run.
    if not oid.startswith(_PACE_PREFIX) or len(oid) != len(_PACE_PREFIX) + 2:
        return None
    variant, suite = _VARIANTS.get(oid[-2]), _SUITES.get(oid[-1])
    numbers = [int.from_bytes(part.value, "big") for part in parts[1:] if part.tag == 0x02]
    if variant is None or suite is None or not numbers:
        return None
    return PaceInfo(oid, *variant, suite, numbers[0], numbers[1] if len(numbers) > 1 else None)
