"""The canonical model: what the kiosk tells other systems and what they answer, free of any system's own field names.

Texts are NFC, numbers that begin with zero are strings, money is whole đồng, times carry their zone.
Personal data is kept out of every ``repr``.
"""

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
from his_adapter.model.visit import Priority, Registration, RegistrationRequest, Service, patient_share

__all__ = [
    "BirthDate",
    "Coverage",
    "CoverageAction",
    "CoverageAnswer",
    "CoverageOutcome",
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
    "Registration",
    "RegistrationRequest",
    "Service",
    "Sex",
    "Transfer",
    "TransferVerdict",
    "nfc",
    "patient_share",
]
