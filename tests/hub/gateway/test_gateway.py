"""The gateway from a kiosk's side: who is let in, what travels, and what happens when something is slow or too much."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from his_adapter.clock import ZONE
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import (
    CoverageOutcome,
    CoverageReport,
    InsuranceQuery,
    PatientIdentity,
    PaymentReport,
    RegistrationRequest,
    TransferVerdict,
)
from his_adapter.remote import RemotePortal, wire
from hub.gateway.queue_numbers import QueueNumbers
from records.errors import StoreError, StoreErrorCode

Visit = Callable[..., RegistrationRequest]
Actions = Callable[[], list[tuple[str, str, str]]]


@pytest.fixture
def plain(hub: Any) -> Iterator[httpx.Client]:
    """Whoever speaks HTTP with the hub without being a kiosk of ours."""
    with httpx.Client(base_url=hub.url, verify=False, trust_env=False) as client:
        yield client


def fault_of(call: Callable[[], object]) -> OutsideFault:
    with pytest.raises(OutsideFault) as caught:
        call()
    return caught.value


# what travels


def test_every_call_of_the_hospital_goes_through(hub: Any, key: str, visit: Visit, patient: PatientIdentity) -> None:
    hospital = hub.hospital_for("k1", key)
    assert [service.room.name for service in hospital.list_services()] == ["203", "305"]
    assert hospital.appointments(patient, date(2026, 11, 24)) == ()
    request = visit()
    done = hospital.register(request)
    assert done.visit_id == "V1"
    found = hospital.registration_by_key(request.idempotency_key)
    assert found is not None
    assert (found.visit_id, found.ticket, found.repeated) == ("V1", done.ticket, True)
    assert hospital.registration_by_key("never-used") is None
    late = CoverageReport("late-1", "V1", "BN1", patient, "000", datetime.now(ZONE), verified=True)
    hospital.report_coverage(late)
    paid = PaymentReport("pay-1", "V1", 7, "FT1", 150_000, TransferVerdict.EXACT, datetime.now(ZONE))
    assert hospital.record_payment(paid).receipt_number == "BL1"
    assert hub.hospital.heard == [(patient, date(2026, 11, 24)), request, late, paid]
    assert hospital.health().well


def test_the_portals_reply_reaches_the_kiosk_as_received(hub: Any, key: str, patient: PatientIdentity) -> None:
    hub.portal.raw = bytes(range(256)) * 4096  # 1 MiB, the longest reply there is
    query = InsuranceQuery.of(patient)
    answer = hub.portal_for("k1", key).check(query)
    assert answer.outcome is CoverageOutcome.VALID
    assert (answer.raw, answer.message) == (hub.portal.raw, "đúng")
    paid = hub.portal_for("k1", key).copayment(query)
    assert (paid.accumulated_dong, paid.as_of, paid.raw) == (1_234_567, "đến ngày 23/11/2026", hub.portal.raw)
    assert hub.portal.asked == [query, query]
    assert hub.portal_for("k1", key).health().well


@pytest.mark.parametrize("ahead", [timedelta(hours=-2), timedelta(0), timedelta(hours=2)])
def test_a_fresh_answer_is_fresh_and_a_kept_one_is_kept_whatever_the_two_clocks_say(
    hub: Any, key: str, patient: PatientIdentity, ahead: timedelta
) -> None:
    """The guard of a kiosk's portal tells by it whether the portal has shown a sign of life."""

    def kiosks_clock() -> datetime:
        return datetime.now(ZONE) + ahead

    portal = RemotePortal(hub.settings_of("k1", key), clock=kiosks_clock)
    query = InsuranceQuery.of(patient)
    try:
        before = kiosks_clock()
        fresh, paid = portal.check(query), portal.copayment(query)
        assert fresh.copayment is not None
        for asked_at in (fresh.asked_at, fresh.copayment.asked_at, paid.asked_at):
            assert before <= asked_at <= kiosks_clock()
        hub.portal.kept_for = timedelta(minutes=5)
        before = kiosks_clock()
        kept, paid = portal.check(query), portal.copayment(query)
        assert kept.copayment is not None
        for asked_at in (kept.asked_at, kept.copayment.asked_at, paid.asked_at):
            assert asked_at < before
    finally:
        portal.close()


def test_every_fault_travels_as_itself(hub: Any, key: str, visit: Visit) -> None:
    hospital = hub.hospital_for("k1", key)
    for code in OutsideFaultCode:
        hub.hospital.fault = OutsideFault(code, "his", "HTTP 999")
        fault = fault_of(lambda: hospital.register(visit()))
        assert (fault.code, fault.system, fault.detail) == (code, "his", "HTTP 999")
        assert hospital.health().fault is code


# who is let in


