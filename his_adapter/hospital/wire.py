"""The messages of the HisPro kiosk contract, as far as a check-in needs them.

Strict in what is sent, tolerant in what is read: unknown fields pass, known ones must have their type.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from his_adapter.clock import ZONE
from his_adapter.model import (
    BirthDate,
    Coverage,
    PatientIdentity,
    PaymentReceipt,
    PaymentReport,
    Priority,
    Registration,
    RegistrationRequest,
    Service,
    Sex,
    TransferVerdict,
    nfc,
)

INSURED, SELF_PAYING = "BHYT", "VP"
"""PatientTypeCode: health insurance, hospital fee (viện phí)."""
GENDER_ID = {Sex.FEMALE: 1, Sex.MALE: 2, Sex.UNKNOWN: 3}

Name = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0)]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)


class Notes(_Message):
    """CommonParam of a reply."""

    Messages: list[str] = []
    BugCodes: list[str] = []


class Envelope(_Message):
    """ApiResultObject: every reply."""

    Success: bool
    Data: object = None
    Param: Notes = Notes()


class ServiceRow(_Message):
    """A service in a room open to kiosks."""

    ServiceCode: Name
    ServiceName: Name
    ServiceNameEn: str = ""
    RoomName: str
    Floor: str = ""
    Waiting: Count | None = None
    Price: Count
    HeinPrice: Count

    def service(self) -> Service:
        """As the kiosk knows it. Without an English name the Vietnamese one stands."""
        return Service(
            code=self.ServiceCode,
            name_vi=nfc(self.ServiceName),
            name_en=nfc(self.ServiceNameEn or self.ServiceName),
            room=nfc(self.RoomName),
            floor=nfc(self.Floor),
            waiting=self.Waiting,
            price_dong=self.Price,
            insured_price_dong=self.HeinPrice,
        )


class RegistrationRow(_Message):
    """A registered examination."""

    TreatmentCode: Name
    PatientCode: Name
    NumOrder: Annotated[int, Field(ge=1)]
    RoomName: str
    Floor: str = ""
    PeopleAhead: Count | None = None
    TotalPatientPrice: Count
    TransactionCode: str = ""
    IsRepeated: bool = False

    def registration(self) -> Registration:
        """As the kiosk knows it; queue numbers have at least three digits."""
        return Registration(
            visit_id=self.TreatmentCode,
            patient_code=self.PatientCode,
            queue_number=f"{self.NumOrder:03d}",
            room=nfc(self.RoomName),
            floor=nfc(self.Floor),
            people_ahead=self.PeopleAhead,
            fee_dong=self.TotalPatientPrice,
            receipt_number=self.TransactionCode,
            repeated=self.IsRepeated,
        )


class ReceiptRow(_Message):
    """What became of a payment that was told."""

    TransactionCode: str
    IsRepeated: bool = False

    def receipt(self) -> PaymentReceipt:
        """As the kiosk knows it."""
        return PaymentReceipt(self.TransactionCode, self.IsRepeated)


class PatientRow(_Message):
    """A patient the hospital knows, offered when the one to register may be known already."""

    PatientCode: Name
    PatientName: Name
    Dob: int
    CccdNumber: str = ""

    def is_surely(self, patient: PatientIdentity) -> bool:
        """Same citizen number, name and birth date: one person. Anything less is for the counter to decide."""
        return (
            self.CccdNumber == patient.number
            and nfc(self.PatientName).casefold() == patient.full_name.casefold()
            and self.Dob == birth_number(patient.birth_date)
        )


def birth_number(birth: BirthDate) -> int:
    """HisPro writes moments as yyyyMMddHHmmss numbers; unknown parts of a birth date become 1 January."""
    return (birth.year * 10_000 + (birth.month or 1) * 100 + (birth.day or 1)) * 1_000_000


def _day_number(day: date | None) -> int | None:
    return None if day is None else int(day.strftime("%Y%m%d")) * 1_000_000


def _time_number(moment: datetime) -> int:
    return int(moment.astimezone(ZONE).strftime("%Y%m%d%H%M%S"))


def _card(coverage: Coverage) -> dict[str, object]:
    return {
        "HeinCardNumber": coverage.card_number,
        "HeinOrgCode": coverage.registered_facility_code,
        "HeinOrgName": coverage.registered_facility_name,
        "HeinCardFromTime": _day_number(coverage.valid_from),
        "HeinCardToTime": _day_number(coverage.valid_to),
        "LiveAreaCode": coverage.area,
        "Join5YearTime": _day_number(coverage.five_year_date),
    }


def registration_message(request: RegistrationRequest, patient_code: str | None) -> Mapping[str, object]:
    """The body of ExamRegisterKiosk. `patient_code` names the known patient the visit belongs to."""
    patient, coverage, entitlement = request.patient, request.coverage, request.entitlement
    insured = not request.self_pay
    card: dict[str, object] = {
        "PatientCode": patient_code,
        "PatientName": patient.full_name,
        "Dob": birth_number(patient.birth_date),
        "IsHasNotDayDob": patient.birth_date.day is None,
        "GenderId": GENDER_ID[patient.sex],
        "Cccd": {"Number": patient.number},
        "Address": patient.residence,
        "Phone": patient.phone,
    }
    data: dict[str, object] = {
        "CardSDO": card | (_card(coverage) if insured and coverage is not None else {}),
        "PatientTypeCode": INSURED if insured else SELF_PAYING,
        "ServiceCode": request.service_code,
        "RequestTime": _time_number(request.requested_at),
        "KioskCode": request.kiosk_id,
        "IsPriority": request.priority is not Priority.NONE,
        "PriorityReasonCode": request.priority.value,
        "IsHeinVerified": request.insurance_verified,
        "IsFaceVerified": request.face_verified,
    }
    if insured and entitlement is not None:
        data["TreatmentObjectCode"] = entitlement.object_code
        data["HeinPayablePercent"] = str(entitlement.payable_percent)
    return _enveloped(data)


def payment_message(report: PaymentReport) -> Mapping[str, object]:
    """The body of RecordKioskPayment: a transfer for a visit, without anything about the person."""
    return _enveloped(
        {
            "TreatmentCode": report.his_visit_id,
            "OrderCode": str(report.order_code),
            "BankTransactionCode": report.provider_txn_id,
            "Amount": report.amount_dong,
            "VerdictCode": report.verdict.value,
            "IsExact": report.verdict is TransferVerdict.EXACT,
            "TransactionTime": _time_number(report.received_at),
        }
    )


def _enveloped(data: dict[str, object]) -> Mapping[str, object]:
    """ApiParam: every message that is sent."""
    return {"CommonParam": {"LanguageCode": "VI"}, "ApiData": data}
