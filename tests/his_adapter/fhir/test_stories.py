"""Registrations at servers that can do much or little: who is found, what is made, and what a bad moment leaves."""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from his_adapter.clock import ZONE
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.fhir import FhirHospital
from his_adapter.hospital.fhir.client import FhirClient
from his_adapter.hospital.fhir.files import Files
from his_adapter.hospital.fhir.registering import Registering
from his_adapter.hospital.fhir.valid import check
from his_adapter.http import Http, JsonObject
from his_adapter.model import CoverageReport, Entitlement, Referral, RegistrationRequest, Room, Service, TransferVerdict
from his_adapter.simulation import accounts
from his_adapter.simulation.fault_framing import TalkKind
from his_adapter.simulation.fault_plan import FaultPlan, Rates
from his_adapter.simulation.fault_proxy import FaultProxy
from his_adapter.simulation.fault_relay import Pace
from his_adapter.simulation.fault_wire import Address
from his_adapter.simulation.fhir_names import SYSTEMS, fhir_settings
from tests.his_adapter.contract.hospital_bench import Person, insured, paid, visit_of
from tests.his_adapter.fhir.bench import FhirBench, FhirServer, Resource, value_of

TYPES = ("Patient", "Coverage", "CoverageEligibilityRequest", "CoverageEligibilityResponse", "Encounter")
BILLS = ("ServiceRequest", "ChargeItem", "Invoice")
BenchMaker = Callable[..., FhirBench]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., FhirServer]]:
    """One process for each kind of server."""
    made: dict[tuple[str, ...], FhirServer] = {}

    def server(*lacks: str) -> FhirServer:
        if lacks not in made:
            made[lacks] = FhirServer(tmp_path_factory.mktemp("fhir") / "state.jsonl", lacks)
        return made[lacks]

    yield server
    for one in made.values():
        one.close()


@pytest.fixture
def at(servers: Callable[..., FhirServer]) -> Iterator[BenchMaker]:
    made: list[FhirBench] = []

    def bench(*lacks: str, **settings: object) -> FhirBench:
        made.append(FhirBench(servers(*lacks), **settings))
        return made[-1]

    yield bench
    for one in made:
        one.close()


@pytest.fixture
def person() -> Person:
    return Person()


def refused(call: Callable[[], object]) -> OutsideFaultCode:
    with pytest.raises(OutsideFault) as caught:
        call()
    return caught.value.code


def of(server: FhirServer, request: RegistrationRequest) -> Counter[str]:
    """How many resources of each type have the visit's key, and files the citizen number."""
    count: Counter[str] = Counter()
    for kind in (*TYPES, *BILLS):
        for row in server.all(kind):
            count[kind] += value_of(row, SYSTEMS.visit_key) == request.idempotency_key
            count[kind] += value_of(row, SYSTEMS.citizen) == request.patient.number
            count[kind] += row.get("subscriberId", "").endswith(request.patient.number[-10:])
    return +count


def by_key(bench: FhirBench, kind: str, request: RegistrationRequest) -> Resource:
    """The resource of a type that the visit made."""
    rows = bench.server.all(kind)
    (found,) = (row for row in rows if value_of(row, SYSTEMS.visit_key) == request.idempotency_key)
    return found


def post(server: FhirServer, resource: Resource) -> Resource:
    answer = httpx.post(
        f"{server.url}/fhir/{resource['resourceType']}",
        content=json.dumps(resource),
        headers={"Content-Type": "application/fhir+json"},
        auth=(accounts.FHIR_ACCOUNT, accounts.FHIR_KEY),
        trust_env=False,
        verify=False,  # no TLS here, and reading the authorities takes longer than the call
    )
    assert answer.status_code == 201, answer.text
    identity = answer.headers["location"].partition("/_history")[0].rpartition("/")[2]
    return next(row for row in server.all(str(resource["resourceType"])) if row["id"] == identity)


def file(number: str, name: str = "NGUYỄN THỊ ƯỚC HỢP", **others: object) -> Resource:
    numbers = [{"system": SYSTEMS.citizen, "value": number}]
    names = [{"text": name}]
    return {"resourceType": "Patient", "identifier": numbers, "name": names, "birthDate": "1990-02-03", **others}


# everything, and everything valid


def full_request(person: Person) -> RegistrationRequest:
    patient = person()
    referral = Referral("GCT-1", "01998", "Trung tâm y tế", "I10", "Tăng huyết áp")
    return visit_of(patient, "KTM", referral=referral, **insured(patient))


