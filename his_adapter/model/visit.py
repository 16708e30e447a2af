"""Departments, rooms and queues, appointments, registrations and what the patient pays."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from his_adapter.clock import check_moment
from his_adapter.model.coverage import Coverage, Entitlement
from his_adapter.model.patient import PatientIdentity, nfc

MAX_KEY_LENGTH = 64
MAX_AMOUNT_DONG = 10**13 - 1  # EMVCo tag 54 holds thirteen characters
MAX_PEOPLE = 10**6


def check_key(key: str) -> None:
    """Raises ValueError unless this can be an idempotency key: 1 to 64 visible ASCII characters."""
    if not (0 < len(key) <= MAX_KEY_LENGTH and all("!" <= character <= "~" for character in key)):
        raise ValueError("an idempotency key has 1 to 64 visible ASCII characters")


@dataclass(frozen=True, slots=True)
class Room:
    """Where patients wait: what the sign on the door says ("203"), the floor, and the hospital's code if it has one."""

    name: str
    floor: str = ""
    code: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", nfc(self.name))
        object.__setattr__(self, "floor", nfc(self.floor))


@dataclass(frozen=True, slots=True)
class QueueTicket:
    """A place in a room's queue. `people_ahead` is None when the hospital does not say."""

    number: str
    room: Room
    people_ahead: int | None = None

    def __post_init__(self) -> None:
        if not self.number:
            raise ValueError("a queue ticket has a number")
        if self.people_ahead is not None and not 0 <= self.people_ahead < MAX_PEOPLE:
            raise ValueError("nobody has fewer than no people ahead, or a million")


@dataclass(frozen=True, slots=True)
class Charge:
    """One priced line of a visit, whole đồng: the full price and the patient's share of it."""

    code: str
    name: str
    price_dong: int
    patient_dong: int

    def __post_init__(self) -> None:
        if not 0 <= self.patient_dong <= self.price_dong <= MAX_AMOUNT_DONG:
            raise ValueError("a patient pays between nothing and the full price")


@dataclass(frozen=True, slots=True)
class Service:
    """A department that can be chosen. `waiting` counts people, None when the hospital does not say.

    `price_dong` is the full price, `insured_price_dong` the part the fund recognises.
    """

    code: str
    name_vi: str
    name_en: str
    room: Room
    price_dong: int
    insured_price_dong: int
    waiting: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if not self.code:
            raise ValueError("a service has a code")
        if not (0 <= self.price_dong <= MAX_AMOUNT_DONG and 0 <= self.insured_price_dong <= MAX_AMOUNT_DONG):
            raise ValueError("a price is not negative and has at most thirteen digits")
        if self.waiting is not None and not 0 <= self.waiting < MAX_PEOPLE:
            raise ValueError("nobody waits behind fewer than no people, or a million")
        object.__setattr__(self, "name_vi", nfc(self.name_vi))
        object.__setattr__(self, "name_en", nfc(self.name_en))


class AppointmentState(StrEnum):
    """What became of an appointment. Only BOOKED can be checked in."""

    BOOKED = "booked"
    CHECKED_IN = "checked_in"
    OVER = "over"  # kept, missed or cancelled


@dataclass(frozen=True, slots=True)
class Appointment:
    """An agreed time at a department. `room` is None and `clinician` empty when the hospital does not say."""

    appointment_id: str
    service_code: str
    service_name: str
    starts_at: datetime
    state: AppointmentState
    clinician: str = ""
    room: Room | None = None

    def __post_init__(self) -> None:
        if not self.appointment_id:
            raise ValueError("an appointment has an id")
        check_moment(self.starts_at)


@dataclass(frozen=True, slots=True)
class Referral:
    """A transfer slip of another facility (Circular 01/2025/TT-BYT, annex; XML fields GIAY_CHUYEN_TUYEN).

    `diagnosis_code` is ICD-10. Personal data: the slip tells of an illness.
    """

    number: str = field(repr=False)
    facility_code: str
    facility_name: str = ""
    diagnosis_code: str = field(default="", repr=False)
    diagnosis_name: str = field(default="", repr=False)
    issued_on: date | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        if not self.number or not self.facility_code:
            raise ValueError("a referral has a number and a facility")
        for name in ("facility_name", "diagnosis_name"):
            object.__setattr__(self, name, nfc(getattr(self, name)))


