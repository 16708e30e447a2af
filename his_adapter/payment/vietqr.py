"""VietQR (NAPAS 247): building and reading its EMVCo text.

EMVCo QR Code Specification for Payment Systems, merchant-presented mode; NAPAS VietQR format 1.5.2, whose own printed
sample declares 12 digits where 13 stand and is refused here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from his_adapter.payment.crc import crc16
from his_adapter.payment.tlv import MAX_TEXT, QrFault, VietQrError, is_plain, join, split

NAPAS_AID = "A000000727"
FORMAT = "01"
DONG = "704"  # ISO 4217
VIETNAM = "VN"
CRC_HEAD = "6304"
MAX_PURPOSE = 25

_BANK = re.compile(r"[0-9]{6}")  # mostly 9704xx, but wallets and foreign banks have others
_ACCOUNT = re.compile(r"[0-9A-Za-z]{1,19}")
_CARD = re.compile(r"[0-9]{16,19}")  # ISO/IEC 7812; NAPAS cards have 16 or 19 digits
_AMOUNT = re.compile(r"[1-9][0-9]{0,12}")
_CRC = re.compile(r"[0-9A-F]{4}")
_CATEGORY = re.compile(r"[0-9]{4}")


E = TypeVar("E", bound=StrEnum)


class Method(StrEnum):
    """Tag 01: a code for every payment, or for this one."""

    STATIC = "11"
    DYNAMIC = "12"


class TransferService(StrEnum):
    """Tag 38-02: what the money is sent to."""

    ACCOUNT = "QRIBFTTA"
    CARD = "QRIBFTTC"
    PUSH = "QRPUSH"


@dataclass(frozen=True, slots=True)
class VietQr:
    """A request for money. Empty texts and None are left out of the code. Texts are printable ASCII.

    `account` is the account's number or alias (1 to 19 letters and digits), or with CARD the card's number.
    """

    bank: str
    account: str
    service: TransferService = TransferService.ACCOUNT
    method: Method = Method.DYNAMIC
    amount_dong: int | None = None
    purpose: str = ""
    bill: str = ""
    store: str = ""
    reference: str = ""
    terminal: str = ""
    category: str = ""
    name: str = ""
    city: str = ""


_ADDITIONAL = {"01": "bill", "03": "store", "05": "reference", "07": "terminal", "08": "purpose"}
_SHOWN = {"52": "category", "59": "name", "60": "city"}
_LIMITS = {"01": 25, "03": 25, "05": 25, "07": 25, "08": MAX_PURPOSE, "52": 4, "59": 25, "60": 15}


def encode(qr: VietQr) -> str:
    """The text to draw. Raises VietQrError."""
    merchant = join([("00", NAPAS_AID), ("01", join([("00", qr.bank), ("01", qr.account)])), ("02", qr.service)])
    additional = join((tag, getattr(qr, name)) for tag, name in _ADDITIONAL.items())
    body = join(
        [
            ("00", FORMAT),
            ("01", qr.method),
            ("38", merchant),
            ("52", qr.category),
            ("53", DONG),
            ("54", "" if qr.amount_dong is None else str(qr.amount_dong)),
            ("58", VIETNAM),
            ("59", qr.name),
            ("60", qr.city),
            ("62", additional),
        ]
    )
    text = f"{body}{CRC_HEAD}"
    text = f"{text}{crc16(text.encode()):04X}"
    parse(text)  # what cannot be read back must not be drawn
    return text


def parse_bytes(data: bytes) -> VietQr:
    """What a scanned code asks for, whatever bytes a scanner hands over. Raises VietQrError and nothing else."""
    if len(data) > MAX_TEXT:
        raise VietQrError(QrFault.TOO_LONG)
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        raise VietQrError(QrFault.NOT_ASCII) from None
    return parse(text)


def parse(text: str) -> VietQr:
    """What a code asks for. Raises VietQrError for every deviation; unknown well-formed data objects pass."""
    if not is_plain(text):
        raise VietQrError(QrFault.NOT_ASCII)
    if len(text) > MAX_TEXT:
        raise VietQrError(QrFault.TOO_LONG)
    root = split(text)
    _check_frame(text, root)
    _same(root, "00", FORMAT)
    _same(root, "53", DONG)
    _same(root, "58", VIETNAM)
    merchant = split(_value(root, "38"), "38")
    _same(merchant, "00", NAPAS_AID, "38")
    beneficiary = split(_value(merchant, "01", "38"), "38.01")
    additional = split(root["62"], "62") if "62" in root else {}
    if "52" in root:
        _like(root, "52", _CATEGORY)
    service = _one_of(TransferService, merchant, "02", "38")
    number = _CARD if service is TransferService.CARD else _ACCOUNT
    return VietQr(
        bank=_like(beneficiary, "00", _BANK, "38.01"),
        account=_like(beneficiary, "01", number, "38.01"),
        service=service,
        method=_one_of(Method, root, "01"),
        amount_dong=int(_like(root, "54", _AMOUNT)) if "54" in root else None,
        **{name: _limited(additional, tag, "62") for tag, name in _ADDITIONAL.items()},
        **{name: _limited(root, tag) for tag, name in _SHOWN.items()},
    )


def _check_frame(text: str, root: Mapping[str, str]) -> None:
    tags = list(root)
    if not tags or "63" not in root:
        raise VietQrError(QrFault.MISSING_TAG, "63")
    if tags[0] != "00" or tags[-1] != "63":
        raise VietQrError(QrFault.WRONG_ORDER)
    checksum = root["63"]
    if _CRC.fullmatch(checksum) is None or checksum != f"{crc16(text[:-4].encode()):04X}":
        raise VietQrError(QrFault.BAD_CRC, "63")


def _value(objects: Mapping[str, str], tag: str, within: str = "") -> str:
    if tag not in objects:
        raise VietQrError(QrFault.MISSING_TAG, _path(within, tag))
    return objects[tag]


def _same(objects: Mapping[str, str], tag: str, expected: str, within: str = "") -> None:
    if _value(objects, tag, within) != expected:
        raise VietQrError(QrFault.BAD_VALUE, _path(within, tag))


def _like(objects: Mapping[str, str], tag: str, pattern: re.Pattern[str], within: str = "") -> str:
    value = _value(objects, tag, within)
    if pattern.fullmatch(value) is None:
        raise VietQrError(QrFault.BAD_VALUE, _path(within, tag))
    return value


def _limited(objects: Mapping[str, str], tag: str, within: str = "") -> str:
    value = objects.get(tag, "")
    if len(value) > _LIMITS[tag]:
        raise VietQrError(QrFault.TOO_LONG, _path(within, tag))
    return value


def _one_of(kind: type[E], objects: Mapping[str, str], tag: str, within: str = "") -> E:
    value = _value(objects, tag, within)
    try:
        return kind(value)
    except ValueError:
        raise VietQrError(QrFault.BAD_VALUE, _path(within, tag)) from None


def _path(within: str, tag: str) -> str:
    return f"{within}.{tag}" if within else tag
