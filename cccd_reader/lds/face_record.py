"""What a biometric record says about a face besides the picture, the same for ISO/IEC 19794-5 and 39794-5; and the
records of 19794-5.

Chips often leave all of it unspecified. Nothing here decides anything: the picture does.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from cccd_reader.errors import ChipDataError
from cccd_reader.lds.image import Codec, FaceImage, find_image

MAGIC = b"FAC\x00"
_VERSION_2005 = b"010\x00"
_HEADER = 14
_INFORMATION = 20
_POINT = 8
_IMAGE = 12
"""Sizes of the facial record header, facial information, a feature point and the image information (ISO/IEC
19794-5:2005, 5.4 to 5.7)."""


class RecordFormat(StrEnum):
    ISO_19794_5 = "iso_19794_5"
    ISO_39794_5 = "iso_39794_5"
    UNKNOWN = "unknown"
    """A picture was found in a record of another form."""


class Gender(StrEnum):
    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNKNOWN = "unknown"


class EyeColour(StrEnum):
    BLACK = "black"
    BLUE = "blue"
    BROWN = "brown"
    GREY = "grey"
    GREEN = "green"
    HAZEL = "hazel"
    MULTI_COLOURED = "multi_coloured"
    PINK = "pink"
    OTHER = "other"
    UNKNOWN = "unknown"


class HairColour(StrEnum):
    BALD = "bald"
    BLACK = "black"
    BLONDE = "blonde"
    BROWN = "brown"
    GREY = "grey"
    WHITE = "white"
    RED = "red"
    GREEN = "green"
    BLUE = "blue"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FeaturePoint:
    """A point of the face, in pixels from the upper left. `mpeg4` is its name in ISO/IEC 14496-2, such as "3.7"; None
    for a point of another vocabulary."""

    mpeg4: str | None
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """One face. None is what the record leaves unspecified; a code that its standard does not have is None too.

    `declared_codec` and `image.declared` are the header's, `image` has the code stream's. `consistent` is False when
    the record's lengths contradict themselves; then the picture may have been searched for.
    """

    format: RecordFormat
    image: FaceImage
    declared_codec: Codec | None = None
    image_type: int | None = None
    gender: Gender | None = None
    eye_colour: EyeColour | None = None
    hair_colour: HairColour | None = None
    feature_points: tuple[FeaturePoint, ...] = ()
    consistent: bool = True

    def __repr__(self) -> str:
        return f"FaceRecord({self.format}, {self.image!r})"


def parse_iso_19794(record: bytes, what: str) -> tuple[FaceRecord, ...]:
    """The faces of a record of 2005, which ICAO 9303-10 refers to. A record whose lengths do not fit gives its first
    picture; `ChipDataError` when there is none."""
    if len(record) < _HEADER:
        raise ChipDataError(what, "the face record is cut off")
    faces = int.from_bytes(record[12:14], "big")
    found: list[FaceRecord] = []
    position, consistent = _HEADER, record[4:8] == _VERSION_2005
    while consistent and len(found) < faces:
        length = int.from_bytes(record[position : position + 4], "big")
        block = record[position : position + length]
        points = int.from_bytes(block[4:6], "big")
        if len(block) <= _INFORMATION + points * _POINT + _IMAGE:
            break
        try:
            found.append(_face(block, points, what))
        except ChipDataError:
            break
        position += length
        consistent = len(block) == length
    if not found:
        return (FaceRecord(RecordFormat.ISO_19794_5, find_image(record[_HEADER:], what), consistent=False),)
    if faces == 1 and found[0].image.truncated:
        # A length that is too short cuts the picture; whether it did, the end of the code stream tells.
        whole = find_image(record[_HEADER:], what)
        if not whole.truncated:
            found[0] = replace(found[0], image=replace(whole, declared=found[0].image.declared), consistent=False)
    if len(found) == faces and consistent and position == int.from_bytes(record[8:12], "big"):
        return tuple(found)
    return tuple(replace(face, consistent=False) for face in found)


def _face(block: bytes, points: int, what: str) -> FaceRecord:
    start = _INFORMATION + points * _POINT
    header, data = block[start : start + _IMAGE], block[start + _IMAGE :]
    image = find_image(data, what)
    size = int.from_bytes(header[2:4], "big"), int.from_bytes(header[4:6], "big")
    return FaceRecord(
        RecordFormat.ISO_19794_5,
        replace(image, declared=size if any(size) else None),
        declared_codec=_CODECS.get(header[1]),
        image_type=header[0],
        gender=_GENDERS.get(block[6]),
        eye_colour=_EYES.get(block[7]),
        hair_colour=_HAIR.get(block[8]),
        feature_points=tuple(_point(block[at : at + _POINT]) for at in range(_INFORMATION, start, _POINT)),
    )


def _point(data: bytes) -> FeaturePoint:
    # The high and low halves of the code are the two numbers of the point's name.
    name = f"{data[1] >> 4}.{data[1] & 0x0F}" if data[0] == 1 else None
    return FeaturePoint(name, int.from_bytes(data[2:4], "big"), int.from_bytes(data[4:6], "big"))


_CODECS = {0: Codec.JPEG, 1: Codec.JPEG2000}
_GENDERS = {1: Gender.MALE, 2: Gender.FEMALE, 0xFF: Gender.UNKNOWN}
_EYES = {
    1: EyeColour.BLACK,
    2: EyeColour.BLUE,
    3: EyeColour.BROWN,
    4: EyeColour.GREY,
    5: EyeColour.GREEN,
    6: EyeColour.MULTI_COLOURED,
    7: EyeColour.PINK,
    0xFF: EyeColour.UNKNOWN,
}
_HAIR = {
    1: HairColour.BALD,
    2: HairColour.BLACK,
    3: HairColour.BLONDE,
    4: HairColour.BROWN,
    5: HairColour.GREY,
    6: HairColour.WHITE,
    7: HairColour.RED,
    8: HairColour.GREEN,
    9: HairColour.BLUE,
    0xFF: HairColour.UNKNOWN,
}
"""ISO/IEC 19794-5:2005, tables 4 to 6 and 12; 0 is "unspecified" in all of them."""
