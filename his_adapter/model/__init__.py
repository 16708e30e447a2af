"""The canonical model: what the kiosk tells other systems and what they answer, free of any system's own field names.

Texts are NFC, numbers that begin with zero are strings, money is whole đồng, times carry their zone.
Personal data is kept out of every ``repr``.
"""

from his_adapter.model.copayment import CopaymentAnswer
from his_adapter.model.coverage import (
    Coverage,
    CoverageAction,
    CoverageAnswer,
    CoverageOutcome,
    Entitlement,
    InsuranceQuery,
)
from his_adapter.model.health import Health
from his_adapter.model.patient import BirthDate, PatientIdentity, Sex, nfc
from his_adapter.model.payment import (
    PaymentIntent,
    PaymentNotice,
    PaymentReceipt,
    PaymentReport,
    PaymentRequest,
    PaymentState,
    PaymentStatus,
    QrKind,
    Transfer,
    TransferVerdict,
)
from his_adapter.model.pos import PosOutcome, PosSale, PosState
from his_adapter.model.visit import (
    Appointment,
    AppointmentState,
    Charge,
    CoverageReport,
    Priority,
    QueueTicket,
    Referral,
    Registration,
    RegistrationRequest,
    Room,
    Service,
    patient_share,
)

__all__ = [
    "Appointment",
    "AppointmentState",
    "BirthDate",
    "Charge",
    "CopaymentAnswer",
    "Coverage",
    "CoverageAction",
    "CoverageAnswer",
    "CoverageOutcome",
    "CoverageReport",
    "Entitlement",
    "Health",
    "InsuranceQuery",
    "PatientIdentity",
    "PaymentIntent",
    "PaymentNotice",
    "PaymentReceipt",
    "PaymentReport",
    "PaymentRequest",
    "PaymentState",
    "PaymentStatus",
    "PosOutcome",
    "PosSale",
    "PosState",
    "Priority",
    "QrKind",
    "QueueTicket",
    "Referral",
    "Registration",
    "RegistrationRequest",
    "Room",
    "Service",
    "Sex",
    "Transfer",
    "TransferVerdict",
    "nfc",
    "patient_share",
]
