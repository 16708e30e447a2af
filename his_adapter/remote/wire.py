"""What kiosk and hub say to each other, version 1: JSON over HTTP, one POST for each call of a port.

Both ends use these classes, and these classes hold the canonical model itself, so a field that the model gains travels
without anybody's help. Strict in what is sent: a value of another type is refused, and what the model refuses too.
Tolerant in what is read: fields that this side does not know pass, fields that have a default may be missing. So a hub
may be newer than its kiosks, and a kiosk newer than its hub, as long as fields are only added, with a default; anything
else is a new version with a path of its own.

Personal data travels in bodies only, never in addresses or headers. Bytes are base64url (RFC 4648, 5), money is a whole
number of đồng, a percentage a decimal text, a moment ISO 8601 with its zone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from his_adapter.bhyt.xml0 import CheckInReceipt, CheckInRecord0
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import (
    Appointment,
    CopaymentAnswer,
    CoverageAnswer,
    CoverageReport,
    Health,
    InsuranceQuery,
    PatientIdentity,
    PaymentIntent,
    PaymentReceipt,
    PaymentReport,
    PaymentRequest,
    PaymentStatus,
    Registration,
    RegistrationRequest,
    Service,
)
from his_adapter.model.visit import check_key

API = "/api/v1"
KIOSK_HEADER = "X-Kiosk-Id"
DEADLINE_HEADER = "X-Deadline-Ms"
"""Milliseconds that the kiosk still waits, counted from the sending of the question."""
MAX_DEADLINE_MS = 120_000

MAX_QUESTION_BYTES = 16 << 10
"""The longest question, an insured registration with a referral, stays under 4 kB."""
MAX_ANSWER_BYTES = 3 << 20
"""Two of the portal's replies, each at most 1 MiB as received, in base64 and with their envelope."""

MAX_DETAIL = 200


class Message(BaseModel):
    """Everything that is said. Errors do not quote the input: it is personal data."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="ignore",
        hide_input_in_errors=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )


class Nothing(Message):
    """A call without arguments, or one that answers by succeeding."""


class Services(Message):
    """Answer of list_services."""

    services: tuple[Service, ...]


class AppointmentsOf(Message):
    """appointments."""

    patient: PatientIdentity
    day: date


class Appointments(Message):
    """Answer of appointments."""

    appointments: tuple[Appointment, ...]


class Register(Message):
    """register. The request's kiosk id must be the one the key belongs to."""

    request: RegistrationRequest


class Registered(Message):
    """Answer of register."""

    registration: Registration


def _is_key(key: str) -> str:
    check_key(key)
    return key


class ByKey(Message):
    """registration_by_key."""

    idempotency_key: Annotated[str, AfterValidator(_is_key)]


class Found(Message):
    """Answer of registration_by_key."""

    registration: Registration | None


class CoverageToTell(Message):
    """report_coverage."""

    report: CoverageReport


class PaymentToTell(Message):
    """record_payment."""

    report: PaymentReport


class Receipt(Message):
    """Answer of record_payment."""

    receipt: PaymentReceipt


class HealthAnswer(Message):
    """Answer of health."""

    health: Health


class CardQuestion(Message):
    """check and copayment."""

    query: InsuranceQuery


Age = Annotated[int, Field(ge=0, le=10**12)] | None
"""Milliseconds since the portal was asked, by the hub's clock: two machines' clocks never agree, and a kept answer must
not pass for a fresh one, nor a fresh one for a kept."""


class CardAnswer(Message):
    """Answer of check, with the portal's reply as received."""

    answer: CoverageAnswer
    age_ms: Age = None


class CopaymentTold(Message):
    """Answer of copayment, with the portal's reply as received."""

    answer: CopaymentAnswer
    age_ms: Age = None


class CheckInToSend(Message):
    """send of a check-in record (XML0), unsigned. Its MA_LK and STT name it: the same one may be sent again."""

    record: CheckInRecord0


class CheckInTold(Message):
    """Answer of send."""

    receipt: CheckInReceipt


class CheckInStanding(Message):
    """Whether the hub can sign and send check-in records, and the last day of its certificate."""

    health: Health
    certificate_until: date | None = None


