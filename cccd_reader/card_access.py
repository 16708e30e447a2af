"""EF.CardAccess: which PACE protocols the chip offers (ICAO 9303-11, 9.2.11), and the one to run."""

from dataclasses import dataclass

from cccd_reader import tlv
from cccd_reader.lds.security_infos import Agreement as Agreement
from cccd_reader.lds.security_infos import Mapping as Mapping
from cccd_reader.lds.security_infos import PaceInfo as PaceInfo
from cccd_reader.lds.security_infos import SecurityInfos, parse_security_infos

FILE = "CardAccess"

FALLBACK = bytes.fromhex(
    "3134300D060804007F0007020202020101300F060A04007F000702020302020201013012060A04007F0007020204020202010202010D"
)
"""The content that several readers of Vietnamese cards carry as a constant: terminal authentication 1, chip
authentication ECDH-AES-128, and PACE ECDH-GM-AES-128 on brainpoolP256r1. For chips whose file cannot be read."""

PACE_VERSION = 2
"""The only one that ICAO 9303-11 knows (9.2.1)."""


@dataclass(frozen=True, slots=True)
class CardAccess:
    """The file's infos; `from_card` is False for the constant that stands in for it."""

    infos: SecurityInfos
    from_card: bool = True

    @property
    def pace(self) -> tuple[PaceInfo, ...]:
        return self.infos.pace

    @property
    def oids(self) -> tuple[bytes, ...]:
        return self.infos.oids

    def preferred(self) -> PaceInfo | None:
        """The first protocol that this reader can run."""
        return next((info for info in self.pace if can_run(info)), None)


def can_run(info: PaceInfo) -> bool:
    return info.curve is not None and info.mapping is not Mapping.INTEGRATED


def parse_card_access(data: bytes, *, from_card: bool = True) -> CardAccess:
    """The infos of the file; what follows the set is padding that a reader may have fetched with it.

    Raises `ChipDataError` for anything that does not start with SecurityInfos.
    """
    outer, _ = tlv.decode_first(data, FILE)
    return CardAccess(parse_security_infos(outer.raw, FILE), from_card)


def fallback_card_access() -> CardAccess:
    return parse_card_access(FALLBACK, from_card=False)
