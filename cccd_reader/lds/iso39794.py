"""Face records of ISO/IEC 39794-5, as ICAO's application profile has them in DG2 (tags by the module
ID-ICAO-ISO-IEC-39794-5-ed-1-v1).

    65 { A0 version, A1 { 30 { 80 id, A1 picture, … A8 identity, A9 landmarks } … } }
    picture: A0 { A0 { 80 code stream, A1 { A0 format, … A7 { 80 width, 81 height } } } }
"""

from dataclasses import replace

from cccd_reader import tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.face_record import EyeColour, FaceRecord, FeaturePoint, Gender, HairColour, RecordFormat
from cccd_reader.lds.image import Codec, find_image

TAG = 0x65
TAG_WRAPPED = 0xA1
"""DG2 has the block inside a context tag of its own."""

_SEQUENCE = 0x30
_REPRESENTATIONS, _PICTURE, _IDENTITY, _LANDMARKS = 0xA1, 0xA1, 0xA8, 0xA9
_BASE = 0xA0
_DATA, _INFORMATION = 0x80, 0xA1
_FORMAT, _SIZE = 0xA0, 0xA7
_GENDER, _EYES, _HAIR = 0xA0, 0xA1, 0xA2
_CODE, _EXTENSION = 0x80, 0xA1
_NUMBERS = (0x80, 0x81)


def parse_iso_39794(block: bytes, what: str) -> tuple[FaceRecord, ...]:
    """The faces of a face image data block (tag 65, in A1 or bare), or `ChipDataError`."""
    outer, _ = tlv.decode_first(block, what)
    if outer.tag == TAG_WRAPPED:
        outer, _ = tlv.decode_first(outer.value, what)
    if outer.tag != TAG:
        raise ChipDataError(what, f"tag {outer.tag:02X} where {TAG:02X} must be")
    representations = tlv.find(outer.value, _REPRESENTATIONS, what)
    found = tuple(_face(item.value, what) for item in tlv.iterate(representations.value, what) if item.tag == _SEQUENCE)
    if not found:
        raise ChipDataError(what, "no representation of a face")
    return found


def _face(representation: bytes, what: str) -> FaceRecord:
    fields = _children(representation, what)
    picture = _descend(fields.get(_PICTURE, b""), (_BASE, _BASE), what)
    parts = _children(picture, what)
    if _DATA not in parts:
        raise ChipDataError(what, "a representation has no code stream")
    information = _children(parts.get(_INFORMATION, b""), what)
    identity = _children(fields.get(_IDENTITY, b""), what)
    size = _numbers(information.get(_SIZE, b""), what)
    return FaceRecord(
        RecordFormat.ISO_39794_5,
        replace(find_image(parts[_DATA], what), declared=size),
        declared_codec=_CODECS.get(_code(information.get(_FORMAT, b""), what)),
        gender=_GENDERS.get(_code(identity.get(_GENDER, b""), what)),
        eye_colour=_EYE_COLOURS.get(_code(identity.get(_EYES, b""), what)),
        hair_colour=_HAIR_COLOURS.get(_code(identity.get(_HAIR, b""), what)),
        feature_points=_points(fields.get(_LANDMARKS, b""), what),
    )


def _points(landmarks: bytes, what: str) -> tuple[FeaturePoint, ...]:
    """Landmarks with two coordinates on the picture; those in space have no place on it."""
    found = []
    for item in tlv.iterate(landmarks, what):
        kind, place = (_children(item.value, what).get(tag, b"") for tag in (0xA0, 0xA1))
        position = _numbers(_descend(place, (_BASE, _BASE), what), what)
        if position is not None:
            code = _code(_descend(kind, (_BASE, _BASE), what), what)
            found.append(FeaturePoint(_MPEG4.get(code), *position))
    return tuple(found)


def _children(data: bytes, what: str) -> dict[int, bytes]:
    """By tag; of two with one tag the first, as a decoder by the module would take it."""
    found: dict[int, bytes] = {}
    for item in tlv.iterate(data, what):
        found.setdefault(item.tag, item.value)
    return found


def _descend(data: bytes, path: tuple[int, ...], what: str) -> bytes:
    """The value down a path of tags; empty when it goes another way."""
    for tag in path:
        data = _children(data, what).get(tag, b"")
    return data


def _code(choice: bytes, what: str) -> int | None:
    """A code, or the one that an extension block names for readers that do not know the extension."""
    fields = _children(choice, what)
    if _EXTENSION in fields:
        fields = _children(fields[_EXTENSION], what)
    value = fields.get(_CODE)
    return int.from_bytes(value, "big") if value is not None and len(value) == 1 else None


def _numbers(block: bytes, what: str) -> tuple[int, int] | None:
    """Two numbers of at most four bytes, from the tags 80 and 81."""
    fields = _children(block, what)
    first, second = (fields.get(tag) for tag in _NUMBERS)
    if not first or not second or max(len(first), len(second)) > 4:
        return None
    return int.from_bytes(first, "big"), int.from_bytes(second, "big")


_CODECS: dict[int | None, Codec] = {2: Codec.JPEG, 3: Codec.JPEG2000, 4: Codec.JPEG2000}
_GENDERS: dict[int | None, Gender] = {1: Gender.OTHER, 2: Gender.MALE, 3: Gender.FEMALE}
_EYE_COLOURS: dict[int | None, EyeColour] = {
    0: EyeColour.UNKNOWN,
    1: EyeColour.OTHER,
    2: EyeColour.BLACK,
    3: EyeColour.BLUE,
    4: EyeColour.BROWN,
    5: EyeColour.GREY,
    6: EyeColour.GREEN,
    7: EyeColour.HAZEL,
    8: EyeColour.MULTI_COLOURED,
    9: EyeColour.PINK,
}
_HAIR_COLOURS: dict[int | None, HairColour] = {
    0: HairColour.UNKNOWN,
    1: HairColour.OTHER,
    2: HairColour.BALD,
    3: HairColour.BLACK,
    4: HairColour.BLONDE,
    5: HairColour.BROWN,
    6: HairColour.GREY,
    7: HairColour.WHITE,
    8: HairColour.RED,
    9: HairColour.OTHER,  # coloured, and known to be
}
_MPEG4_GROUPS = {2: 14, 3: 14, 4: 6, 5: 4, 6: 4, 7: 1, 8: 10, 9: 15, 10: 10, 11: 6, 12: 4}
_MPEG4: dict[int | None, str] = dict(
    enumerate(f"{group}.{point}" for group, points in _MPEG4_GROUPS.items() for point in range(1, points + 1))
)
"""The codes of MPEG4FeaturePointCode count through the groups of ISO/IEC 14496-2."""
