"""EF.DG2: the chip photo in its biometric templates (ICAO 9303-10, 4.7.2), records of ISO/IEC 19794-5 or 39794-5."""

from cccd_reader import tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.face_record import MAGIC, FaceRecord, RecordFormat, parse_iso_19794
from cccd_reader.lds.image import FaceImage, find_image
from cccd_reader.lds.iso39794 import TAG as TAG_39794
from cccd_reader.lds.iso39794 import TAG_WRAPPED, parse_iso_39794

FILE = "DG2"
TAG = 0x75
_TAG_GROUP = 0x7F61
_TAG_TEMPLATE = 0x7F60
_TAGS_RECORD = (0x5F2E, 0x7F2E)
"""The biometric data block, primitive or constructed; 39794-5 uses the second."""


def parse_dg2(data: bytes) -> FaceImage:
    """The first photo of the file, or `ChipDataError`."""
    return parse_faces(data)[0].image


def parse_faces(data: bytes) -> tuple[FaceRecord, ...]:
    """Every face of every template, at least one. A template without a picture that can be read is passed over as long
    as another one has one; `ChipDataError` otherwise."""
    outer, _ = tlv.decode_first(data, FILE)
    if outer.tag != TAG:
        raise ChipDataError(FILE, f"tag {outer.tag:02X} where {TAG:02X} must be")
    group = tlv.find(outer.value, _TAG_GROUP, FILE)
    found: list[FaceRecord] = []
    problem = ChipDataError(FILE, f"tag {_TAG_TEMPLATE:02X} is missing")
    for template in tlv.iterate(group.value, FILE):
        if template.tag == _TAG_TEMPLATE:
            try:
                found += parse_faces_of_record(_data_block(template.value))
            except ChipDataError as error:
                problem = error
    if not found:
        raise problem
    return tuple(found)


def parse_faces_of_record(record: bytes) -> tuple[FaceRecord, ...]:
    """The faces of a biometric data block, at least one. Records of another form are searched for a code stream, and so
    is a block of 39794-5 that does not follow its module."""
    if record.startswith(MAGIC):
        return parse_iso_19794(record, FILE)
    if record[:1] in (bytes([TAG_39794]), bytes([TAG_WRAPPED])):
        try:
            return parse_iso_39794(record, FILE)
        except ChipDataError:
            image = find_image(record, FILE)
            return (FaceRecord(RecordFormat.ISO_39794_5, image, consistent=False),)
    return (FaceRecord(RecordFormat.UNKNOWN, find_image(record, FILE), consistent=False),)


def _data_block(template: bytes) -> bytes:
    for item in tlv.iterate(template, FILE):
        if item.tag in _TAGS_RECORD:
            return item.value
    raise ChipDataError(FILE, "no biometric data block")
