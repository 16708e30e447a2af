"""A simulated hospital that speaks FHIR: what is the hospital's own beside the generic server.

Departments with rooms and prices, a patient number, a number in the queue for who arrives, and a receipt for who has
paid exactly. `/simulation/resources/TYPE` shows everything of a type to tests and demonstrations.
"""

import base64
import secrets
import time
import tomllib
from collections.abc import Iterable
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter

from his_adapter.clock import ZONE, now
from his_adapter.hospital.fhir.terms import PAID, TRANSLATION
from his_adapter.simulation import accounts
from his_adapter.simulation.cards import Holder
from his_adapter.simulation.commands import Answer, Book, Command, Fault, SetFault, System
from his_adapter.simulation.fhir_answers import MEDIA, outcome
from his_adapter.simulation.fhir_names import BASE, QUEUE, SYSTEMS, TOKEN_PATH
from his_adapter.simulation.fhir_options import FhirOptions
from his_adapter.simulation.fhir_server import FhirServer
from his_adapter.simulation.fhir_store import Resource, Store, Unit
from his_adapter.simulation.process import Simulator

TOKEN_LIFE_S = 300
URGENT = "UR"


class FhirSimulator(Simulator):
    """State in memory and, with a path, in a file."""

    system = System.HIS
    impossible = frozenset({Fault.BAD_SIGNATURE})

    def __init__(self, state: Path | None, options: FhirOptions | None = None, people: Iterable[Holder] = ()) -> None:
        self._store = Store(state)
        self._departments: dict[str, dict[str, Any]] = {}
        self._queues: dict[tuple[str, str], list[bool]] = {}
        self._tokens: dict[str, float] = {}
        self._expired = False
        self._read_departments()
        self._remember()
        for person in people:
            self._know(person)
        self._server = FhirServer(self._store, options or FhirOptions(), self._complete)
        self.app = self._build()

    def commands(self) -> TypeAdapter[Command]:
        return TypeAdapter(SetFault | Book)

    def fault_changed(self, fault: Fault) -> Fault:
        self._expired = fault is Fault.EXPIRED_TOKEN
        return fault

    async def obey(self, command: Command) -> Answer:
        return Answer(ok=True, booked=self._book(command)) if isinstance(command, Book) else Answer(ok=True)

    async def close(self) -> None:
        """Every change is in the file already."""

    def _build(self) -> FastAPI:
        app = FastAPI(title="Simulated FHIR hospital", docs_url=None, redoc_url=None, openapi_url=None)

        @app.middleware("http")
        async def with_account(request: Request, call_next: Any) -> Any:
            path = request.url.path
            if path.startswith(BASE) and path != f"{BASE}/metadata" and not self._may(request):
                return JSONResponse(outcome("login"), status_code=401, media_type=MEDIA)
            return await call_next(request)

        @app.post(TOKEN_PATH)
        async def token(request: Request) -> JSONResponse:
            form = parse_qs((await request.body()).decode())
            if not self._is_account(request.headers.get("authorization", ""), form):
                return JSONResponse({"error": "invalid_client"}, status_code=401)
            if form.get("grant_type") != ["client_credentials"]:
                return JSONResponse({"error": "unsupported_grant_type"}, status_code=400)
            made = secrets.token_urlsafe(24)
            self._tokens[made] = time.monotonic() + TOKEN_LIFE_S
            return JSONResponse({"access_token": made, "token_type": "Bearer", "expires_in": TOKEN_LIFE_S})

        @app.get("/simulation/resources/{kind}")
        async def everything(kind: str) -> dict[str, object]:
            rows = list(self._store.all(kind))
            return {"count": len(rows), "resources": rows}

        self._server.mount(app, BASE)
        return app

    # who may talk

    def _may(self, request: Request) -> bool:
        header = request.headers.get("authorization", "")
        if header.startswith("Bearer "):
            until = self._tokens.get(header.removeprefix("Bearer "), 0.0)
            return not self._expired and until > time.monotonic()
        return self._is_account(header, {})

    @staticmethod
    def _is_account(header: str, form: dict[str, list[str]]) -> bool:
        expected = f"{accounts.FHIR_ACCOUNT}:{accounts.FHIR_KEY}"
        if header.startswith("Basic "):
            return header.removeprefix("Basic ") == base64.b64encode(expected.encode()).decode()
        return f"{form.get('client_id', [''])[0]}:{form.get('client_secret', [''])[0]}" == expected

    # the hospital's own part

    def _complete(self, unit: Unit, resource: Resource, before: Resource | None) -> None:
        kind = resource["resourceType"]
        if kind == "Patient" and before is None:
            number = f"BN{resource['id'].zfill(8)}"
            resource.setdefault("identifier", []).append({"system": SYSTEMS.patient_code, "value": number})
        elif kind == "Encounter" and resource["status"] == "arrived":
            if before is None or before["status"] == "planned":
                self._queue(unit, resource)
        elif kind == "PaymentNotice" and before is None:
            codes = {one.get("code") for one in resource.get("paymentStatus", {}).get("coding", [])}
            if PAID in codes:
                receipt = f"BL{resource['id'].zfill(8)}"
                resource["identifier"].append({"system": SYSTEMS.receipt, "value": receipt})

    def _queue(self, unit: Unit, encounter: Resource) -> None:
        department = self._departments.get(_service(encounter))
        if department is None:
            return
        line = self._queues.setdefault((department["code"], now().date().isoformat()), [])
        urgent = _urgent(encounter)
        start = department.get("waiting")
        ahead = sum(line) if urgent else (None if start is None else start + len(line))
        line.append(urgent)
        notes: list[Resource] = [{"url": QUEUE.number, "valueString": f"{(start or 0) + len(line):03d}"}]
        if start is not None:
            notes.append({"url": QUEUE.ahead, "valueInteger": ahead})
            self._show_waiting(unit, department, start + len(line))
        encounter.setdefault("extension", []).extend(notes)
        encounter["location"] = [{"location": {"display": department["room"]}}]

    def _show_waiting(self, unit: Unit, department: dict[str, Any], waiting: int) -> None:
        shown = next(iter(unit.with_identifier("HealthcareService", SYSTEMS.service, department["code"])))
        version = unit.versions("HealthcareService", shown["id"]) + 1
        note = {"url": QUEUE.waiting, "valueInteger": waiting}
        changed = {**shown, "extension": [note], "meta": {"versionId": str(version)}}
        unit.put("HealthcareService", shown["id"], changed)

    def _read_departments(self) -> None:
        text = resources.files(__package__).joinpath("departments.toml").read_text("utf-8")
        self._departments = {row["code"]: row for row in tomllib.loads(text)["service"]}
        if next(self._store.all("HealthcareService"), None) is not None:
            return
        for row in self._departments.values():
            self._store.commit([(one["resourceType"], one["id"], one) for one in self._furnish(row)])

    def _furnish(self, row: dict[str, Any]) -> Iterable[Resource]:
        place, department, price = (self._store.new_id() for _ in range(3))
        meta = {"versionId": "1"}
        yield {
            "resourceType": "Location",
            "id": place,
            "meta": meta,
            "status": "active",
            "name": row["room"],
            "partOf": {"display": row["floor"]},
        }
        english = [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": row["name_en"]}]
        service: Resource = {
            "resourceType": "HealthcareService",
            "id": department,
            "meta": meta,
            "identifier": [{"system": SYSTEMS.service, "value": row["code"]}],
            "active": True,
            "name": row["name_vi"],
            "_name": {"extension": [{"url": TRANSLATION, "extension": english}]},
            "location": [{"reference": f"Location/{place}", "display": row["room"]}],
        }
        if "waiting" in row:
            service["extension"] = [{"url": QUEUE.waiting, "valueInteger": row["waiting"]}]
        yield service
        insured = {"text": "Giá BHYT", "coding": [{"system": SYSTEMS.service, "code": "BHYT"}]}
        yield {
            "resourceType": "ChargeItemDefinition",
            "id": price,
            "meta": meta,
            "url": f"{SYSTEMS.service}/{row['code']}",
            "status": "active",
            "code": {"coding": [{"system": SYSTEMS.service, "code": row["code"]}]},
            "propertyGroup": [
                {
                    "priceComponent": [
                        {"type": "base", "amount": {"value": row["price"], "currency": "VND"}},
                        {"type": "base", "code": insured, "amount": {"value": row["insured_price"], "currency": "VND"}},
                    ]
                }
            ],
        }

    def _remember(self) -> None:
        """The day's queues, after a restart."""
        for encounter in self._store.all("Encounter"):
            start = datetime.fromisoformat(encounter["period"]["start"]).astimezone(ZONE)
            if encounter["status"] != "planned" and _service(encounter) in self._departments:
                line = self._queues.setdefault((_service(encounter), start.date().isoformat()), [])
                line.append(_urgent(encounter))

    def _book(self, command: Book) -> str:
        """An appointment, and a patient file for whoever has none."""
        found = list(self._store.with_identifier("Patient", SYSTEMS.citizen, command.book))
        unit = Unit(self._store)
        born = f"{command.birth // 1_000_000:08d}"  # yyyyMMddHHmmss
        patient = (
            found[0] if found else self._file(unit, command.book, command.name, f"{born[:4]}-{born[4:6]}-{born[6:]}")
        )
        identity = self._store.new_id()
        department = self._departments[command.service]
        coding = {"system": SYSTEMS.service, "code": command.service}
        appointment = {
            "resourceType": "Appointment",
            "id": identity,
            "meta": {"versionId": "1"},
            "status": "booked",
            "serviceType": [{"coding": [coding], "text": department["name_vi"]}],
            "start": command.at.astimezone(ZONE).isoformat(),
            "participant": [
                {"actor": {"reference": f"Patient/{patient['id']}"}, "status": "accepted"},
                {"actor": {"type": "Practitioner", "display": "BS. Mô Phỏng"}, "status": "accepted"},
                {"actor": {"type": "Location", "display": department["room"]}, "status": "accepted"},
            ],
        }
        unit.put("Appointment", identity, appointment)
        unit.commit()
        return identity

    def _know(self, person: Holder) -> None:
        """A file of somebody who was here before."""
        if next(self._store.with_identifier("Patient", SYSTEMS.citizen, person.number), None) is None:
            unit = Unit(self._store)
            self._file(unit, person.number, person.full_name, person.birth_date.isoformat())
            unit.commit()

    def _file(self, unit: Unit, number: str, name: str, born: str) -> Resource:
        identity = self._store.new_id()
        family, *given = name.split()
        patient: Resource = {
            "resourceType": "Patient",
            "id": identity,
            "meta": {"versionId": "1"},
            "identifier": [{"system": SYSTEMS.citizen, "value": number}],
            "name": [{"text": name, "family": family, "given": given}],
            "birthDate": born,
        }
        self._complete(unit, patient, None)
        unit.put("Patient", identity, patient)
        return patient


def _service(encounter: Resource) -> str:
    codings = encounter.get("serviceType", {}).get("coding", [])
    return next((one["code"] for one in codings if one.get("system") == SYSTEMS.service), "")


def _urgent(encounter: Resource) -> bool:
    return any(one.get("code") == URGENT for one in encounter.get("priority", {}).get("coding", []))
