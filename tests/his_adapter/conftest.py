"""The simulated outside world, and a server that says exactly what a test tells it to."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from his_adapter.bhyt import BhytPortal, EntitlementRules, FacilityProfile
from his_adapter.hospital import HisProHospital
from his_adapter.model import BirthDate, InsuranceQuery, PatientIdentity, PaymentRequest, RegistrationRequest, Sex
from his_adapter.payment import PayOsProvider, new_order_code, purpose_for
from his_adapter.settings import PortalSettings
from his_adapter.simulation import Duplicates, Fault, OutsideWorld, System
from tests.his_adapter.script import Script

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "his_adapter"
OWN_FACILITY = "01999"
SHORT_S = 1.0  # a time limit for answers that never come; long enough for the question to arrive


@pytest.fixture(scope="session")
def people() -> Path:
    return ROOT / "assets" / "people"


@pytest.fixture(scope="session")
def data() -> Path:
    return DATA


@pytest.fixture(scope="session")
def processes(people: Path) -> Iterator[OutsideWorld]:
    with OutsideWorld(people, cards=DATA / "cards.toml", facility=OWN_FACILITY) as world:
        yield world


@pytest.fixture
def world(processes: OutsideWorld) -> Iterator[OutsideWorld]:
    """The three systems, in good health before each test."""
    yield processes
    for system in System:
        processes.fault(system, Fault.NONE)
    processes.force_portal_code(None)
    processes.restrict_portal_account(False)
    processes.register_certificate("")
    processes.duplicates(Duplicates.NONE)
    processes.webhook(None)


@pytest.fixture
def inspect(world: OutsideWorld) -> Callable[[System, str], dict[str, object]]:
    """What a system itself says it has seen."""

    def look(system: System, what: str) -> dict[str, object]:
        seen: dict[str, object] = httpx.get(f"{world.urls[system]}/simulation/{what}", trust_env=False).json()
        return seen

    return look


PortalMaker = Callable[..., BhytPortal]


@pytest.fixture
def portal_at() -> Iterator[Callable[[PortalSettings], BhytPortal]]:
    made = []

    def make(settings: PortalSettings) -> BhytPortal:
        made.append(BhytPortal(settings, EntitlementRules(FacilityProfile(OWN_FACILITY))))
        return made[-1]

    yield make
    for portal in made:
        portal.close()


@pytest.fixture
def portal(world: OutsideWorld, portal_at: Callable[[PortalSettings], BhytPortal]) -> BhytPortal:
    return portal_at(world.portal_settings())


@pytest.fixture
def hospital(world: OutsideWorld) -> Iterator[HisProHospital]:
    adapter = HisProHospital(world.his_settings())
    yield adapter
    adapter.close()


@pytest.fixture
def impatient_hospital(world: OutsideWorld) -> Iterator[HisProHospital]:
    adapter = HisProHospital(world.his_settings(timeout_s=SHORT_S))
    yield adapter
    adapter.close()


@pytest.fixture
def bank(world: OutsideWorld) -> Iterator[PayOsProvider]:
    adapter = PayOsProvider(world.payment_settings())
    yield adapter
    adapter.close()


@pytest.fixture
def bill() -> PaymentRequest:
    order = new_order_code()
    return PaymentRequest(order, 50_600, purpose_for(order), datetime.now(UTC) + timedelta(minutes=5))


def query(number: str, name: str, year: int, month: int, day: int) -> InsuranceQuery:
    return InsuranceQuery(number, name, BirthDate(year, month, day))


@pytest.fixture
def valid() -> InsuranceQuery:
    return query("001190990101", "NGUYỄN THỊ HỢP LỆ", 1990, 2, 3)


@pytest.fixture
def patient() -> PatientIdentity:
    return PatientIdentity("001190990101", "NGUYỄN THỊ HỢP LỆ", BirthDate(1990, 2, 3), Sex.FEMALE, "Số 1, Phố Hai")


@pytest.fixture
def visit(patient: PatientIdentity) -> Callable[..., RegistrationRequest]:
    """A registration of the patient; every call has its own key unless one is given."""
    count = iter(range(1, 1_000_000))
    started = datetime.now(UTC).isoformat()

    def make(key: str | None = None, service: str = "KTM", **others: object) -> RegistrationRequest:
        values: dict[str, object] = {
            "patient": patient,
            "kiosk_id": "kiosk-1",
            "requested_at": datetime.now(UTC),
            **others,
        }
        return RegistrationRequest(idempotency_key=key or f"{started}-{next(count)}", service_code=service, **values)  # type: ignore[arg-type]

    return make


@pytest.fixture
def script() -> Iterator[Script]:
    server = Script()
    yield server
    server.close()
