"""EF.DG1: the machine readable zone (ICAO 9303-10, 4.7.1)."""

from cccd_reader import tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.mrz import Mrz, parse

FILE = "DG1"
TAG = 0x61
TAG_MRZ = 0x5F1F


def parse_dg1(data: bytes) -> Mrz:
    """The zone of a card or a passport (TD1, TD2, TD3), its check digits verified; else `ChipDataError`."""
    outer, _ = tlv.decode_first(data, FILE)
    if outer.tag != TAG:
        raise ChipDataError(FILE, f"tag {outer.tag:02X} where {TAG:02X} must be")
    zone = tlv.find(outer.value, TAG_MRZ, FILE).value
    if not zone.isascii():
        raise ChipDataError(FILE, "the zone is not ASCII")
    return parse(zone.decode("ascii"))
