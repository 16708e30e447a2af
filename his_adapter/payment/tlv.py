"""The data objects of an EMVCo QR code: two digits of id, two digits of length, the value. Strict both ways."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

MAX_VALUE = 99
MAX_TEXT = 512  # EMVCo QR Code Specification for Payment Systems (MPM) 1.1, 3.6


class QrFault(StrEnum):
    """Why a text is no VietQR."""

    NOT_ASCII = "not_ascii"
    TOO_LONG = "too_long"
    TRUNCATED = "truncated"
    BAD_TAG = "bad_tag"
    BAD_LENGTH = "bad_length"
    EMPTY_VALUE = "empty_value"
    REPEATED_TAG = "repeated_tag"
    MISSING_TAG = "missing_tag"
    WRONG_ORDER = "wrong_order"
    BAD_CRC = "bad_crc"
    BAD_VALUE = "bad_value"


class VietQrError(ValueError):
    """Not a VietQR. `where` is the path of ids, such as 38.01."""

    def __init__(self, fault: QrFault, where: str = "") -> None:
        super().__init__(f"{fault} at {where}" if where else str(fault))
        self.fault = fault
        self.where = where


def join(objects: Iterable[tuple[str, str]]) -> str:
    """The text of data objects; empty values are left out. Raises VietQrError."""
    parts = []
    for tag, value in objects:
        if not value:
            continue
        if len(value) > MAX_VALUE:
            raise VietQrError(QrFault.TOO_LONG, tag)
        if not is_plain(value):
            raise VietQrError(QrFault.NOT_ASCII, tag)
        parts.append(f"{tag}{len(value):02d}{value}")
    return "".join(parts)


def split(text: str, within: str = "") -> Mapping[str, str]:
    """The data objects of a text in their order. Raises VietQrError: the lengths must fill the text exactly."""
    objects: dict[str, str] = {}
    position = 0
    while position < len(text):
        tag, length = text[position : position + 2], text[position + 2 : position + 4]
        where = f"{within}.{tag}" if within else tag
        if len(tag) < 2 or not _digits(tag):
            raise VietQrError(QrFault.BAD_TAG, within)
        if len(length) < 2 or not _digits(length):
            raise VietQrError(QrFault.BAD_LENGTH, where)
        value = text[position + 4 : position + 4 + int(length)]
        if not value:
            raise VietQrError(QrFault.EMPTY_VALUE, where)
        if len(value) < int(length):
            raise VietQrError(QrFault.TRUNCATED, where)
        if tag in objects:
            raise VietQrError(QrFault.REPEATED_TAG, where)
        objects[tag] = value
        position += 4 + int(length)
    return objects


def is_plain(text: str) -> bool:
    """Printable ASCII only: banks count bytes where EMVCo counts characters."""
    return text.isascii() and text.isprintable()


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