class Priority(StrEnum):
    """Why a patient goes first (Law 15/2023/QH15, Art. 3); emergencies and small children never reach a kiosk."""

    NONE = "none"
    AGE = "age"  # 75 years and older
    DISABILITY = "disability"
    PREGNANCY = "pregnancy"
    MERIT = "merit"


@dataclass(frozen=True, slots=True)
class RegistrationRequest:
    """A visit to register. The key is made and stored before the first try and goes with every try.

    Without `self_pay` the visit is an insured one. Without `insurance_verified` the portal has not confirmed the card,
    and `coverage` may be missing: the citizen number stands for the card until the portal answers. With
    `appointment_id` the visit is the check-in of that appointment.
    """

    idempotency_key: str
    patient: PatientIdentity
    service_code: str
    kiosk_id: str
    requested_at: datetime
    coverage: Coverage | None = None
    entitlement: Entitlement | None = None
    self_pay: bool = False
    priority: Priority = Priority.NONE
    insurance_verified: bool = False
    face_verified: bool = False
    appointment_id: str = ""
    referral: Referral | None = None

    def __post_init__(self) -> None:
        check_key(self.idempotency_key)
        if not self.service_code:
            raise ValueError("a visit is to a department")
        check_moment(self.requested_at)

    @property
    def counted_entitlement(self) -> Entitlement | None:
        """What may lower the price: only an entitlement that the portal has confirmed."""
        return self.entitlement if self.insurance_verified and not self.self_pay else None


@dataclass(frozen=True, slots=True)
class Registration:
    """The hospital's word on a visit. `fee_dong` is the patient's share, final or, unverified, the most it can be.

    `ticket` is None when the hospital system gives no queue numbers: whoever runs the queue gives one. `charges` may be
    empty where it names no lines. `repeated`: the hospital had this key already and answers with the visit of the first
    time.
    """

    visit_id: str
    patient_code: str = field(repr=False)
    ticket: QueueTicket | None
    fee_dong: int
    charges: tuple[Charge, ...] = ()
    receipt_number: str = ""
    repeated: bool = False

    def __post_init__(self) -> None:
        if not self.visit_id:
            raise ValueError("a registered visit has an id")
        if not 0 <= self.fee_dong <= MAX_AMOUNT_DONG:
            raise ValueError("a fee is not negative and has at most thirteen digits")


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """What the portal said of a visit's insurance after the visit was registered unverified.

    The key is made and stored before the first try. `his_visit_id` and `patient_code` are the hospital's own ids.
    `verified` is False when the card turned out not to be valid: the cashier then asks the full price.
    """

    idempotency_key: str
    his_visit_id: str
    patient_code: str = field(repr=False)
    patient: PatientIdentity
    result_code: str
    asked_at: datetime
    verified: bool
    coverage: Coverage | None = None
    entitlement: Entitlement | None = None

    def __post_init__(self) -> None:
        check_key(self.idempotency_key)
        if not self.his_visit_id:
            raise ValueError("a coverage report names the visit")
        check_moment(self.asked_at)


def patient_share(service: Service, entitlement: Entitlement | None) -> int:
    """What the patient pays of one service, whole đồng, half a đồng rounded up.

    Without entitlement the full price; with one, the insured price × (100 − payable) %. The rule that bills under 15 %
    of the base salary are free needs the whole bill, which no kiosk knows: the cashier applies it.
    """
    if entitlement is None or entitlement.payable_percent == 0:
        return service.price_dong
    share = Decimal(service.insured_price_dong) * (100 - entitlement.payable_percent) / 100
    return int(share.quantize(Decimal(1), rounding=ROUND_HALF_UP))
