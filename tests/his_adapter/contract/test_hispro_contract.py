"""The hospital contract over the HisPro adapter and its simulated hospital."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from his_adapter.hospital import HisProHospital
from his_adapter.model import PatientIdentity
from his_adapter.simulation import Fault, OutsideWorld, System
from tests.his_adapter.contract.hospital_bench import Cannot, SeenVisit, Trouble
from tests.his_adapter.contract.hospital_contract import HospitalContract

FAULTS = {
    Trouble.DOWN: Fault.DOWN,
    Trouble.SILENT: Fault.SLOW,
    Trouble.BROKEN: Fault.BAD_ANSWER,
    Trouble.LOCKED_OUT: Fault.UNAUTHORIZED,
}


class HisProBench:
    """The simulated hospital, whose state survives a restart."""

    cannot: Mapping[Cannot, str] = {}
    service, other_service = "KTM", "KMAT"

    def __init__(self, world: OutsideWorld) -> None:
        self.world = world
        self.made: list[HisProHospital] = []

    def adapter(self, timeout_s: float = 8.0) -> HisProHospital:
        self.made.append(HisProHospital(self.world.his_settings(timeout_s)))
        return self.made[-1]

    def look(self, what: str) -> list[dict[str, object]]:
        seen = httpx.get(f"{self.world.urls[System.HIS]}/simulation/{what}", trust_env=False).json()
        rows: list[dict[str, object]] = seen[what]
        return rows

    def visits(self) -> Sequence[SeenVisit]:
        people = {row["code"]: row for row in self.look("patients")}
        return [
            SeenVisit(
                visit_id=str(row["treatment"]),
                citizen_number=str(people[row["patient"]]["citizen_number"]),
                name=str(people[row["patient"]]["name"]),
                service_code=str(row["service"]),
                insured=bool(row["insured"]),
                verified=bool(row["verified"]),
            )
            for row in self.look("visits")
        ]

    def paid(self, visit_id: str) -> Sequence[int]:
        return [int(str(row["amount"])) for row in self.look("payments") if row["treatment"] == visit_id]

    def book(self, patient: PatientIdentity, service: str, at: datetime) -> str:
        return self.world.book(patient, service, at)

    def trouble(self, kind: Trouble | None) -> None:
        self.world.fault(System.HIS, Fault.NONE if kind is None else FAULTS[kind])

    def restart(self) -> None:
        self.world.restart(System.HIS)

    def close(self) -> None:
        self.trouble(None)
        for adapter in self.made:
            adapter.close()


@pytest.fixture(scope="module")
def world(people: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OutsideWorld]:
    """A world of its own: this hospital is restarted."""
    with OutsideWorld(people, state=tmp_path_factory.mktemp("his") / "state.json") as started:
        yield started


class TestHisPro(HospitalContract):
    """Over HTTP, as the kiosk does."""

    @pytest.fixture
    def bench(self, world: OutsideWorld) -> Iterator[HisProBench]:  # type: ignore[override]
        bench = HisProBench(world)
        yield bench
        bench.close()
