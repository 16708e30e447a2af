"""EF.DG2: the chip photo in its biometric templates (ICAO 9303-10, 4.7.2), a record of ISO/IEC 19794-5 or 39794-5."""

from cccd_reader import tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.image import FaceImage, find_image

FILE = "DG2"
TAG = 0x75
_TAG_GROUP = 0x7F61
_TAG_TEMPLATE = 0x7F60
_TAGS_RECORD = (0x5F2E, 0x7F2E)
"""The biometric data block, primitive or constructed; 39794-5 uses the second."""

_MAGIC_19794 = b"FAC\x00"
_FACIAL_HEADER = 14
_FACIAL_INFORMATION = 20
_FEATURE_POINT = 8
_IMAGE_INFORMATION = 12
"""Sizes of the record's parts (ISO/IEC 19794-5:2005, 5.4 to 5.7)."""


def parse_dg2(data: bytes) -> FaceImage:
    """The first photo of the file, or `ChipDataError`."""
    outer, _ = tlv.decode_first(data, FILE)
    if outer.tag != TAG:
        raise ChipDataError(FILE, f"tag {outer.tag:02X} where {TAG:02X} must be")
    group = tlv.find(outer.value, _TAG_GROUP, FILE)
    template = tlv.find(group.value, _TAG_TEMPLATE, FILE)
    for item in tlv.iterate(template.value, FILE):
        if item.tag in _TAGS_RECORD:
            return parse_record(item.value)
    raise ChipDataError(FILE, "no biometric data block")


def parse_record(record: bytes) -> FaceImage:
    """The first photo of a biometric data block. Records of other formats are searched for a code stream."""
    if not record.startswith(_MAGIC_19794):
        return find_image(record, FILE)
    if len(record) < _FACIAL_HEADER + _FACIAL_INFORMATION:
        raise ChipDataError(FILE, "the face record is cut off")
    block_length = int.from_bytes(record[_FACIAL_HEADER : _FACIAL_HEADER + 4], "big")
    points = int.from_bytes(record[_FACIAL_HEADER + 4 : _FACIAL_HEADER + 6], "big")
    start = _FACIAL_HEADER + _FACIAL_INFORMATION + points * _FEATURE_POINT + _IMAGE_INFORMATION
    end = _FACIAL_HEADER + block_length
    if not start < end <= len(record):
        raise ChipDataError(FILE, "the lengths of the face record do not fit")
    return find_image(record[start:end], FILE)
