"""A simulated FHIR hospital, and what it has itself."""

import asyncio
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx

from his_adapter.clock import ZONE
from his_adapter.hospital.fhir import FhirHospital
from his_adapter.model import PatientIdentity
from his_adapter.simulation import Fault
from his_adapter.simulation.commands import Book, Command, SetFault
from his_adapter.simulation.fhir_hospital import FhirSimulator
from his_adapter.simulation.fhir_names import SYSTEMS, fhir_settings
from his_adapter.simulation.fhir_options import lacking
from his_adapter.simulation.gate import Gate
from his_adapter.simulation.listener import Listener
from tests.his_adapter.contract.hospital_bench import Cannot, SeenVisit, Trouble

Resource = dict[str, Any]
T = TypeVar("T")
FAULTS = {
    Trouble.DOWN: Fault.DOWN,
    Trouble.SILENT: Fault.SLOW,
    Trouble.BROKEN: Fault.BAD_ANSWER,
    Trouble.LOCKED_OUT: Fault.UNAUTHORIZED,
}


class FhirServer:
    """A simulated hospital behind its gate, in a thread. A restart forgets what is not in the file."""

    def __init__(self, state: Path, lacks: Sequence[str] = ()) -> None:
        self._state, self._lacks = state, lacks
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._hospital = FhirSimulator(state, lacking(lacks))
        self._gate = Gate(self._hospital.app)
        self._listener = self._do(self._open(0))
        # one client: a new one reads the certificate authorities each time
        self._window = httpx.Client(trust_env=False, verify=False, limits=httpx.Limits(max_keepalive_connections=0))

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self, port: int) -> Listener:
        listener = Listener(self._gate, port)
        await listener.up()
        return listener

    async def _tell(self, command: Command) -> str:
        if not isinstance(command, SetFault):
            return (await self._hospital.obey(command)).booked
        left = self._hospital.fault_changed(command.fault)
        self._gate.set(left)
        await (self._listener.down() if left is Fault.DOWN else self._listener.up())
        return ""

    def tell(self, command: Command) -> str:
        """Carry out a command as the process does; the id of what was booked."""
        return self._do(self._tell(command))

    @property
    def url(self) -> str:
        return self._listener.url

    def restart(self) -> None:
        self._do(self._listener.close())
        self._hospital = FhirSimulator(self._state, lacking(self._lacks))
        self._gate = Gate(self._hospital.app)
        self._listener = self._do(self._open(self._listener.port))

    def all(self, kind: str) -> list[Resource]:
        """Everything of a type, by the hospital's own window."""
        seen = self._window.get(f"{self.url}/simulation/resources/{kind}").json()
        rows: list[Resource] = seen["resources"]
        return rows

    def close(self) -> None:
        self._window.close()
        self._do(self._listener.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class FhirBench:
    """The hospital as the contract wants it."""

    cannot: Mapping[Cannot, str] = {}
    service, other_service = "KTM", "KMAT"

    def __init__(self, server: FhirServer, **settings: object) -> None:
        self.server = server
        self.settings = settings
        self.made: list[FhirHospital] = []

    def adapter(self, timeout_s: float = 8.0) -> FhirHospital:
        settings = replace(fhir_settings(self.server.url, timeout_s), **self.settings)  # type: ignore[arg-type]
        self.made.append(FhirHospital(settings))
        return self.made[-1]

    def visits(self) -> Sequence[SeenVisit]:
        people = {row["id"]: row for row in self.server.all("Patient")}
        rows = []
        for row in self.server.all("Encounter"):
            if row["status"] != "arrived":
                continue
            person = people[row["subject"]["reference"].removeprefix("Patient/")]
            marks = {one["url"].rpartition(":")[2]: one for one in row["extension"]}
            rows.append(
                SeenVisit(
                    visit_id=row["id"],
                    citizen_number=value_of(person, SYSTEMS.citizen),
                    name=person["name"][0]["text"],
                    service_code=row["serviceType"]["coding"][0]["code"],
                    insured=not marks["self-pay"]["valueBoolean"],
                    verified=marks["insurance-verified"]["valueBoolean"],
                )
            )
        return rows

    def paid(self, visit_id: str) -> Sequence[int]:
        """By the bill of the visit: an Invoice has the visit's key, a notice names the Invoice."""
        (visit,) = (row for row in self.server.all("Encounter") if row["id"] == visit_id)
        key = value_of(visit, SYSTEMS.visit_key)
        of_visit = {f"Encounter/{visit_id}"} | {
            f"Invoice/{row['id']}" for row in self.server.all("Invoice") if value_of(row, SYSTEMS.visit_key) == key
        }
        notices = self.server.all("PaymentNotice")
        return [row["amount"]["value"] for row in notices if row["request"]["reference"] in of_visit]

    def book(self, patient: PatientIdentity, service: str, at: datetime) -> str:
        born = patient.birth_date
        number = (born.year * 10_000 + (born.month or 1) * 100 + (born.day or 1)) * 1_000_000
        booked = Book(
            book=patient.number, name=patient.full_name, birth=number, service=service, at=at.astimezone(ZONE)
        )
        return self.server.tell(booked)

    def trouble(self, kind: Trouble | None) -> None:
        self.server.tell(SetFault(fault=Fault.NONE if kind is None else FAULTS[kind]))

    def restart(self) -> None:
        self.server.restart()

    def close(self) -> None:
        self.trouble(None)
        for adapter in self.made:
            adapter.close()


def value_of(resource: Resource, system: str) -> str:
    """The value of a resource's identifier of a system; empty when there is none."""
    return next((one["value"] for one in resource.get("identifier", []) if one["system"] == system), "")
