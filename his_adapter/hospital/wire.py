"""The messages of the HisPro kiosk contract, as far as a check-in needs them.

Strict in what is sent, tolerant in what is read: unknown fields pass, known ones must have their type.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from his_adapter.clock import ZONE, check_moment
from his_adapter.model import (
    Appointment,
    AppointmentState,
    BirthDate,
    Coverage,
    CoverageReport,
    PatientIdentity,
    PaymentReceipt,
    PaymentReport,
    Priority,
    QueueTicket,
    Referral,
    Registration,
    RegistrationRequest,
    Room,
    Service,
    Sex,
    TransferVerdict,
    nfc,
)
from his_adapter.model.payment import MAX_AMOUNT_DONG

INSURED, SELF_PAYING = "BHYT", "VP"
"""PatientTypeCode: health insurance, hospital fee (viện phí)."""
_STATES = {"BOOKED": AppointmentState.BOOKED, "CHECKED_IN": AppointmentState.CHECKED_IN}
GENDER_ID = {Sex.FEMALE: 1, Sex.MALE: 2, Sex.UNKNOWN: 3}

Name = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0, lt=10**6)]
Dong = Annotated[int, Field(ge=0, le=MAX_AMOUNT_DONG)]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        """Nothing: messages hold people."""
        return []


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
    RoomCode: str = ""
    RoomName: str
    Floor: str = ""
    Waiting: Count | None = None
    Price: Dong
    HeinPrice: Dong

    def service(self) -> Service:
        """As the kiosk knows it. Without an English name the Vietnamese one stands."""
        return Service(
            code=self.ServiceCode,
            name_vi=nfc(self.ServiceName),
            name_en=nfc(self.ServiceNameEn or self.ServiceName),
            room=Room(nfc(self.RoomName), nfc(self.Floor), self.RoomCode),
            waiting=self.Waiting,
            price_dong=self.Price,
            insured_price_dong=self.HeinPrice,
        )


class RegistrationRow(_Message):
    """A registered examination."""

    TreatmentCode: Name
    PatientCode: Name
    NumOrder: Annotated[int, Field(ge=1, lt=10**6)]
    RoomCode: str = ""
    RoomName: str
    Floor: str = ""
    PeopleAhead: Count | None = None
    TotalPatientPrice: Dong
    TransactionCode: str = ""
    IsRepeated: bool = False

    def registration(self) -> Registration:
        """As the kiosk knows it; queue numbers have at least three digits."""
        return Registration(
            visit_id=self.TreatmentCode,
            patient_code=self.PatientCode,
            ticket=QueueTicket(
                f"{self.NumOrder:03d}", Room(nfc(self.RoomName), nfc(self.Floor), self.RoomCode), self.PeopleAhead
            ),
            fee_dong=self.TotalPatientPrice,
            receipt_number=self.TransactionCode,
            repeated=self.IsRepeated,
        )


class AppointmentRow(_Message):
    """An agreed time; `State` is BOOKED, CHECKED_IN or anything else, which means that it is over."""

    AppointmentCode: Name
    ServiceCode: str = ""
    ServiceName: str = ""
    StartTime: Annotated[int, Field(ge=10**13, lt=10**14)]
    State: str
    DoctorName: str = ""
    RoomCode: str = ""
    RoomName: str = ""
    Floor: str = ""

    @field_validator("StartTime")
    @classmethod
    def _is_a_time(cls, number: int) -> int:
        read_time(number)
        return number

    def appointment(self) -> Appointment:
        """As the kiosk knows it."""
        return Appointment(
            appointment_id=self.AppointmentCode,
            service_code=self.ServiceCode,
            service_name=nfc(self.ServiceName),
            starts_at=read_time(self.StartTime),
            state=_STATES.get(self.State, AppointmentState.OVER),
            clinician=nfc(self.DoctorName),
            room=Room(nfc(self.RoomName), nfc(self.Floor), self.RoomCode) if self.RoomName else None,
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
    IsHasNotDayDob: bool = False
    CccdNumber: str = ""

    def is_surely(self, patient: PatientIdentity) -> bool:
        """Same citizen number, name and birth date: one person. Anything less is for the counter to decide.

        File and card may know the birth date to different parts.
        """
        known = birth_date(self.Dob, year_only=self.IsHasNotDayDob)
        return (
            self.CccdNumber == patient.number
            and nfc(self.PatientName).casefold() == patient.full_name.casefold()
            and known is not None
            and known.agrees_with(patient.birth_date)
        )


def birth_date(number: int, *, year_only: bool) -> BirthDate | None:
    """A birth date as HisPro writes it; None for a number that is none.

    With IsHasNotDayDob day and month stand for nothing, so the year alone is taken (confidence medium: the flag's name
    speaks of the day, HisPro's forms ask for the year then).
    """
    text = f"{number // 1_000_000:08d}" if number > 0 else ""
    return BirthDate.parse(text[:4] if year_only else text)


def birth_number(birth: BirthDate) -> int:
    """HisPro writes moments as yyyyMMddHHmmss numbers; unknown parts of a birth date become 1 January."""
    return (birth.year * 10_000 + (birth.month or 1) * 100 + (birth.day or 1)) * 1_000_000


def read_time(number: int) -> datetime:
    """A moment of our time written as yyyyMMddHHmmss. Raises ValueError."""
    moment = datetime.strptime(f"{number:014d}", "%Y%m%d%H%M%S").replace(tzinfo=ZONE)
    check_moment(moment)
    return moment


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
        "Cccd": {"Number": patient.number, "Date": _day_number(patient.issued_on)},
        "Address": patient.residence,
        "Phone": patient.phone,
        "AppointmentCode": request.appointment_id,
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
    if request.referral is not None:
        data |= _transfer_in(request.referral)
    return _enveloped(data)


def _transfer_in(referral: Referral) -> dict[str, object]:
    return {
        "IsTransferIn": True,
        "TransferInCode": referral.number,
        "TransferInMediOrgCode": referral.facility_code,
        "TransferInMediOrgName": referral.facility_name,
        "TransferInIcdCode": referral.diagnosis_code,
        "TransferInIcdName": referral.diagnosis_name,
        "TransferInTimeFrom": _day_number(referral.issued_on),
        "TransferInTimeTo": _day_number(referral.valid_until),
    }


def appointments_message(patient: PatientIdentity, day: date) -> Mapping[str, object]:
    """The body of a question for somebody's appointments. In the body: an address with a number would be logged."""
    return _enveloped(
        {
            "CccdNumber": patient.number,
            "PatientName": patient.full_name,
            "Dob": birth_number(patient.birth_date),
            "IsHasNotDayDob": patient.birth_date.day is None,
            "Date": _day_number(day),
        }
    )


def coverage_message(report: CoverageReport) -> Mapping[str, object]:
    """The body of UpdateKioskHein: what the portal said after the visit had been registered unverified."""
    data: dict[str, object] = {
        "TreatmentCode": report.his_visit_id,
        "PatientCode": report.patient_code,
        "IsHeinVerified": report.verified,
        "HeinResultCode": report.result_code,
        "CheckTime": _time_number(report.asked_at),
        "CardSDO": {} if report.coverage is None else _card(report.coverage),
    }
    if report.entitlement is not None:
        data["TreatmentObjectCode"] = report.entitlement.object_code
        data["HeinPayablePercent"] = str(report.entitlement.payable_percent)
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
