"""What a scanned code is: a card's, with the keys that it gives, or something else, with the reason for a patient.

Nothing here is proof: a code is unsigned, and a telephone can show any text. A code of VNeID that has the form of a
card's opens the chip like the card's own, and what counts is read from the chip.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from cccd_reader.errors import ChipDataError
from cccd_reader.keys import KeyRing, keyring_from_dates, keyring_from_mrz, keyring_from_number, keyring_from_qr
from cccd_reader.mangling import has_wrong_encoding, repair_encoding, went_through_input_method
from cccd_reader.mrz import MrzFormat
from cccd_reader.qr import LEAST_FIELDS, MAX_CHARACTERS, SEPARATOR, CardQr, parse_qr, parse_qr_date, split_fields

_NUMBER = re.compile(r"[0-9]{12}")
_OLD_NUMBER = re.compile(r"[0-9]{9}")
_INSURANCE = re.compile(r"[A-Z]{2}[1-5X][0-9]{12}")
"""The code of a health insurance card: kind of insured, level, province, social insurance number."""
_SOCIAL_INSURANCE = re.compile(r"[0-9]{10}")
_HEXADECIMAL = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_ADDRESS = re.compile(r"(?i:[a-z][a-z0-9+.-]*://|www\.|mailto:|tel:|sms:|geo:|wifi:|begin:vcard|mecard:)")
_AUTHORITY = re.compile(r"(?i:vneid|dancuquocgia|dichvucong)")
_PAYMENT = "000201"
"""The start of every payment code (EMVCo QR, object 00): VietQR's too."""
_VIETNAMESE_LAYOUT = frozenset("aeođ\u0302\u0306\u0300\u0309\u0303\u0301\u0323")
"""What the keys 1 to 0 of Windows' Vietnamese layout type: ă â ê ô, the five tones, and đ; decomposed."""
_OPAQUE = re.compile(r"[\[{].*|[A-Za-z0-9+/_=.-]{24,}", re.DOTALL)
"""JSON, or Base64 with or without the dots of a token: what applications make for each other."""


class ScanProblem(StrEnum):
    """What is wrong with a code, in words that an application can branch on."""

    WRONG_ENCODING = "wrong_encoding"
    """A card's code whose letters were lost to a wrong code page; number and dates are intact."""
    MANGLED_BY_INPUT_METHOD = "mangled_by_input_method"
    """A card's code that Telex, VNI or a keyboard layout changed while the scanner typed."""
    DAMAGED = "damaged"
    """The form of a card's code with a number that is none."""
    OLD_ID_NUMBER = "old_id_number"
    """The nine digits of the identity card (CMND) that citizen cards replaced: it has no chip."""
    INSURANCE_CARD = "insurance_card"
    """A health insurance (BHYT) card's."""
    PAYMENT_CODE = "payment_code"
    WEB_ADDRESS = "web_address"
    VNEID_OR_OTHER = "vneid_or_other"
    """VNeID's, or another application's own form: use the card, or the counter."""
    NOT_A_CARD = "not_a_card"


@dataclass(frozen=True, slots=True, repr=False)
class ScannedCard:
    """A card's code. `qr` is None when only its number and dates came through, and then `problem` says why; the keys
    are good all the same."""

    keyring: KeyRing
    qr: CardQr | None = None
    problem: ScanProblem | None = None

    def __repr__(self) -> str:
        return f"ScannedCard({self.keyring!r}, problem={self.problem})"


@dataclass(frozen=True, slots=True)
class ScanRefused:
    """No card's code."""

    problem: ScanProblem


def keyring_from_scan(text: str) -> ScannedCard | ScanRefused:
    """The keys that a scanned text gives, or why it gives none. Any text has one of the two.

    UTF-8 that was taken for another code page is put right. A machine readable zone counts as well.
    """
    if len(text) > MAX_CHARACTERS:
        return ScanRefused(ScanProblem.NOT_A_CARD)
    repaired = repair_encoding(text)
    if len(split_fields(repaired)) >= LEAST_FIELDS:
        return _card(repaired)
    changed = _other_separator(repaired)
    if changed is not None:
        return _mangled(split_fields(repaired.replace(changed, SEPARATOR)), ScanProblem.MANGLED_BY_INPUT_METHOD)
    zone = "".join(repaired.split())
    if any(len(zone) == form.characters for form in MrzFormat):
        try:
            return ScannedCard(keyring_from_mrz(zone))
        except ChipDataError:
            pass
    return ScanRefused(_foreign(repaired.strip("\ufeff\x00 \r\n\t")))


