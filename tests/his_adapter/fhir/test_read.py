"""Readers of foreign JSON: whatever comes, a value or one error that names a path."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from his_adapter.clock import ZONE
from his_adapter.hospital.fhir.answers import matches, next_page, read_transaction, shown_resource
from his_adapter.hospital.fhir.appointments import is_of, read_appointment
from his_adapter.hospital.fhir.bill import invoice_charges, invoice_dong
from his_adapter.hospital.fhir.capability import read_capabilities
from his_adapter.hospital.fhir.catalogue import read_activity_definition, read_healthcare_service, read_price
from his_adapter.hospital.fhir.insurance import coverage_of
from his_adapter.hospital.fhir.outcome import ISSUE_TYPES, issue_codes, retry_after
from his_adapter.hospital.fhir.people import is_surely, patient_resource
from his_adapter.hospital.fhir.query import by_identifier, token
from his_adapter.hospital.fhir.read import Malformed, Node, dong, has_identifier, parse_resource, reference_to
from his_adapter.hospital.fhir.settings import FhirSettings, QueueSource
from his_adapter.hospital.fhir.valid import check
from his_adapter.model import AppointmentState, BirthDate, PatientIdentity, Room, Service, Sex
from tests.his_adapter.fhir.conftest import SYSTEMS

SETTINGS = FhirSettings("http://h/fhir", SYSTEMS, queue=QueueSource(number="http://h/q", waiting="http://h/w"))
SERVICE = Service("KTM", "Tim mạch", "Cardiology", Room("203"), 150_000, 50_600)
READERS: dict[str, Callable[[Node], object]] = {
    "capabilities": read_capabilities,
    "transaction": lambda node: read_transaction(node, ["Patient", "Encounter"]),
    "matches": matches,
    "next": next_page,
    "appointment": lambda node: read_appointment(node, SETTINGS),
    "participant": lambda node: is_of(node, "Patient/7"),
    "service": lambda node: read_healthcare_service(node, {"7": node}, SETTINGS),
    "activity": lambda node: read_activity_definition(node, {"7": node}, SETTINGS),
    "price": lambda node: read_price(node, SETTINGS),
    "coverage": lambda node: coverage_of([node, node], "Patient/7"),
    "invoice": invoice_dong,
    "charges": lambda node: invoice_charges(node, SERVICE),
    "identifier": lambda node: has_identifier(node, "a", "b"),
    "person": lambda node: is_surely(node, PatientIdentity("001190990101", "LỆ", BirthDate(1990), Sex.FEMALE)),
}


def words(text: str) -> list[str]:
    return text.split()


NAMES = st.sampled_from(
    words(
        "resourceType id meta versionId identifier system value coding code text display name _name family given use "
        "birthDate active status start serviceType participant actor reference type location partOf extension url "
        "valueCode valueString valueInteger propertyGroup priceComponent amount currency lineItem totalNet totalGross "
        "beneficiary period end link relation entry resource search mode response etag rest interaction versioning "
        "conditionalCreate fhirVersion lang content"
    )
)
VALUES = st.sampled_from(
    [
        *words("CapabilityStatement Bundle Patient Appointment HealthcareService server 4.0.1 next booked base active"),
        *words("201 2 Patient/7 Location/7 http://h/service http://h/w VND 2026-11-27T08:00:00+07:00 9999-12-31"),
        *words("2026-11-27 0001-01-01T00:00:00+14:00 KTM LỆ 1990"),
        "\ud800",
        "",
    ]
)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=12,
)


def complaint(read: Callable[[Any], object], value: object) -> str:
    """The path that a reader complains of; empty when it reads."""
    try:
        read(value)
    except Malformed as error:
        return "|".join(str(part) for part in error.args)
    return ""


@given(st.sampled_from(sorted(READERS)), st.dictionaries(NAMES, TREES, max_size=8))
def test_readers_are_total(reader: str, tree: dict[str, Any]) -> None:
    path = complaint(READERS[reader], Node(tree, "resource"))
    assert "LỆ" not in path
    assert "|" not in path


@given(st.binary(max_size=200) | TREES.map(lambda tree: json.dumps(tree).encode()))
def test_any_bytes(body: bytes) -> None:
    for read in (parse_resource, shown_resource):
        assert complaint(read, body) in ("", "JSON", "resource", "resource.resourceType")
    assert set(issue_codes(body)) <= ISSUE_TYPES


@given(st.text(max_size=20))
def test_any_text(text: str) -> None:
    found = reference_to(text)
    assert found is None or all(found)
    assert 0.0 <= retry_after(text) <= 120.0
    by_identifier("http://h", text.encode("utf-8", "ignore").decode()).encode("ascii")


@pytest.mark.parametrize(
    ("reference", "target"),
    [
        ("Patient/7", ("Patient", "7")),
        ("http://h/fhir/Patient/a-b.C/_history/2", ("Patient", "a-b.C")),
        ("urn:uuid:1", None),
        ("#contained", None),
        ("Patient/7?x", None),
        ("patient/7", None),
        ("", None),
    ],
)
def test_references(reference: str, target: tuple[str, str] | None) -> None:
    assert reference_to(reference) == target


def test_tokens_are_escaped() -> None:
    assert token("http://h", "a,b|c$d\\e") == "http://h|a\\,b\\|c\\$d\\\\e"
    assert by_identifier("http://h/a", "b&c") == "identifier=http://h/a|b%26c"


@pytest.mark.parametrize(
    ("money", "amount"),
    [({"value": 150_000, "currency": "VND"}, 150_000), ({"value": 1e5}, 100_000), ({"value": 0.0}, 0), ({}, None)],
)
def test_money(money: dict[str, Any], amount: int | None) -> None:
    assert dong(Node(money, "x")) == amount


@pytest.mark.parametrize(
    "money",
    [
        {"value": 1.5},
        {"value": -1},
        {"value": "1"},
        {"value": True},
        {"value": 1, "currency": "USD"},
        {"value": 10**13},
    ],
)
def test_money_that_is_no_dong(money: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        dong(Node(money, "x"))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-27T08:30:00+07:00", "2026-11-27T08:30:00+07:00"),
        ("2026-11-27T01:30:00Z", "2026-11-27T08:30:00+07:00"),
        ("2026-11-27T08:30:00.123", "2026-11-27T08:30:00.123000+07:00"),
    ],
)
def test_times_are_the_hospitals(text: str, moment: str) -> None:
    assert Node({"start": text}, "x").moment("start") == datetime.fromisoformat(moment).astimezone(ZONE)


def appointment(**others: object) -> Node:
    values: dict[str, object] = {
        "resourceType": "Appointment",
        "id": "9",
        "status": "booked",
        "start": "2026-11-27T08:30:00+07:00",
        "participant": [
            {"actor": {"reference": "http://h/fhir/Patient/7"}},
            {"actor": {"reference": "Practitioner/1", "display": "BS.  Lê"}},
            {"actor": {"type": "Location", "display": "203"}},
            {},
        ],
        "somethingNew": {"a": 1},
        **others,
    }
    return Node(values, "Appointment")


def test_an_appointment_with_little_said_of_it() -> None:
    read = read_appointment(appointment(), SETTINGS)
    assert read is not None
    assert (read.service_code, read.service_name, read.clinician, read.room) == ("", "", "BS. Lê", Room("203"))
    assert is_of(appointment(), "Patient/7")
    assert not is_of(appointment(), "Patient/70")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("booked", AppointmentState.BOOKED),
        ("arrived", AppointmentState.CHECKED_IN),
        ("checked-in", AppointmentState.CHECKED_IN),
        ("fulfilled", AppointmentState.OVER),
        ("noshow", AppointmentState.OVER),
        ("cancelled", AppointmentState.OVER),
        ("proposed", None),
        ("waitlist", None),
        ("entered-in-error", None),
        ("of a later version", None),
    ],
)
def test_what_became_of_an_appointment(status: str, state: AppointmentState | None) -> None:
    read = read_appointment(appointment(status=status), SETTINGS)
    assert (None if read is None else read.state) == state


# who somebody is

PERSON = PatientIdentity("001190990101", "NGUYỄN THỊ HỢP LỆ", BirthDate(1990, 2, 3), Sex.FEMALE, "Số 1", "0912345678")


@pytest.mark.parametrize(
    ("name", "surely"),
    [
        ({"text": "Nguyễn  Thị Hợp Lệ"}, True),
        ({"text": "NGUYE\u0302\u0303N THI\u0323 HO\u031b\u0323P LE\u0323\u0302"}, True),
        ({"family": "Nguyễn", "given": ["Thị", "Hợp", "Lệ"]}, True),
        ({"family": "Nguyễn", "given": ["Thị Hợp", None, "Lệ"], "_given": [None, {"id": "x"}, None]}, True),
        ({"given": ["Thị", "Hợp", "Lệ"], "family": "Nguyễn"}, True),
        ({"text": "Nguyễn Thị Hợp Lê"}, False),
        ({"text": "Nguyễn Thị Hợp Lệ", "use": "old"}, False),
        ({}, False),
    ],
)
def test_whose_name_it_is(name: dict[str, Any], surely: bool) -> None:
    assert is_surely(Node({"name": [name], "birthDate": "1990-02-03"}, "Patient"), PERSON) is surely


@pytest.mark.parametrize(
    ("born", "surely"),
    [("1990-02-03", True), ("1990-02", True), ("1990", True), ("1990-02-04", False), ("199", False), ("", False)],
)
def test_whose_birth_date_it_is(born: str, surely: bool) -> None:
    file = Node({"name": [{"text": PERSON.full_name}], "birthDate": born}, "Patient")
    assert is_surely(file, PERSON) is surely


@pytest.mark.parametrize("sex", list(Sex))
@pytest.mark.parametrize("birth", [BirthDate(1990, 2, 3), BirthDate(1941, 7), BirthDate(1938)])
def test_a_new_file_is_valid_and_surely_the_patients(sex: Sex, birth: BirthDate) -> None:
    patient = PatientIdentity(PERSON.number, PERSON.full_name, birth, sex, PERSON.residence, PERSON.phone)
    resource = patient_resource(patient, SETTINGS)
    check(resource)
    assert is_surely(parse_resource(json.dumps(resource).encode()), patient)
    assert resource["birthDate"] == birth.iso_text()
    assert resource["name"] == [
        {"use": "official", "text": "NGUYỄN THỊ HỢP LỆ", "family": "NGUYỄN", "given": ["THỊ", "HỢP", "LỆ"]}
    ]


# departments


def test_a_department_with_everything() -> None:
    service = {
        "type": [{"coding": [{"system": "http://h/service", "code": "KTM"}]}],
        "name": "Tim  mạch",
        "_name": {
            "extension": [
                {
                    "url": "http://hl7.org/fhir/StructureDefinition/translation",
                    "extension": [
                        {"url": "lang", "valueCode": "en-US"},
                        {"url": "content", "valueMarkdown": "Cardiology"},
                    ],
                }
            ]
        },
        "location": [{"reference": "Location/7"}],
        "extension": [{"url": "http://h/w", "valueUnsignedInt": 7}],
    }
    place = Node({"id": "7", "name": "203", "partOf": {"display": "2"}}, "Location")
    read = read_healthcare_service(Node(service, "x"), {"7": place}, SETTINGS)
    assert read is not None
    assert (read.code, read.name_vi, read.name_en, read.waiting) == ("KTM", "Tim mạch", "Cardiology", 7)
    assert read.room == Room("203", "2", "7")
    assert read_healthcare_service(Node(service | {"active": False}, "x"), {}, SETTINGS) is None
    assert read_healthcare_service(Node({"name": "Tim mạch"}, "x"), {}, SETTINGS) is None


def test_an_examination_that_can_be_ordered() -> None:
    node = Node(
        {
            "status": "active",
            "code": {
                "coding": [{"system": "http://other", "code": "1"}, {"system": "http://h/service", "code": "KTM"}]
            },
            "title": "Khám tim mạch",
            "location": {"display": "203"},
        },
        "x",
    )
    read = read_activity_definition(node, {}, SETTINGS)
    assert read is not None
    assert (read.code, read.name_vi, read.name_en, read.room) == ("KTM", "Khám tim mạch", "Khám tim mạch", Room("203"))
    assert read_activity_definition(Node({**node.value, "status": "retired"}, "x"), {}, SETTINGS) is None
