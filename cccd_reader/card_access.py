"""EF.CardAccess: which PACE protocols the chip offers (ICAO 9303-11, 9.2.11), and the one to run."""

from dataclasses import dataclass

from cccd_reader import tlv
from cccd_reader.crypto import CipherSuite
from cccd_reader.lds.security_infos import Agreement as Agreement
from cccd_reader.lds.security_infos import Mapping as Mapping
from cccd_reader.lds.security_infos import PaceInfo as PaceInfo
from cccd_reader.lds.security_infos import SecurityInfos, parse_security_infos
from cccd_reader.pace import can_run

FILE = "CardAccess"

FALLBACK = bytes.fromhex(
    "3134300D060804007F0007020202020101300F060A04007F000702020302020201013012060A04007F0007020204020202010202010D"
)
"""The content that several readers of Vietnamese cards carry as a constant: terminal authentication 1, chip
authentication ECDH-AES-128, and PACE ECDH-GM-AES-128 on brainpoolP256r1. For chips whose file cannot be read."""


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

    @property
    def several_parameters(self) -> bool:
        """Whether PACE can run with more than one set of parameters, so that the chip has to be told which."""
        ids = {info.parameter_id for info in self.pace} | {info.parameter_id for info in self.infos.pace_parameters}
        return len(ids) > 1

    def ranked(self, *, extended: bool = True) -> list[PaceInfo]:
        """The protocols that this reader runs, best first; `extended` says whether extended length can be used.

        Chip authentication mapping comes first: it proves the chip while it opens it, and spares the exchanges of chip
        authentication. Then curves before integers modulo p, whose keys are long for a slow link and whose 1024-bit
        group is weak; the longer key of the cipher; the larger group; and the generic mapping, which more chips
        were tried with than the integrated one. None of these is weaker than the password that they protect, so a chip
        with one offer, as the Vietnamese card is known with, is read all the same.
        """
        runnable = [info for info in self.pace if can_run(info, extended=extended)]
        return sorted(runnable, key=_rank, reverse=True)


def _rank(info: PaceInfo) -> tuple[bool, bool, int, int, bool]:
    group = info.group
    return (
        info.mapping is Mapping.CHIP_AUTHENTICATION,
        info.agreement is Agreement.ECDH,
        # Both keys of 16 bytes are not alike: 3DES has 112 bits.
        list(CipherSuite).index(info.suite),
        group.field_bytes if group else 0,
        info.mapping is Mapping.GENERIC,
    )


def parse_card_access(data: bytes, *, from_card: bool = True) -> CardAccess:
    """The infos of the file; what follows the set is padding that a reader may have fetched with it.

    Raises `ChipDataError` for anything that does not start with SecurityInfos.
    """
    outer, _ = tlv.decode_first(data, FILE)
    return CardAccess(parse_security_infos(outer.raw, FILE), from_card)


def fallback_card_access() -> CardAccess:
    return parse_card_access(FALLBACK, from_card=False)
