"""The simulated hospital system: registers each key once, gives numbers per room, prices visits by its own rules."""

import hashlib
import json
import tomllib
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, TypeAdapter

from his_adapter.clock import ZONE, now
from his_adapter.hospital.wire import birth_number
from his_adapter.model import BirthDate
from his_adapter.simulation import accounts
from his_adapter.simulation.cards import Holder
from his_adapter.simulation.commands import Answer, Book, Command, Duplicates, Fault, SetDuplicates, SetFault, System
from his_adapter.simulation.his_state import Booking, CoverageNote, Patient, Payment, StateFile, Visit
from his_adapter.simulation.process import Simulator


class _Service(BaseModel):
    code: str
    name_vi: str
    name_en: str
    room: str
    floor: str
    price: int
    insured_price: int
    waiting: int | None = None


class _Services(BaseModel):
    service: list[_Service]


class _Cccd(BaseModel):
    Number: str


class _CardSdo(BaseModel):
    PatientCode: str | None = None
    PatientName: str
    Dob: int
    Cccd: _Cccd
    HeinCardNumber: str = ""
    AppointmentCode: str = ""


class _ApiData(BaseModel):
    CardSDO: _CardSdo
    PatientTypeCode: str
    ServiceCode: str
    IsPriority: bool
    IsHeinVerified: bool
    IsFaceVerified: bool
    HeinPayablePercent: Decimal | None = None


class _ApiParam(BaseModel):
    ApiData: _ApiData


class _WhoData(BaseModel):
    CccdNumber: str
    PatientName: str
    Dob: int
    Date: int


class _WhoParam(BaseModel):
    ApiData: _WhoData


class _CoverageData(BaseModel):
    TreatmentCode: str
    PatientCode: str
    IsHeinVerified: bool
    HeinResultCode: str
    CheckTime: int
    HeinPayablePercent: Decimal | None = None


class _CoverageParam(BaseModel):
    ApiData: _CoverageData


class _PaymentData(BaseModel):
    TreatmentCode: str
    OrderCode: str
    BankTransactionCode: str
    Amount: Annotated[int, Field(ge=0)]
    VerdictCode: str
    IsExact: bool
    TransactionTime: int


class _PaymentParam(BaseModel):
    ApiData: _PaymentData


