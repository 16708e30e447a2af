"""The 26 fields of the check-in record XML0, in the order of the elements.

Names and order: the field table of Decision 130/QD-BYT 2023 as amended by 4750/QD-BYT 2023 and 3176/QD-BYT 2024
(confidence high). Lengths: the same by second hand (medium); LY_DO_VNT and DU_PHONG have none there, ours is a bound
against nonsense (low). MA_LOAI_KCB has 16 codes by Decision 1804 of 2026 (medium). `checkin.xsd` says the same as XML.
"""

import re
from dataclasses import dataclass
from functools import cached_property

CARDS_AT_MOST = 8
"""A visit over a change of cards names each, with ";" between them; dates and facilities follow in the same order."""

MINUTE = r"[0-9]{12}"
DAY = r"[0-9]{8}"
CARD = r"[A-Z]{2}[1-5][0-9]{12}"
FACILITY = r"[0-9A-Z]{5}"
IDENTIFIER = r"[!-~]+"


def _list_of(pattern: str, *, gaps: bool = False) -> str:
    """Several values; `gaps`: each may be missing, as the last day of a card without one."""
    one = f"({pattern})?" if gaps else pattern
    return f"{one}(;{one}){{0,{CARDS_AT_MOST - 1}}}"


@dataclass(frozen=True)
class Field0:
    """One field. `pattern` holds for a value that is there; a `required` one is never empty."""

    name: str
    max_length: int
    pattern: str | None = None
    required: bool = False

    @property
    def attribute(self) -> str:
        """Its name in `CheckInRecord0`."""
        return self.name.lower()

    @cached_property
    def _compiled(self) -> re.Pattern[str] | None:
        return None if self.pattern is None else re.compile(self.pattern)

    def admits(self, value: str) -> bool:
        """Whether length and shape are right."""
        if not value:
            return not self.required
        if len(value) > self.max_length:
            return False
        return self._compiled is None or self._compiled.fullmatch(value) is not None


def _cards(length: int) -> int:
    return (length + 1) * CARDS_AT_MOST - 1


FIELDS = (
    Field0("MA_LK", 100, IDENTIFIER, required=True),
    Field0("STT", 10, r"[1-9][0-9]*", required=True),
    Field0("MA_BN", 100, IDENTIFIER, required=True),
    Field0("HO_TEN", 255, required=True),
    Field0("SO_CCCD", 15, r"[0-9A-Z]+"),
    Field0("NGAY_SINH", 12, MINUTE, required=True),
    Field0("GIOI_TINH", 1, r"[123]", required=True),
    Field0("MA_THE_BHYT", _cards(15), _list_of(CARD)),
    Field0("MA_DKBD", _cards(5), _list_of(FACILITY)),
    Field0("GT_THE_TU", _cards(8), _list_of(DAY, gaps=True)),
    Field0("GT_THE_DEN", _cards(8), _list_of(DAY, gaps=True)),
    Field0("MA_DOITUONG_KCB", 4, r"[1-9][0-9]?(\.[1-9][0-9]?)?", required=True),
    Field0("NGAY_VAO", 12, MINUTE, required=True),
    Field0("NGAY_VAO_NOI_TRU", 12, MINUTE),
    Field0("LY_DO_VNT", 1024),
    Field0("MA_LY_DO_VNT", 5, IDENTIFIER),
    Field0("MA_LOAI_KCB", 2, r"0[1-9]|1[0-6]", required=True),
    Field0("MA_CSKCB", 5, FACILITY, required=True),
    Field0("MA_DICH_VU", 50, IDENTIFIER),
    Field0("TEN_DICH_VU", 1024),
    Field0("MA_THUOC", 255, IDENTIFIER),
    Field0("TEN_THUOC", 1024),
    Field0("MA_VAT_TU", 255, IDENTIFIER),
    Field0("TEN_VAT_TU", 1024),
    Field0("NGAY_YL", 12, MINUTE),
    Field0("DU_PHONG", 1024),
)
