"""Money asked for by VietQR, and what arrived."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from his_adapter.clock import check_moment
from his_adapter.model.visit import MAX_AMOUNT_DONG as MAX_AMOUNT_DONG
from his_adapter.model.visit import check_key

MAX_ORDER_CODE = 2**53 - 1  # payOS reads order codes as JavaScript numbers
MAX_BILL_ID = 64
MAX_RECEIVED_DONG = 10**18 - 1


def _check_order(order_code: int, amount_dong: int) -> None:
    if not 0 < order_code <= MAX_ORDER_CODE:
        raise ValueError("an order code is positive and below 2 ** 53")
    if not 0 < amount_dong <= MAX_AMOUNT_DONG:
        raise ValueError("an amount is positive and has at most thirteen digits")


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
    (`his_adapter.payment.purpose`). `bill_id` names what is paid, as the hospital's id of the visit does: whoever keeps
    the orders of several kiosks lets a bill have one that is open. Empty: the order is a bill of its own. No provider
    hears of it.
    """

    order_code: int
    amount_dong: int
    purpose: str
    expires_at: datetime
    bill_id: str = ""

    def __post_init__(self) -> None:
        _check_order(self.order_code, self.amount_dong)
        check_moment(self.expires_at)
        if len(self.bill_id) > MAX_BILL_ID:
            raise ValueError(f"a bill's id has at most {MAX_BILL_ID} characters")


class QrKind(StrEnum):
    """What the payer scans an intent's QR with. Only a VietQR is proven by us to ask for this amount."""

    VIETQR = "vietqr"  # every bank's application
    MOMO = "momo"  # the MoMo application, which shows the amount itself
    PAGE = "page"  # the phone's camera: it opens a page of the provider, which shows the amount itself


@dataclass(frozen=True, slots=True)
class PaymentIntent:
    """An open request at the provider. `qr_text` is the text to draw.

    After a restart of ours an intent is made again from its record, with empty `intent_id` and `qr_text`: it can still
    be asked about.
    """

    intent_id: str
    order_code: int
    amount_dong: int
    purpose: str
    qr_text: str
    expires_at: datetime
    qr_kind: QrKind = QrKind.VIETQR

    def __post_init__(self) -> None:
        _check_order(self.order_code, self.amount_dong)
        check_moment(self.expires_at)


@dataclass(frozen=True, slots=True)
class Transfer:
    """One arriving transfer; `provider_txn_id` is the provider's own and unique there."""

    provider_txn_id: str
    amount_dong: int
    received_at: datetime

    def __post_init__(self) -> None:
        if not self.provider_txn_id:
            raise ValueError("a transfer has an id")
        if not 0 < self.amount_dong <= MAX_AMOUNT_DONG:
            raise ValueError("a transfer is positive and has at most thirteen digits")
        check_moment(self.received_at)


@dataclass(frozen=True, slots=True)
class PaymentStatus:
    """Where an intent stands. `amount_received` adds up all transfers.

    `provider` names whose ids the transfers have, where whoever tells it stands before several providers; a provider
    itself leaves it empty.
    """

    state: PaymentState
    amount_received: int = 0
    transfers: tuple[Transfer, ...] = ()
    provider: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.amount_received <= MAX_RECEIVED_DONG:
            raise ValueError("what has arrived is not negative and has at most eighteen digits")

    @property
    def provider_txn_id(self) -> str:
        """The first transfer's id; empty when nothing has arrived."""
        return self.transfers[0].provider_txn_id if self.transfers else ""


class TransferVerdict(StrEnum):
    """What one transfer means for the amount that was asked for."""

    EXACT = "exact"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    DUPLICATE = "duplicate"  # a second transfer for an order that already had one
    LATE = "late"  # after the patient had been sent to the cashier


@dataclass(frozen=True, slots=True)
class PaymentReport:
    """Money that arrived for a visit, to be told to the hospital. Only EXACT settles the bill; a cashier sees the rest.

    The key is made and stored before the first try and goes with every try. `his_visit_id` is the hospital's own id.
    `provider_txn_id` goes without the provider's name, because hospitals' systems know the transfers they hold by
    it alone. Where two providers use one id, the second transfer is a CONFLICT at systems that look it up by the id
    (FHIR), which a person settles.
    """

    idempotency_key: str
    his_visit_id: str
    order_code: int
    provider_txn_id: str
    amount_dong: int
    verdict: TransferVerdict
    received_at: datetime

    def __post_init__(self) -> None:
        check_key(self.idempotency_key)
        _check_order(self.order_code, self.amount_dong)
        if not self.his_visit_id or not self.provider_txn_id:
            raise ValueError("a payment report names the visit and the transfer")
        check_moment(self.received_at)


@dataclass(frozen=True, slots=True)
class PaymentReceipt:
    """The hospital's word on a payment. `receipt_number` is empty when a cashier has to settle the transfer first.

    `repeated`: the hospital had heard of this transfer already.
    """

    receipt_number: str
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """A webhook whose signature holds: one transfer for one order. `intent_id` is empty where a provider has none."""

    order_code: int
    intent_id: str
    transfer: Transfer
