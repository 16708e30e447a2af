"""A simulated FHIR hospital in a process of its own, and what it has itself."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from his_adapter.clock import ZONE
from his_adapter.hospital.fhir import FhirHospital
from his_adapter.model import PatientIdentity
from his_adapter.simulation import Fault, SimulatedServer, System
from his_adapter.simulation.commands import Book, SetFault
from his_adapter.simulation.fhir_names import SYSTEMS, fhir_settings
from tests.his_adapter.contract.hospital_contract import Cannot, SeenVisit, Trouble

Resource = dict[str, Any]
FAULTS = {
    Trouble.DOWN: Fault.DOWN,
    Trouble.SILENT: Fault.SLOW,
    Trouble.BROKEN: Fault.BAD_ANSWER,
    Trouble.LOCKED_OUT: Fault.UNAUTHORIZED,
}


class FhirServer:
    """One server process; a restart keeps its address and its state."""

    def __init__(self, state: Path, lacks: Sequence[str] = ()) -> None:
        self._arguments = ["--interface", "fhir", "--state", str(state)]
        for name in lacks:
            self._arguments += ["--lacks", name]
        self.process = self._start(0)

    def _start(self, port: int) -> SimulatedServer:
        process = SimulatedServer(System.HIS, [*self._arguments, "--port", str(port)])
        process.wait_ready()
        return process

    @property
    def url(self) -> str:
        return self.process.url

    def restart(self) -> None:
        port = int(self.process.url.rpartition(":")[2])
        self.process.kill()
        self.process = self._start(port)

    def all(self, kind: str) -> list[Resource]:
        """Everything of a type, by the hospital's own window."""
        seen = httpx.get(f"{self.url}/simulation/resources/{kind}", trust_env=False).json()
        rows: list[Resource] = seen["resources"]
        return rows

    def close(self) -> None:
        self.process.close()


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
        return self.server.process.tell(booked).booked

    def trouble(self, kind: Trouble | None) -> None:
        self.server.process.tell(SetFault(fault=Fault.NONE if kind is None else FAULTS[kind]))

    def restart(self) -> None:
        self.server.restart()

    def close(self) -> None:
        self.trouble(None)
        for adapter in self.made:
            adapter.close()


def value_of(resource: Resource, system: str) -> str:
    """The value of a resource's identifier of a system; empty when there is none."""
    return next((one["value"] for one in resource.get("identifier", []) if one["system"] == system), "")
