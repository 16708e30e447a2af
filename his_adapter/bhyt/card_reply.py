"""Reading the reply of ``KQNhanLichSuKCB2024``: the fields a reception needs, and none of the medical history."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from his_adapter.model import Coverage, nfc

CARD_NUMBER = re.compile(r"[A-Z]{2}[1-5][0-9]{12}")
DATE_FORMATS = (
    (re.compile(r"[0-9]{2}/[0-9]{2}/[0-9]{4}"), "%d/%m/%Y"),
    (re.compile(r"[0-9]{8}"), "%Y%m%d"),
    (re.compile(r"[0-9]{12}"), "%Y%m%d%H%M"),
)
MAX_CODE_LENGTH = 10


class UnreadableReply(ValueError):
    """The reply is not what the portal's guide says. Names the field, never its content."""


@dataclass(frozen=True, slots=True)
class CardReply:
    """A card check's reply. `card` and `new_card` are None without a well-formed card number."""

    code: str
    message: str = field(repr=False)
    card: Coverage | None = None
    new_card: Coverage | None = None


def read_reply(answer: Mapping[str, object]) -> CardReply:
    """Raises UnreadableReply."""
    code = text_of(answer, "maKetQua")
    if not 0 < len(code) <= MAX_CODE_LENGTH:
        raise UnreadableReply("maKetQua")
    return CardReply(
        code=code,
        message=text_of(answer, "ghiChu"),
        card=_coverage(answer, "maThe", "gtTheTu", "gtTheDen", "maDKBD", "tenDKBD"),
        new_card=_coverage(answer, "maTheMoi", "gtTheTuMoi", "gtTheDenMoi", "maDKBDMoi", "tenDKBDMoi"),
    )


def _coverage(
    answer: Mapping[str, object], number: str, since: str, until: str, facility: str, facility_name: str
) -> Coverage | None:
    card_number = text_of(answer, number).replace(" ", "").upper()
    if CARD_NUMBER.fullmatch(card_number) is None:
        return None
    return Coverage(
        card_number=card_number,
        holder_name=text_of(answer, "hoTen"),
        valid_from=_date(answer, since),
        valid_to=_date(answer, until),
        registered_facility_code=text_of(answer, facility),
        registered_facility_name=text_of(answer, facility_name),
        five_year_date=_five_year_date(answer),
        area=text_of(answer, "maKV"),
    )


def text_of(answer: Mapping[str, object], name: str) -> str:
    """A text of a reply, NFC; empty when it is missing. Raises UnreadableReply."""
    value = answer.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnreadableReply(name)
    return nfc(value)


def _five_year_date(answer: Mapping[str, object]) -> date | None:
    """Only raises what is paid, so one nobody can read is one nobody knows; a valid card stays valid."""
    try:
        return _date(answer, "ngayDu5Nam")
    except UnreadableReply:
        return None


def _date(answer: Mapping[str, object], name: str) -> date | None:
    text = text_of(answer, name)
    if not text:
        return None
    form = next((form for shape, form in DATE_FORMATS if shape.fullmatch(text)), "")
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise UnreadableReply(name) from None
