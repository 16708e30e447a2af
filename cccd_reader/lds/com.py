"""EF.COM: versions, and which data groups there are (ICAO 9303-10, 4.6.1). It is not signed: EF.SOD's list counts."""

import re
from dataclasses import dataclass

from cccd_reader import tlv
from cccd_reader.errors import ChipDataError

FILE = "COM"
TAG = 0x60
_TAG_LDS_VERSION = 0x5F01
_TAG_UNICODE_VERSION = 0x5F36
TAG_LIST = 0x5C

DATA_GROUP_TAGS = {
    0x61: 1,
    0x75: 2,
    0x63: 3,
    0x76: 4,
    0x65: 5,
    0x66: 6,
    0x67: 7,
    0x68: 8,
    0x69: 9,
    0x6A: 10,
    0x6B: 11,
    0x6C: 12,
    0x6D: 13,
    0x6E: 14,
    0x6F: 15,
    0x70: 16,
}
"""The number of the data group by the tag of its file (9303-10, table 38)."""


@dataclass(frozen=True, slots=True)
class Com:
    """`lds_version` as "1.7", `unicode_version` as "4.0.0"; None when the file leaves them out. `data_groups` are
    numbers in the file's order, `unknown_tags` are those of no data group."""

    lds_version: str | None
    unicode_version: str | None
    data_groups: tuple[int, ...]
    unknown_tags: tuple[int, ...] = ()


def parse_com(data: bytes) -> Com:
    """The file's content, or `ChipDataError`. Bytes after the data object are ignored."""
    outer, _ = tlv.decode_first(data, FILE)
    if outer.tag != TAG:
        raise ChipDataError(FILE, f"tag {outer.tag:02X} where {TAG:02X} must be")
    fields = {item.tag: item.value for item in tlv.iterate(outer.value, FILE)}
    if TAG_LIST not in fields:
        raise ChipDataError(FILE, "no list of data groups")
    tags = fields[TAG_LIST]
    return Com(
        _version(fields.get(_TAG_LDS_VERSION), 2, "LDS"),
        _version(fields.get(_TAG_UNICODE_VERSION), 3, "Unicode"),
        tuple(DATA_GROUP_TAGS[tag] for tag in tags if tag in DATA_GROUP_TAGS),
        tuple(tag for tag in tags if tag not in DATA_GROUP_TAGS),
    )


def _version(value: bytes | None, parts: int, which: str) -> str | None:
    """Two digits per part, as `0107` for 1.7."""
    if value is None:
        return None
    if not re.fullmatch(rb"[0-9]{%d}" % (2 * parts), value):
        raise ChipDataError(FILE, f"the {which} version is not {2 * parts} digits")
    return ".".join(str(int(value[at : at + 2])) for at in range(0, 2 * parts, 2))
