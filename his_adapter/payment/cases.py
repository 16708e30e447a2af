"""What a person settles: money that is not simply the bill's, and money to be given back.

These are records. Nothing here moves money: a transfer to an account cannot be called back, so a refund is a new
transfer, or cash, made by the cashier in the hospital's own books.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from his_adapter.model import PaymentIntent, PaymentState, PaymentStatus, Transfer
from his_adapter.payment.webhook.interface import StrayTransfer


class ReviewReason(StrEnum):
    """Why money is not simply the bill's."""

    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    DUPLICATE = "duplicate"
    LATE = "late"
    STRAY = "stray"  # no order of ours was found for it
    CONTRADICTORY = "contradictory"  # a transfer we know was told of again, with another amount or order


_REASONS = {
    PaymentState.UNDERPAID: ReviewReason.UNDERPAID,
    PaymentState.OVERPAID: ReviewReason.OVERPAID,
    PaymentState.DUPLICATE: ReviewReason.DUPLICATE,
    PaymentState.LATE: ReviewReason.LATE,
}


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """Money for a person to look at. One case for each order: more money for it is the same case, grown.

    `order_code` is None and `asked_dong` 0 for a stray and for a contradiction.
    """

    case_id: str
    reason: ReviewReason
    provider: str
    order_code: int | None
    asked_dong: int
    transfers: tuple[Transfer, ...]
    opened_at: datetime

    def __post_init__(self) -> None:
        if not self.transfers:
            raise ValueError("a case for review is about money that arrived")
        if self.opened_at.tzinfo is None:
            raise ValueError("times carry their zone")

    @property
    def received_dong(self) -> int:
        """All that arrived."""
        return sum(transfer.amount_dong for transfer in self.transfers)


def review(provider: str, intent: PaymentIntent, status: PaymentStatus, moment: datetime) -> ReviewCase | None:
    """The case a status makes; None when it settles the bill or no money has come."""
    reason = _REASONS.get(status.state)
    if reason is None:
        return None
    case_id = f"{provider}-{intent.order_code}"
    return ReviewCase(case_id, reason, provider, intent.order_code, intent.amount_dong, status.transfers, moment)


def review_contradiction(provider: str, known: Transfer, moment: datetime) -> ReviewCase:
    """The case of a transfer that was told of again in other words. What was told first stands until a person looks."""
    case_id = f"{provider}-contradiction-{known.provider_txn_id}"
    return ReviewCase(case_id, ReviewReason.CONTRADICTORY, provider, None, 0, (known,), moment)


def review_stray(provider: str, stray: StrayTransfer, moment: datetime) -> ReviewCase:
    """The case of money without an order."""
    case_id = f"{provider}-stray-{stray.transfer.provider_txn_id}"
    return ReviewCase(case_id, ReviewReason.STRAY, provider, None, 0, (stray.transfer,), moment)


class RefundState(StrEnum):
    """What the cashier made of a refund."""

    OPEN = "open"
    PAID_OUT = "paid_out"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class RefundCase:
    """Money to be given back at the desk. `opened_by` and `settled_by` name a member of staff, or the kiosk.

    `voucher` is the number of the cashier's own voucher of the payment out.
    """

    case_id: str
    provider: str
    order_code: int | None
    provider_txn_ids: tuple[str, ...]
    amount_dong: int
    received_dong: int
    reason: str
    opened_by: str
    opened_at: datetime
    state: RefundState = RefundState.OPEN
    settled_by: str = ""
    settled_at: datetime | None = None
    voucher: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.amount_dong <= self.received_dong:
            raise ValueError("a refund is positive and no more than what arrived")
        if not (self.case_id and self.provider_txn_ids and self.reason and self.opened_by):
            raise ValueError("a refund names its transfers, its reason and who opened it")
        if self.opened_at.tzinfo is None or (self.settled_at is not None and self.settled_at.tzinfo is None):
            raise ValueError("times carry their zone")
        if self.state is RefundState.OPEN and (self.settled_by or self.settled_at or self.voucher):
            raise ValueError("an open refund is settled by nobody")
        if self.state is not RefundState.OPEN and not (self.settled_by and self.settled_at):
            raise ValueError("a settled refund says who settled it, and when")
        if (self.state is RefundState.PAID_OUT) != bool(self.voucher):
            raise ValueError("money that was paid out has a voucher, and only that")

    def settle(self, state: RefundState, staff: str, moment: datetime, voucher: str = "") -> "RefundCase":
        """The case as the cashier closed it. Raises ValueError when it was closed before."""
        if self.state is not RefundState.OPEN:
            raise ValueError("a refund is settled once")
        return replace(self, state=state, settled_by=staff, settled_at=moment, voucher=voucher)


def owed(case: ReviewCase) -> int:
    """What goes back to the patient, as a proposal to the cashier: what lies above the bill when the bill is covered.

    Late money, short money and strays cover nothing by themselves: all of it is the patient's until a cashier books it.
    Of a contradiction nobody knows yet what came.
    """
    if case.reason is ReviewReason.CONTRADICTORY:
        return 0
    if case.reason in (ReviewReason.OVERPAID, ReviewReason.DUPLICATE) and case.received_dong > case.asked_dong:
        return case.received_dong - case.asked_dong
    return 0 if case.reason is ReviewReason.DUPLICATE and case.received_dong == case.asked_dong else case.received_dong


def open_refund(case: ReviewCase, opened_by: str, moment: datetime, amount_dong: int | None = None) -> RefundCase:
    """A refund for money under review; by default what is `owed`. Raises ValueError when nothing is.

    The same case again has the same id: a store that keeps ids unique opens it once.
    """
    return RefundCase(
        case_id=f"refund-{case.case_id}",
        provider=case.provider,
        order_code=case.order_code,
        provider_txn_ids=tuple(transfer.provider_txn_id for transfer in case.transfers),
        amount_dong=owed(case) if amount_dong is None else amount_dong,
        received_dong=case.received_dong,
        reason=case.reason.value,
        opened_by=opened_by,
        opened_at=moment,
    )
