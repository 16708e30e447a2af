"""What a PC/SC reader says about itself (PC/SC part 10): the list of its features, and its properties."""

from collections.abc import Iterator

FEATURE_GET_TLV_PROPERTIES = 0x12
_PROPERTY_MAX_APDU_DATA_SIZE = 0x0A
"""Part 10, 2.2 and 2.6.14: the tag of the feature, and the property dwMaxAPDUDataSize."""

_CODE_BYTES = 4
SHORT_DATA_BYTES = 256
_MOST_DATA_BYTES = 0x10000


def feature_codes(answer: bytes) -> dict[int, int]:
    """The control code of each feature, from the answer to CM_IOCTL_GET_FEATURE_REQUEST: tags of one byte, lengths of
    one byte (always 4), codes with their highest byte first (2.2). What does not follow the format is left out."""
    return {tag: int.from_bytes(value, "big") for tag, value in _objects(answer) if len(value) == _CODE_BYTES}


def max_apdu_data_bytes(answer: bytes) -> int | None:
    """The most data bytes of an APDU, from the answer to FEATURE_GET_TLV_PROPERTIES; None when it does not say.

    The property's lowest byte comes first, unlike the codes of features. A reader for short APDUs alone says 0 or at
    most 256 (2.6.14); the number here is 256 then.
    """
    for tag, value in _objects(answer):
        if tag == _PROPERTY_MAX_APDU_DATA_SIZE and 1 <= len(value) <= _CODE_BYTES:
            return min(max(int.from_bytes(value, "little"), SHORT_DATA_BYTES), _MOST_DATA_BYTES)
    return None


def _objects(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The objects up to the first that is cut off."""
    position = 0
    while position + 2 <= len(data):
        tag, length = data[position], data[position + 1]
        value = data[position + 2 : position + 2 + length]
        if len(value) != length:
            return
        yield tag, value
        position += 2 + length
