"""What the simulated hospital system is told and answers, in the shape of HisPro's kiosk contract."""

import hashlib
import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from his_adapter.simulation.his_state import Booking, Patient, Payment, Visit


class ServiceRow(BaseModel):
    """A department of the list."""

    code: str
    name_vi: str
    name_en: str
    room: str
    floor: str
    price: int
    insured_price: int
    waiting: int | None = None


class ServiceList(BaseModel):
    """``departments.toml``."""

    service: list[ServiceRow]


class CccdData(BaseModel):
    """The citizen card."""

    Number: str


class CardData(BaseModel):
    """CardSDO: who comes, with which card."""

    PatientCode: str | None = None
    PatientName: str
    Dob: int
    IsHasNotDayDob: bool = False
    Cccd: CccdData
    HeinCardNumber: str = ""
    AppointmentCode: str = ""


class VisitData(BaseModel):
    """What ExamRegisterKiosk takes."""

    CardSDO: CardData
    PatientTypeCode: str
    ServiceCode: str
    IsPriority: bool
    IsHeinVerified: bool
    IsFaceVerified: bool
    HeinPayablePercent: Decimal | None = None


class VisitParam(BaseModel):
    """Its envelope."""

    ApiData: VisitData


class WhoData(BaseModel):
    """Whose appointments, and of which day."""

    CccdNumber: str
    PatientName: str
    Dob: int
    Date: int


class WhoParam(BaseModel):
    """Its envelope."""

    ApiData: WhoData


class CoverageData(BaseModel):
    """What the portal said later of a registered visit."""

    TreatmentCode: str
    PatientCode: str
    IsHeinVerified: bool
    HeinResultCode: str
    CheckTime: int
    HeinPayablePercent: Decimal | None = None


class CoverageParam(BaseModel):
    """Its envelope."""

    ApiData: CoverageData


class PaymentData(BaseModel):
    """A transfer that arrived."""

    TreatmentCode: str
    OrderCode: str
    BankTransactionCode: str
    Amount: Annotated[int, Field(ge=0)]
    VerdictCode: str
    IsExact: bool
    TransactionTime: int


class PaymentParam(BaseModel):
    """Its envelope."""

    ApiData: PaymentData


def price_of(service: ServiceRow, data: VisitData, *, insured: bool) -> int:
    """The patient's share; the full price as long as nobody has confirmed the insurance."""
    if not insured or not data.IsHeinVerified or not data.HeinPayablePercent:
        return service.price
    share = service.insured_price * (Decimal(100) - data.HeinPayablePercent) / Decimal(100)
    return int(share.to_integral_value(rounding=ROUND_HALF_UP))


def is_same(patient: Patient, card: CardData) -> bool:
    """Whether a file is this card's holder's: by name and birth date, or because whoever asks has chosen it."""
    same_name = patient.name.casefold() == card.PatientName.casefold()
    return same_name and (patient.birth == card.Dob or patient.code == card.PatientCode)


def can_check_in(booking: Booking, data: VisitData) -> bool:
    """Whether an appointment is this person's, for this department, and not used."""
    same_person = booking.citizen_number == data.CardSDO.Cccd.Number
    return same_person and booking.service == data.ServiceCode and not booking.treatment


def fingerprint_of(data: VisitData | PaymentData | CoverageData) -> str:
    """What a key stands for: everything but the patient's code, which is known only after a first try."""
    content = data.model_dump(mode="json", exclude={"CardSDO": {"PatientCode"}})
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def success(data: object) -> dict[str, object]:
    """ApiResultObject of what was done."""
    return {"Success": True, "Data": data, "Param": {"Messages": [], "BugCodes": []}}


def failure(code: str) -> dict[str, object]:
    """ApiResultObject of a refusal."""
    return {"Success": False, "Data": None, "Param": {"Messages": [], "BugCodes": [code]}}


def visit_row(visit: Visit, *, repeated: bool) -> dict[str, object]:
    """A visit as it is answered."""
    return {
        "TreatmentCode": visit.treatment,
        "PatientCode": visit.patient,
        "NumOrder": visit.order,
        "RoomName": visit.room,
        "Floor": visit.floor,
        "PeopleAhead": visit.ahead,
        "TotalPatientPrice": visit.price,
        "TransactionCode": f"PT{visit.treatment}",
        "IsRepeated": repeated,
    }


def receipt_row(payment: Payment, *, repeated: bool) -> dict[str, object]:
    """A payment as it is answered."""
    return {"TransactionCode": payment.receipt, "IsRepeated": repeated}


def patient_row(patient: Patient) -> dict[str, object]:
    """A patient file as it is offered."""
    return {
        "PatientCode": patient.code,
        "PatientName": patient.name,
        "Dob": patient.birth,
        "IsHasNotDayDob": patient.no_day,
        "CccdNumber": patient.citizen_number,
    }
