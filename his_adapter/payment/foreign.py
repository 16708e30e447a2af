"""Reading what a provider wrote: every function is total and bounded."""

import math
import re
from datetime import UTC, datetime

from his_adapter.clock import ZONE, everywhere
from his_adapter.json_text import NotJson, read_json_object
from his_adapter.model.payment import MAX_AMOUNT_DONG, MAX_ORDER_CODE

MAX_NOTICE_BYTES = 65_536
MAX_TXN_ID = 64

_WHOLE = re.compile(r"[0-9]{1,15}(?:\.0{1,4})?")
_ORDER = re.compile(r"[1-9][0-9]{0,15}")


def read_object(body: bytes) -> dict[str, object] | None:
    """A JSON object; None for anything else."""
    if len(body) > MAX_NOTICE_BYTES:
        return None
    try:
        return read_json_object(body)
    except NotJson:
        return None


def whole_dong(value: object) -> int | None:
    """A positive amount of đồng, from 2277000, 2277000.0 or "2277000.00"; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        amount = int(value.partition(".")[0]) if _WHOLE.fullmatch(value) and value.isascii() else 0
    elif isinstance(value, float):
        amount = int(value) if math.isfinite(value) and value.is_integer() else 0
    elif isinstance(value, int):
        amount = value
    else:
        return None
    return amount if 0 < amount <= MAX_AMOUNT_DONG else None


def order_number(text: object) -> int | None:
    """Our order code in a provider's text field; None when it cannot be one of ours."""
    if not isinstance(text, str) or _ORDER.fullmatch(text) is None or not text.isascii():
        return None
    order = int(text)
    return order if order <= MAX_ORDER_CODE else None


def transaction_id(value: object) -> str | None:
    """A provider's number or name of a transaction, 1 to 64 visible characters of ASCII; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if 0 < value < 10**MAX_TXN_ID else None
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TXN_ID:
        return None
    return value if value.isascii() and value.isprintable() and " " not in value else None


def local_time(text: object, form: str) -> datetime | None:
    """A moment in Vietnam's time, which providers write without a zone; None when it is none."""
    if not isinstance(text, str) or len(text) > 32 or not text.isascii():
        return None
    try:
        return everywhere(datetime.strptime(text, form))  # noqa: DTZ007 - it has none
    except ValueError:
        return None


def unix_time_ms(value: object) -> datetime | None:
    """A moment from milliseconds since 1970; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**14:
        return None
    return datetime.fromtimestamp(value / 1000, UTC).astimezone(ZONE)
