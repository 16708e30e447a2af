"""EF.DG15: the public key of active authentication (ICAO 9303-10, 4.7.15)."""

from dataclasses import dataclass

from cccd_reader import tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.public_keys import PublicKey, parse_public_key

FILE = "DG15"
TAG = 0x6F
_SEQUENCE = 0x30


@dataclass(frozen=True, slots=True)
class Dg15:
    """The file's content: one SubjectPublicKeyInfo, as its DER bytes."""

    spki: bytes

    def public_key(self) -> PublicKey:
        """The key itself. Raises `ChipDataError` when it is malformed, `UnsupportedKeyError` when it is of a kind or
        on a curve that this reader does not know."""
        return parse_public_key(self.spki, FILE)


def parse_dg15(data: bytes) -> Dg15:
    """The file's one structure, or `ChipDataError`. What it holds is only looked at by `Dg15.public_key`."""
    outer, _ = tlv.decode_first(data, FILE)
    if outer.tag != TAG:
        raise ChipDataError(FILE, f"tag {outer.tag:02X} where {TAG:02X} must be")
    return Dg15(tlv.decode(outer.value, FILE, _SEQUENCE).raw)
