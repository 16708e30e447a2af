"""What the kiosk hands to the journal and gets back."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from records.evidence import Evidence, InsuranceOutcome


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


HIS_REGISTER = "his.register"
"""Kind of the call that registers a visit."""
HIS_PAYMENT = "his.payment"
"""Kind of the call that tells of money for a visit; its payload is a `records.transfer_report.TransferReport`."""
HIS_COVERAGE = "his.coverage"
"""Kind of the call that tells what the portal said of the insurance after the visit was registered."""
BHYT_RECHECK = "bhyt.recheck"
"""Kind of the question to the insurance portal about a card it could not be asked about in time."""
BHYT_CHECKIN = "bhyt.checkin"
"""Kind of the call that sends the check-in record (XML0) to the insurance portal."""

WITHDRAWN = "withdrawn"
"""Outbox error code: the patient was sent to the counter before the call had succeeded."""
NOT_REGISTERED = "not_registered"
"""Outbox error code: a call about a visit whose registration the hospital has not confirmed."""
DROPPED = "dropped"
"""Outbox error code: an operator gave the call up; the audit trail says who and why."""


def destination_of(kind: str) -> str:
    """Which system a kind of call goes to: the word before the dot."""
    return kind.partition(".")[0]


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """What must reach another system: `kind` names the call, `payload` is a JSON text, opaque to this room.

    It is not tried before `not_before`, at most `records.retry.FARTHEST` from now; None: at once.
    """

    kind: str
    payload: str = field(repr=False)
    not_before: datetime | None = None


COPAYMENT = "copayment"
"""Entry of the portal's reply about this year's co-payments."""
CHECKIN_RECEIPT = "checkin_receipt"
"""Entry of the portal's receipt for a check-in record (XML0)."""


@dataclass(frozen=True, slots=True)
class PortalEvidence:
    """What the insurance portal said, or that it said nothing: an outage is evidence too (Decree 188/2025, Art. 38.2).

    `code` is its result code, empty when none came; `entry` the row of our table that was applied; `fault` why there is
    no usable answer, empty for an answer. What says nothing about the card has the `outcome`
    NOT_ASKED and the `entry` COPAYMENT or CHECKIN_RECEIPT. `sha256` (hex) is the digest of `raw`, the reply's bytes as
    received. Reply and message are personal data: `repr` shows nothing of them.
    """

    asked_at: datetime
    outcome: InsuranceOutcome
    code: str
    entry: str
    fault: str
    sha256: str
    raw: bytes = field(default=b"", repr=False)
    message: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class CheckInRecord:
    """A decided check-in. `idempotency_key` is made before the first try and goes with every try.

    `number` is the kiosk's own queue number, valid until the hospital system answers with its own. `further` are calls
    promised beside the registration, each with a key of its own; `portal` is what the insurance portal said.
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
    further: tuple[OutboxMessage, ...] = ()
    portal: tuple[PortalEvidence, ...] = ()


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
    portal: tuple[PortalEvidence, ...] = ()


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
    patient_code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PaymentIntent:
    """An amount asked for by QR. `order_code` is what the bank sends back.

    `expires_at` is when the QR ends, None where an earlier version wrote the record; `created_at` is the time of
    recording, and the store's.
    """

    intent_id: str
    order_code: str
    visit_id: str
    amount_dong: int
    expires_at: datetime | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TransferNotice:
    """Money that arrived, as the provider tells it. `provider_txn` is the provider's own id of the transfer; another
    provider's transfer may have the same.

    `received_at` is the provider's time; None stands for the time of recording. `late`: it says that the order had
    ended by then.
    """

    order_code: str
    provider_txn: str
    amount_dong: int
    received_at: datetime | None = None
    late: bool = False
    provider: str = ""


@dataclass(frozen=True, slots=True)
class TransferOutcome:
    """What became of a notice. `state` is None for an unknown order; `replayed`: the same notice was here before."""

    verdict: TransferVerdict
    state: PaymentState | None
    replayed: bool = False
