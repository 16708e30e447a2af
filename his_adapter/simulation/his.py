"""The simulated hospital system: registers each key once, gives numbers per room, prices visits by its own rules."""

import tomllib
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Header, Request
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter

from his_adapter.clock import ZONE, now
from his_adapter.hospital.wire import birth_number
from his_adapter.model import BirthDate
from his_adapter.simulation import accounts
from his_adapter.simulation.cards import Holder
from his_adapter.simulation.commands import Answer, Book, Command, Duplicates, Fault, SetDuplicates, SetFault, System
from his_adapter.simulation.his_state import Booking, Change, CoverageNote, HisState, Patient, Payment, Visit
from his_adapter.simulation.his_wire import (
    CardData,
    CccdData,
    CoverageData,
    CoverageParam,
    PaymentData,
    PaymentParam,
    ServiceList,
    ServiceRow,
    VisitData,
    VisitParam,
    WhoData,
    WhoParam,
    can_check_in,
    failure,
    fingerprint_of,
    is_same,
    patient_row,
    price_of,
    receipt_row,
    success,
    visit_row,
)
from his_adapter.simulation.process import Simulator


class HisSimulator(Simulator):
    """State in memory and, with a path, in a file."""

    system = System.HIS

    def __init__(self, state: Path | None, people: Iterable[Holder] = ()) -> None:
        text = resources.files(__package__).joinpath("departments.toml").read_text("utf-8")
        self._services = {row.code: row for row in ServiceList.model_validate(tomllib.loads(text)).service}
        self._state = HisState(state)
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
        self._state.close()

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
            return success({"Version": "simulated"})

        @app.get("/api/HisServiceRoom/GetForKiosk")
        async def services() -> dict[str, object]:
            return success([self._service_row(row) for row in self._services.values()])

        @app.get("/api/HisServiceReq/GetByIdempotencyKey")
        async def by_key(key: str) -> dict[str, object]:
            visit = self._state.visits.get(key)
            return success(None if visit is None else visit_row(visit, repeated=True))

        @app.post("/api/HisServiceReq/ExamRegisterKiosk")
        async def register(param: VisitParam, idempotency_key: str = Header()) -> dict[str, object]:
            # no await from here on: one request at a time takes a number
            return self._register(param.ApiData, idempotency_key)

        @app.post("/api/HisAppointment/GetForKiosk")
        async def appointments(param: WhoParam) -> dict[str, object]:
            return success(self._appointments(param.ApiData))

        @app.post("/api/HisTreatment/UpdateKioskHein")
        async def coverage(param: CoverageParam, idempotency_key: str = Header()) -> dict[str, object]:
            return self._note_coverage(param.ApiData, idempotency_key)

        @app.get("/simulation/coverage")
        async def coverage_notes() -> dict[str, object]:
            rows = [note.model_dump(exclude={"fingerprint"}) for note in self._state.coverage_notes.values()]
            return {"count": len(rows), "notes": rows}

        @app.post("/api/HisTransaction/RecordKioskPayment")
        async def payment(param: PaymentParam, idempotency_key: str = Header()) -> dict[str, object]:
            return self._record_payment(param.ApiData, idempotency_key)  # no await in there either

        @app.get("/simulation/payments")
        async def payments() -> dict[str, object]:
            rows = [payment.model_dump(exclude={"fingerprint"}) for payment in self._state.payments.values()]
            return {"count": len(rows), "payments": rows}

        @app.get("/simulation/visits")
        async def visits() -> dict[str, object]:
            rows = [visit.model_dump(exclude={"fingerprint"}) for visit in self._state.visits.values()]
            return {"count": len(rows), "visits": rows, "patients": len(self._state.patients)}

        @app.get("/simulation/patients")
        async def patients() -> dict[str, object]:
            rows = [patient.model_dump() for patient in self._state.patients.values()]
            return {"count": len(rows), "patients": rows}

        return app

    def _service_row(self, row: ServiceRow) -> dict[str, object]:
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

    def _waiting(self, row: ServiceRow) -> int | None:
        return None if row.waiting is None else row.waiting + self._state.seen_in(row.room, _today())

    def _register(self, data: VisitData, key: str) -> dict[str, object]:
        fingerprint = fingerprint_of(data)
        known = self._state.visits.get(key)
        if known is not None:
            same = known.fingerprint == fingerprint
            return success(visit_row(known, repeated=True)) if same else failure("KEY_CONFLICT")
        service = self._services.get(data.ServiceCode)
        if service is None:
            return failure("SERVICE_UNKNOWN")
        if data.CardSDO.PatientCode is None and self._duplicates is not Duplicates.NONE:
            offered = self._offered(data.CardSDO)
            return failure("PATIENT_EXISTS") | {"Data": [patient_row(patient) for patient in offered]}
        booking = self._state.bookings.get(data.CardSDO.AppointmentCode)
        if data.CardSDO.AppointmentCode and (booking is None or not can_check_in(booking, data)):
            return failure("APPOINTMENT_INVALID")
        known_patient = self._known(data.CardSDO)
        if known_patient is not None and not is_same(known_patient, data.CardSDO):
            return failure("PATIENT_EXISTS") | {"Data": [patient_row(known_patient)]}
        if known_patient is None and data.CardSDO.PatientCode is not None:
            return failure("PATIENT_UNKNOWN")
        patient = known_patient or self._new_patient(data.CardSDO, data.CardSDO.PatientName)
        visit = self._visit(data, key, fingerprint, service, patient)
        self._state.keep(
            Change(
                patients=() if known_patient else (patient,),
                visits=(visit,),
                bookings=(booking.model_copy(update={"treatment": visit.treatment}),) if booking else (),
            )
        )
        return success(visit_row(visit, repeated=False))

    def _book(self, command: Book) -> str:
        booking = Booking(
            code=f"LH{len(self._state.bookings) + 1:08d}",
            citizen_number=command.book,
            name=command.name,
            birth=command.birth,
            service=command.service,
            at=int(command.at.astimezone(ZONE).strftime("%Y%m%d%H%M%S")),
        )
        self._state.keep(Change(bookings=(booking,)))
        return booking.code

    def _appointments(self, who: WhoData) -> list[dict[str, object]]:
        person = (who.CccdNumber, who.PatientName.casefold(), who.Dob)
        rows = []
        for booking in self._state.bookings.values():
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

    def _note_coverage(self, data: CoverageData, key: str) -> dict[str, object]:
        state = self._state
        fingerprint = fingerprint_of(data)
        if (known := state.coverage_notes.get(key)) is not None:
            return success(None) if known.fingerprint == fingerprint else failure("KEY_CONFLICT")
        visit = state.by_treatment(data.TreatmentCode)
        if visit is None:
            return failure("TREATMENT_UNKNOWN")
        note = CoverageNote(
            key=key,
            fingerprint=fingerprint,
            treatment=visit.treatment,
            verified=data.IsHeinVerified,
            code=data.HeinResultCode,
        )
        checked = visit.model_copy(update={"verified": data.IsHeinVerified})
        state.keep(Change(visits=(checked,), coverage_notes=(note,)))
        return success(None)

    def _record_payment(self, data: PaymentData, key: str) -> dict[str, object]:
        """Book a transfer once: a known key or a known transfer gives the first answer, or a conflict."""
        state = self._state
        fingerprint = fingerprint_of(data)
        for known, conflict in (
            (state.payments.get(key), "KEY_CONFLICT"),
            (state.payment_by_transfer(data.BankTransactionCode), "TRANSFER_CONFLICT"),
        ):
            if known is not None:
                same = known.fingerprint == fingerprint
                return success(receipt_row(known, repeated=True)) if same else failure(conflict)
        if state.by_treatment(data.TreatmentCode) is None:
            return failure("TREATMENT_UNKNOWN")
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
        state.keep(Change(payments=(booked,)))
        return success(receipt_row(booked, repeated=False))

    def _visit(self, data: VisitData, key: str, fingerprint: str, service: ServiceRow, patient: Patient) -> Visit:
        today = _today()
        insured = data.PatientTypeCode == "BHYT"
        ahead = self._waiting(service)
        if ahead is not None and data.IsPriority:
            ahead = self._state.priority_in(service.room, today)  # they wait for one another only
        return Visit(
            key=key,
            fingerprint=fingerprint,
            treatment=f"{today.replace('-', '')[2:]}{len(self._state.visits) + 1:06d}",
            patient=patient.code,
            service=service.code,
            room=service.room,
            floor=service.floor,
            order=(service.waiting or 0) + self._state.seen_in(service.room, today) + 1,
            ahead=ahead,
            price=price_of(service, data, insured=insured),
            insured=insured,
            verified=data.IsHeinVerified,
            face_verified=data.IsFaceVerified,
            priority=data.IsPriority,
            day=today,
        )

    def _known(self, card: CardData) -> Patient | None:
        if card.PatientCode is not None:
            return self._state.patients.get(card.PatientCode)
        return next(iter(self._state.patients_with(card.Cccd.Number)), None)

    def _offered(self, card: CardData) -> Sequence[Patient]:
        name = "NGƯỜI KHÁC" if self._duplicates is Duplicates.OTHER_PERSON else card.PatientName
        wanted = 2 if self._duplicates is Duplicates.AMBIGUOUS else 1
        while len(files := [one for one in self._state.patients_with(card.Cccd.Number) if one.name == name]) < wanted:
            self._state.keep(Change(patients=(self._new_patient(card, name),)))
        return files[:wanted]

    def _know(self, person: Holder) -> None:
        """A file of somebody who has been here before."""
        if not self._state.patients_with(person.number):
            birth = birth_number(BirthDate.of(person.birth_date))
            card = CardData(PatientName=person.full_name, Dob=birth, Cccd=CccdData(Number=person.number))
            self._state.keep(Change(patients=(self._new_patient(card, person.full_name),)))

    def _new_patient(self, card: CardData, name: str) -> Patient:
        code = f"BN{len(self._state.patients) + 1:08d}"
        return Patient(
            code=code, name=name, birth=card.Dob, citizen_number=card.Cccd.Number, no_day=card.IsHasNotDayDob
        )


def _today() -> str:
    return now().date().isoformat()
