"""The hospitals of `bench.exactly_once`: how each is started, reached and counted on its own side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from pydantic import SecretStr

from bench.exactly_once_visits import SERVICES
from his_adapter.hospital import HisProHospital
from his_adapter.hospital.fhir import FhirHospital
from his_adapter.hospital.hl7v2 import Hl7Hospital, Hl7Settings, Place
from his_adapter.hospital.hl7v2.head import visit_number
from his_adapter.hospital.hl7v2.settings import PDVQ
from his_adapter.model import Room, Service
from his_adapter.ports import HospitalSystem
from his_adapter.settings import HisSettings
from his_adapter.simulation import SimulatedServer, accounts
from his_adapter.simulation.command import Interface
from his_adapter.simulation.fault_framing import TalkKind
from his_adapter.simulation.fhir_names import QUEUE, SYSTEMS, fhir_settings

LIMIT_S = 60.0

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SeenVisit:
    """A visit the hospital has. `mark` is what the key left there; `number` the queue number, with its room."""

    mark: str
    visit_id: str
    citizen_number: str
    number: str


@dataclass(frozen=True, slots=True)
class Census:
    """What the hospital has. `patients` are the citizen numbers of its files; payments are transfer and amount."""

    patients: Sequence[str]
    visits: Sequence[SeenVisit]
    payments: Sequence[tuple[str, int]]


class Site(Protocol):
    """One kind of hospital system."""

    kind: TalkKind
    """What the fault proxy makes of the talk with it."""

    def address(self, server: SimulatedServer) -> str:
        """``HOST:PORT`` of what the adapter talks to."""
        ...

    def port(self, address: str) -> Sequence[str]:
        """What a restarted hospital is told, so that it listens at the same address."""
        ...

    def adapter(self, address: str) -> HospitalSystem:
        """An adapter for this address."""
        ...

    def mark(self, key: str) -> str:
        """What the hospital keeps of a visit's key."""
        ...

    def census(self, server: SimulatedServer) -> Census:
        """Ask the hospital itself what it has."""
        ...


class HisProSite(Site):
    """HisPro's kiosk contract."""

    kind = TalkKind.HTTP

    def address(self, server: SimulatedServer) -> str:
        return server.url.removeprefix("http://")

    def port(self, address: str) -> Sequence[str]:
        return ("--port", address.rpartition(":")[2])

    def adapter(self, address: str) -> HospitalSystem:
        return HisProHospital(HisSettings(f"http://{address}", SecretStr(accounts.HIS_API_KEY)))

    def mark(self, key: str) -> str:
        return key

    def census(self, server: SimulatedServer) -> Census:
        people = {row["code"]: row["citizen_number"] for row in _look(server, "patients")["patients"]}
        visits = [
            SeenVisit(
                row["key"], row["treatment"], people[row["patient"]], f"{row['day']} {row['room']} {row['order']}"
            )
            for row in _look(server, "visits")["visits"]
        ]
        payments = [(row["transfer"], row["amount"]) for row in _look(server, "payments")["payments"]]
        return Census(list(people.values()), visits, payments)


class FhirSite(Site):
    """A FHIR R4 server."""

    kind = TalkKind.HTTP

    def address(self, server: SimulatedServer) -> str:
        return server.url.removeprefix("http://")

    def port(self, address: str) -> Sequence[str]:
        return ("--port", address.rpartition(":")[2])

    def adapter(self, address: str) -> HospitalSystem:
        return FhirHospital(fhir_settings(f"http://{address}"))

    def mark(self, key: str) -> str:
        return key

    def census(self, server: SimulatedServer) -> Census:
        people = {f"Patient/{row['id']}": _identifier(row, SYSTEMS.citizen) for row in self._all(server, "Patient")}
        visits = [
            SeenVisit(
                _identifier(row, SYSTEMS.visit_key),
                row["id"],
                people[row["subject"]["reference"]],
                f"{row['location'][0]['location']['display']} {_extension(row, QUEUE.number)}",
            )
            for row in self._all(server, "Encounter")
            if row["status"] == "arrived"
        ]
        payments = [
            (_identifier(row, SYSTEMS.transfer), int(row["amount"]["value"]))
            for row in self._all(server, "PaymentNotice")
        ]
        return Census(list(people.values()), visits, payments)

    @staticmethod
    def _all(server: SimulatedServer, kind: str) -> list[Row]:
        found: list[Row] = _look(server, f"resources/{kind}")["resources"]
        return found


class Hl7Site(Site):
    """HL7 v2.5.1 over MLLP, with a hospital that answers queries and gives queue numbers."""

    kind = TalkKind.MLLP

    def address(self, server: SimulatedServer) -> str:
        return server.addresses["mllp"]

    def port(self, address: str) -> Sequence[str]:
        return ("--mllp-port", address.rpartition(":")[2])

    def adapter(self, address: str) -> HospitalSystem:
        host, _, port = address.rpartition(":")
        services = tuple(Service(code, code, code, Room(code), 150_000, 50_600) for code in SERVICES)
        return Hl7Hospital(
            Hl7Settings(
                host,
                int(port),
                services,
                visit_query=PDVQ,
                queue_number=Place.of("ZQN-1"),
                receipt_number=Place.of("ZPR-1"),
            )
        )

    def mark(self, key: str) -> str:
        return visit_number(key)

    def census(self, server: SimulatedServer) -> Census:
        rows = _look(server, "visits")["visits"]
        visits = [
            SeenVisit(
                row["announced"], row["number"], row["patient"]["citizen_number"], f"{row['service']} {row['queue']}"
            )
            for row in rows
        ]
        files = {row["patient"]["code"]: row["patient"]["citizen_number"] for row in rows}
        payments = [(row["transfer"], row["amount"]) for row in _look(server, "payments")["payments"]]
        return Census(list(files.values()), visits, payments)


SITES: Mapping[Interface, Site] = {
    Interface.HISPRO: HisProSite(),
    Interface.FHIR: FhirSite(),
    Interface.HL7: Hl7Site(),
}


def _look(server: SimulatedServer, what: str) -> Row:
    answer = httpx.get(f"{server.url}/simulation/{what}", trust_env=False, timeout=LIMIT_S).raise_for_status()
    found: Row = answer.json()
    return found


def _identifier(resource: Row, system: str) -> str:
    return next((str(one["value"]) for one in resource.get("identifier", []) if one["system"] == system), "")


def _extension(resource: Row, url: str) -> str:
    return next((str(one["valueString"]) for one in resource.get("extension", []) if one["url"] == url), "")
