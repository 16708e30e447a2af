"""Reading the reply of ``TraCuuTienMCCT``: one figure, how fresh it is, and none of the visits behind it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from his_adapter.bhyt.card_reply import UnreadableReply, text_of

MAX_DONG = 10**13
MAX_ENTRIES = 5_000
_NUMBER = re.compile(r"[0-9]{1,14}(?:\.[0-9]{1,6})?")
_DAY = re.compile(r"[0-9]{2}/[0-9]{2}/[0-9]{4}")


@dataclass(frozen=True, slots=True)
class CopaymentReply:
    """`accumulated_dong` is None without an entry of the year asked for."""

    code: str
    note: str
    accumulated_dong: int | None = field(default=None, repr=False)


def read_copayment(answer: Mapping[str, object], year: int) -> CopaymentReply:
    """The year's figure: every entry carries the sum so far (tBNCCTLuyKe), so the greatest counts, never their sum.

    An entry belongs to the year of its discharge (ngayRa), or of its admission while that is open; one without either
    proves nothing about this year and is left out. Fractions of a đồng are dropped. Raises UnreadableReply.
    """
    code = answer.get("MaKetQua")
    if not isinstance(code, int | str) or (text := _digits(code)) is None or len(text) != 3:
        raise UnreadableReply("MaKetQua")
    entries = answer.get("DataCCT") or []
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise UnreadableReply("DataCCT")
    sums = [_sum(entry) for entry in entries if _year(entry) == year]
    return CopaymentReply(text, text_of(answer, "GhiChu"), max(sums, default=None))


def _sum(entry: Mapping[str, object]) -> int:
    text = _digits(entry.get("tBNCCTLuyKe"))
    if text is None or Decimal(text) > MAX_DONG:
        raise UnreadableReply("tBNCCTLuyKe")
    return int(Decimal(text))


def _digits(value: object) -> str | None:
    """A number that JSON holds as a number or as text; None for anything else."""
    if isinstance(value, bool) or (isinstance(value, int) and not 0 <= value <= MAX_DONG):
        return None
    text = str(value) if isinstance(value, int | float | str) else ""
    return text if _NUMBER.fullmatch(text) else None


def _year(entry: object) -> int | None:
    if not isinstance(entry, dict):
        raise UnreadableReply("DataCCT")
    text = text_of(entry, "ngayRa") or text_of(entry, "ngayVao")
    if not text:
        return None
    if _DAY.fullmatch(text) is None:
        raise UnreadableReply("ngayRa")
    try:
        return datetime.strptime(text, "%d/%m/%Y").year  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise UnreadableReply("ngayRa") from None
