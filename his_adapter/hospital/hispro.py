"""A hospital system in the shape of HisPro's kiosk contract (``api/HisServiceReq/ExamRegisterKiosk``), JSON over HTTP.

From HisPro: the path, the envelopes ApiParam and ApiResultObject, and the names in CardSDO. Ours, to be agreed with the
hospital: the header ``Idempotency-Key`` and the look-up by it, ``X-Api-Key``, the list of services with prices, the
calls for appointments, for a late answer of the insurance and for money (the kiosk contract has none of them), the
BugCodes below, codes instead of numeric ids, and the verification flags. Tried against this project's simulator only.
"""

import re
from datetime import date

from pydantic import TypeAdapter, ValidationError

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.wire import (
    AppointmentRow,
    Envelope,
    PatientRow,
    ReceiptRow,
    RegistrationRow,
    ServiceRow,
    appointments_message,
    coverage_message,
    payment_message,
    registration_message,
)
from his_adapter.http import Deadline, Http, JsonObject, Params, Reply
from his_adapter.model import (
    Appointment,
    CoverageReport,
    Health,
    PatientIdentity,
    PaymentReceipt,
    PaymentReport,
    Registration,
    RegistrationRequest,
    Service,
)
from his_adapter.ports import HospitalSystem
from his_adapter.settings import HisSettings

SYSTEM = "his"
REGISTER_PATH = "/api/HisServiceReq/ExamRegisterKiosk"
BY_KEY_PATH = "/api/HisServiceReq/GetByIdempotencyKey"
APPOINTMENTS_PATH = "/api/HisAppointment/GetForKiosk"
COVERAGE_PATH = "/api/HisTreatment/UpdateKioskHein"
PAYMENT_PATH = "/api/HisTransaction/RecordKioskPayment"
SERVICES_PATH = "/api/HisServiceRoom/GetForKiosk"
HEALTH_PATH = "/api/Health/Get"
KEY_HEADER = "Idempotency-Key"

PATIENT_EXISTS = "PATIENT_EXISTS"
"""BugCode: somebody like this is known; Data lists who. The visit is not registered."""
KEY_CONFLICT = "KEY_CONFLICT"
"""BugCode: the idempotency key came before with another content."""
TRANSFER_CONFLICT = "TRANSFER_CONFLICT"
"""BugCode: the bank's transfer is booked already, with another amount, order or visit."""
_BUG_CODE = re.compile(r"[A-Z][A-Za-z_]{0,63}")
MAX_DETAIL = 200
_CONFLICTS = {KEY_CONFLICT, TRANSFER_CONFLICT}

_SERVICES = TypeAdapter(list[ServiceRow])
_APPOINTMENTS = TypeAdapter(list[AppointmentRow])
_PATIENTS = TypeAdapter(list[PatientRow])


