"""Departments, registrations and what the patient pays."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from his_adapter.model.coverage import Coverage, Entitlement
from his_adapter.model.patient import PatientIdentity


@dataclass(frozen=True, slots=True)
class Service:
    """A department that can be chosen. `waiting` counts people, None when the hospital does not say.

    `price_dong` is the full price, `insured_price_dong` the part the fund recognises.
    """

    code: str
    name_vi: str
    name_en: str
    room: str
    floor: str
    waiting: int | None
    price_dong: int
    insured_price_dong: int


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
    and `coverage` may be missing: the citizen number stands for the card until the portal answers.
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

    def __post_init__(self) -> None:
        if not (0 < len(self.idempotency_key) <= 64 and self.idempotency_key.isascii()):
            raise ValueError("an idempotency key has 1 to 64 ASCII characters")
        if self.requested_at.tzinfo is None:
            raise ValueError("times carry their zone")


@dataclass(frozen=True, slots=True)
class Registration:
    """The hospital's word on a visit. `fee_dong` is the patient's share, final or, unverified, the most it can be.

    `repeated`: the hospital had this key already and answers with the visit of the first time.
    """

    visit_id: str
    patient_code: str = field(repr=False)
    queue_number: str
    room: str
    floor: str
    people_ahead: int | None
    fee_dong: int
    receipt_number: str = ""
    repeated: bool = False


def patient_share(service: Service, entitlement: Entitlement | None) -> int:
    """What the patient pays of one service, whole đồng, half a đồng rounded up.

    Without entitlement the full price; with one, the insured price × (100 − payable) %. The rule that bills under 15 %
    of the base salary are free needs the whole bill, which no kiosk knows: the cashier applies it.
    """
    if entitlement is None or entitlement.payable_percent == 0:
        return service.price_dong
    share = Decimal(service.insured_price_dong) * (100 - entitlement.payable_percent) / 100
    return int(share.quantize(Decimal(1), rounding=ROUND_HALF_UP))
