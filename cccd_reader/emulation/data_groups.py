"""The elementary files of a synthetic card, byte for byte as Vietnamese cards are known to have them."""

from collections.abc import Iterable
from enum import StrEnum

from cccd_reader import tlv
from cccd_reader.emulation import security_objects
from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.emulation.profile import NO_EXPIRY, SEX_TEXTS, SyntheticCitizen
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.dg13 import Index
from cccd_reader.lds.image import Codec, find_image
from cccd_reader.mrz import Mrz

_INTEGER, _OCTETS, _OID, _UTF8, _PRINTABLE, _SEQUENCE, _SET = 0x02, 0x04, 0x06, 0x0C, 0x13, 0x30, 0x31

_LDS_VERSION = b"0107"
_UNICODE_VERSION = b"040000"
"""LDS 1.7 and Unicode 4.0.0 (ICAO 9303-10, 4.6.1)."""

FILE_TAGS = {1: 0x61, 2: 0x75, 3: 0x63, 13: 0x6D, 14: 0x6E, 15: 0x6F}
"""The outer tags of the data groups of these cards (9303-10, table 38)."""

_DG13_HEAD = bytes.fromhex("020101060628D316010008")
"""Version 1 and the object identifier 1.0.10646.1.0.8, which known cards carry in front of the fields."""

_DG2_HEADER = bytes.fromhex("8101028201008702010188020008")
"""Biometric header template of a face record of ISO/IEC 19794-5, as a real card has it: facial features, subtype none,
format owner 0101 (JTC 1/SC 37), format type 0008."""

_FACIAL_HEADER_BYTES = 14
_FACIAL_INFORMATION_BYTES = 20
_IMAGE_INFORMATION_BYTES = 12
"""Sizes of the record's parts without feature points (ISO/IEC 19794-5:2005, 5.4 to 5.7)."""


class ParentsLayout(StrEnum):
    """How field 13 holds the parents: known readers of real cards disagree, so both exist."""

    SPLIT = "split"
    NESTED = "nested"


def encode_com(groups: Iterable[int]) -> bytes:
    """EF.COM: versions and the tags of the data groups (9303-10, 4.6.1)."""
    content = tlv.encode(0x5F01, _LDS_VERSION) + tlv.encode(0x5F36, _UNICODE_VERSION)
    return tlv.encode(0x60, content + tlv.encode(0x5C, bytes(FILE_TAGS[group] for group in sorted(groups))))


def encode_dg1(mrz: Mrz) -> bytes:
    return tlv.encode(0x61, tlv.encode(0x5F1F, mrz.encode().encode("ascii")))


def encode_dg2(photo: bytes) -> bytes:
    """One face record of ISO/IEC 19794-5 around a JPEG or JPEG 2000, without feature points.

    Raises `EmulationError(bad_photo)` when the bytes are no such picture.
    """
    try:
        image = find_image(photo, "photo")
    except ChipDataError as error:
        raise EmulationError(EmulationErrorCode.BAD_PHOTO, error.detail) from error
    block_bytes = _FACIAL_INFORMATION_BYTES + _IMAGE_INFORMATION_BYTES + len(image.data)
    record = (
        b"FAC\x00010\x00"
        + (_FACIAL_HEADER_BYTES + block_bytes).to_bytes(4, "big")
        + (1).to_bytes(2, "big")
        + block_bytes.to_bytes(4, "big")
        + bytes(_FACIAL_INFORMATION_BYTES - 4)  # no points; sex, eyes, hair, expression and pose unspecified
        + bytes([0, image.codec is Codec.JPEG2000])
        + image.width.to_bytes(2, "big")
        + image.height.to_bytes(2, "big")
        + bytes(_IMAGE_INFORMATION_BYTES - 6)  # colour space, source, device and quality unspecified
        + image.data
    )
    template = tlv.encode(0x7F60, tlv.encode(0xA1, _DG2_HEADER) + tlv.encode(0x5F2E, record))
    return tlv.encode(0x75, tlv.encode(0x7F61, tlv.encode(_INTEGER, b"\x01") + template))