class HisSimulator(Simulator):
    """State in memory and, with a path, in a file."""

    system = System.HIS

    def __init__(self, state: Path | None, people: Iterable[Holder] = ()) -> None:
        text = resources.files(__package__).joinpath("departments.toml").read_text("utf-8")
        self._services = {row.code: row for row in _Services.model_validate(tomllib.loads(text)).service}
        self._file = StateFile(state)
        self._duplicates = Duplicates.NONE
        for person in people:
            self._know(person)
        self.app = self._build()

    def commands(self) -> TypeAdapter[Command]:
        return TypeAdapter(SetFault | SetDuplicates | Book)

    def fault_changed(self, fault: Fault) -> Fault:
        return fault

    async def obey(self, command: Command) -> Answer:
        if isinstance(command, SetDuplicates):
            self._duplicates = command.duplicates
        if isinstance(command, Book):
            return Answer(ok=True, booked=self._book(command))
        return Answer(ok=True)

    async def close(self) -> None:
        self._file.save()

    def _build(self) -> FastAPI:
        app = FastAPI(title="Simulated hospital system", docs_url=None, redoc_url=None, openapi_url=None)

        @app.middleware("http")
        async def with_key(request: Request, call_next: Any) -> Any:
            guarded = request.url.path.startswith("/api/")
            if guarded and request.headers.get("x-api-key") != accounts.HIS_API_KEY:
                return JSONResponse({"message": "unauthorized"}, status_code=401)
            return await call_next(request)

        @app.get("/api/Health/Get")
        async def health() -> dict[str, object]:
            return _success({"Version": "simulated"})

        @app.get("/api/HisServiceRoom/GetForKiosk")
        async def services() -> dict[str, object]:
            return _success([self._service_row(row) for row in self._services.values()])

        @app.get("/api/HisServiceReq/GetByIdempotencyKey")
        async def by_key(key: str) -> dict[str, object]:
            visit = self._file.state.by_key(key)
            return _success(None if visit is None else _visit_row(visit, repeated=True))

        @app.post("/api/HisServiceReq/ExamRegisterKiosk")
        async def register(param: _ApiParam, idempotency_key: str = Header()) -> dict[str, object]:
            # no await from here on: one request at a time takes a number
            return self._register(param.ApiData, idempotency_key)

        @app.post("/api/HisAppointment/GetForKiosk")
        async def appointments(param: _WhoParam) -> dict[str, object]:
            return _success(self._appointments(param.ApiData))

        @app.post("/api/HisTreatment/UpdateKioskHein")
        async def coverage(param: _CoverageParam, idempotency_key: str = Header()) -> dict[str, object]:
            return self._note_coverage(param.ApiData, idempotency_key)

        @app.get("/simulation/coverage")
        async def coverage_notes() -> dict[str, object]:
            rows = [note.model_dump(exclude={"fingerprint"}) for note in self._file.state.coverage_notes]
            return {"count": len(rows), "notes": rows}

        @app.post("/api/HisTransaction/RecordKioskPayment")
        async def payment(param: _PaymentParam, idempotency_key: str = Header()) -> dict[str, object]:
            return self._record_payment(param.ApiData, idempotency_key)  # no await in there either

        @app.get("/simulation/payments")
        async def payments() -> dict[str, object]:
            rows = [payment.model_dump(exclude={"fingerprint"}) for payment in self._file.state.payments]
            return {"count": len(rows), "payments": rows}

        @app.get("/simulation/visits")
        async def visits() -> dict[str, object]:
            rows = [visit.model_dump(exclude={"fingerprint"}) for visit in self._file.state.visits]
            return {"count": len(rows), "visits": rows, "patients": len(self._file.state.patients)}

        @app.get("/simulation/patients")
        async def patients() -> dict[str, object]:
            rows = [patient.model_dump() for patient in self._file.state.patients]
            return {"count": len(rows), "patients": rows}

        return app

    def _service_row(self, row: _Service) -> dict[str, object]:
        return {
            "ServiceCode": row.code,
            "ServiceName": row.name_vi,
            "ServiceNameEn": row.name_en,
            "RoomName": row.room,
            "Floor": row.floor,
            "Waiting": self._waiting(row),
            "Price": row.price,
            "HeinPrice": row.insured_price,
        }

    def _waiting(self, row: _Service) -> int | None:
        return None if row.waiting is None else row.waiting + len(self._file.state.in_room(row.room, _today()))

    def _register(self, data: _ApiData, key: str) -> dict[str, object]:
        fingerprint = _fingerprint(data)
        known = self._file.state.by_key(key)
        if known is not None:
            same = known.fingerprint == fingerprint
            return _success(_visit_row(known, repeated=True)) if same else _failure("KEY_CONFLICT")
        service = self._services.get(data.ServiceCode)
        if service is None:
            return _failure("SERVICE_UNKNOWN")
        if data.CardSDO.PatientCode is None and self._duplicates is not Duplicates.NONE:
            offered = self._offered(data.CardSDO)
            return _failure("PATIENT_EXISTS") | {"Data": [_patient_row(patient) for patient in offered]}
        booking = self._file.state.booking(data.CardSDO.AppointmentCode) if data.CardSDO.AppointmentCode else None
        if data.CardSDO.AppointmentCode and (booking is None or not _can_check_in(booking, data)):
            return _failure("APPOINTMENT_INVALID")
        patient = self._patient(data.CardSDO)
        if patient is not None and not _is_same(patient, data.CardSDO):
            return _failure("PATIENT_EXISTS") | {"Data": [_patient_row(patient)]}
        if patient is None:
            return _failure("PATIENT_UNKNOWN")
        visit = self._visit(data, key, fingerprint, service, patient)
        if booking is not None:
            booking.treatment = visit.treatment
        self._file.state.visits.append(visit)
        self._file.save()
        return _success(_visit_row(visit, repeated=False))

    def _book(self, command: Book) -> str:
        state = self._file.state
        state.bookings.append(
            Booking(
                code=f"LH{len(state.bookings) + 1:08d}",
                citizen_number=command.book,
                name=command.name,
                birth=command.birth,
                service=command.service,
                at=int(command.at.astimezone(ZONE).strftime("%Y%m%d%H%M%S")),
            )
        )
        self._file.save()
        return state.bookings[-1].code

    def _appointments(self, who: _WhoData) -> list[dict[str, object]]:
        person = (who.CccdNumber, who.PatientName.casefold(), who.Dob)
        rows = []
        for booking in self._file.state.bookings:
            if (booking.citizen_number, booking.name.casefold(), booking.birth) != person:
                continue
            if booking.at // 1_000_000 != who.Date // 1_000_000:
                continue
            service = self._services.get(booking.service)
            rows.append(
                {
                    "AppointmentCode": booking.code,
                    "ServiceCode": booking.service,
                    "ServiceName": service.name_vi if service else "",
                    "StartTime": booking.at,
                    "State": "CHECKED_IN" if booking.treatment else "BOOKED",
                    "DoctorName": "BS. MÔ PHỎNG",
                    "RoomName": service.room if service else "",
                    "Floor": service.floor if service else "",
                }
            )
        return rows

    def _note_coverage(self, data: _CoverageData, key: str) -> dict[str, object]:
        state = self._file.state
        fingerprint = _fingerprint(data)
        if (known := state.coverage_note(key)) is not None:
            return _success(None) if known.fingerprint == fingerprint else _failure("KEY_CONFLICT")
        visit = state.by_treatment(data.TreatmentCode)
        if visit is None:
            return _failure("TREATMENT_UNKNOWN")
        visit.verified = data.IsHeinVerified
        state.coverage_notes.append(
            CoverageNote(
                key=key,
                fingerprint=fingerprint,
                treatment=visit.treatment,
                verified=data.IsHeinVerified,
                code=data.HeinResultCode,
            )
        )
        self._file.save()
        return _success(None)

    def _record_payment(self, data: _PaymentData, key: str) -> dict[str, object]:
        """Book a transfer once: a known key or a known transfer gives the first answer, or a conflict."""
        state = self._file.state
        fingerprint = _fingerprint(data)
        for known, conflict in (
            (state.payment_by_key(key), "KEY_CONFLICT"),
            (state.payment_by_transfer(data.BankTransactionCode), "TRANSFER_CONFLICT"),
        ):
            if known is not None:
                same = known.fingerprint == fingerprint
                return _success(_receipt_row(known, repeated=True)) if same else _failure(conflict)
        if state.by_treatment(data.TreatmentCode) is None:
            return _failure("TREATMENT_UNKNOWN")
        booked = Payment(
            key=key,
            fingerprint=fingerprint,
            treatment=data.TreatmentCode,
            order=data.OrderCode,
            transfer=data.BankTransactionCode,
            amount=data.Amount,
            verdict=data.VerdictCode,
            exact=data.IsExact,
            at=data.TransactionTime,
            receipt=f"BL{len(state.payments) + 1:08d}" if data.IsExact else "",
        )
        state.payments.append(booked)
        self._file.save()
        return _success(_receipt_row(booked, repeated=False))

    def _visit(self, data: _ApiData, key: str, fingerprint: str, service: _Service, patient: Patient) -> Visit:
        today = _today()
        before = self._file.state.in_room(service.room, today)
        insured = data.PatientTypeCode == "BHYT"
        ahead = self._waiting(service)
        if ahead is not None and data.IsPriority:
            ahead = sum(visit.priority for visit in before)  # priority patients wait for one another only
        return Visit(
            key=key,
            fingerprint=fingerprint,
            treatment=f"{today.replace('-', '')[2:]}{len(self._file.state.visits) + 1:06d}",
            patient=patient.code,
            service=service.code,
            room=service.room,
            floor=service.floor,
            order=(service.waiting or 0) + len(before) + 1,
            ahead=ahead,
            price=_price(service, data, insured=insured),
            insured=insured,
            verified=data.IsHeinVerified,
            face_verified=data.IsFaceVerified,
            priority=data.IsPriority,
            day=today,
        )

    def _patient(self, card: _CardSdo) -> Patient | None:
        patients = self._file.state.patients
        if card.PatientCode is not None:
            return next((patient for patient in patients if patient.code == card.PatientCode), None)
        found = next((patient for patient in patients if patient.citizen_number == card.Cccd.Number), None)
        return found or self._new_patient(card, card.PatientName)

    def _offered(self, card: _CardSdo) -> list[Patient]:
        name = "NGƯỜI KHÁC" if self._duplicates is Duplicates.OTHER_PERSON else card.PatientName
        wanted = 2 if self._duplicates is Duplicates.AMBIGUOUS else 1
        files = [
            patient
            for patient in self._file.state.patients
            if (patient.citizen_number, patient.name) == (card.Cccd.Number, name)
        ]
        while len(files) < wanted:
            files.append(self._new_patient(card, name))
        self._file.save()
        return files[:wanted]

    def _know(self, person: Holder) -> None:
        """A file of somebody who has been here before."""
        patients = self._file.state.patients
        if all(patient.citizen_number != person.number for patient in patients):
            birth = birth_number(BirthDate.of(person.birth_date))
            code = f"BN{len(patients) + 1:08d}"
            patients.append(Patient(code=code, name=person.full_name, birth=birth, citizen_number=person.number))

    def _new_patient(self, card: _CardSdo, name: str) -> Patient:
        code = f"BN{len(self._file.state.patients) + 1:08d}"
        patient = Patient(code=code, name=name, birth=card.Dob, citizen_number=card.Cccd.Number)
        self._file.state.patients.append(patient)
        return patient


