"""The simulated FHIR server itself: what an adapter is tried on must keep the specification."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from his_adapter.simulation import SimulatedServer, System, accounts
from his_adapter.simulation.fhir_store import Store
from tests.his_adapter.fhir.bench import FhirServer, Resource

MEDIA = {"Content-Type": "application/fhir+json"}
PERSON: Resource = {"resourceType": "Patient", "identifier": [{"system": "http://h", "value": "1"}], "gender": "female"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FhirServer]:
    server = FhirServer(tmp_path / "state.jsonl")
    yield server
    server.close()


@pytest.fixture
def http(server: FhirServer) -> Iterator[httpx.Client]:
    account = (accounts.FHIR_ACCOUNT, accounts.FHIR_KEY)
    with httpx.Client(base_url=f"{server.url}/fhir/", auth=account, trust_env=False, verify=False) as client:
        yield client


def post(http: httpx.Client, resource: Resource, path: str = "", **headers: str) -> httpx.Response:
    kind = path or resource["resourceType"]
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return http.post(kind, content=json.dumps(resource), headers=MEDIA | named)


def put(http: httpx.Client, resource: Resource, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    path = f"{resource['resourceType']}/{resource['id']}"
    return http.put(path, content=json.dumps(resource), headers=MEDIA | named)


def issue(answer: httpx.Response) -> str:
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    return str(outcome["issue"][0]["code"])


def test_versions(http: httpx.Client) -> None:
    made = post(http, PERSON)
    assert made.status_code == 201
    place = made.json()["id"]
    assert made.headers["etag"] == 'W/"1"'
    assert made.headers["location"].endswith(f"/fhir/Patient/{place}/_history/1")
    changed = put(http, made.json() | {"gender": "male"}, If_Match='W/"1"')
    assert (changed.status_code, changed.headers["etag"]) == (200, 'W/"2"')
    stale = put(http, made.json(), If_Match='W/"1"')
    assert (stale.status_code, issue(stale)) == (412, "conflict")
    assert http.get(f"Patient/{place}/_history/1").json()["gender"] == "female"
    assert http.delete(f"Patient/{place}").status_code == 204
    gone = http.get(f"Patient/{place}")
    assert (gone.status_code, issue(gone)) == (410, "deleted")
    assert issue(http.get("Patient/none")) == "not-found"


def test_conditional_creates(http: httpx.Client) -> None:
    condition = {"If_None_Exist": "identifier=http://h|1"}
    first, second = (post(http, PERSON, **condition) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    post(http, PERSON)
    third = post(http, PERSON, **condition)
    assert (third.status_code, issue(third)) == (412, "multiple-matches")


@pytest.mark.parametrize(
    ("resource", "status", "code"),
    [
        ({"resourceType": "Patient", "gender": "x"}, 422, "structure"),
        ({"resourceType": "Patient", "born": "1990"}, 422, "structure"),
        ({"resourceType": "Encounter", "status": "arrived"}, 422, "structure"),
        ({"resourceType": "Patient", "managingOrganization": {"reference": "Patient/none"}}, 422, "not-found"),
        ({"resourceType": "Observation"}, 404, "not-supported"),
    ],
)
def test_what_is_not_taken(http: httpx.Client, resource: Resource, status: int, code: str) -> None:
    refused = post(http, resource)
    assert (refused.status_code, issue(refused)) == (status, code)


def test_media_types_are_kept(http: httpx.Client) -> None:
    assert http.post("Patient", content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
    assert http.get("Patient/1", headers={"Accept": "application/fhir+xml"}).status_code == 406
    assert http.get("metadata").headers["content-type"] == "application/fhir+json;charset=utf-8"


def transaction(*entries: tuple[Resource, str]) -> Resource:
    rows = [
        {
            "fullUrl": f"urn:uuid:{place}",
            "resource": resource,
            "request": {"method": "POST", "url": resource["resourceType"]}
            | ({"ifNoneExist": condition} if condition else {}),
        }
        for place, (resource, condition) in enumerate(entries)
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": rows}


def visit(patient: str, status: str = "arrived") -> Resource:
    return {
        "resourceType": "Encounter",
        "identifier": [{"system": "http://h", "value": "visit"}],
        "status": status,
        "class": {"code": "AMB"},
        "subject": {"reference": patient},
    }


def test_a_transaction_is_whole(http: httpx.Client, server: FhirServer) -> None:
    good = transaction((PERSON, "identifier=http://h|1"), (visit("urn:uuid:0"), "identifier=http://h|visit"))
    for status in ("201 Created", "200 OK"):
        done = post(http, good, "./").json()
        assert [entry["response"]["status"] for entry in done["entry"]] == [status] * 2
    assert len(server.all("Patient")) == len(server.all("Encounter")) == 1
    (made,) = server.all("Encounter")
    assert made["subject"]["reference"] == f"Patient/{server.all('Patient')[0]['id']}"


@pytest.mark.parametrize(
    "second",
    [visit("urn:uuid:0", "x"), visit("urn:uuid:unknown"), visit("Patient/none"), {"resourceType": "Encounter"}],
)
def test_or_it_is_nothing(http: httpx.Client, server: FhirServer, second: Resource) -> None:
    answer = post(http, transaction((PERSON, ""), (second, "")), "./")
    assert answer.status_code == 422
    assert server.all("Patient") == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("identifier=http://h|1", 1),
        ("identifier=1", 3),
        ("identifier=http://h|", 3),
        ("identifier=http://h|1,http://h|2", 2),
        ("birthdate=1990-02", 1),
        ("birthdate=ge1990&birthdate=lt1991", 2),
        ("birthdate=gt1991", 1),
        ("birthdate=ne1990", 2),
        ("name=lệ", 1),
        ("active=true", 1),
        (r"identifier=http://h|a\,b\|c", 1),
    ],
)
def test_searches(http: httpx.Client, query: str, found: int) -> None:
    for value, born, others in (
        ("1", "1990-02-03", {}),
        ("1", "1990", {"identifier": [{"system": "http://other", "value": "1"}]}),
        ("2", "1989-12-31", {"name": [{"text": "Hợp Lệ"}]}),
        ("a,b|c", "1992", {"active": True, "identifier": [{"system": "http://h", "value": "a,b|c"}, {"value": "1"}]}),
    ):
        row: dict[str, Any] = {"identifier": [{"system": "http://h", "value": value}], "birthDate": born, **others}
        assert post(http, {"resourceType": "Patient", **row}).status_code == 201
    assert http.get(f"Patient?{query}").json()["total"] == found


def test_a_parameter_that_is_not_known_is_passed_over_unless_told_otherwise(http: httpx.Client) -> None:
    post(http, PERSON)
    assert http.get("Patient?gender=male").json()["total"] == 1
    assert http.get("Patient?gender=male", headers={"Prefer": "handling=strict"}).status_code == 400


def test_pages(http: httpx.Client) -> None:
    for _ in range(5):
        post(http, PERSON)
    seen = []
    bundle = http.get("Patient?_count=2").json()
    while True:
        seen += [entry["resource"]["id"] for entry in bundle.get("entry", [])]
        following = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        if not following:
            break
        bundle = http.get(following[0]).json()
    assert len(seen) == len(set(seen)) == 5
    assert "entry" not in http.get("Patient?_summary=count").json()


def test_half_a_line_was_never_answered(tmp_path: Path) -> None:
    path = tmp_path / "state.jsonl"
    store = Store(path)
    store.commit([("Patient", store.new_id(), PERSON | {"id": "1"})])
    whole = path.read_bytes()
    path.write_bytes(whole + b'[["Patient", "2", {"resourceTy')
    again = Store(path)
    assert [row["id"] for row in again.all("Patient")] == ["1"]
    assert again.new_id() == "2"
    assert path.read_bytes() == whole
    assert next(again.with_identifier("Patient", "http://h", "1"))["gender"] == "female"


def test_the_command_serves_it(tmp_path: Path) -> None:
    arguments = ["--interface", "fhir", "--state", str(tmp_path / "state.jsonl"), "--lacks", "transactions"]
    process = SimulatedServer(System.HIS, arguments)
    try:
        process.wait_ready()
        statement = httpx.get(f"{process.url}/fhir/metadata", trust_env=False, verify=False).json()
    finally:
        process.close()
    assert statement["resourceType"] == "CapabilityStatement"
    assert "interaction" not in statement["rest"][0]
