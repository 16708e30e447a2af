"""A hub that takes money, beside the simulated bank, whose notices reach it."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from his_adapter.payment import ProviderName
from his_adapter.simulation import Fault, OutsideWorld, System
from his_adapter.simulation.commands import Provider
from hub.database import open_hub_database
from tests.hub.payments.money_hub import Clock, MakeHub, MoneyHub

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def processes() -> Iterator[OutsideWorld]:
    with OutsideWorld(ROOT / "assets" / "people") as world:
        yield world


@pytest.fixture
def world(processes: OutsideWorld) -> Iterator[OutsideWorld]:
    """The simulated bank, in good health before each test."""
    yield processes
    processes.fault(System.BANK, Fault.NONE)
    processes.hold_notices(False)
    for provider in (Provider.PAYOS, Provider.SEPAY, Provider.VNPAY):
        processes.webhook(None, provider)


@pytest.fixture
def clock_ahead() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty hub's database: its tables are made once."""
    path = tmp_path_factory.mktemp("migrated") / "hub.db"
    open_hub_database(path).close()
    return path


@pytest.fixture
def hub_path(tmp_path: Path, migrated: Path) -> Path:
    """A hub's database of this test's own."""
    return Path(shutil.copy(migrated, tmp_path / "hub.db"))


@pytest.fixture
def make_hub(hub_path: Path, world: OutsideWorld, clock_ahead: Clock) -> Iterator[MakeHub]:
    made: list[MoneyHub] = []

    def make(provider: ProviderName = ProviderName.SEPAY, *, told: bool = True, watching: bool = True) -> MoneyHub:
        hub = MoneyHub(hub_path, world, provider, clock_ahead)
        made.append(hub)
        hub.start(watching=watching)
        if told:
            for one in (Provider.PAYOS, Provider.SEPAY, Provider.VNPAY):
                world.webhook(hub.address(one), one)
        return hub

    yield make
    for hub in made:
        hub.close()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Waits for a condition, as long as the slowest machine needs."""

    def wait(condition: Callable[[], object]) -> None:
        pause = threading.Event()
        for _ in range(3_000):
            if condition():
                return
            pause.wait(0.01)
        raise AssertionError("it never came true")

    return wait
