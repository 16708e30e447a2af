"""The runner's services with scripted neighbours: a store on disk, a hospital and a bank that do as they are told."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cccd_reader import Access, CardReadout, Check, CheckState, Citizen, FaceImage, Verdict
from cccd_reader.lds.image import Codec
from cccd_reader.mrz import Mrz
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import (
    Appointment,
    CoverageReport,
    Health,
    PatientIdentity,
    PaymentIntent,
    PaymentReceipt,
    PaymentReport,
    PaymentRequest,
    PaymentStatus,
    QueueTicket,
    Registration,
    RegistrationRequest,
    Room,
    Service,
    Transfer,
)
from his_adapter.model import PaymentState as ProviderState
from kiosk.app.session import SessionHolder
from kiosk.flow import events
from records.store import Store, open_store

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 11, 24, 8, 30, tzinfo=HANOI)

LAN = Citizen(
    number="001198990123",
    full_name="NGUYỄN THỊ LAN",
    birth=date(1998, 3, 14),
    birth_year=1998,
    sex="F",
    residence="Số 4, Phố Năm",
    expiry=date(2038, 3, 14),
)
INTERNAL = Service("NOI", "Nội tổng hợp", "General medicine", Room("203", "2"), 50_600, 50_600, waiting=4)


def readout(citizen: Citizen = LAN, **states: CheckState) -> CardReadout:
    """A whole reading whose checks ended as said."""
    default = {
        Check.DG_HASHES: CheckState.SUCCESSFUL,
        Check.SOD_SIGNATURE: CheckState.SUCCESSFUL,
        Check.ISSUER: CheckState.UNDETERMINED,
        Check.CROSS_CHECK: CheckState.SUCCESSFUL,
    }
    default |= {Check(name): state for name, state in states.items()}
    return CardReadout(
        access=Access.PACE,
        transport="local",
        reader="test",
        apdus=90,
        bytes_moved=20_000,
        seconds=1.0,
        citizen=citizen,
        mrz=Mrz.__new__(Mrz),
        photo=FaceImage(Codec.JPEG, b"\xff\xd8", 300, 400),
        verdicts=tuple(Verdict(check, state, "") for check, state in default.items()),
        files={},
        sod=b"",
    )


class Now:
    """The wall clock, by hand."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, **span: float) -> None:
        self.time += timedelta(**span)


class InlineTasks:
    """Runs a task at once, on this thread."""

    def run(self, work: Callable, then: Callable, failed: Callable) -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001
            failed(error)
        else:
            then(result)


class InlineMain:
    def post(self, work: Callable[[], None]) -> None:
        work()


@dataclass
class Hospital:
    """Keeps visits and payments by key, as an idempotent hospital does. `fault` is raised before anything is done."""

    fault: OutsideFaultCode | None = None
    visits: dict[str, RegistrationRequest] = field(default_factory=dict)
    payments: dict[str, PaymentReport] = field(default_factory=dict)
    coverage: dict[str, CoverageReport] = field(default_factory=dict)
    gives_numbers: bool = True
    booked: tuple[Appointment, ...] | None = ()
    calls: int = 0

    def list_services(self) -> tuple[Service, ...]:
        self._maybe_fail()
        return (INTERNAL,)

    def register(self, request: RegistrationRequest) -> Registration:
        self.calls += 1
        self._maybe_fail()
        known = request.idempotency_key in self.visits
        self.visits.setdefault(request.idempotency_key, request)
        place = list(self.visits).index(request.idempotency_key) + 1
        ticket = QueueTicket(f"A {place:03d}", Room("203", "2"), 3) if self.gives_numbers else None
        return Registration(f"V{place}", f"P{place}", ticket, 10_120, repeated=known)

    def appointments(self, patient: PatientIdentity, day: date) -> tuple[Appointment, ...]:
        if self.booked is None:
            raise OutsideFault(OutsideFaultCode.SERVER_ERROR, "his")
        return self.booked

    def report_coverage(self, report: CoverageReport) -> None:
        self.calls += 1
        self._maybe_fail()
        self.coverage.setdefault(report.idempotency_key, report)

    def record_payment(self, report: PaymentReport) -> PaymentReceipt:
        self.calls += 1
        self._maybe_fail()
        known = report.idempotency_key in self.payments
        self.payments.setdefault(report.idempotency_key, report)
        return PaymentReceipt(f"BL{len(self.payments)}", repeated=known)

    def registration_by_key(self, idempotency_key: str) -> Registration | None:
        raise AssertionError("the outbox repeats instead of asking")

    def health(self) -> Health:
        return Health("his")

    def close(self) -> None:
        pass

    def _maybe_fail(self) -> None:
        if self.fault is not None:
            raise OutsideFault(self.fault, "his")


@dataclass
class Bank:
    """An order book by hand."""

    fault: OutsideFaultCode | None = None
    orders: dict[int, PaymentIntent] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    cancelled: int = 0

    def create(self, request: PaymentRequest) -> PaymentIntent:
        if self.fault is not None:
            raise OutsideFault(self.fault, "bank")
        intent = PaymentIntent(
            "L1", request.order_code, request.amount_dong, request.purpose, "000201…", request.expires_at
        )
        self.orders[request.order_code] = intent
        return intent

    def status(self, intent: PaymentIntent) -> PaymentStatus:
        if self.fault is not None:
            raise OutsideFault(self.fault, "bank")
        received = sum(transfer.amount_dong for transfer in self.transfers)
        return PaymentStatus(ProviderState.WAITING, received, tuple(self.transfers))

    def cancel(self, intent: PaymentIntent) -> PaymentStatus:
        self.cancelled += 1
        return self.status(intent)

    def health(self) -> Health:
        return Health("bank")

    def close(self) -> None:
        pass

    def pay(self, amount: int, txn: str = "T1") -> None:
        self.transfers.append(Transfer(txn, amount, NOW))


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def store(tmp_path: Path, now: Now) -> Iterator[Store]:
    with open_store(tmp_path / "kiosk.db", clock=now) as opened:
        yield opened


@pytest.fixture
def hospital() -> Hospital:
    return Hospital()


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def holder() -> SessionHolder:
    held = SessionHolder()
    held.begin(1, NOW)
    held.present.readout = readout()
    return held


@pytest.fixture
def heard() -> list[events.Event]:
    return []


@pytest.fixture
def tasks() -> InlineTasks:
    return InlineTasks()


@pytest.fixture
def main() -> InlineMain:
    return InlineMain()


@pytest.fixture
def make_readout() -> Callable[..., CardReadout]:
    return readout


@pytest.fixture
def lan() -> Citizen:
    return LAN


@pytest.fixture
def visit_id(store: Store) -> str:
    """A recorded visit to pay for."""
    from records.evidence import Evidence
    from records.journal import Journal
    from records.values import CheckInRecord, OutboxMessage, PatientFields, ServiceChoice

    record = CheckInRecord(
        kiosk_id="k1",
        session_id="s1",
        patient=PatientFields("NGUYỄN THỊ LAN", "001198990123", "1998-03-14", "female"),
        service=ServiceChoice("NOI", "Nội tổng hợp", "203"),
        number="T 001",
        fee_dong=20_300,
        message=OutboxMessage("his.register", "{}"),
        evidence=Evidence(),
    )
    return Journal(store).record_check_in(record).visit_id
