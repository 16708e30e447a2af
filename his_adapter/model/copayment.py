"""What a patient has paid beside the fund this year."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from his_adapter.clock import check_moment
from his_adapter.faults import OutsideFaultCode

MAX_DONG = 10**13


@dataclass(frozen=True, slots=True)
class CopaymentAnswer:
    """This year's co-payments as the portal counts them, or its silence, with the evidence of either.

    `accumulated_dong` is None when it is unknown, and unknown is never nothing: who holds an older figure of this year
    keeps it. `as_of` is the portal's own words on how fresh the figure is and is shown beside it wherever the figure is
    shown. `code` is MaKetQua, empty when none came; `detail` is for staff. `raw` is the last reply as received.
    """

    code: str
    asked_at: datetime
    accumulated_dong: int | None = field(default=None, repr=False)
    as_of: str = ""
    detail: str = ""
    fault: OutsideFaultCode | None = None
    raw: bytes = field(default=b"", repr=False)
    evidence_sha256: str = field(init=False, default="")
    """The digest of `raw`, hexadecimal: of nothing, when nothing came."""

    def __post_init__(self) -> None:
        check_moment(self.asked_at)
        if self.accumulated_dong is not None and (not 0 <= self.accumulated_dong <= MAX_DONG or self.fault is not None):
            raise ValueError("a figure is not negative, has at most fourteen digits and comes without a fault")
        object.__setattr__(self, "evidence_sha256", hashlib.sha256(self.raw).hexdigest())
