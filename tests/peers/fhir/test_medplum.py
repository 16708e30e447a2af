"""The hospital contract over a FHIR R4 server that is not ours: Medplum's router, repository and validator.

`server.js` puts HTTP before them; `make test-peers` installs what `package-lock.json` names. Medplum validates every
resource that we send by the specification's own StructureDefinitions, with their invariants.
"""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from his_adapter.clock import ZONE
from his_adapter.hospital.fhir import BasicAuth, FhirHospital, FhirSettings, Systems
from his_adapter.model import PatientIdentity, Registration
from tests.his_adapter.contract.hospital_bench import Bench, Cannot, Person, SeenVisit, Trouble, insured, visit_of
from tests.his_adapter.contract.hospital_contract import HospitalContract

HERE = Path(__file__).parent
MODULES = HERE.parents[2] / ".peers" / "fhir" / "node_modules"
LIMIT_S = 60.0
OWN = "http://hospital.example/fhir"
SYSTEMS = Systems(f"{OWN}/cccd", f"{OWN}/bhyt", f"{OWN}/service")
ROOMS = {"KTM": ("Tim mạch", "203", 150_000, 50_600), "KMAT": ("Mắt", "305", 150_000, 50_600)}
Resource = dict[str, Any]


class Medplum:
    """The server's process."""

    def __init__(self) -> None:
        node = shutil.which("node")
        assert node, "Node.js is missing: `make test-peers` installs it"
        assert MODULES.is_dir(), "Medplum is missing: `make test-peers` installs it"
        self._process = subprocess.Popen(
            [node, str(HERE / "server.js")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "NODE_PATH": str(MODULES)},
        )
        self._watch = threading.Timer(LIMIT_S * 3, self._process.kill)  # a peer that hangs fails its tests
        self._watch.start()
        self.url = str(self._answer()["url"])
        self.http = httpx.Client(auth=("kiosk", "medplum"), trust_env=False)
        for code in ROOMS:
            self._furnish(code)

    def _answer(self) -> Resource:
        assert self._process.stdout is not None
        row: Resource = json.loads(self._process.stdout.readline())
        return row

    def tell(self, trouble: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{trouble}\n".encode())
        self._process.stdin.flush()
        self._answer()

    def create(self, resource: Resource) -> str:
        kind = resource["resourceType"]
        headers = {"Content-Type": "application/fhir+json"}
        answer = self.http.post(f"{self.url}/{kind}", content=json.dumps(resource), headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def all(self, kind: str) -> list[Resource]:
        bundle = self.http.get(f"{self.url}/{kind}?_count=1000").json()
        return [entry["resource"] for entry in bundle.get("entry", [])]

    def _furnish(self, code: str) -> None:
        name, room, price, insured_price = ROOMS[code]
        place = self.create({"resourceType": "Location", "status": "active", "name": room})
        coding = {"system": SYSTEMS.service, "code": code}
        self.create(
            {
                "resourceType": "HealthcareService",
                "identifier": [{"system": SYSTEMS.service, "value": code}],
                "active": True,
                "name": name,
                "location": [{"reference": f"Location/{place}", "display": room}],
            }
        )
        prices = [
            {"type": "base", "amount": {"value": price, "currency": "VND"}},
            {"type": "base", "code": {"text": "BHYT"}, "amount": {"value": insured_price, "currency": "VND"}},
        ]
        self.create(
            {
                "resourceType": "ChargeItemDefinition",
                "url": f"{SYSTEMS.service}/{code}",
                "status": "active",
                "code": {"coding": [coding]},
                "propertyGroup": [{"priceComponent": prices}],
            }
        )

    def close(self) -> None:
        self._watch.cancel()
        self.http.close()
        self._process.communicate(timeout=LIMIT_S)


class MedplumBench:
    """A repository without a hospital's own logic: it stores, finds and keeps versions."""

    cannot: Mapping[Cannot, str] = {Cannot.QUEUE: "a plain FHIR server runs no queue"}
    service, other_service = "KTM", "KMAT"

    def __init__(self, server: Medplum) -> None:
        self.server = server
        self.made: list[FhirHospital] = []

    def adapter(self, timeout_s: float = 60.0) -> FhirHospital:
        settings = FhirSettings(
            self.server.url,
            SYSTEMS,
            BasicAuth("kiosk", SecretStr("medplum")),
            timeout_s=timeout_s,
            # it has no CapabilityStatement that could say so
            transactions=True,
            conditional_create=True,
            transaction_entries=8,
        )
        self.made.append(FhirHospital(settings))
        return self.made[-1]

    def visits(self) -> Sequence[SeenVisit]:
        people = {row["id"]: row for row in self.server.all("Patient")}
        return [self._seen(row, people[row["subject"]["reference"].split("/")[1]]) for row in self._encounters()]

    def _encounters(self) -> list[Resource]:
        return [row for row in self.server.all("Encounter") if row["status"] == "arrived"]

    @staticmethod
    def _seen(visit: Resource, person: Resource) -> SeenVisit:
        marks = {one["url"].rpartition(":")[2]: one for one in visit["extension"]}
        return SeenVisit(
            visit_id=visit["id"],
            citizen_number=_value(person, SYSTEMS.citizen),
            name=person["name"][0]["text"],
            service_code=visit["serviceType"]["coding"][0]["code"],
            insured=not marks["self-pay"]["valueBoolean"],
            verified=marks["insurance-verified"]["valueBoolean"],
        )

    def paid(self, visit_id: str) -> Sequence[int]:
        (visit,) = (row for row in self.server.all("Encounter") if row["id"] == visit_id)
        key = _value(visit, SYSTEMS.visit_key)
        bills = {f"Invoice/{row['id']}" for row in self.server.all("Invoice") if _value(row, SYSTEMS.visit_key) == key}
        notices = self.server.all("PaymentNotice")
        return [row["amount"]["value"] for row in notices if row["request"]["reference"] in bills]

    def book(self, patient: PatientIdentity, service: str, at: datetime) -> str:
        found = [row for row in self.server.all("Patient") if _value(row, SYSTEMS.citizen) == patient.number]
        file = found[0]["id"] if found else self._file(patient)
        return self.server.create(
            {
                "resourceType": "Appointment",
                "status": "booked",
                "serviceType": [{"coding": [{"system": SYSTEMS.service, "code": service}]}],
                "start": at.astimezone(ZONE).isoformat(),
                "end": at.astimezone(ZONE).isoformat(),
                "participant": [{"actor": {"reference": f"Patient/{file}"}, "status": "accepted"}],
            }
        )

    def _file(self, patient: PatientIdentity) -> str:
        return self.server.create(
            {
                "resourceType": "Patient",
                "identifier": [{"system": SYSTEMS.citizen, "value": patient.number}],
                "name": [{"text": patient.full_name}],
                "birthDate": patient.birth_date.iso_text(),
            }
        )

    def trouble(self, kind: Trouble | None) -> None:
        self.server.tell("none" if kind is None else kind.value)

    def restart(self) -> None:
        """Its repository is memory: a real end would be its end. The connections are cut, as a restart does."""
        self.server.tell("down")
        self.server.tell("none")

    def close(self) -> None:
        self.trouble(None)
        for adapter in self.made:
            adapter.close()


def _value(resource: Resource, system: str) -> str:
    return next((one["value"] for one in resource.get("identifier", []) if one["system"] == system), "")


@pytest.fixture(scope="module")
def medplum() -> Iterator[Medplum]:
    server = Medplum()
    yield server
    server.close()


class TestMedplum(HospitalContract):
    """Transactions with conditional creates, versions, Medplum's validator."""

    @pytest.fixture
    def bench(self, medplum: Medplum) -> Iterator[Bench]:
        bench = MedplumBench(medplum)
        yield bench
        bench.close()

    def test_what_a_registration_leaves_there(self, medplum: Medplum, bench: Bench, person: Person) -> None:
        patient = person()
        done: Registration = bench.adapter().register(visit_of(patient, bench.service, **insured(patient)))
        visit = medplum.http.get(f"{medplum.url}/Encounter/{done.visit_id}").json()
        whose = visit["subject"]["reference"]
        assert visit["meta"]["versionId"]
        for kind, path in (
            ("Coverage", "beneficiary"),
            ("CoverageEligibilityRequest", "patient"),
            ("CoverageEligibilityResponse", "patient"),
            ("ServiceRequest", "subject"),
            ("ChargeItem", "subject"),
            ("Invoice", "subject"),
        ):
            assert [row[path]["reference"] for row in medplum.all(kind) if row[path]["reference"] == whose] == [whose]
        (bill,) = (row for row in medplum.all("Invoice") if row["subject"]["reference"] == whose)
        (item,) = (row for row in medplum.all("ChargeItem") if row["subject"]["reference"] == whose)
        assert bill["totalGross"] == {"value": done.fee_dong, "currency": "VND"}
        assert bill["lineItem"][0]["chargeItemReference"]["reference"] == f"ChargeItem/{item['id']}"
        assert item["context"]["reference"] == f"Encounter/{done.visit_id}"
