"""What the contract of `HospitalSystem` wants of a hospital under test, and the people and visits of its stories."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import count
from typing import Protocol

from his_adapter.clock import ZONE
from his_adapter.model import (
    BirthDate,
    Coverage,
    Entitlement,
    PatientIdentity,
    PaymentReport,
    RegistrationRequest,
    Sex,
    TransferVerdict,
)
from his_adapter.ports import HospitalSystem

RUN = f"{datetime.now(UTC):%m%d%H%M%S%f}"
NUMBERS = count(1)


class Trouble(StrEnum):
    """How the hospital fails, or what stands before it."""

    DOWN = "down"  # connections are refused
    SILENT = "silent"  # does what it is asked, and the answer does not come in time
    BROKEN = "broken"  # an answer that is none
    LOCKED_OUT = "locked_out"  # our account or key is refused


class Cannot(StrEnum):
    """What a hospital system may be unable to do."""

    QUEUE = "queue"  # gives no queue numbers
    APPOINTMENTS = "appointments"
    LOOK_UP = "look_up"  # cannot tell which visit a key made
    UNKNOWN_VISIT = "unknown_visit"  # cannot tell that a visit is none of its own
    ACCOUNT = "account"  # knows no accounts: whoever can connect may talk
    OTHER_CONTENT = "other_content"  # cannot tell that a key came before with another content
    RECEIPT = "receipt"  # gives no receipt numbers


@dataclass(frozen=True, slots=True)
class SeenVisit:
    """A visit as the hospital itself counts it. `name` is as stored there."""

    visit_id: str
    citizen_number: str
    name: str
    service_code: str
    insured: bool
    verified: bool


class Bench(Protocol):
    """One hospital system under test."""

    cannot: Mapping[Cannot, str]
    """What it cannot do, each with the reason."""
    service: str
    """A department it has, with a price; `other_service` is another one."""
    other_service: str

    def adapter(self, timeout_s: float = 8.0) -> HospitalSystem:
        """A new adapter; the bench closes it."""
        ...

    def visits(self) -> Sequence[SeenVisit]:
        """Every visit the hospital has."""
        ...

    def paid(self, visit_id: str) -> Sequence[int]:
        """The amounts booked as paid for a visit, one for each transfer, whatever their verdict."""
        ...

    def book(self, patient: PatientIdentity, service: str, at: datetime) -> str:
        """Make an appointment; its id."""
        ...

    def trouble(self, kind: Trouble | None) -> None:
        """Make it fail until told otherwise; None ends it."""
        ...

    def restart(self) -> None:
        """End it as a power cut would, and start it again."""
        ...


@dataclass(slots=True)
class Person:
    """Invented people, never the same one twice."""

    made: list[PatientIdentity] = field(default_factory=list)

    def __call__(self, name: str = "NGUYỄN THỊ ƯỚC HỢP", **others: object) -> PatientIdentity:
        place = next(NUMBERS)
        number = f"001{RUN[-5:]}{place % 10_000:04d}"
        values: dict[str, object] = {
            "number": number,
            "full_name": name,
            "birth_date": BirthDate(1990, 2, 3),
            "sex": Sex.FEMALE,
            "residence": "Số 1, Phố Hai, Phường Ba, Hà Nội",
            **others,
        }
        self.made.append(PatientIdentity(**values))  # type: ignore[arg-type]
        return self.made[-1]


def visit_of(patient: PatientIdentity, service: str, **others: object) -> RegistrationRequest:
    """A registration with a key of its own."""
    values: dict[str, object] = {
        "idempotency_key": f"visit-{RUN}-{next(NUMBERS)}",
        "kiosk_id": "kiosk-1",
        "requested_at": datetime.now(ZONE).replace(microsecond=0),
        **others,
    }
    return RegistrationRequest(patient=patient, service_code=service, **values)  # type: ignore[arg-type]


def insured(patient: PatientIdentity, percent: str = "80", *, verified: bool = True) -> dict[str, object]:
    """What makes a registration an insured one."""
    today = datetime.now(ZONE).date()
    coverage = Coverage(
        f"GD401{patient.number[-10:]}",
        patient.full_name,
        date(today.year, 1, 1),
        date(today.year, 12, 31),
        "01999",
        "Bệnh viện Mô phỏng",
    )
    entitlement = Entitlement("1.1", 100, 80, Decimal(percent), "basis")
    return {"coverage": coverage, "entitlement": entitlement, "insurance_verified": verified}


def paid(visit_id: str, amount: int, verdict: TransferVerdict = TransferVerdict.EXACT) -> PaymentReport:
    """A transfer of its own for a visit."""
    place = next(NUMBERS)
    return PaymentReport(
        idempotency_key=f"pay-{RUN}-{place}",
        his_visit_id=visit_id,
        order_code=int(RUN[-8:]) * 1000 + place,
        provider_txn_id=f"FT{RUN[-8:]}{place}",
        amount_dong=amount,
        verdict=verdict,
        received_at=datetime.now(ZONE).replace(microsecond=0),
    )
