"""The RESTful API as a client sees it: what is sent, and what every answer means."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.fhir import BasicAuth
from his_adapter.hospital.fhir.client import Contended, FhirClient
from his_adapter.http import Deadline
from tests.his_adapter.fhir.conftest import Closing, Talk, bundle, outcome

PATIENT = {"resourceType": "Patient", "id": "7", "meta": {"versionId": "3"}}
SECRET_WORDS = "NGUYỄN THỊ BÍ MẬT 001190990101"


class Clock:
    def __init__(self) -> None:
        self.moment = 1000.0

    def __call__(self) -> float:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(talk: Talk, clock: Clock, closing: Closing) -> FhirClient:
    auth = BasicAuth("kiosk", SecretStr("mật khẩu"))
    made: FhirClient = closing(FhirClient(talk.settings(auth=auth), clock))
    return made


@pytest.fixture
def limit() -> Deadline:
    return Deadline(5.0)


def fault_of(call: Callable[[], Any]) -> OutsideFault:
    with pytest.raises(OutsideFault) as caught:
        call()
    return caught.value


# what is sent


def test_a_write_names_its_media_type_and_wants_the_result(talk: Talk, client: FhirClient, limit: Deadline) -> None:
    talk.say(PATIENT, 201, Location=f"{talk.url}/Patient/7/_history/3", ETag='W/"3"')
    written = client.create({"resourceType": "Patient", "gender": "female"}, "identifier=http://h/cccd|1", limit)
    (asked,) = talk.requests
    assert (asked.method, asked.path) == ("POST", "/fhir/Patient")
    assert asked.headers["content-type"] == "application/fhir+json"
    assert asked.headers["accept"] == "application/fhir+json"
    assert asked.headers["prefer"] == "return=representation"
    assert asked.headers["if-none-exist"] == "identifier=http://h/cccd|1"
    assert asked.headers["authorization"] == "Basic a2lvc2s6beG6rXQga2jhuql1"
    assert json.loads(asked.body) == {"resourceType": "Patient", "gender": "female"}
    assert (written.reference, written.existed) == ("Patient/7", False)


def test_a_search_keeps_what_it_asks_out_of_the_address(talk: Talk, client: FhirClient, limit: Deadline) -> None:
    talk.say(bundle(PATIENT))
    query = [("identifier", "http://h/cccd|1"), ("date", "ge2026-11-27"), ("date", "lt2026-11-28")]
    (found,) = client.search("Patient", query, limit)
    assert found.text("id") == "7"
    (asked,) = talk.requests
    assert (asked.method, asked.path) == ("POST", "/fhir/Patient/_search")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.body == b"identifier=http%3A%2F%2Fh%2Fcccd%7C1&date=ge2026-11-27&date=lt2026-11-28&_count=50"


def test_a_search_by_address_where_the_server_wants_it(talk: Talk, limit: Deadline, closing: Closing) -> None:
    client = closing(FhirClient(talk.settings(search_by_post=False)))
    talk.say(bundle())
    assert client.search("Patient", [("identifier", "http://h|a b+c")], limit) == ()
    assert talk.requests[0].path == "/fhir/Patient?identifier=http%3A%2F%2Fh%7Ca+b%2Bc&_count=50"


def test_an_update_names_the_version_it_changes(talk: Talk, client: FhirClient, limit: Deadline) -> None:
    talk.say_nothing_of_itself()
    talk.say(PATIENT)
    client.update({"resourceType": "Patient", "id": "7"}, "7", 'W/"2"', limit)
    assert (talk.requests[-1].method, talk.requests[-1].path) == ("PUT", "/fhir/Patient/7")
    assert talk.requests[-1].headers["if-match"] == 'W/"2"'


def test_a_transaction_goes_to_the_base_itself(talk: Talk, client: FhirClient, limit: Deadline) -> None:
    entry = {"response": {"status": "201 Created", "location": "Patient/7/_history/1"}}
    talk.say({"resourceType": "Bundle", "type": "transaction-response", "entry": [entry]})
    (written,) = client.transaction({"resourceType": "Bundle", "type": "transaction"}, ["Patient"], limit)
    assert talk.requests[0].path == "/fhir"
    assert (written.identity, written.existed, written.resource) == ("7", False, None)


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ({"resourceType": "Patient", "gender": "Nữ"}, "Patient.gender"),
        ({"resourceType": "Patient", "born": "1990"}, "Patient.born"),
        ({"resourceType": "Patient", "identifier": [{"use": "first"}]}, "Patient.identifier.use"),
        ({"resourceType": "Invoice", "status": "paid"}, "Invoice.status"),
        ({"resourceType": "Invoice", "status": "issued", "totalNet": {"currency": "USD"}}, "Invoice.totalNet.currency"),
        ({"resourceType": "Observation", "status": "final", "code": {"text": "x"}}, "Observation.status"),
        ({"resourceType": "Nothing"}, "resourceType"),
    ],
)
def test_nothing_invalid_leaves(
    talk: Talk, client: FhirClient, limit: Deadline, resource: dict[str, Any], path: str
) -> None:
    fault = fault_of(lambda: client.create(resource, "", limit))
    assert (fault.code, fault.detail) == (OutsideFaultCode.REJECTED, f"not sent, invalid: {path}")
    assert talk.requests == []


# what answers mean


def test_a_conditional_create_that_found_something(talk: Talk, client: FhirClient, limit: Deadline) -> None:
    for said in (
        {"content": PATIENT},
        {"content": None, "Location": "Patient/7"},
        {"content": outcome("informational", severity="information"), "Content_Location": "Patient/7/_history/3"},
    ):
        talk.say(**said)  # type: ignore[arg-type]
        written = client.create({"resourceType": "Patient"}, "identifier=1", limit)
        assert (written.reference, written.existed) == ("Patient/7", True)


def test_a_status_and_nothing_else(talk: Talk, client: FhirClient, limit: Deadline) -> None:
    """Of what was found or changed: a Location is due for what is new."""
    talk.say()
    assert client.create({"resourceType": "Patient"}, "identifier=1", limit).identity == ""
    talk.say()
    assert client.update({"resourceType": "Patient"}, "7", "", limit).reference == "Patient/7"
    talk.say(status=201)
    fault = fault_of(lambda: client.create({"resourceType": "Patient"}, "identifier=1", limit))
    assert (fault.code, fault.detail) == (OutsideFaultCode.BAD_ANSWER, "Patient: Location")


@pytest.mark.parametrize("said", [{"content": None}, {"content": None, "Location": "Encounter/7"}])
def test_a_write_whose_result_nobody_can_find(
    talk: Talk, client: FhirClient, limit: Deadline, said: dict[str, Any]
) -> None:
    talk.say(**said)
    fault = fault_of(lambda: client.create({"resourceType": "Patient"}, "", limit))
    assert (fault.code, fault.detail) == (OutsideFaultCode.BAD_ANSWER, "Patient: Location")


@pytest.mark.parametrize("status", [409, 412])
def test_a_condition_that_did_not_hold_is_looked_at_again(
    talk: Talk, client: FhirClient, limit: Deadline, status: int
) -> None:
    talk.say(outcome("multiple-matches", SECRET_WORDS), status)
    with pytest.raises(Contended) as caught:
        client.create({"resourceType": "Patient"}, "identifier=1", limit)
    assert str(caught.value) == f"his: rejected (HTTP {status}: multiple-matches)"


@pytest.mark.parametrize(
    ("status", "issue", "code", "detail"),
    [
        (400, "invalid", OutsideFaultCode.REJECTED, "HTTP 400: invalid"),
        (400, SECRET_WORDS, OutsideFaultCode.REJECTED, "HTTP 400"),
        (401, "login", OutsideFaultCode.AUTH, "HTTP 401: login"),
        (403, "forbidden", OutsideFaultCode.AUTH, "HTTP 403: forbidden"),
        (400, "security", OutsideFaultCode.AUTH, "HTTP 400: security"),
        (404, "not-supported", OutsideFaultCode.REJECTED, "HTTP 404: not-supported"),
        (422, "business-rule", OutsideFaultCode.REJECTED, "HTTP 422: business-rule"),
        (423, "lock-error", OutsideFaultCode.SERVER_ERROR, "HTTP 423: lock-error"),
        (429, "throttled", OutsideFaultCode.SERVER_ERROR, "HTTP 429: throttled"),
        (500, "exception", OutsideFaultCode.SERVER_ERROR, "HTTP 500: exception"),
        (501, "not-supported", OutsideFaultCode.REJECTED, "HTTP 501: not-supported"),
        (307, "informational", OutsideFaultCode.BAD_ANSWER, "HTTP 307: informational"),
    ],
)
def test_outcomes_are_told_by_their_codes_alone(
    talk: Talk, client: FhirClient, limit: Deadline, status: int, issue: str, code: OutsideFaultCode, detail: str
) -> None:
    talk.say(outcome(issue, SECRET_WORDS), status)
    fault = fault_of(lambda: client.search("Patient", [], limit))
    assert (fault.code, fault.detail) == (code, detail)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"resourceType": 7}', b'{"issue": [{"code": "login"}]}'])
def test_a_refusal_without_an_outcome(talk: Talk, client: FhirClient, limit: Deadline, body: bytes) -> None:
    talk.say(body, 422, Content_Type="text/html")
    fault = fault_of(lambda: client.search("Patient", [], limit))
    assert (fault.code, fault.detail) == (OutsideFaultCode.REJECTED, "HTTP 422")


@pytest.mark.parametrize(
    ("status", "media"), [(404, "text/plain; charset=utf-8"), (404, "text/html"), (410, "text/html")]
)
def test_a_proxys_page_is_no_word_of_the_server(
    talk: Talk, client: FhirClient, limit: Deadline, status: int, media: str
) -> None:
    """While a server is deployed anew the proxy before it knows no such address: no visit is given up by that."""
    for ask in (lambda: client.search("Patient", [], limit), lambda: client.read("Patient", "7", limit)):
        talk.say(b"404 page not found", status, Content_Type=media)
        fault = fault_of(ask)
        assert (fault.code, fault.detail) == (OutsideFaultCode.BAD_ANSWER, f"HTTP {status}, a page")
        assert fault.retryable


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_any_more(talk: Talk, client: FhirClient, limit: Deadline, status: int) -> None:
    talk.say(outcome("not-found"), status)
    assert client.read("Patient", "7", limit) is None


@pytest.mark.parametrize("identity", ["", "../metadata", "7?x=1", "a" * 65, "Đ"])
def test_what_can_be_no_id_is_not_asked_for(talk: Talk, client: FhirClient, limit: Deadline, identity: str) -> None:
    assert client.read("Patient", identity, limit) is None
    assert talk.requests == []


@pytest.mark.parametrize(
    ("media", "good"),
    [
        ("application/fhir+json;charset=utf-8", True),
        ("application/json; charset=UTF-8", True),
        ("Application/FHIR+JSON", True),
        ("application/fhir+xml", False),
        ("text/html", False),
    ],
)
def test_media_types(talk: Talk, client: FhirClient, limit: Deadline, media: str, good: bool) -> None:
    talk.say(PATIENT, Content_Type=media)
    if good:
        assert client.read("Patient", "7", limit) is not None
    else:
        assert fault_of(lambda: client.read("Patient", "7", limit)).detail == "not FHIR JSON"


@pytest.mark.parametrize("other", [b'{"resourceType": "Patient", "a": NaN}', b"[1", b"[]", b"\xff", b"[" * 100_000])
def test_answers_that_are_no_resource(talk: Talk, client: FhirClient, limit: Deadline, other: bytes) -> None:
    talk.say(other)
    assert fault_of(lambda: client.read("Patient", "7", limit)).code is OutsideFaultCode.BAD_ANSWER


def test_a_server_that_asks_to_wait_is_left_alone(
    talk: Talk, client: FhirClient, limit: Deadline, clock: Clock
) -> None:
    talk.say(outcome("throttled"), 503, Retry_After="30")
    assert fault_of(lambda: client.read("Patient", "7", limit)).detail == "HTTP 503: throttled"
    clock.moment += 20
    fault = fault_of(lambda: client.read("Patient", "7", limit))
    assert (fault.code, fault.detail) == (OutsideFaultCode.SERVER_ERROR, "asked to wait, 10 s left")
    assert len(talk.requests) == 1
    clock.moment += 10
    talk.say(PATIENT)
    assert client.read("Patient", "7", limit) is not None


# pages


def test_all_pages_are_read(talk: Talk, client: FhirClient, limit: Deadline) -> None:
    talk.say(bundle(PATIENT, following=f"{talk.url}?_page=2"))
    talk.say(bundle(PATIENT | {"id": "8"}, following="?_page=3"))
    talk.say(bundle(PATIENT | {"id": "9"}))
    assert [node.text("id") for node in client.search("Patient", [], limit)] == ["7", "8", "9"]
    assert [one.path for one in talk.requests[1:]] == ["/fhir?_page=2", "/fhir/?_page=3"]
    assert all("authorization" in one.headers for one in talk.requests)


@pytest.mark.parametrize(
    ("elsewhere", "asked"),
    [
        ("http://hapi:8080/fhir?_getpages=7&_getpagesoffset=20", "/fhir?_getpages=7&_getpagesoffset=20"),
        ("https://127.0.0.1/fhir?_page=2", "/fhir?_page=2"),
        ("//other.example/any/Patient?ct=W3si%2B", "/fhir/Patient?ct=W3si%2B"),
        ("http://other.example/Patient/_search?_page=2", "/fhir/Patient/_search?_page=2"),
    ],
)
def test_a_page_with_an_address_inside_the_hospital_is_asked_of_the_server_we_know(
    talk: Talk, client: FhirClient, limit: Deadline, elsewhere: str, asked: str
) -> None:
    talk.say(bundle(PATIENT, following=elsewhere))
    talk.say(bundle(PATIENT | {"id": "8"}))
    assert [node.text("id") for node in client.search("Patient", [], limit)] == ["7", "8"]
    assert talk.requests[1].path == asked


@pytest.mark.parametrize(
    "elsewhere", ["http://user@127.0.0.1/?_page=2", "file:///etc/passwd?a", "http://[", "//other.example/fhir"]
)
def test_no_page_is_read_elsewhere(talk: Talk, client: FhirClient, limit: Deadline, elsewhere: str) -> None:
    talk.say(bundle(PATIENT, following=elsewhere))
    fault = fault_of(lambda: client.search("Patient", [], limit))
    assert fault.code is OutsideFaultCode.BAD_ANSWER
    assert fault.detail.startswith("Bundle.link")
    assert len(talk.requests) == 1


def test_pages_without_end(talk: Talk, limit: Deadline, closing: Closing) -> None:
    client = closing(FhirClient(talk.settings(max_pages=3)))
    for _ in range(4):
        talk.say(bundle(PATIENT, following=f"{talk.url}?_page=2"))
    fault = fault_of(lambda: client.search("Patient", [], limit))
    assert fault.detail == "Patient: more pages than allowed"


# what the server can do

STATEMENT = {
    "resourceType": "CapabilityStatement",
    "fhirVersion": "4.0.1",
    "rest": [
        {
            "mode": "server",
            "interaction": [{"code": "transaction"}],
            "resource": [
                {
                    "type": "Patient",
                    "interaction": [{"code": "create"}, {"code": "search-type"}],
                    "conditionalCreate": True,
                },
                {"type": "Encounter", "versioning": "no-version"},
                {"type": "Invoice", "interaction": [{"code": "read"}]},
            ],
        },
        {"mode": "client", "interaction": [{"code": "batch"}], "resource": [{"type": "Coverage"}]},
    ],
}


def test_the_capability_statement_is_read_once(talk: Talk, client: FhirClient, limit: Deadline, clock: Clock) -> None:
    talk.say(STATEMENT)
    able = client.capabilities(limit)
    assert client.takes_at_once(5, limit)
    assert client.conditional_create("Patient", limit)
    assert not client.conditional_create("Encounter", limit)
    assert (able.has("Encounter", "create"), able.has("Invoice", "create"), able.has("Coverage")) == (
        True,
        False,
        False,
    )
    assert (able.versions("Patient"), able.versions("Encounter")) == (True, False)
    assert [one.path for one in talk.requests] == ["/fhir/metadata"]
    clock.moment += 3600
    talk.say_nothing_of_itself()
    assert not client.takes_at_once(5, limit)


@pytest.mark.parametrize("status", [403, 404, 405, 501])
def test_a_server_that_does_not_say_what_it_can(talk: Talk, client: FhirClient, limit: Deadline, status: int) -> None:
    talk.say(outcome("not-supported"), status)
    able = client.capabilities(limit)
    assert not able.stated
    assert able.has("Anything", "create")
    assert not client.takes_at_once(1, limit)
    assert not client.conditional_create("Patient", limit)


@pytest.mark.parametrize(
    "statement",
    [
        PATIENT,
        STATEMENT | {"fhirVersion": "5.0.0"},
        {"resourceType": "CapabilityStatement"},
        STATEMENT | {"rest": [{"mode": "server", "resource": [{}]}]},
        STATEMENT | {"rest": {}},
    ],
)
def test_statements_that_are_none(talk: Talk, client: FhirClient, limit: Deadline, statement: dict[str, Any]) -> None:
    talk.say(statement)
    assert fault_of(lambda: client.capabilities(limit)).code is OutsideFaultCode.BAD_ANSWER


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [{"response": {"status": "404"}}],
        [{"response": {"status": "201"}}],
        [{"response": {"status": "201", "location": "Encounter/7"}}],
        [{"response": {}}],
        [{"response": {"status": "201", "location": "Patient/7"}}] * 2,
    ],
)
def test_transactions_that_were_none(
    talk: Talk, client: FhirClient, limit: Deadline, entries: list[dict[str, Any]]
) -> None:
    talk.say({"resourceType": "Bundle", "type": "transaction-response", "entry": entries})
    fault = fault_of(lambda: client.transaction({"resourceType": "Bundle"}, ["Patient"], limit))
    assert fault.code is OutsideFaultCode.BAD_ANSWER


def test_a_limit_to_transactions(talk: Talk, limit: Deadline, closing: Closing) -> None:
    client = closing(FhirClient(talk.settings(transactions=True, transaction_entries=8)))
    talk.say_nothing_of_itself()
    assert client.takes_at_once(8, limit)
    assert not client.takes_at_once(9, limit)


def test_no_time_is_no_question(talk: Talk, client: FhirClient) -> None:
    assert fault_of(lambda: client.read("Patient", "7", Deadline(0.0, time.monotonic))).code is OutsideFaultCode.TIMEOUT
    assert talk.requests == []
