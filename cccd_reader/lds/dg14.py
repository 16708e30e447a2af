"""EF.DG14: the chip's security options, among them the keys of chip authentication (ICAO 9303-10, 4.7.14)."""

from cccd_reader import tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.security_infos import SecurityInfos, parse_security_infos

FILE = "DG14"
TAG = 0x6E


def parse_dg14(data: bytes) -> SecurityInfos:
    """The SecurityInfos of the file, or `ChipDataError`. Unknown ones are kept raw; keys are not decoded here."""
    outer, _ = tlv.decode_first(data, FILE)
    if outer.tag != TAG:
        raise ChipDataError(FILE, f"tag {outer.tag:02X} where {TAG:02X} must be")
    return parse_security_infos(outer.value, FILE)