def encode_dg3() -> bytes:
    """EF.DG3 without any fingerprint (9303-10, 4.7.3.1): the chip never gives it out, but EF.SOD lists it."""
    return tlv.encode(0x63, tlv.encode(0x7F61, tlv.encode(_INTEGER, b"\x00")))


def encode_dg13(citizen: SyntheticCitizen, layout: ParentsLayout = ParentsLayout.SPLIT) -> bytes:
    """The holder's data in Vietnamese. Fields ascend, which is no DER SET order: real cards are so."""
    expiry = NO_EXPIRY if citizen.expiry_date is None else f"{citizen.expiry_date:%d/%m/%Y}"
    fields = [
        _field(Index.NUMBER, _ascii(citizen.number)),
        _field(Index.FULL_NAME, _text(citizen.full_name.upper())),
        _field(Index.BIRTH, _ascii(f"{citizen.birth_date:%d/%m/%Y}")),
        _field(Index.SEX, _text(SEX_TEXTS[citizen.sex])),
        _field(Index.NATIONALITY, _text(citizen.nationality)),
        _field(Index.ETHNICITY, _text(citizen.ethnicity)),
        _field(Index.RELIGION, _text(citizen.religion)),
        _field(Index.PLACE_OF_ORIGIN, _text(citizen.place_of_origin)),
        _field(Index.RESIDENCE, _text(citizen.residence)),
        _field(Index.IDENTIFYING_FEATURES, _text(citizen.features)),
        _field(Index.ISSUED, _ascii(f"{citizen.issue_date:%d/%m/%Y}")),
        _field(Index.EXPIRY, _text(expiry)),
        _field(Index.PARENTS, _parents(citizen, layout)),
        _field(Index.SPOUSES, b"".join(_name(spouse) for spouse in citizen.spouses)),
    ]
    # A card without these leaves the whole field out, unlike the fields above.
    if citizen.old_number is not None:
        fields.append(_field(Index.OLD_NUMBER, _ascii(citizen.old_number)))
    if citizen.chip_serial is not None:
        fields.append(_field(Index.UNKNOWN_16, _ascii(citizen.chip_serial)))
    return tlv.encode(0x6D, tlv.encode(_SEQUENCE, _DG13_HEAD + tlv.encode(_SET, b"".join(fields))))


def encode_dg14(infos: Iterable[bytes]) -> bytes:
    return tlv.encode(0x6E, security_objects.encode_security_infos(infos))


def encode_dg15(public_key: bytes) -> bytes:
    """EF.DG15 around a SubjectPublicKeyInfo (9303-11, 6.1)."""
    return tlv.encode(0x6F, public_key)


def _parents(citizen: SyntheticCitizen, layout: ParentsLayout) -> bytes:
    if citizen.father is None and citizen.mother is None:
        return b""
    if layout is ParentsLayout.SPLIT:
        return _name(citizen.father) + _name(citizen.mother)
    names = tlv.encode(_UTF8, (citizen.father or "").upper().encode()) + _text((citizen.mother or "").upper() or None)
    return tlv.encode(_SEQUENCE, names)


def _name(name: str | None) -> bytes:
    """A name in a SEQUENCE of its own; an empty SEQUENCE keeps the place of a parent who is not known."""
    return tlv.encode(_SEQUENCE, _text(name.upper()) if name else b"")


def _field(index: Index, value: bytes) -> bytes:
    return tlv.encode(_SEQUENCE, tlv.encode(_INTEGER, bytes([index])) + value)


def _text(text: str | None) -> bytes:
    return b"" if text is None else tlv.encode(_UTF8, text.encode("utf-8"))


def _ascii(text: str) -> bytes:
    return tlv.encode(_PRINTABLE, text.encode("ascii"))
