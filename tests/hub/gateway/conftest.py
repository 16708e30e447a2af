"""A gateway on a real port of this machine, over a hospital and a portal that a test can shape."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from his_adapter.clock import ZONE
from his_adapter.faults import OutsideFault
from his_adapter.http import Deadline
from his_adapter.model import (
    Appointment,
    BirthDate,
    CopaymentAnswer,
    CoverageAction,
    CoverageAnswer,
    CoverageOutcome,
    CoverageReport,
    Health,
    InsuranceQuery,
    PatientIdentity,
    PaymentReceipt,
    PaymentReport,
    Registration,
    RegistrationRequest,
    Room,
    Service,
    Sex,
)
from his_adapter.ports import HospitalSystem, InsurancePortal
from his_adapter.remote import RemoteHospital, RemotePortal, RemoteSettings
from hub.accounts import Accounts
from hub.app import create_app
from hub.gateway.gateway import Gateway, GatewaySettings
from hub.gateway.kiosks import Kiosks
from records.store import Store
from tests.hub.gateway.served import Served

SERVICES = (
    Service("KTM", "Tim mạch", "Cardiology", Room("203", "2"), 150_000, 50_600),
    Service("KMAT", "Mắt", "Eyes", Room("305", "3", "P305"), 150_000, 50_600),
)


@dataclass
class ShapedHospital(HospitalSystem):
    """A hospital without queue numbers that does what a test says: it fails, hangs until let go, or notes its time."""

    fault: Exception | None = None
    hanging: threading.Event | None = None
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    time_left: list[float] = field(default_factory=list)
    visits: dict[str, Registration] = field(default_factory=dict)
    heard: list[object] = field(default_factory=list)

    def list_services(self) -> tuple[Service, ...]:
        self._behave()
        return SERVICES

    def appointments(self, patient: PatientIdentity, day: date) -> tuple[Appointment, ...]:
        self._behave()
        self.heard.append((patient, day))
        return ()

    def register(self, request: RegistrationRequest) -> Registration:
        self._behave()
        if request.idempotency_key in self.visits:
            return replace(self.visits[request.idempotency_key], repeated=True)
        self.heard.append(request)
        done = Registration(f"V{len(self.visits) + 1}", "BN1", None, 150_000)
        return self.visits.setdefault(request.idempotency_key, done)

    def registration_by_key(self, idempotency_key: str) -> Registration | None:
        self._behave()
        done = self.visits.get(idempotency_key)
        return None if done is None else replace(done, repeated=True)

    def report_coverage(self, report: CoverageReport) -> None:
        self._behave()
        self.heard.append(report)

    def record_payment(self, report: PaymentReport) -> PaymentReceipt:
        self._behave()
        self.heard.append(report)
        return PaymentReceipt("BL1")

    def health(self) -> Health:
        if isinstance(self.fault, OutsideFault):
            return Health("his", self.fault.code, self.fault.detail)
        return Health("his")

    def close(self) -> None:
        """Nothing is open."""

    def _behave(self) -> None:
        self.time_left.append(Deadline(600.0).left())
        self.begun.release()
        if self.hanging is not None:
            assert self.hanging.wait(30)
        if self.fault is not None:
            raise self.fault


@dataclass
class ShapedPortal(InsurancePortal):
    """A portal whose every answer carries the same reply, kept for some time when a test says so."""

    raw: bytes = b"{}"
    kept_for: timedelta = timedelta(0)
    asked: list[InsuranceQuery] = field(default_factory=list)

    def check(self, query: InsuranceQuery) -> CoverageAnswer:
        self.asked.append(query)
        return CoverageAnswer(
            CoverageOutcome.VALID,
            CoverageAction.GO_ON,
            "000",
            "000",
            datetime.now(ZONE) - self.kept_for,
            "đúng",
            raw=self.raw,
            copayment=self._paid(),
        )

    def copayment(self, query: InsuranceQuery) -> CopaymentAnswer:
        self.asked.append(query)
        return self._paid()

    def health(self) -> Health:
        return Health("bhyt")

    def close(self) -> None:
        """Nothing is open."""

    def _paid(self) -> CopaymentAnswer:
        asked_at = datetime.now(ZONE) - self.kept_for
        return CopaymentAnswer("200", asked_at, 1_234_567, "đến ngày 23/11/2026", raw=self.raw)


class Hub:
    """A hub with a gateway, and the kiosks that ask it."""

    def __init__(self, own: Store) -> None:
        self.own = own
        self.kiosks = Kiosks(own)
        self.hospital = ShapedHospital()
        self.portal = ShapedPortal()
        self.settings = GatewaySettings(max_calls=4, max_calls_per_kiosk=2)
        self._served = Served()
        self._clients: list[RemoteHospital | RemotePortal] = []
        self._gateway: Gateway | None = None

    @property
    def url(self) -> str:
        return self._served.url

    @property
    def port(self) -> int:
        return self._served.port

    def start(self) -> None:
        accounts = Accounts(self.own, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self._gateway = Gateway(
            self.own,
            hospital=self.hospital,
            portal=self.portal,
            settings=self.settings,
            registry=CollectorRegistry(),
        )
        app = create_app(log=self.own, own=self.own, secure_cookies=False, accounts=accounts, gateway=self._gateway)
        self._served.start(app)

    def stop(self) -> None:
        if self._gateway is not None:
            self._served.stop()
            self._gateway.close()
            self._gateway = None

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self.stop()
        self._served.close()

    def settings_of(self, kiosk_id: str, key: str, timeout_s: float = 8.0) -> RemoteSettings:
        return RemoteSettings(self.url, kiosk_id, SecretStr(key), timeout_s)

    def hospital_for(self, kiosk_id: str, key: str, timeout_s: float = 8.0) -> RemoteHospital:
        client = RemoteHospital(self.settings_of(kiosk_id, key, timeout_s))
        self._clients.append(client)
        return client

    def portal_for(self, kiosk_id: str, key: str, timeout_s: float = 8.0) -> RemotePortal:
        client = RemotePortal(self.settings_of(kiosk_id, key, timeout_s))
        self._clients.append(client)
        return client


@pytest.fixture
def hub(own: Store) -> Iterator[Hub]:
    made = Hub(own)
    made.start()
    yield made
    made.close()


@pytest.fixture
def key(hub: Hub) -> str:
    """The key of kiosk k1."""
    return hub.kiosks.add("k1")


PATIENT = PatientIdentity("001190990101", "NGUYỄN THỊ HỢP LỆ", BirthDate(1990, 2, 3), Sex.FEMALE, "Số 1, Phố Hai")


@pytest.fixture
def patient() -> PatientIdentity:
    return PATIENT


@pytest.fixture
def visit() -> Callable[..., RegistrationRequest]:
    """A registration with a key of its own."""
    count = iter(range(1_000_000))

    def make(kiosk_id: str = "k1", service: str = "KTM", **others: object) -> RegistrationRequest:
        values: dict[str, object] = {"idempotency_key": f"visit-{kiosk_id}-{next(count)}", **others}
        return RegistrationRequest(
            patient=PATIENT,
            service_code=service,
            kiosk_id=kiosk_id,
            requested_at=datetime.now(ZONE),
            **values,  # type: ignore[arg-type]
        )

    return make
