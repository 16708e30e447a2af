"""Money asked for by VietQR, and what arrived."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_AMOUNT_DONG = 10**13 - 1  # EMVCo tag 54 holds thirteen characters


class PaymentState(StrEnum):
    """Only one transfer, of the exact amount, in time, makes PAID."""

    WAITING = "waiting"
    PAID = "paid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    DUPLICATE = "duplicate"  # more than one transfer, whatever they add up to
    LATE = "late"  # the exact amount, after the request had expired or was cancelled


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """An amount to ask for. `order_code` is unique for ever, `purpose` is what the bank's statement will show.

    `purpose` is at most 25 of A–Z, 0–9 and space (EMVCo tag 62-08), unique and with a check character
    (`his_adapter.payment.purpose`).
    """

    order_code: int
    amount_dong: int
    purpose: str
    expires_at: datetime

    def __post_init__(self) -> None:
        if not 0 < self.amount_dong <= MAX_AMOUNT_DONG:
            raise ValueError("an amount asked for is positive and has at most thirteen digits")
        if self.expires_at.tzinfo is None:
            raise ValueError("times carry their zone")


@dataclass(frozen=True, slots=True)
class PaymentIntent:
    """An open request at the provider. `qr_text` is the EMVCo string to draw, already proven to ask for this amount."""

    intent_id: str
    order_code: int
    amount_dong: int
    purpose: str
    qr_text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Transfer:
    """One arriving transfer; `provider_txn_id` is the provider's own and unique there."""

    provider_txn_id: str
    amount_dong: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentStatus:
    """Where an intent stands. `amount_received` adds up all transfers."""

    state: PaymentState
    amount_received: int = 0
    transfers: tuple[Transfer, ...] = ()

    @property
    def provider_txn_id(self) -> str:
        """The first transfer's id; empty when nothing has arrived."""
        return self.transfers[0].provider_txn_id if self.transfers else ""


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """A webhook whose signature holds: one transfer for one order."""

    order_code: int
    intent_id: str
    transfer: Transfer
