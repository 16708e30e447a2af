"""One world for the room: starting it takes seconds."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.simulation.world import SimulatedWorld

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60.0


@pytest.fixture(scope="session")
def people_dir() -> Path:
    return ROOT / "assets" / "people"


@pytest.fixture(scope="module")
def world(people_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedWorld]:
    with SimulatedWorld(tmp_path_factory.mktemp("world"), people_dir) as made:
        yield made


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Poll a condition that announces itself by no event."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + LIMIT_S
        while not condition():
            assert time.monotonic() < deadline, "the condition never became true"
            time.sleep(0.01)

    return wait
