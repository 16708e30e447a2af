"""Whether everything that names the holder names one person: DG13, the MRZ, the QR code, and the number that opened the
chip; and whether that number fits its holder."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from cccd_reader.citizen import Citizen
from cccd_reader.citizen_number import CitizenNumber, parse_citizen_number
from cccd_reader.mrz import Mrz, transliterate
from cccd_reader.qr import CardQr
from cccd_reader.text import reading_key
from cccd_reader.verdict import Check, CheckState, Verdict


@dataclass(frozen=True, slots=True, repr=False)
class _Comparison:
    """`between_sources` is False where one source is compared with itself: that can fail and proves nothing."""

    name: str
    equal: bool
    between_sources: bool = True


def cross_check(citizen: Citizen | None, mrz: Mrz, number: str | None, qr: CardQr | None = None) -> Verdict:
    """Compares what is there. `citizen` is from DG13, or None when the card does not give it; `number` is the typed or
    scanned one, `qr` the code that was scanned. The reason names the fields that differ, never their values."""
    compared = [*_typed(citizen, mrz, number), *_dg13_and_mrz(citizen, mrz), *_qr_and_chip(citizen, mrz, qr)]
    compared += _number_and_holder(citizen, mrz)
    notes = list(_notes(citizen, mrz, qr))
    tail = f"; note: {', '.join(notes)}" if notes else ""
    different = [item.name for item in compared if not item.equal]
    if different:
        return Verdict(Check.CROSS_CHECK, CheckState.FAILED, "different: " + ", ".join(different) + tail)
    if not any(item.between_sources for item in compared):
        return Verdict(Check.CROSS_CHECK, CheckState.UNDETERMINED, "nothing to compare" + tail)
    equal = ", ".join(item.name for item in compared)
    return Verdict(Check.CROSS_CHECK, CheckState.SUCCESSFUL, f"equal: {equal}{tail}")


def same_name(full_name: str, mrz: Mrz) -> bool:
    """Whether the zone's name is this one without its tone marks (9303-3, 4.6). A zone that is full may have cut it: at
    its end, or every part by itself. How the parts are divided makes no difference."""
    printed = transliterate(f"{mrz.surname} {mrz.given_names}").split()
    whole = transliterate(full_name).split()
    if "".join(printed) == "".join(whole):
        return True
    if not mrz.name_may_be_cut:
        return False
    if "".join(whole).startswith("".join(printed)):
        return True
    return len(printed) <= len(whole) and all(part.startswith(cut) for cut, part in zip(printed, whole, strict=False))


def _typed(citizen: Citizen | None, mrz: Mrz, number: str | None) -> Iterator[_Comparison]:
    yield from _texts("typed number and MRZ", number, mrz.personal_number)
    if citizen is not None:
        yield from _texts("typed number and DG13", number, citizen.number)


def _dg13_and_mrz(citizen: Citizen | None, mrz: Mrz) -> Iterator[_Comparison]:
    if citizen is None:
        return
    yield from _texts("DG13 and MRZ number", citizen.number, mrz.personal_number)
    if citizen.birth is not None:
        yield _Comparison("DG13 and MRZ birth date", _in_zone(citizen.birth) == mrz.birth)
    elif citizen.birth_year is not None:
        yield _Comparison("DG13 and MRZ birth year", f"{citizen.birth_year % 100:02}" == mrz.birth[:2])
    yield from _texts("DG13 and MRZ sex", citizen.sex, _sex(mrz))
    # No document says what the zone of a card without expiry has: there is nothing to compare with.
    if citizen.expiry is not None:
        yield _Comparison("DG13 and MRZ expiry date", _in_zone(citizen.expiry) == mrz.expiry)
    if citizen.full_name is not None:
        yield _Comparison("DG13 and MRZ name", same_name(citizen.full_name, mrz))


def _qr_and_chip(citizen: Citizen | None, mrz: Mrz, qr: CardQr | None) -> Iterator[_Comparison]:
    if qr is None:
        return
    yield from _texts("QR and MRZ number", qr.number, mrz.personal_number)
    yield _Comparison("QR and MRZ birth date", _in_zone(qr.birth) == mrz.birth)
    yield from _texts("QR and MRZ sex", qr.sex, _sex(mrz))
    yield _Comparison("QR and MRZ name", same_name(qr.full_name, mrz))
    if citizen is None:
        return
    yield from _texts("QR and DG13 number", qr.number, citizen.number)
    if citizen.full_name is not None:
        yield _Comparison("QR and DG13 name", reading_key(qr.full_name) == reading_key(citizen.full_name))
    if citizen.issued is not None:
        yield _Comparison("QR and DG13 issue date", qr.issued == citizen.issued)


def _number_and_holder(citizen: Citizen | None, mrz: Mrz) -> Iterator[_Comparison]:
    """The chip's number against what the chip says of its holder."""
    if mrz.personal_number is not None:
        yield _Comparison("MRZ number and its last nine digits", mrz.personal_number[3:] == mrz.document_number, False)
    structure = _structure(citizen, mrz)
    if structure is None:
        return
    if citizen is not None and citizen.birth_year is not None:
        yield _Comparison("number and birth year", structure.birth_year == citizen.birth_year, False)
    else:
        yield _Comparison("number and birth year", f"{structure.birth_year % 100:02}" == mrz.birth[:2], False)
    sex = (citizen.sex if citizen is not None else None) or _sex(mrz)
    if sex is not None:
        yield _Comparison("number and sex", structure.sex == sex, False)


def _notes(citizen: Citizen | None, mrz: Mrz, qr: CardQr | None) -> Iterator[str]:
    """What is odd and no sign of a second person."""
    structure = _structure(citizen, mrz)
    if structure is not None and structure.province is None:
        yield "the number's place code is no province's"
    # The code may have the current residence where the chip has the permanent one, or abbreviate it.
    residence = citizen.residence if citizen is not None else None
    if qr is not None and residence is not None and reading_key(qr.residence) != reading_key(residence):
        yield "QR and DG13 have different residences"


def _texts(name: str, left: str | None, right: str | None) -> Iterator[_Comparison]:
    if left is not None and right is not None:
        yield _Comparison(name, left == right)


def _structure(citizen: Citizen | None, mrz: Mrz) -> CitizenNumber | None:
    number = (citizen.number if citizen is not None else None) or mrz.personal_number
    return None if number is None else parse_citizen_number(number)


def _sex(mrz: Mrz) -> str | None:
    """None where the zone leaves it open, which contradicts nothing."""
    return mrz.sex if mrz.sex in ("M", "F") else None


def _in_zone(day: date) -> str:
    return f"{day:%y%m%d}"
