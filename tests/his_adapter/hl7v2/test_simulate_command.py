"""``simulate hospital --interface hl7`` as a process of its own, killed and started again."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from his_adapter.clock import ZONE
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.hl7v2 import Hl7Hospital
from his_adapter.simulation.commands import Book, Fault, SetFault, System
from his_adapter.simulation.hl7_listener import Mishap
from his_adapter.simulation.hl7_simulator import SetMishap
from his_adapter.simulation.server import SimulatedServer
from tests.his_adapter.hl7v2.story import PATIENT, HospitalMaker, transfer, visit


class Process:
    """One hospital's process after the other, at the same addresses and with the same memory."""

    def __init__(self, state: Path) -> None:
        self._arguments = ["--interface", "hl7", "--state", str(state)]
        self.server = self._start()
        self.port = int(self.server.addresses["mllp"].rpartition(":")[2])

    def _start(self, *more: str) -> SimulatedServer:
        server = SimulatedServer(System.HIS, [*self._arguments, *more])
        server.wait_ready()
        return server

    def restart(self) -> None:
        self.server.kill()
        self.server = self._start("--mllp-port", str(self.port))

    def look(self, what: str) -> dict[str, object]:
        seen: dict[str, object] = httpx.get(f"{self.server.url}/simulation/{what}", trust_env=False).json()
        return seen


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    started = Process(tmp_path_factory.mktemp("hl7") / "state")
    yield started
    started.server.close()


def test_a_hospital_that_is_killed_remembers(process: Process, hospital_at: HospitalMaker) -> None:
    at = datetime.now(ZONE).replace(hour=9, minute=0, second=0, microsecond=0)
    booking = Book(book=PATIENT.number, name=PATIENT.full_name, birth=19900201000000, service="KTM", at=at)
    booked = process.server.tell(booking).booked
    hospital = hospital_at(process.port, appointments=True, visit_query="IHE PDVQ Query")
    (found,) = hospital.appointments(PATIENT, at.date())
    assert (found.appointment_id, found.starts_at) == (booked, at)
    first = hospital.register(visit())
    process.restart()
    again = hospital.register(visit())
    assert (again.visit_id, again.repeated) == (first.visit_id, True)
    assert hospital.registration_by_key("key-1") == again
    rows = process.look("visits")["visits"]
    assert [row["number"] for row in rows if row["number"] == first.visit_id] == [first.visit_id]  # type: ignore[attr-defined]
    assert process.look("payments") == {"count": 0, "payments": []}


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (SetFault(fault=Fault.DOWN), OutsideFaultCode.UNREACHABLE),
        (SetFault(fault=Fault.HTTP_500), OutsideFaultCode.SERVER_ERROR),
        (SetFault(fault=Fault.BAD_ANSWER), OutsideFaultCode.BAD_ANSWER),
        (SetMishap(mllp=Mishap.WRONG_ID), OutsideFaultCode.BAD_ANSWER),
        (SetMishap(mllp=Mishap.CUT), OutsideFaultCode.TIMEOUT),
    ],
)
def test_it_fails_as_it_is_told(
    process: Process, hospital_at: HospitalMaker, command: SetFault | SetMishap, code: OutsideFaultCode
) -> None:
    hospital: Hl7Hospital = hospital_at(process.port)
    request = visit(f"key-{command.model_dump_json()}")
    process.server.tell(command)
    with pytest.raises(OutsideFault) as caught:
        hospital.register(request)
    assert caught.value.code is code
    process.server.tell(SetFault(fault=Fault.NONE))
    done = hospital.register(request)
    with pytest.raises(OutsideFault) as caught:
        hospital.record_payment(transfer())
    assert caught.value.code is OutsideFaultCode.REJECTED  # a visit that it does not know
    numbers = [row["number"] for row in process.look("visits")["visits"]]  # type: ignore[attr-defined]
    assert numbers.count(done.visit_id) == 1
    assert len(numbers) == len(set(numbers)) == process.look("visits")["count"]
