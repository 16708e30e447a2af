"""Killed, full or crowded: nothing is lost, nothing is doubled, nothing is half written."""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from records.errors import StoreError, StoreErrorCode
from records.journal import Journal
from records.match_log import verify
from records.outbox import Delivered, DeliveryResult, OutboxItem, deliver_due
from records.store import Store, open_store
from records.tables import Base, Consent, MatchLogEntry, OutboxEntry, Visit
from records.values import CheckInRecord, HisConfirmation, VisitState

MakeCheckIn = Callable[..., CheckInRecord]
KILLED = -signal.SIGKILL


def counts(store: Store) -> list[int]:
    tables: tuple[type[Base], ...] = (Visit, OutboxEntry, Consent, MatchLogEntry)
    with store.snapshot() as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def start_child(work: Callable[[], None]) -> int:
    """Run `work` in a forked process, which ends with it; the process id. No store may be open: SQLite forbids it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 — the parent's test must not run on in this copy, whatever happens
            traceback.print_exc()
            os._exit(99)
        os._exit(0)
    return child


def exit_code(child: int) -> int:
    """Wait for a child; its exit code, or the negative number of the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def write_until_refused(journal: Journal, check_in: MakeCheckIn, first: int) -> tuple[int, StoreError]:
    """Record check-ins from number `first` on; the number that was refused, and how."""
    for index in range(first, first + 1_000):
        try:
            journal.record_check_in(check_in(index))
        except StoreError as error:
            return index, error
    raise AssertionError("the disk never became full")


class FolderHis:
    """A hospital system whose memory survives our crashes: one file per idempotency key, one line per call."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()

    def __call__(self, item: OutboxItem) -> DeliveryResult:
        with (self._folder / f"{item.idempotency_key}.visit").open("a") as visit:
            visit.write("call\n")
        return Delivered(HisConfirmation(item.visit_id, f"HIS-{item.idempotency_key}", "205", "P.301"))

    def visits(self) -> list[str]:
        return [item.stem for item in self._folder.glob("*.visit")]


def test_killed_before_any_statement_of_a_check_in_nothing_is_lost_or_doubled(
    tmp_path: Path, check_in: MakeCheckIn
) -> None:
    record = check_in()
    points = 0
    while True:
        folder = tmp_path / f"at-{points}"
        folder.mkdir()
        path, promised, his = folder / "kiosk.db", folder / "promised", FolderHis(folder / "his")

        def check_in_and_die(at: int = points, path: Path = path, promised: Path = promised, his: Any = his) -> None:
            seen = 0

            def maybe_die(*_: object) -> None:
                nonlocal seen
                if seen == at:
                    os.kill(os.getpid(), signal.SIGKILL)
                seen += 1

            def deliver(item: OutboxItem) -> DeliveryResult:
                maybe_die()
                answer: DeliveryResult = his(item)
                maybe_die()
                return answer

            store = open_store(path)
            event.listen(store._reading, "before_cursor_execute", maybe_die)
            event.listen(store._reading, "commit", maybe_die)
            Journal(store).record_check_in(record)
            promised.touch()
            deliver_due(store, deliver, store.now())

        code = exit_code(start_child(check_in_and_die))
        with open_store(path) as store:
            found = counts(store)
            assert found in ([0, 0, 0, 0], [1, 1, 1, 1]), f"half written when killed at point {points}"
            assert found == [1, 1, 1, 1] or not promised.exists(), f"lost when killed at point {points}"
            assert verify(store).ok
            deliver_due(store, his, store.now())
            assert len(his.visits()) == found[0], f"the systems differ after a kill at point {points}"
            Journal(store).record_check_in(record)
            deliver_due(store, his, store.now())
            assert counts(store) == [1, 1, 1, 1]
            assert his.visits() == [record.idempotency_key]
            with store.snapshot() as session:
                assert session.scalars(select(Visit.state)).one() is VisitState.CONFIRMED
        if code == 0:
            break
        assert code == KILLED
        points += 1
    assert points >= 15, "the kills must have hit every part of the work"


class LoopbackHis:
    """A hospital system over HTTP. It can hold its answer back until the test has killed the caller."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.visits: dict[str, str] = {}
        self.called = threading.Event()
        self.may_answer = threading.Event()
        his = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                key = self.headers["Idempotency-Key"]
                self.rfile.read(int(self.headers["Content-Length"]))
                his.calls.append(key)
                his_id = his.visits.setdefault(key, f"HIS-{len(his.visits) + 1}")
                his.called.set()
                his.may_answer.wait(60)
                body = json.dumps({"id": his_id, "number": "205", "room": "P.301"}).encode()
                try:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # the caller is dead, as intended

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/visits"

    def close(self) -> None:
        self.may_answer.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def his() -> Iterator[LoopbackHis]:
    server = LoopbackHis()
    yield server
    server.close()


