"""What the kiosk hands to the journal and gets back."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from records.evidence import Evidence


class VisitState(StrEnum):
    """Where a visit stands between this machine and the hospital system."""

    REGISTERED_LOCAL = "registered_local"  # recorded here; the hospital system has not confirmed yet
    CONFIRMED = "confirmed"
    COUNTER = "counter"  # a person at the counter takes over
    LEFT = "left"  # the patient left before a visit was decided


class PaymentState(StrEnum):
    """State of an amount asked for. Only the exact amount, once and in time, makes it PAID."""

    WAITING = "waiting"
    PAID = "paid"
    CANCELLED = "cancelled"  # the patient pays at the desk
    EXPIRED = "expired"
    REVIEW = "review"  # the cashier settles it


class TransferVerdict(StrEnum):
    """What one arriving transfer means for the amount asked for."""

    EXACT = "exact"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    DUPLICATE = "duplicate"  # a second transfer for an order that already had one
    LATE = "late"  # for an order that was cancelled or had expired
    UNMATCHED = "unmatched"  # no order with that code
    CONTRADICTORY = "contradictory"  # a transaction we know, told again with another amount or order


def new_key() -> str:
    """A fresh idempotency key or record id: UUID version 4 as text."""
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class PatientFields:
    """The identity from the chip. `birth_date` is ISO 8601, or the year alone when the card has no more.

    Personal data: `repr` shows nothing of it.
    """

    full_name: str = field(repr=False)
    number: str = field(repr=False)
    birth_date: str = field(repr=False)
    sex: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServiceChoice:
    """The department the patient chose and the room shown at that time."""

    code: str
    name: str
    room: str = ""


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """What must reach the other system: `kind` names the call, `payload` is a JSON text, opaque to this room."""

    kind: str
    payload: str = field(repr=False)


HIS_REGISTER = "his.register"
"""Kind of the call that registers a visit."""
HIS_PAYMENT = "his.payment"
"""Kind of the call that tells of money for a visit; its payload is a `records.transfer_report.TransferReport`."""


@dataclass(frozen=True, slots=True)
class CheckInRecord:
    """A decided check-in. `idempotency_key` is made before the first try and goes with every try.

    `number` is the kiosk's own queue number, valid until the hospital system answers with its own.
    """

    kiosk_id: str
    session_id: str
    patient: PatientFields
    service: ServiceChoice
    number: str
    fee_dong: int
    message: OutboxMessage
    evidence: Evidence
    idempotency_key: str = field(default_factory=new_key)


@dataclass(frozen=True, slots=True)
class ReferralRecord:
    """A session that ends without a visit, at the counter or because the patient left, and why (a fault code).

    `patient` is None when no card was read.
    """

    kiosk_id: str
    session_id: str
    reason: str
    patient: PatientFields | None = None
    evidence: Evidence = field(default_factory=Evidence)
    number: str = ""


@dataclass(frozen=True, slots=True)
class RecordedVisit:
    """Proof that the visit is on disk. `replayed`: it was there before, nothing was written now."""

    visit_id: str
    idempotency_key: str
    outbox_id: str | None
    log_seq: int
    log_hash: str
    recorded_at: datetime
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class HisConfirmation:
    """The hospital system's answer to a registration. Without a number the kiosk's own, and its room, stand."""

    visit_id: str
    his_visit_id: str
    number: str | None
    room: str | None
    patient_code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RegistrationStanding:
    """What is known of a visit's registration at the hospital system.

    `his_visit_id` is None until it was confirmed; `given_up`: no call for it is under way any more, because it was
    refused, withdrawn or tried too often, and a person registers the patient.
    """

    his_visit_id: str | None
    given_up: bool


@dataclass(frozen=True, slots=True)
class PaymentIntent:
    """An amount asked for by VietQR. `order_code` is what the bank sends back."""

    intent_id: str
    order_code: str
    visit_id: str
    amount_dong: int


@dataclass(frozen=True, slots=True)
class TransferNotice:
    """Money that arrived, as the provider tells it. `provider_txn` is the provider's own id of the transfer.

    `received_at` is the provider's time; None stands for the time of recording.
    """

    order_code: str
    provider_txn: str
    amount_dong: int
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TransferOutcome:
    """What became of a notice. `state` is None for an unknown order; `replayed`: the same notice was here before."""

    verdict: TransferVerdict
    state: PaymentState | None
    replayed: bool = False
