"""The keys that open a chip, and how they follow from the 12-digit number, the card's QR code or its MRZ."""

import re
from dataclasses import dataclass
from datetime import date
from itertools import chain

from cccd_reader.errors import CardError, CardErrorCode, ChipDataError
from cccd_reader.mrz import Mrz, MrzFormat, check_digit, mrz_information, parse
from cccd_reader.qr import CardQr

CAN_DIGITS = 6
MAX_MRZ_CANDIDATES = 3
"""A chip may answer slower after each wrong key: more guesses than this are not worth a patient's time."""

RENEWAL_AGES = (14, 25, 40, 60)
"""The birthdays a card ends on (Law 26/2023/QH15, Art. 21; Law 59/2014/QH13, Art. 21 without 14)."""

EARLY_RENEWAL_YEARS = 2
"""A card issued within this time before one of the birthdays is valid to the next one (same articles)."""

NO_EXPIRY = "991231"
"""The MRZ date that a card "Không thời hạn" probably carries; no document says so. PACE with the CAN needs no date."""


MAX_DOCUMENT_NUMBER = 22
"""Nine characters in their field and thirteen in the optional data of TD1 (ICAO 9303-5, 4.2.2.1 note j)."""

_MAX_TYPED = 200
"""Twice a zone: whoever types more is not typing a zone."""


@dataclass(frozen=True, slots=True, repr=False)
class Can:
    """The card access number: the last six digits of the citizen's number."""

    digits: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{6}", self.digits):
            raise CardError(CardErrorCode.BAD_DATA, "a CAN is six digits")

    def __repr__(self) -> str:
        return "Can(…)"


@dataclass(frozen=True, slots=True, repr=False)
class MrzKey:
    """Document number, birth and expiry (YYMMDD): the key of BAC, and of PACE with the MRZ. Numbers have nine
    characters; longer ones go on in the zone's optional data."""

    document_number: str
    birth: str
    expiry: str

    def __post_init__(self) -> None:
        dates = (self.birth, self.expiry)
        if not re.fullmatch(rf"[A-Z0-9<]{{1,{MAX_DOCUMENT_NUMBER}}}", self.document_number) or not all(
            re.fullmatch(r"[0-9<]{6}", day)  # `<` where a part of a date is not known (9303-3, 4.7)
            for day in dates
        ):
            raise CardError(CardErrorCode.BAD_DATA, "an MRZ key is a document number and two dates YYMMDD")

    def __repr__(self) -> str:
        return "MrzKey(…)"

    @property
    def information(self) -> bytes:
        return mrz_information(self.document_number, self.birth, self.expiry)


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """The keys to try. `mrz` is in order of likelihood; `number` and `qr` are what the chip's data is compared with."""

    can: Can | None
    mrz: tuple[MrzKey, ...] = ()
    number: str | None = None
    qr: CardQr | None = None

    def __post_init__(self) -> None:
        if len(self.mrz) > MAX_MRZ_CANDIDATES:
            raise CardError(CardErrorCode.BAD_DATA, f"at most {MAX_MRZ_CANDIDATES} MRZ keys")

    def __repr__(self) -> str:
        return f"KeyRing(can={'yes' if self.can else 'no'}, mrz={len(self.mrz)})"


def keyring_from_number(number: str) -> KeyRing:
    """The keys that the 12 digits alone give: the CAN."""
    if not re.fullmatch(r"[0-9]{12}", number):
        raise CardError(CardErrorCode.BAD_DATA, "a citizen's number is 12 digits")
    return KeyRing(can=Can(number[-CAN_DIGITS:]), number=number)


def keyring_from_qr(qr: CardQr) -> KeyRing:
    """The keys that the QR code gives: the CAN, and MRZ keys with the expiry dates that the law allows."""
    ring = keyring_from_dates(qr.number, qr.birth, qr.issued)
    return KeyRing(can=ring.can, mrz=ring.mrz, number=ring.number, qr=qr)


def keyring_from_dates(number: str, birth: date, issued: date) -> KeyRing:
    """The same keys from the parts of the code that make them: number, birth and day of issue."""
    can = keyring_from_number(number).can
    # A Vietnamese document number is the last nine of the twelve digits.
    candidates = expiry_candidates(birth, issued)
    keys = tuple(MrzKey(number[3:], f"{birth:%y%m%d}", expiry) for expiry in candidates)
    return KeyRing(can=can, mrz=keys, number=number)