class HisProHospital(HospitalSystem):
    """`HospitalSystem` over HTTP.

    When the hospital says that the patient exists, and exactly one of those it names has the same citizen number, name
    and birth date, the visit is registered under that patient's code, with the same key. Otherwise the fault is
    DUPLICATE_PATIENT and a person decides.
    """

    def __init__(self, settings: HisSettings) -> None:
        self._settings = settings
        self._http = Http(SYSTEM, settings.base_url, {"X-Api-Key": settings.api_key.get_secret_value()})

    def list_services(self) -> tuple[Service, ...]:
        """Departments open to a kiosk now; see the port."""
        envelope = self._call("GET", SERVICES_PATH, self._deadline())
        self._must_succeed(envelope)
        try:
            return tuple(row.service() for row in _SERVICES.validate_python(envelope.Data))
        except ValidationError as error:
            raise self._bad("services", error) from None

    def appointments(self, patient: PatientIdentity, day: date) -> tuple[Appointment, ...]:
        """The person's appointments of a day; see the port."""
        envelope = self._call("POST", APPOINTMENTS_PATH, self._deadline(), payload=appointments_message(patient, day))
        self._must_succeed(envelope)
        try:
            rows = _APPOINTMENTS.validate_python(envelope.Data)
        except ValidationError as error:
            raise self._bad("appointments", error) from None
        return tuple(sorted((row.appointment() for row in rows), key=lambda one: one.starts_at))

    def register(self, request: RegistrationRequest) -> Registration:
        """Register the visit; see the port."""
        deadline = self._deadline()
        envelope = self._register(request, None, deadline)
        if PATIENT_EXISTS in envelope.Param.BugCodes:
            envelope = self._register(request, self._known_patient(request, envelope), deadline)
            if PATIENT_EXISTS in envelope.Param.BugCodes:
                raise self._http.fault(OutsideFaultCode.DUPLICATE_PATIENT, "named patient not accepted")
        self._must_succeed(envelope)
        return self._registration(envelope.Data)

    def registration_by_key(self, idempotency_key: str) -> Registration | None:
        """The visit registered under a key; see the port."""
        envelope = self._call("GET", BY_KEY_PATH, self._deadline(), params={"key": idempotency_key})
        self._must_succeed(envelope)
        return None if envelope.Data is None else self._registration(envelope.Data)

    def report_coverage(self, report: CoverageReport) -> None:
        """Tell what the portal said later; see the port."""
        headers = {KEY_HEADER: report.idempotency_key}
        self._must_succeed(
            self._call("POST", COVERAGE_PATH, self._deadline(), payload=coverage_message(report), headers=headers)
        )

    def record_payment(self, report: PaymentReport) -> PaymentReceipt:
        """Tell of money that arrived; see the port."""
        headers = {KEY_HEADER: report.idempotency_key}
        envelope = self._call("POST", PAYMENT_PATH, self._deadline(), payload=payment_message(report), headers=headers)
        self._must_succeed(envelope)
        try:
            return ReceiptRow.model_validate(envelope.Data).receipt()
        except ValidationError as error:
            raise self._bad("receipt", error) from None

    def health(self) -> Health:
        """Whether it answers and takes our key."""
        try:
            self._must_succeed(self._call("GET", HEALTH_PATH, self._deadline()))
        except OutsideFault as fault:
            return Health(SYSTEM, fault.code, fault.detail)
        return Health(SYSTEM)

    def close(self) -> None:
        """Release the connections."""
        self._http.close()

    def _register(self, request: RegistrationRequest, patient_code: str | None, deadline: Deadline) -> Envelope:
        return self._call(
            "POST",
            REGISTER_PATH,
            deadline,
            payload=registration_message(request, patient_code),
            headers={KEY_HEADER: request.idempotency_key},
        )

    def _known_patient(self, request: RegistrationRequest, envelope: Envelope) -> str:
        try:
            offered = _PATIENTS.validate_python(envelope.Data)
        except ValidationError as error:
            raise self._bad("patients", error) from None
        surely = [row.PatientCode for row in offered if row.is_surely(request.patient)]
        if len(surely) != 1:
            raise self._http.fault(OutsideFaultCode.DUPLICATE_PATIENT, f"{len(surely)} of {len(offered)} files fit")
        return surely[0]

    def _registration(self, data: object) -> Registration:
        try:
            return RegistrationRow.model_validate(data).registration()
        except ValidationError as error:
            raise self._bad("registration", error) from None

    def _must_succeed(self, envelope: Envelope) -> None:
        if envelope.Success:
            return
        codes = envelope.Param.BugCodes
        fault = OutsideFaultCode.REJECTED if _CONFLICTS.isdisjoint(codes) else OutsideFaultCode.CONFLICT
        raise self._http.fault(fault, ", ".join(code for code in codes if _BUG_CODE.fullmatch(code))[:MAX_DETAIL])

    def _call(
        self,
        method: str,
        path: str,
        deadline: Deadline,
        *,
        payload: JsonObject | None = None,
        params: Params | None = None,
        headers: Params | None = None,
    ) -> Envelope:
        reply = self._http.call(method, path, deadline, payload=payload, params=params, headers=headers)
        if refusal := self._http.refused(reply.status):
            raise refusal
        return self._envelope(reply)

    def _envelope(self, reply: Reply) -> Envelope:
        try:
            envelope = Envelope.model_validate(self._http.parse(reply.body))
        except ValidationError as error:
            raise self._bad("envelope", error) from None
        if reply.status >= 400 and envelope.Success:
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, f"HTTP {reply.status} with success")
        return envelope

    def _bad(self, what: str, error: ValidationError) -> OutsideFault:
        where = ", ".join(".".join(str(part) for part in item["loc"]) for item in error.errors()[:3])
        return self._http.fault(OutsideFaultCode.BAD_ANSWER, f"{what}: {where}")

    def _deadline(self) -> Deadline:
        return Deadline(self._settings.timeout_s)