def _card(text: str) -> ScannedCard | ScanRefused:
    fields = split_fields(text)
    if _INSURANCE.fullmatch(fields[0]):
        return ScanRefused(ScanProblem.INSURANCE_CARD)
    if _SOCIAL_INSURANCE.fullmatch(fields[0]) and _HEXADECIMAL.fullmatch(fields[1]):
        return ScanRefused(ScanProblem.INSURANCE_CARD)
    if _OLD_NUMBER.fullmatch(fields[0]):
        return ScanRefused(ScanProblem.OLD_ID_NUMBER)
    if not _NUMBER.fullmatch(fields[0]):
        return ScanRefused(_without_number(fields))
    try:
        qr = parse_qr(text)
    except ChipDataError:
        wrong = has_wrong_encoding(fields)
        return _mangled(fields, ScanProblem.WRONG_ENCODING if wrong else ScanProblem.MANGLED_BY_INPUT_METHOD)
    if has_wrong_encoding((qr.full_name, qr.residence)):
        return _mangled(fields, ScanProblem.WRONG_ENCODING)
    if went_through_input_method(qr.full_name, qr.residence):
        return _mangled(fields, ScanProblem.MANGLED_BY_INPUT_METHOD)
    return ScannedCard(keyring_from_qr(qr), qr)


def _mangled(fields: list[str], problem: ScanProblem) -> ScannedCard | ScanRefused:
    """By the number and the first two dates, wherever the other fields went; by the number alone with one date. Twelve
    digits without any date are no card's code."""
    dates = []
    for field in fields[1:]:
        try:
            dates.append(parse_qr_date(field, "date"))
        except ChipDataError:
            continue
    if not dates:
        return ScanRefused(ScanProblem.DAMAGED)
    if len(dates) == 1:
        return ScannedCard(keyring_from_number(fields[0]), None, problem)
    return ScannedCard(keyring_from_dates(fields[0], dates[0], dates[1]), None, problem)


def _other_separator(text: str) -> str | None:
    """What a keyboard layout made of `|`, where twelve digits come first and enough fields follow."""
    start = text.lstrip("\ufeff\x00 \r\n\t")
    sign = start[12:13]
    if not _NUMBER.fullmatch(start[:12]) or not sign or sign.isalnum() or sign.isspace():
        return None
    return sign if start.count(sign) >= LEAST_FIELDS - 1 else None


def _without_number(fields: list[str]) -> ScanProblem:
    decomposed = unicodedata.normalize("NFD", fields[0])
    if len(decomposed) >= 12 and _VIETNAMESE_LAYOUT.issuperset(decomposed):
        return ScanProblem.MANGLED_BY_INPUT_METHOD
    return ScanProblem.DAMAGED if re.fullmatch(r"[0-9]{8,14}", fields[0]) else ScanProblem.NOT_A_CARD


def _foreign(text: str) -> ScanProblem:
    first = text.split(SEPARATOR, 1)[0].strip()
    if _OLD_NUMBER.fullmatch(first):
        return ScanProblem.OLD_ID_NUMBER
    if _INSURANCE.fullmatch(first) or _SOCIAL_INSURANCE.fullmatch(text):
        return ScanProblem.INSURANCE_CARD
    if _AUTHORITY.search(text):
        return ScanProblem.VNEID_OR_OTHER
    if _ADDRESS.match(text):
        return ScanProblem.WEB_ADDRESS
    if text.startswith(_PAYMENT):
        return ScanProblem.PAYMENT_CODE
    return ScanProblem.VNEID_OR_OTHER if _OPAQUE.fullmatch(text) else ScanProblem.NOT_A_CARD