class MoneyToAsk(Message):
    """create."""

    request: PaymentRequest


class MoneyAsked(Message):
    """Answer of create."""

    intent: PaymentIntent


class IntentQuestion(Message):
    """status and cancel. The QR's text need not be told: the hub has it."""

    intent: PaymentIntent


class IntentStanding(Message):
    """Answer of status and cancel."""

    status: PaymentStatus


class FaultTold(Message):
    """An OutsideFault: what the system behind the hub did, or the hub itself. `code` is an `OutsideFaultCode`."""

    code: str
    system: Annotated[str, Field(max_length=64)]
    detail: str = ""

    def fault(self) -> OutsideFault:
        """The fault itself. A code of a later version counts as an answer that is not understood."""
        # it goes to logs as it is
        system, detail = (text if text.isprintable() else "?" for text in (self.system, self.detail[:MAX_DETAIL]))
        try:
            code = OutsideFaultCode(self.code)
        except ValueError:
            return OutsideFault(OutsideFaultCode.BAD_ANSWER, system, "unknown fault code")
        return OutsideFault(code, system, detail)


class Failure(Message):
    """The body of every answer that is not 200."""

    fault: FaultTold

    @classmethod
    def of(cls, fault: OutsideFault) -> "Failure":
        """A fault as it travels."""
        return cls(fault=FaultTold(code=fault.code.value, system=fault.system, detail=fault.detail[:MAX_DETAIL]))


FAULT_STATUS: Mapping[OutsideFaultCode, int] = {
    OutsideFaultCode.TIMEOUT: 504,
    OutsideFaultCode.UNREACHABLE: 502,
    OutsideFaultCode.AUTH: 502,  # the hub's account at the other system; a kiosk's own is 401 and 403
    OutsideFaultCode.REJECTED: 422,
    OutsideFaultCode.SERVER_ERROR: 502,
    OutsideFaultCode.BAD_ANSWER: 502,
    OutsideFaultCode.DUPLICATE_PATIENT: 409,
    OutsideFaultCode.RESTRICTED: 502,
    OutsideFaultCode.CONFLICT: 409,
}
"""HTTP status of a fault, for people who read traffic. The body says what it is."""

Question = TypeVar("Question", bound=Message)
Answer = TypeVar("Answer", bound=Message)


@dataclass(frozen=True, slots=True)
class Operation(Generic[Question, Answer]):
    """One call: where it is posted under `API`, what is asked and what is answered."""

    path: str
    question: type[Question]
    answer: type[Answer]


LIST_SERVICES = Operation("/hospital/list-services", Nothing, Services)
APPOINTMENTS = Operation("/hospital/appointments", AppointmentsOf, Appointments)
REGISTER = Operation("/hospital/register", Register, Registered)
REGISTRATION_BY_KEY = Operation("/hospital/registration-by-key", ByKey, Found)
REPORT_COVERAGE = Operation("/hospital/report-coverage", CoverageToTell, Nothing)
RECORD_PAYMENT = Operation("/hospital/record-payment", PaymentToTell, Receipt)
HOSPITAL_HEALTH = Operation("/hospital/health", Nothing, HealthAnswer)
CHECK_CARD = Operation("/portal/check", CardQuestion, CardAnswer)
COPAYMENT = Operation("/portal/copayment", CardQuestion, CopaymentTold)
PORTAL_HEALTH = Operation("/portal/health", Nothing, HealthAnswer)
SEND_CHECK_IN = Operation("/portal/send-check-in", CheckInToSend, CheckInTold)
CHECK_IN_STANDING = Operation("/portal/check-in-standing", Nothing, CheckInStanding)
CREATE_PAYMENT = Operation("/payment/create", MoneyToAsk, MoneyAsked)
PAYMENT_STATUS = Operation("/payment/status", IntentQuestion, IntentStanding)
CANCEL_PAYMENT = Operation("/payment/cancel", IntentQuestion, IntentStanding)
PAYMENT_HEALTH = Operation("/payment/health", Nothing, HealthAnswer)