KIOSK = """
import json, sys, urllib.request
from records.evidence import Evidence
from records.journal import Journal
from records.outbox import Delivered, deliver_due
from records.store import open_store
from records.values import CheckInRecord, HisConfirmation, OutboxMessage, PatientFields, ServiceChoice

path, url, mode = sys.argv[1:]

def pause(where):
    print(where, flush=True)
    if mode == where:
        sys.stdin.readline()

def deliver(item):
    headers = {"Idempotency-Key": item.idempotency_key, "Content-Type": "application/json"}
    request = urllib.request.Request(url, item.payload.encode(), headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as response:
        body = json.load(response)
    pause("answered")
    return Delivered(HisConfirmation(item.visit_id, body["id"], body["number"], body["room"]))

with open_store(path) as store:
    if mode != "restart":
        patient = PatientFields("NGUYỄN THỊ MẪU", "001199000001", "1990-01-31", "F")
        message = OutboxMessage("his.register", '{"service":"K01"}')
        service = ServiceChoice("K01", "Nội", "P.203")
        Journal(store).record_check_in(CheckInRecord("k1", "s1", patient, service, "A1", 0, message, Evidence()))
        pause("recorded")
    print(deliver_due(store, deliver, store.now()), flush=True)
"""


@pytest.mark.parametrize(("where", "calls"), [("recorded", 1), ("calling", 2), ("answered", 2)])
def test_a_kiosk_killed_around_the_outside_call_registers_exactly_once(
    path: Path, his: LoopbackHis, where: str, calls: int
) -> None:
    if where != "calling":
        his.may_answer.set()
    command = [sys.executable, "-c", KIOSK, str(path), his.url]
    with subprocess.Popen([*command, where], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as kiosk:
        assert kiosk.stdout is not None
        if where == "calling":
            assert his.called.wait(60)
        else:
            assert where in iter(lambda: kiosk.stdout.readline().strip(), "")  # type: ignore[union-attr]
        kiosk.kill()
    assert kiosk.returncode == KILLED
    his.may_answer.set()

    again = subprocess.run([*command, "restart"], capture_output=True, text=True, check=True)
    assert "delivered=1" in again.stdout
    assert len(his.calls) == calls
    assert len(set(his.calls)) == len(his.visits) == 1
    with open_store(path) as store, store.snapshot() as session:
        visit = session.scalars(select(Visit)).one()
        assert (visit.state, visit.his_visit_id) == (VisitState.CONFIRMED, "HIS-1")


def test_a_full_disk_is_named_and_takes_nothing_with_it(store: Store, journal: Journal, check_in: MakeCheckIn) -> None:
    journal.record_check_in(check_in(1))
    with store.transaction() as session:
        pages = session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
        session.connection().exec_driver_sql(f"PRAGMA max_page_count={pages}")
    refused, error = write_until_refused(journal, check_in, 2)
    assert error.code is StoreErrorCode.DISK_FULL
    assert counts(store) == [refused - 1] * 4
    assert verify(store).entries == refused - 1

    with store.transaction() as session:
        session.connection().exec_driver_sql("PRAGMA max_page_count=1000000")
    assert journal.record_check_in(check_in(refused)).log_seq == refused


def test_a_write_the_kernel_refuses_is_named_and_takes_nothing_with_it(path: Path, check_in: MakeCheckIn) -> None:
    def fill() -> None:
        with open_store(path) as store:
            journal = Journal(store)
            journal.record_check_in(check_in(1))
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            log_size = path.with_name("kiosk.db-wal").stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (log_size + 500_000, hard))
            refused, error = write_until_refused(journal, check_in, 2)
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            assert error.code in {StoreErrorCode.IO_ERROR, StoreErrorCode.DISK_FULL}
            assert refused > 2
            assert counts(store) == [refused - 1] * 4
            assert journal.record_check_in(check_in(refused)).log_seq == refused
            assert verify(store).ok

    assert exit_code(start_child(fill)) == 0


def test_two_processes_write_one_log_without_gaps(path: Path, check_in: MakeCheckIn) -> None:
    each = 15

    def write(first: int) -> None:
        with open_store(path) as own:
            for index in range(first, first + each):
                Journal(own).record_check_in(check_in(index))

    children = [start_child(partial(write, first)) for first in (100, 200)]
    assert [exit_code(child) for child in children] == [0, 0]
    with open_store(path) as store:
        report = verify(store)
    assert (report.ok, report.entries) == (True, 2 * each)


def test_threads_share_one_store(store: Store, check_in: MakeCheckIn) -> None:
    journal = Journal(store)
    with ThreadPoolExecutor(4) as pool:
        proofs = list(pool.map(lambda index: journal.record_check_in(check_in(index)), range(1, 25)))
    assert sorted(proof.log_seq for proof in proofs) == list(range(1, 25))
    assert verify(store).ok


def test_two_processes_that_make_the_store_together_make_one(path: Path) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-c", f"from records.store import open_store; open_store({str(path)!r}).close()"]
        )
        for _ in range(2)
    ]
    assert [child.wait(60) for child in children] == [0, 0]
    with open_store(path) as store:
        assert counts(store) == [0, 0, 0, 0]
    assert len(list(path.parent.glob("*.pseudonym-key*"))) == 1