def test_a_wrong_key_a_strangers_and_a_disabled_kiosks_are_refused_alike(
    hub: Any, key: str, visit: Visit, actions: Actions
) -> None:
    other = hub.kiosks.add("k2")
    hub.kiosks.disable("k2")
    for kiosk_id, tried in (("k1", "wrong"), ("k1", other), ("k3", key), ("k2", other)):
        fault = fault_of(lambda: hub.hospital_for(kiosk_id, tried).register(visit(kiosk_id)))  # noqa: B023
        assert (fault.code, fault.system) == (OutsideFaultCode.AUTH, "hub")
        assert str(fault) == "hub: auth (kiosk or key not accepted)"
    assert hub.hospital.visits == {}
    assert actions() == [("", "kiosk_refused", "")] * 4


def test_a_request_without_a_key_is_refused(hub: Any, key: str, plain: httpx.Client) -> None:
    for headers in ({}, {wire.KIOSK_HEADER: "k1"}, {wire.KIOSK_HEADER: "k1", "Authorization": f"Basic {key}"}):
        answer = plain.post(f"{wire.API}/hospital/health", headers=headers, json={})
        assert answer.status_code == 401
        assert wire.Failure.model_validate_json(answer.content).fault.code == "auth"


def test_a_kiosk_that_is_disabled_meanwhile_gets_no_further(hub: Any, key: str) -> None:
    hospital = hub.hospital_for("k1", key)
    hospital.list_services()
    hub.kiosks.disable("k1")
    assert fault_of(hospital.list_services).code is OutsideFaultCode.AUTH


def test_no_kiosk_speaks_for_another(hub: Any, key: str, visit: Visit) -> None:
    hub.kiosks.add("k2")
    fault = fault_of(lambda: hub.hospital_for("k1", key).register(visit("k2")))
    assert (fault.code, fault.system) == (OutsideFaultCode.AUTH, "hub")
    assert hub.hospital.visits == {}


def test_an_address_that_is_refused_again_and_again_is_locked_and_written_down_no_more(
    hub: Any, key: str, actions: Actions, clock: Any, plain: httpx.Client
) -> None:
    def knock() -> httpx.Response:
        headers = {wire.KIOSK_HEADER: "k1", "Authorization": "Bearer wrong"}
        return plain.post(f"{wire.API}/hospital/health", headers=headers, json={})

    assert [knock().status_code for _ in range(8)] == [401] * 5 + [429] * 3
    assert knock().headers["retry-after"] == "15"
    assert len(actions()) == 5
    # the kiosk beside it, behind the same address, goes on
    assert hub.hospital_for("k1", key).list_services()
    clock.advance(seconds=15)
    assert [knock().status_code for _ in range(2)] == [401, 429]
    assert knock().headers["retry-after"] == "30"


# time


def test_the_hub_gives_the_hospital_no_more_time_than_the_kiosk_has(hub: Any, key: str) -> None:
    hub.hospital_for("k1", key, timeout_s=5.0).list_services()
    (left,) = hub.hospital.time_left
    assert 3.0 < left <= 4.6


def test_a_hospital_that_hangs_is_a_time_out_told_in_time(hub: Any, key: str, visit: Visit) -> None:
    hub.hospital.hanging = threading.Event()
    try:
        fault = fault_of(lambda: hub.hospital_for("k1", key, timeout_s=1.0).register(visit()))
        assert (fault.code, fault.system, fault.retryable) == (OutsideFaultCode.TIMEOUT, "hub", True)
        assert fault.detail == "no answer in time"  # the hub's own word: the kiosk had not given up yet
    finally:
        hub.hospital.hanging.set()


