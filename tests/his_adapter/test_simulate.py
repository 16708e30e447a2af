"""``simulate``: each outside system as a command, told over HTTP and on standard input how to fail."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from his_adapter.bhyt import BhytPortal
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital import HisProHospital
from his_adapter.hospital.fhir import FhirHospital
from his_adapter.model import CoverageOutcome, InsuranceQuery, PaymentRequest, RegistrationRequest
from his_adapter.payment import PayOsProvider, new_order_code, purpose_for
from his_adapter.simulation import OutsideWorld, System
from his_adapter.simulation.commands import Fault
from his_adapter.simulation.fhir_names import fhir_settings

SHORT_S = 0.6
COMMAND = [sys.executable, "-m", "his_adapter", "simulate"]


@pytest.fixture
def tell(world: OutsideWorld) -> Callable[..., httpx.Response]:
    """One command to one system, over HTTP."""

    def post(system: System, **command: object) -> httpx.Response:
        return httpx.post(f"{world.urls[system]}/simulation/control", json=command, trust_env=False)

    return post


Tell = Callable[..., httpx.Response]


@pytest.fixture
def hospital_in(world: OutsideWorld) -> Iterator[Callable[[float], HisProHospital]]:
    with ExitStack() as closing:

        def make(timeout_s: float) -> HisProHospital:
            adapter = HisProHospital(world.his_settings(timeout_s))
            closing.callback(adapter.close)
            return adapter

        yield make


@pytest.mark.parametrize(
    ("fault", "heard"),
    [
        ({"fault": "latency", "milliseconds": 60_000}, OutsideFaultCode.TIMEOUT),
        ({"fault": "slow_body", "milliseconds": 500}, OutsideFaultCode.TIMEOUT),
        ({"fault": "malformed_json"}, OutsideFaultCode.BAD_ANSWER),
    ],
)
def test_a_visit_is_registered_though_its_answer_is_spoiled(
    tell: Tell,
    hospital_in: Callable[[float], HisProHospital],
    visit: Callable[..., RegistrationRequest],
    fault: dict[str, object],
    heard: OutsideFaultCode,
) -> None:
    request, hospital = visit(), hospital_in(SHORT_S)
    assert tell(System.HIS, **fault).json() == {"ok": True}
    with pytest.raises(OutsideFault) as failed:
        hospital.register(request)
    assert failed.value.code is heard
    tell(System.HIS, fault="none")
    again = hospital_in(8.0).register(request)
    assert again.repeated


def test_a_half_open_hospital_takes_the_question_and_does_nothing(
    tell: Tell, hospital_in: Callable[[float], HisProHospital], visit: Callable[..., RegistrationRequest]
) -> None:
    request, hospital = visit(), hospital_in(SHORT_S)
    tell(System.HIS, fault="half_open")
    with pytest.raises(OutsideFault) as failed:
        hospital.register(request)
    assert failed.value.code is OutsideFaultCode.TIMEOUT
    tell(System.HIS, fault="none")
    assert hospital.registration_by_key(request.idempotency_key) is None


def test_short_latency_and_a_quick_trickle_are_only_slow(
    tell: Tell, hospital_in: Callable[[float], HisProHospital], visit: Callable[..., RegistrationRequest]
) -> None:
    hospital = hospital_in(8.0)
    tell(System.HIS, fault="latency", milliseconds=1)
    assert hospital.register(visit()).visit_id
    tell(System.HIS, fault="slow_body", milliseconds=0)
    assert hospital.register(visit()).visit_id


def test_tokens_that_are_over_at_once_leave_the_card_unverified(
    tell: Tell, portal: BhytPortal, valid: InsuranceQuery
) -> None:
    assert portal.check(valid).outcome is CoverageOutcome.VALID
    tell(System.PORTAL, fault="expired_token")
    assert portal.check(valid).outcome is CoverageOutcome.UNVERIFIED
    tell(System.PORTAL, fault="none")


def test_a_wrong_signature_of_the_bank_is_no_answer(tell: Tell, bank: PayOsProvider, bill: PaymentRequest) -> None:
    tell(System.BANK, fault="bad_signature")
    with pytest.raises(OutsideFault) as failed:
        bank.create(bill)
    assert failed.value.code is OutsideFaultCode.AUTH


class Merchant:
    """Takes webhooks and remembers their bodies in order."""

    def __init__(self) -> None:
        merchant = self
        self.heard: list[bytes] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                merchant.heard.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    made = Merchant()
    yield made
    made.close()


def test_webhooks_come_twice_and_in_another_order_when_the_bank_is_told_so(
    tell: Tell, bank: PayOsProvider, merchant: Merchant
) -> None:
    orders = [new_order_code() for _ in range(2)]
    for order in orders:
        bank.create(PaymentRequest(order, 50_600, purpose_for(order), datetime.now(UTC) + timedelta(minutes=5)))
    tell(System.BANK, webhook=merchant.url)
    assert tell(System.BANK, hold=True).json() == {"ok": True}
    for order in orders:
        tell(System.BANK, pay=order)
    assert merchant.heard == []
    assert tell(System.BANK, deliver=2, backwards=True).json()["webhooks"] == [200] * 4
    assert [json.loads(body)["data"]["orderCode"] for body in merchant.heard] == [orders[1]] * 2 + [orders[0]] * 2
    tell(System.BANK, hold=False)


def test_a_fault_ends_by_itself_and_down_over_http_must(tell: Tell, world: OutsideWorld) -> None:
    forever = tell(System.HIS, fault="down")
    assert (forever.status_code, forever.json()["ok"]) == (400, False)
    assert tell(System.HIS, fault="down", seconds=0.2).json() == {"ok": True}
    refused = 0
    while True:
        try:
            assert httpx.get(f"{world.urls[System.HIS]}/simulation/visits", trust_env=False).status_code == 200
            break
        except httpx.ConnectError:
            refused += 1
    assert refused
    tell(System.HIS, fault="http_500", seconds=0.1)
    while httpx.get(f"{world.urls[System.HIS]}/api/Health/Get", trust_env=False).status_code == 500:
        pass


@pytest.mark.parametrize(
    ("system", "fault"),
    [
        (System.HIS, Fault.BAD_SIGNATURE),
        (System.HIS, Fault.EXPIRED_TOKEN),
        (System.PORTAL, Fault.BAD_SIGNATURE),
        (System.BANK, Fault.EXPIRED_TOKEN),
    ],
)
def test_a_fault_that_a_system_cannot_have_is_refused(tell: Tell, system: System, fault: Fault) -> None:
    answer = tell(system, fault=fault)
    assert answer.status_code == 400
    assert fault.value in answer.json()["error"]


def test_control_takes_only_commands_that_say_that_they_are_json(tell: Tell, world: OutsideWorld) -> None:
    address = f"{world.urls[System.HIS]}/simulation/control"
    command = b'{"fault": "http_500"}'
    assert httpx.post(address, content=command, trust_env=False).status_code == 400
    assert httpx.post(address, data={"fault": "http_500"}, trust_env=False).status_code == 400
    assert httpx.get(address, trust_env=False).status_code == 400
    assert tell(System.HIS, fault="nonsense").status_code == 400
    assert tell(System.HIS, fault="none", force="000" * 50_000).json()["error"] == "too long"
    assert httpx.get(f"{world.urls[System.HIS]}/api/Health/Get", trust_env=False).status_code == 401  # no fault, no key


def test_the_hospital_knows_the_invented_people_it_is_started_with(people: Path) -> None:
    command = [*COMMAND, "hospital", "--interface", "hispro", "--people", str(people)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        known = httpx.get(f"{ready['url']}/simulation/patients", trust_env=False).json()
        process.stdin.close()
    assert process.returncode == 0
    assert ready["system"] == "hospital"
    assert "NGUYỄN THỊ LAN" in {patient["name"] for patient in known["patients"]}


def test_tokens_of_the_fhir_hospital_can_be_over_at_once() -> None:
    command = [*COMMAND, "hospital", "--interface", "fhir"]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process,
        httpx.Client(trust_env=False) as client,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        hospital = FhirHospital(fhir_settings(url, oauth=True))
        assert hospital.health().fault is None
        assert client.post(f"{url}/simulation/control", json={"fault": "expired_token"}).status_code == 200
        assert hospital.health().fault is OutsideFaultCode.AUTH
        assert client.post(f"{url}/simulation/control", json={"fault": "none"}).status_code == 200
        assert hospital.health().fault is None
        hospital.close()
        process.stdin.close()


def test_with_stay_it_outlives_its_standard_input() -> None:
    process = subprocess.Popen(
        [*COMMAND, "bank", "--stay"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        assert httpx.get(f"{url}/simulation/orders", trust_env=False).status_code == 200
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate()


def test_a_missing_folder_is_a_usage_error() -> None:
    done = subprocess.run([*COMMAND, "portal", "--cards", "/nowhere"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "/nowhere" in done.stderr