@pytest.mark.parametrize("lacks", [(), ("transactions",)])
def test_all_that_is_sent_is_valid(
    at: BenchMaker, person: Person, monkeypatch: pytest.MonkeyPatch, lacks: tuple[str, ...]
) -> None:
    bench = at(*lacks, profiles={"Patient": ("http://h/StructureDefinition/vn-patient",)})
    sent: list[JsonObject] = []
    call = Http.call

    def listening(self: Http, *arguments: Any, **named: Any) -> Any:
        if named.get("payload") is not None:
            sent.append(named["payload"])
        return call(self, *arguments, **named)

    monkeypatch.setattr(Http, "call", listening)
    hospital = bench.adapter()
    request = full_request(person)
    booked = bench.book(request.patient, "KTM", datetime.now(ZONE))
    done = hospital.register(replace(request, appointment_id=booked))
    hospital.record_payment(paid(done.visit_id, done.fee_dong))
    stranger = person()
    other = hospital.register(visit_of(stranger, "KMAT"))
    hospital.record_payment(paid(other.visit_id, 1000, TransferVerdict.OVERPAID))
    hospital.report_coverage(late(other.visit_id, stranger))
    kinds = Counter()
    for resource in sent:
        check(resource)
        rows = resource["entry"] if resource["resourceType"] == "Bundle" else [{"resource": resource}]
        assert isinstance(rows, list)
        for row in rows:
            kinds[row["resource"]["resourceType"]] += 1
            if row["resource"]["resourceType"] == "Patient":
                assert row["resource"]["meta"] == {"profile": ["http://h/StructureDefinition/vn-patient"]}
    assert set(kinds) == {*TYPES, *BILLS, "Appointment", "PaymentNotice"}


def late(visit_id: str, patient: Any) -> CoverageReport:
    card = insured(patient)
    return CoverageReport(
        idempotency_key=f"late-{visit_id}",
        his_visit_id=visit_id,
        patient_code="BN1",
        patient=patient,
        result_code="000",
        asked_at=datetime.now(ZONE),
        verified=True,
        coverage=card["coverage"],  # type: ignore[arg-type]
        entitlement=Entitlement("1.1", 100, 80, Decimal("47.5"), "Luật 51/2024"),
    )