def test_a_hub_that_hangs_is_a_time_out_and_a_lost_one_too(key: str, hub: Any, visit: Visit) -> None:
    """The hub's process stands still: its port accepts and nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
        hub._served.url = f"http://127.0.0.1:{port}"
        hospital = hub.hospital_for("k1", key, timeout_s=0.5)
        assert fault_of(lambda: hospital.register(visit())).code is OutsideFaultCode.TIMEOUT

        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(hub.hospital_for("k1", key).register, visit())
            nobody.settimeout(10)
            nobody.accept()[0].close()  # the connection of the first question, given up
            connection, _ = nobody.accept()
            connection.recv(65_536)
            connection.close()  # in the middle of a registration
            lost = asking.exception(10)
    assert isinstance(lost, OutsideFault)
    assert (lost.code, lost.system) == (OutsideFaultCode.TIMEOUT, "hub")


def test_without_a_hub_the_card_is_unverified_and_the_silence_is_evidence(
    hub: Any, key: str, patient: PatientIdentity
) -> None:
    portal = hub.portal_for("k1", key, timeout_s=1.0)
    hub.stop()
    hub._served.close()
    answer = portal.check(InsuranceQuery.of(patient))
    assert answer.outcome is CoverageOutcome.UNVERIFIED
    assert answer.fault is OutsideFaultCode.UNREACHABLE
    assert answer.entry == "no_answer"
    assert answer.message.startswith("hub: unreachable")
    assert answer.evidence_sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert answer.asked_at.utcoffset() is not None
    assert portal.health().fault is OutsideFaultCode.UNREACHABLE
    paid = portal.copayment(InsuranceQuery.of(patient))
    assert (paid.accumulated_dong, paid.fault) == (None, OutsideFaultCode.UNREACHABLE)
    assert paid.evidence_sha256 == answer.evidence_sha256


def test_a_restarted_hub_knows_its_kiosks_and_its_numbers(hub: Any, key: str, visit: Visit) -> None:
    hospital = hub.hospital_for("k1", key)
    first = visit()
    before = hospital.register(first)
    hub.stop()
    hub.start()
    again = hospital.register(first)
    assert again.ticket == before.ticket
    next_one = hospital.register(visit())
    assert [before.ticket.number, next_one.ticket.number] == ["001", "002"]


# too much


def test_one_kiosk_cannot_take_all_the_places_and_nobody_queues(hub: Any, key: str, plain: httpx.Client) -> None:
    keys = {"k1": key, "k2": hub.kiosks.add("k2"), "k3": hub.kiosks.add("k3")}
    hanging = hub.hospital.hanging = threading.Event()
    with ThreadPoolExecutor(4) as pool:
        try:
            for kiosk_id in ("k1", "k1", "k2", "k2"):
                pool.submit(hub.hospital_for(kiosk_id, keys[kiosk_id], 30.0).list_services)
                assert hub.hospital.begun.acquire(timeout=10)
                if kiosk_id == "k1" and len(hub.hospital.time_left) == 2:
                    busy = fault_of(hub.hospital_for("k1", key).list_services)  # its two, though the hub has more
                    assert (busy.code, busy.system, busy.detail) == (OutsideFaultCode.UNREACHABLE, "hub", "busy")
            busy = fault_of(hub.hospital_for("k3", keys["k3"]).list_services)  # the hub's four
            assert (busy.code, busy.detail, busy.retryable) == (OutsideFaultCode.UNREACHABLE, "busy", True)
            headers = {wire.KIOSK_HEADER: "k3", "Authorization": f"Bearer {keys['k3']}"}
            answer = plain.post(f"{wire.API}/hospital/health", headers=headers, json={})
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            figures = plain.get("/metrics").text
            assert "tiepdon_gateway_running_calls 4.0" in figures
        finally:
            hanging.set()
    assert len(hub.hospital.time_left) == 4
    assert hub.hospital_for("k3", keys["k3"]).list_services()


def test_a_call_that_outlives_its_kiosk_keeps_its_place(hub: Any, key: str) -> None:
    hanging = hub.hospital.hanging = threading.Event()
    try:
        for _ in range(2):
            late = fault_of(hub.hospital_for("k1", key, timeout_s=0.5).list_services)
            assert late.code is OutsideFaultCode.TIMEOUT
        assert fault_of(hub.hospital_for("k1", key).list_services).detail == "busy"
    finally:
        hanging.set()


def post(
    plain: httpx.Client, key: str, body: bytes, path: str = "/hospital/register", **headers: str
) -> httpx.Response:
    own = {wire.KIOSK_HEADER: "k1", "Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    return plain.post(f"{wire.API}{path}", content=body, headers=own | headers)


def test_long_bodies_are_refused_before_they_are_read(hub: Any, key: str, plain: httpx.Client) -> None:
    assert post(plain, key, b" " * (wire.MAX_QUESTION_BYTES + 1)).status_code == 413
    headers = {wire.KIOSK_HEADER: "k1", "Authorization": f"Bearer {key}"}
    endless = plain.post(f"{wire.API}/hospital/register", content=iter([b" " * 1024] * 32), headers=headers)
    assert endless.status_code == 413


NO_REQUESTS = [
    b"",
    b"null",
    b"[]",
    b"\xff\xfe",
    b'{"request": {}}',
    b"[" * 10_000,
    b'{"request": {"patient": {"number": "NGUYEN VAN BI MAT"}}}',
    json.dumps({"request": {"idempotency_key": 7}}).encode(),
]


def test_what_is_no_request_is_refused_without_being_quoted(hub: Any, key: str, plain: httpx.Client) -> None:
    for body in NO_REQUESTS:
        answer = post(plain, key, body)
        assert answer.status_code == 400
        told = wire.Failure.model_validate_json(answer.content).fault
        assert (told.code, told.system) == ("bad_answer", "hub")
        assert "BI MAT" not in answer.text


def test_a_deadline_is_a_count_of_milliseconds(hub: Any, key: str, plain: httpx.Client) -> None:
    path = "/hospital/list-services"
    for deadline in ("-1", "soon", "1e3", "", "1" * 10):
        assert post(plain, key, b"{}", path, **{wire.DEADLINE_HEADER: deadline}).status_code == 400
    assert post(plain, key, b"{}", path, **{wire.DEADLINE_HEADER: "999999999"}).status_code == 200
    assert 100 < hub.hospital.time_left[-1] <= wire.MAX_DEADLINE_MS / 1_000


def test_a_body_that_does_not_come_ends_with_the_deadline(hub: Any, key: str) -> None:
    head = (
        f"POST {wire.API}/hospital/register HTTP/1.1\r\nHost: hub\r\nContent-Length: 100\r\n"
        f"{wire.KIOSK_HEADER}: k1\r\nAuthorization: Bearer {key}\r\n{wire.DEADLINE_HEADER}: 200\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", hub.port), timeout=10) as connection:
        connection.sendall(head.encode() + b'{"request"')
        assert connection.recv(65_536).startswith(b"HTTP/1.1 408 ")


# what is written down


def test_the_log_says_who_asked_what_and_nothing_of_the_patient(
    hub: Any, key: str, visit: Visit, patient: PatientIdentity
) -> None:
    with capture_logs() as lines:
        hub.hospital_for("k1", key).register(visit())
        hub.hospital.fault = OutsideFault(OutsideFaultCode.REJECTED, "his", "SERVICE_UNKNOWN")
        fault_of(lambda: hub.hospital_for("k1", key).register(visit()))
        hub.hospital.fault = ValueError(f"a bug that quotes {patient.number} {patient.full_name}")
        failed = fault_of(lambda: hub.hospital_for("k1", key).register(visit()))
    assert (failed.code, failed.system, failed.detail) == (OutsideFaultCode.SERVER_ERROR, "hub", "failed")
    calls = [line for line in lines if line["event"] == "kiosk call"]
    assert [(line["kiosk"], line["operation"], line["outcome"]) for line in calls] == [
        ("k1", "hospital/register", "ok"),
        ("k1", "hospital/register", "rejected"),
        ("k1", "hospital/register", "server_error"),
    ]
    (bug,) = [line for line in lines if line["event"] == "gateway failed"]
    assert bug["error"] == "ValueError"
    assert bug["where"].startswith("conftest.py:")
    assert patient.number not in str(lines)
    assert "HỢP LỆ" not in str(lines)
    assert key not in str(lines)


def test_a_monitor_on_this_machine_sees_figures_without_names(
    hub: Any, key: str, visit: Visit, plain: httpx.Client
) -> None:
    hub.hospital_for("k1", key).register(visit())
    fault_of(hub.hospital_for("k1", "wrong").list_services)
    figures = plain.get("/metrics").text
    assert 'tiepdon_gateway_calls_total{operation="hospital/register",outcome="ok"} 1.0' in figures
    assert 'tiepdon_gateway_refused_total{reason="key"} 1.0' in figures
    assert "k1" not in figures


# numbers


def test_two_kiosks_never_print_the_same_number(hub: Any, key: str, visit: Visit) -> None:
    keys = {"k1": key, "k2": hub.kiosks.add("k2")}

    def print_tickets(kiosk_id: str) -> list[str]:
        hospital = hub.hospital_for(kiosk_id, keys[kiosk_id])
        return [hospital.register(visit(kiosk_id)).ticket.number for _ in range(10)]

    with ThreadPoolExecutor(2) as pool:
        printed = [number for numbers in pool.map(print_tickets, keys) for number in numbers]
    assert sorted(printed) == [f"{number:03d}" for number in range(1, 21)]


def test_the_ticket_names_the_departments_room(hub: Any, key: str, visit: Visit) -> None:
    hospital = hub.hospital_for("k1", key)
    ticket = hospital.register(visit(service="KMAT")).ticket
    assert (ticket.number, ticket.room.name, ticket.room.floor, ticket.room.code) == ("001", "305", "3", "P305")
    assert hospital.register(visit(service="KHONG-CO")).ticket is None  # no room, no queue: the kiosk's number stands


def test_a_number_that_cannot_be_kept_costs_the_number_and_not_the_visit(
    hub: Any, key: str, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError(StoreErrorCode.UNAVAILABLE, "disk full")

    hospital = hub.hospital_for("k1", key)
    request = visit()
    with monkeypatch.context() as broken:
        broken.setattr(QueueNumbers, "give", full)
        broken.setattr(QueueNumbers, "given", full)
        assert hospital.register(request).ticket is None
        assert hospital.registration_by_key(request.idempotency_key).ticket is None
    assert hospital.register(request).ticket.number == "001"