def _price(service: _Service, data: _ApiData, *, insured: bool) -> int:
    """The patient's share; the full price as long as nobody has confirmed the insurance."""
    if not insured or not data.IsHeinVerified or not data.HeinPayablePercent:
        return service.price
    share = service.insured_price * (Decimal(100) - data.HeinPayablePercent) / Decimal(100)
    return int(share.to_integral_value(rounding=ROUND_HALF_UP))


def _is_same(patient: Patient, card: _CardSdo) -> bool:
    return (patient.name.casefold(), patient.birth) == (card.PatientName.casefold(), card.Dob)


def _can_check_in(booking: Booking, data: _ApiData) -> bool:
    same_person = booking.citizen_number == data.CardSDO.Cccd.Number
    return same_person and booking.service == data.ServiceCode and not booking.treatment


def _fingerprint(data: _ApiData | _PaymentData | _CoverageData) -> str:
    """What a key stands for: everything but the patient's code, which is known only after a first try."""
    content = data.model_dump(mode="json", exclude={"CardSDO": {"PatientCode"}})
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _today() -> str:
    return now().date().isoformat()


def _success(data: object) -> dict[str, object]:
    return {"Success": True, "Data": data, "Param": {"Messages": [], "BugCodes": []}}


def _failure(code: str) -> dict[str, object]:
    return {"Success": False, "Data": None, "Param": {"Messages": [], "BugCodes": [code]}}


def _visit_row(visit: Visit, *, repeated: bool) -> dict[str, object]:
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


def _receipt_row(payment: Payment, *, repeated: bool) -> dict[str, object]:
    return {"TransactionCode": payment.receipt, "IsRepeated": repeated}


def _patient_row(patient: Patient) -> dict[str, object]:
    return {
        "PatientCode": patient.code,
        "PatientName": patient.name,
        "Dob": patient.birth,
        "CccdNumber": patient.citizen_number,
    }