def test_what_a_visit_is_there(at: BenchMaker, person: Person) -> None:
    bench = at()
    request = full_request(person)
    done = bench.adapter().register(request)
    assert of(bench.server, request) == dict.fromkeys((*TYPES, *BILLS), 1)
    visit = by_key(bench, "Encounter", request)
    assert visit["id"] == done.visit_id
    (based_on,) = visit["basedOn"]
    slip = next(
        row for row in bench.server.all("ServiceRequest") if based_on["reference"] == f"ServiceRequest/{row['id']}"
    )
    assert slip["requisition"]["value"] == "GCT-1"
    assert slip["reasonCode"][0]["coding"] == [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I10"}]
    assert visit["serviceProvider"]["identifier"]["value"] == accounts.OWN_FACILITY
    bill = by_key(bench, "Invoice", request)
    assert [part["amount"]["value"] for part in bill["lineItem"][0]["priceComponent"]] == [50_600, 40_480]
    assert (done.fee_dong, done.charges[0].price_dong, done.charges[0].patient_dong) == (10_120, 50_600, 10_120)
    answer = by_key(bench, "CoverageEligibilityResponse", request)
    assert answer["insurance"][0]["item"][0]["benefit"][0]["allowedString"] == "20"


def test_what_the_portal_refuses_is_an_answer(at: BenchMaker, person: Person) -> None:
    """A card out of its dates: complete, and not in force. No card at all: an error with the portal's code."""
    bench = at()
    hospital = bench.adapter()
    said = {}
    for code, held in (("010", True), ("050", False)):
        patient = person()
        done = hospital.register(visit_of(patient, "KTM", **insured(patient, verified=False)))
        report = replace(late(done.visit_id, patient), result_code=code, verified=False, entitlement=None)
        hospital.report_coverage(report if held else replace(report, coverage=None))
        (said[code],) = (
            row
            for row in bench.server.all("CoverageEligibilityResponse")
            if value_of(row, SYSTEMS.report_key) == report.idempotency_key
        )
    assert (said["010"]["outcome"], said["010"]["insurance"][0]["inforce"]) == ("complete", False)
    assert "error" not in said["010"]
    assert said["050"]["outcome"] == "error"
    assert said["050"]["error"][0]["code"]["coding"] == [{"system": SYSTEMS.portal_result, "code": "050"}]


def test_the_exact_amount_balances_the_bill(at: BenchMaker, person: Person) -> None:
    bench = at()
    hospital = bench.adapter()
    request = visit_of(person(), "KTM")
    done = hospital.register(request)

    hospital.record_payment(paid(done.visit_id, done.fee_dong - 1, TransferVerdict.UNDERPAID))
    assert by_key(bench, "Invoice", request)["status"] == "issued"
    receipt = hospital.record_payment(paid(done.visit_id, done.fee_dong))
    assert receipt.receipt_number.startswith("BL")
    assert by_key(bench, "Invoice", request)["status"] == "balanced"


# who is found


def test_two_files_with_one_number(at: BenchMaker, person: Person) -> None:
    bench = at()
    patient = person()
    for _ in range(2):
        post(bench.server, file(patient.number))
    hospital = bench.adapter()
    request = visit_of(patient, "KTM")
    assert refused(lambda: hospital.register(request)) is OutsideFaultCode.DUPLICATE_PATIENT
    assert hospital.appointments(patient, datetime.now(ZONE).date()) == ()
    assert of(bench.server, request) == {"Patient": 2}


def test_a_file_that_was_merged_into_another(at: BenchMaker, person: Person) -> None:
    bench = at()
    patient = person()
    post(bench.server, file(patient.number, active=False))
    assert refused(lambda: bench.adapter().register(visit_of(patient, "KTM"))) is OutsideFaultCode.DUPLICATE_PATIENT
    kept = post(bench.server, file(patient.number, active=True))
    done = bench.adapter().register(visit_of(patient, "KTM"))
    assert done.patient_code == value_of(kept, SYSTEMS.patient_code)


@pytest.mark.parametrize("others", [{"birthDate": "1990-02-04"}, {"name": []}, {"birthDate": None}])
def test_a_file_that_may_be_somebody_elses(at: BenchMaker, person: Person, others: dict[str, object]) -> None:
    bench = at()
    patient = person()
    resource = {name: value for name, value in (file(patient.number) | others).items() if value}
    post(bench.server, resource)
    assert refused(lambda: bench.adapter().register(visit_of(patient, "KTM"))) is OutsideFaultCode.DUPLICATE_PATIENT


def test_a_card_that_is_in_a_file_without_the_number(at: BenchMaker, person: Person) -> None:
    bench = at()
    patient = person()
    request = visit_of(patient, "KTM", **insured(patient))
    assert request.coverage is not None
    old = post(bench.server, {"resourceType": "Patient", "name": [{"text": patient.full_name}]})
    post(
        bench.server,
        {
            "resourceType": "Coverage",
            "identifier": [{"system": SYSTEMS.insurance_card, "value": request.coverage.card_number}],
            "status": "active",
            "beneficiary": {"reference": f"Patient/{old['id']}"},
            "payor": [{"display": "BHXH"}],
        },
    )
    assert refused(lambda: bench.adapter().register(request)) is OutsideFaultCode.DUPLICATE_PATIENT


@pytest.mark.parametrize("lacks", [(), ("transactions",)])
def test_a_strangers_file_made_while_we_looked(
    at: BenchMaker, person: Person, monkeypatch: pytest.MonkeyPatch, lacks: tuple[str, ...]
) -> None:
    bench = at(*lacks)
    patient = person()
    post(bench.server, file(patient.number, "NGƯỜI KHÁC"))
    request = visit_of(patient, "KTM")
    hospital = bench.adapter()
    with monkeypatch.context() as late_look:
        late_look.setattr(Files, "patient", lambda *_: None)
        assert refused(lambda: hospital.register(request)) is OutsideFaultCode.DUPLICATE_PATIENT
    left = [
        row["status"]
        for row in bench.server.all("Encounter")
        if value_of(row, SYSTEMS.visit_key) == request.idempotency_key
    ]
    assert left == ([] if lacks else ["entered-in-error"])
    assert hospital.registration_by_key(request.idempotency_key) is None
    assert not hospital.health().fault
    again = refused(lambda: hospital.register(request))
    assert again is (OutsideFaultCode.DUPLICATE_PATIENT if lacks else OutsideFaultCode.REJECTED)


# a bad moment


@pytest.mark.parametrize(
    "lacks", [("transactions", "conditional_create", "versions", "metadata"), ("transactions", "answers")]
)
def test_a_row_of_steps_goes_on_where_it_broke(
    at: BenchMaker, person: Person, monkeypatch: pytest.MonkeyPatch, lacks: tuple[str, ...]
) -> None:
    """Wherever the power went in the nine resources and the last change: the next try makes what is missing, once."""
    bench = at(*lacks)
    hospital = bench.adapter()
    send = FhirClient._send
    power = PowerCut(send)
    for good in (0, 1, 4, 5, 8, 9):
        request = full_request(person)
        power.left = good
        with monkeypatch.context() as cut:
            cut.setattr(FhirClient, "_send", lambda *asked, **named: power.send(*asked, **named))
            assert refused(lambda request=request: hospital.register(request)) is OutsideFaultCode.TIMEOUT  # type: ignore[misc]
        assert power.left == 0
        assert hospital.registration_by_key(request.idempotency_key) is None
        done = hospital.register(request)
        assert not done.repeated
        assert of(bench.server, request) == dict.fromkeys((*TYPES, *BILLS), 1)
        assert hospital.registration_by_key(request.idempotency_key) == replace(done, repeated=True)


class PowerCut:
    """Lets so many writes through, and no more."""

    def __init__(self, send: Callable[..., Any]) -> None:
        self._send = send
        self.left = 0

    def send(self, client: FhirClient, method: str, path: str, *rest: Any, **named: Any) -> Any:
        if method != "GET" and not path.endswith("_search"):
            if self.left == 0:
                raise client.fault(OutsideFaultCode.TIMEOUT, "the power went")
            self.left -= 1
        return self._send(client, method, path, *rest, **named)


@pytest.mark.parametrize("lacks", [(), ("transactions",)])
def test_a_bad_network_loses_nothing_and_doubles_nothing(
    at: BenchMaker, person: Person, lacks: tuple[str, ...]
) -> None:
    server = at(*lacks).server
    rates = Rates(drop_before_send=0.03, drop_after_send=0.08, duplicate=0.08, http_5xx=0.03, truncated=0.03)
    peer = Address("127.0.0.1", int(server.url.rpartition(":")[2]))
    requests = [full_request(person) for _ in range(8)]
    with FaultProxy(peer, TalkKind.HTTP, FaultPlan(rates, seed=5), pace=Pace((0.0, 0.001), 0.001, 0.01)) as proxy:
        hospital = FhirHospital(fhir_settings(proxy.url))
        for request in requests:
            until_it_answers(hospital, request)
        hospital.close()
    assert proxy.figures().mishaps
    for request in requests:
        assert of(server, request) == dict.fromkeys((*TYPES, *BILLS), 1)


def until_it_answers(hospital: FhirHospital, request: RegistrationRequest) -> None:
    """What the outbox does, and a person does after an answer that was none."""
    for _ in range(60):
        try:
            hospital.register(request)
        except OutsideFault as fault:
            if not fault.retryable and fault.code is not OutsideFaultCode.BAD_ANSWER:
                raise
        else:
            return
    raise AssertionError("never registered")


def test_an_appointment_that_changed_meanwhile(at: BenchMaker, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = at()
    patient = person()
    booked = bench.book(patient, "KTM", datetime.now(ZONE))
    read = FhirClient.read
    url = f"{bench.server.url}/fhir/Appointment/{booked}"
    account = (accounts.FHIR_ACCOUNT, accounts.FHIR_KEY)
    looked: list[str] = []

    def touching(self: FhirClient, kind: str, *rest: Any) -> Any:
        found = read(self, kind, *rest)
        if kind == "Appointment":
            looked.append(kind)
            if len(looked) == 1:
                noted = httpx.get(url, auth=account, trust_env=False, verify=False).json() | {"comment": "gọi lại"}
                media = {"Content-Type": "application/fhir+json"}
                httpx.put(url, content=json.dumps(noted), headers=media, auth=account, trust_env=False, verify=False)
        return found

    monkeypatch.setattr(FhirClient, "read", touching)
    bench.adapter().register(visit_of(patient, "KTM", appointment_id=booked))
    (now,) = (row for row in bench.server.all("Appointment") if row["id"] == booked)
    assert (now["status"], now["comment"], now["meta"]["versionId"]) == ("arrived", "gọi lại", "3")
    assert len(looked) == 2
    assert len(bench.visits()) > 0


# servers that can do little


def test_a_server_that_answers_with_the_status_alone(
    at: BenchMaker, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it made has an address; what it found or changed is looked up."""
    bench = at("answers")
    hospital = bench.adapter()
    patient = person()
    made = post(bench.server, file(patient.number))
    booked = bench.book(patient, "KTM", datetime.now(ZONE))
    request = visit_of(patient, "KTM", appointment_id=booked)
    with monkeypatch.context() as late_look:  # the file was made, or found by nobody, a moment ago
        late_look.setattr(Files, "patient", lambda *_: None)
        late_look.setattr(Registering, "_appointment", lambda *_: None)
        done = hospital.register(request)
    assert done.patient_code == value_of(made, SYSTEMS.patient_code)
    other = hospital.register(visit_of(patient, "KTM", appointment_id=booked))
    (now,) = (row for row in bench.server.all("Appointment") if row["id"] == booked)
    assert now["status"] == "arrived"
    receipt = hospital.record_payment(paid(other.visit_id, other.fee_dong))
    assert receipt.receipt_number
    assert list(bench.paid(other.visit_id)) == [other.fee_dong]


def test_a_server_that_knows_no_insurance_and_no_bills(at: BenchMaker, person: Person) -> None:
    bench = at("insurance", "billing")
    hospital = bench.adapter()
    request = full_request(person)
    done = hospital.register(request)
    assert (done.fee_dong, done.charges, done.repeated) == (10_120, (), False)
    assert hospital.registration_by_key(request.idempotency_key) == replace(done, repeated=True)
    assert of(bench.server, request) == {"Patient": 1, "Encounter": 1}
    assert refused(lambda: hospital.report_coverage(late(done.visit_id, request.patient))) is OutsideFaultCode.REJECTED
    receipt = hospital.record_payment(paid(done.visit_id, done.fee_dong))
    assert receipt.receipt_number
    assert list(bench.paid(done.visit_id)) == [done.fee_dong]


def test_a_hospital_that_makes_its_own_bills(at: BenchMaker, person: Person) -> None:
    bench = at(writes_bill=False)
    request = full_request(person)
    assert bench.adapter().register(request).fee_dong == 10_120
    assert "Invoice" not in of(bench.server, request)


def test_departments_from_the_settings(at: BenchMaker, person: Person) -> None:
    mine = Service("KTM", "Tim mạch buổi tối", "Cardiology", Room(""), 200_000, 60_000)
    alone = at(services=(mine,)).adapter().list_services()
    assert [(one.code, one.price_dong, one.room.name, one.waiting) for one in alone] == [("KTM", 200_000, "", None)]
    both = at(services=(mine,), service_source="HealthcareService").adapter()
    listed = {one.code: one for one in both.list_services()}
    assert len(listed) == 8
    assert (listed["KTM"].price_dong, listed["KTM"].room.name, listed["KMAT"].price_dong) == (200_000, "203", 150_000)
    assert both.register(visit_of(person(), "KTM")).fee_dong == 200_000


def test_a_server_without_departments(at: BenchMaker) -> None:
    bench = at(service_source="ActivityDefinition")
    assert refused(bench.adapter().list_services) is OutsideFaultCode.REJECTED


def test_oauth_at_the_hospital(at: BenchMaker, person: Person) -> None:
    bench = at()
    auth = fhir_settings(bench.server.url, oauth=True).auth
    bench.settings = {"auth": auth}
    hospital = bench.adapter()
    assert hospital.health().well
    assert hospital.register(visit_of(person(), "KTM")).visit_id


@pytest.mark.parametrize("by_post", [True, False])
def test_no_person_in_the_logs(at: BenchMaker, person: Person, caplog: pytest.LogCaptureFixture, by_post: bool) -> None:
    """By POST not even the hospital's own server has addresses to write down that tell of somebody."""
    caplog.set_level(logging.DEBUG)
    bench = at(search_by_post=by_post)
    hospital: FhirHospital = bench.adapter()
    request = full_request(person)
    assert request.coverage is not None
    hospital.register(request)
    hospital.appointments(request.patient, datetime.now(ZONE).date())
    lines = [row.getMessage() for row in caplog.records if by_post or row.name != "uvicorn.access"]
    assert any("/fhir/Encounter" in line for line in lines)
    for secret in ("ƯỚC HỢP", request.patient.number, request.coverage.card_number, accounts.FHIR_KEY, "GCT-1"):
        assert not [line for line in lines if secret in line]
