"""Amounts, times and codes as people's tables write them. Each function gives a value, or None for what is none."""

import re
from datetime import datetime

from his_adapter.clock import everywhere
from his_adapter.model.payment import MAX_AMOUNT_DONG
from his_adapter.payment.foreign import order_number
from his_adapter.payment.purpose import find_purpose

MAX_CELL = 512

_AMOUNT = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>[0-9]{1,3}(?:(?P<group>[.,\u00a0 ])[0-9]{3}(?:(?P=group)[0-9]{3})*)?|[0-9]{1,13})"
    r"(?P<part>(?P<point>[.,])0{1,2})?(?: ?(?:đ|VND|VNĐ))?",
    re.IGNORECASE | re.ASCII,
)
_TIMES = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y")


def read_amount(text: str) -> int | None:
    """Whole đồng with a sign: 50600, 50.600, 50,600.00, +50 600 VND. 50.60 is none: a đồng has no parts."""
    match = _AMOUNT.fullmatch(text.strip()) if len(text) <= MAX_CELL else None
    if match is None or (match["point"] and match["point"] == match["group"]):
        return None
    value = int(re.sub(r"[^0-9]", "", match["whole"]))
    if value > MAX_AMOUNT_DONG:
        return None
    return -value if match["sign"] == "-" else value


def read_time(text: str) -> datetime | None:
    """ISO 8601, or day/month/year as Vietnam writes it; without a zone it is Vietnam's."""
    text = text.strip()
    if len(text) > 40 or not text.isascii():
        return None
    moment = _iso(text)
    if moment is None:
        return next((local for form in _TIMES if (local := _parsed(text, form)) is not None), None)
    return everywhere(moment)


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _parsed(text: str, form: str) -> datetime | None:
    try:
        return everywhere(datetime.strptime(text, form))  # noqa: DTZ007 - it has none
    except ValueError:
        return None


def read_code(text: str, prefix: str) -> int | None:
    """An order code, as its number or as the purpose that carries it."""
    text = text.strip()
    return order_number(text) or (find_purpose(text, prefix) if len(text) <= MAX_CELL else None)
