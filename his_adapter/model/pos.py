"""A card payment at a terminal beside the kiosk."""

import re
from dataclasses import dataclass
from enum import StrEnum

from his_adapter.model.payment import MAX_AMOUNT_DONG

_REFERENCE = re.compile(r"[0-9A-Z]{1,25}")


class PosState(StrEnum):
    """What became of a sale. Only APPROVED is money."""

    APPROVED = "approved"
    DECLINED = "declined"  # by the card's bank
    CANCELLED = "cancelled"  # by the patient, or the terminal gave up waiting for a card
    REVERSED = "reversed"  # approved, and taken back
    NOT_TAKEN = "not_taken"  # the terminal has never begun it: nothing was charged
    UNKNOWN = "unknown"  # nobody can say now: ask again by reference, never sell again under another one


@dataclass(frozen=True, slots=True)
class PosSale:
    """An amount to charge. `reference` is ours, unique for ever (`his_adapter.payment.purpose`)."""

    reference: str
    amount_dong: int

    def __post_init__(self) -> None:
        if _REFERENCE.fullmatch(self.reference) is None:
            raise ValueError("a reference has 1 to 25 capital letters and digits")
        if not 0 < self.amount_dong <= MAX_AMOUNT_DONG:
            raise ValueError("an amount charged is positive and has at most thirteen digits")


@dataclass(frozen=True, slots=True)
class PosOutcome:
    """What became of a sale. `terminal_txn_id` and `approval_code` are the terminal's; no card number is kept."""

    reference: str
    state: PosState
    amount_dong: int = 0
    terminal_txn_id: str = ""
    approval_code: str = ""
    detail: str = ""