def keyring_from_mrz(text: str) -> KeyRing:
    """The keys that a zone gives, typed or scanned: all its lines, the first two of a TD1 card, or the key fields.

    The key fields are document number, birth and expiry, parted by spaces, all with their check digits or all without
    (`L898902C36 7408122 1204159` or `L898902C3 740812 120415`); run together (24 characters) they need them.
    A number of twelve digits without a check digit is a Vietnamese citizen's. Raises `ChipDataError`.
    """
    if len(text) > _MAX_TYPED:
        raise ChipDataError("MRZ", f"longer than {_MAX_TYPED} characters")
    words = text.upper().split()
    zone = "".join(words)
    td1 = MrzFormat.TD1
    if len(zone) == td1.characters - td1.width:
        zone += "<" * td1.width  # the third line has the name alone
    if any(len(zone) == form.characters for form in MrzFormat):
        return _keyring_of(parse(zone))
    if len(words) == 1 and len(zone) == 24:
        words = [zone[:10], zone[10:17], zone[17:]]
    if len(words) != 3:
        raise ChipDataError("MRZ", "neither a zone nor its three key fields")
    return _keyring_from_fields(*words)


def _keyring_of(mrz: Mrz) -> KeyRing:
    number = mrz.personal_number
    can = Can(number[-CAN_DIGITS:]) if number is not None else None
    return KeyRing(can, (_typed_key(mrz.document_number, mrz.birth, mrz.expiry),), number)


def _keyring_from_fields(number: str, birth: str, expiry: str) -> KeyRing:
    # Dates tell whether check digits were typed: six characters or seven.
    if len(birth) == len(expiry) == 7:
        for name, field in (("document number", number), ("birth date", birth), ("expiry date", expiry)):
            if not re.fullmatch(r"[A-Z0-9<]+[0-9]", field) or check_digit(field[:-1]) != field[-1]:
                raise ChipDataError("MRZ", f"the check digit of the {name} is wrong")
        return KeyRing(None, (_typed_key(number[:-1], birth[:-1], expiry[:-1]),))
    if re.fullmatch(r"[0-9]{12}", number):
        ring = keyring_from_number(number)
        return KeyRing(ring.can, (_typed_key(number[3:], birth, expiry),), number)
    return KeyRing(None, (_typed_key(number, birth, expiry),))


def _typed_key(number: str, birth: str, expiry: str) -> MrzKey:
    try:
        return MrzKey(number.rstrip("<"), birth, expiry)
    except CardError as error:
        raise ChipDataError("MRZ", error.detail) from error


def expiry_candidates(birth: date, issued: date) -> tuple[str, ...]:
    """The MRZ expiry dates of a card, likeliest first, at most `MAX_MRZ_CANDIDATES`.

    First what the law says for the day of issue; then the other renewal birthdays after that day, the nearest to the
    law's answer first, because the two-year rule may have been applied on the day of application; then "no expiry".
    """
    lawful = next((age for age in RENEWAL_AGES if issued < _birthdays(birth, age - EARLY_RENEWAL_YEARS)[0]), None)
    others = [age for age in RENEWAL_AGES if age != lawful and _birthdays(birth, age)[-1] > issued]
    others.sort(key=lambda age: abs(age - (lawful or max(RENEWAL_AGES))))
    lawful_dates = [NO_EXPIRY] if lawful is None else [f"{day:%y%m%d}" for day in _birthdays(birth, lawful)]
    other_dates = [f"{day:%y%m%d}" for age in others for day in _birthdays(birth, age)]
    ordered = dict.fromkeys(chain(lawful_dates, other_dates, [NO_EXPIRY]))
    return tuple(ordered)[:MAX_MRZ_CANDIDATES]


def _birthdays(birth: date, age: int) -> tuple[date, ...]:
    """The birthday at an age; for the 29th of February in a common year both days it may be kept on."""
    try:
        return (birth.replace(year=birth.year + age),)
    except ValueError:
        return date(birth.year + age, 2, 28), date(birth.year + age, 3, 1)
