"""Registrations through a bad network, with everybody killed now and then: is each visit at the hospital exactly once?

Several kiosks (a process each: journal and outbox in SQLite on disk, the delivery thread, guard and adapter) register
invented people at a simulated hospital (a process, its memory on disk) through the fault proxy, which cuts 5 % of the
connections after the question was sent, doubles 5 % of the questions and answers 2 % with 503 (over HTTP). Kiosks and
hospital are killed (SIGKILL) at moments drawn from the seed and started again. A third of the patients pay.

At the end the hospital is started once more, and what it has is compared with what the kiosks have recorded. Every
person comes once: a second visit of a person is a double, whatever its key.
"""

import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import func, select

from bench.exactly_once_hospitals import SITES, Census, Site
from bench.exactly_once_kiosk import DONE, Assignment
from bench.exactly_once_visits import MOST, PlannedVisit
from his_adapter.simulation import SimulatedServer, System
from his_adapter.simulation.command import Interface
from his_adapter.simulation.fault_framing import TalkKind
from his_adapter.simulation.fault_plan import FaultPlan, Figures, Rates
from his_adapter.simulation.fault_proxy import FaultProxy
from his_adapter.simulation.fault_wire import Address
from records.store import open_store_read_only
from records.tables import OutboxEntry, Visit

RATES = Rates(drop_after_send=0.05, duplicate=0.05, http_5xx=0.02)
KIOSKS = 3
VISITS_PER_KIOSK_KILL = 500
VISITS_PER_HOSPITAL_KILL = 1_500
HESITATION_S = 0.03
"""A kill comes up to so long after the visit it was drawn for: two visits' work, so that it falls anywhere in it."""
STUCK_S = 300.0
"""Without a single new visit or delivery for so long, the run is given up."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One run."""

    count: int
    seed: int
    kiosks: int = KIOSKS
    broken: bool = False
    rates: Rates = RATES
    interface: Interface = Interface.HISPRO

    def __post_init__(self) -> None:
        if not 1 <= self.kiosks <= self.count <= MOST:
            raise ValueError(f"from one visit for each kiosk to {MOST}")

    def kills(self, every: int, salt: str) -> list[int]:
        """After how many visits to kill, drawn over the whole run."""
        draw = random.Random(f"{self.seed}-{salt}")
        return sorted(draw.randrange(self.count) for _ in range(max(1, self.count // every)))


@dataclass(frozen=True, slots=True)
class Result:
    """What was counted. `sound`: nothing lost, nothing doubled, and both sides say the same."""

    rows: list[dict[str, object]]
    sound: bool


def run(plan: Plan) -> Result:
    """Register, kill, count. Takes some minutes for 10,000. Raises RuntimeError when the run does not end."""
    with tempfile.TemporaryDirectory(prefix="exactly-once-") as folder:
        return _Run(plan, Path(folder)).run()


class _Hospital:
    """The simulated hospital's process; killed and started again at its address."""

    def __init__(self, interface: Interface, site: Site, state: Path) -> None:
        self._arguments = ["--interface", interface.value, "--state", str(state)]
        self._site = site
        self._server = self._started()
        self.address = site.address(self._server)

    def restart(self) -> None:
        self._server.kill()
        self._server = self._started(*self._site.port(self.address))

    def census(self) -> Census:
        return self._site.census(self._server)

    def close(self) -> None:
        self._server.close()

    def _started(self, *port: str) -> SimulatedServer:
        server = SimulatedServer(System.HIS, [*self._arguments, *port])
        server.wait_ready()
        return server


class _Run:
    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._site = SITES[plan.interface]
        self._folder = folder
        self._changed = threading.Condition()
        self._taken = 0
        self._told_at = time.monotonic()
        self._working = plan.kiosks
        self._failed = ""
        self._processes: dict[int, subprocess.Popen[str]] = {}

    def run(self) -> Result:
        began = time.monotonic()
        hospital = _Hospital(self._plan.interface, self._site, self._folder / "hospital.jsonl")
        try:
            kind, rates = self._site.kind, self._plan.rates
            mishaps = FaultPlan(rates if kind is TalkKind.HTTP else replace(rates, http_5xx=0.0), self._plan.seed)
            with FaultProxy(Address.of(hospital.address), kind, mishaps) as proxy:
                with self._kiosks(str(proxy.address)) as threads:
                    kills = self._kill_now_and_then(hospital)
                    for thread in threads:
                        thread.join()
                proxy.send_late()
                figures = proxy.figures()
            seconds = time.monotonic() - began
            hospital.restart()  # what counts is what it has on disk
            return self._judged(hospital, figures, kills, seconds)
        finally:
            hospital.close()

    @contextmanager
    def _kiosks(self, address: str) -> Iterator[Sequence[threading.Thread]]:
        plan = self._plan
        assignments = [
            Assignment(
                kiosk=kiosk,
                kiosks=plan.kiosks,
                count=plan.count,
                seed=plan.seed,
                interface=plan.interface.value,
                address=address,
                store=str(self._store(kiosk)),
                broken=plan.broken,
            )
            for kiosk in range(plan.kiosks)
        ]
        threads = [threading.Thread(target=self._keep_working, args=(one,)) for one in assignments]
        for thread in threads:
            thread.start()
        try:
            yield threads
        except BaseException:
            self._failed = self._failed or "given up"
            for process in list(self._processes.values()):
                process.kill()
            raise

    def _store(self, kiosk: int) -> Path:
        return self._folder / f"kiosk-{kiosk}.db"

    def _keep_working(self, assignment: Assignment) -> None:
        """Start the kiosk, and start it again whenever it was killed."""
        command = [sys.executable, "-m", "bench.exactly_once_kiosk", assignment.text()]
        log = self._folder / f"kiosk-{assignment.kiosk}.log"
        seen: set[str] = set()
        while not self._failed:
            with (
                log.open("a") as errors,
                subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
                ) as process,
            ):
                self._processes[assignment.kiosk] = process
                assert process.stdout is not None
                for line in process.stdout:
                    if line.strip() == DONE:
                        self._note(working=-1)
                        return
                    if line.endswith("\n") and line not in seen:
                        seen.add(line)
                        self._note(taken=1)
            if process.returncode >= 0:  # it was not killed: it failed
                self._failed = log.read_text()[-2_000:]
                self._note(working=-1)

    def _note(self, *, taken: int = 0, working: int = 0) -> None:
        with self._changed:
            self._taken += taken
            self._working += working
            self._told_at = time.monotonic()
            self._changed.notify_all()

    def _kill_now_and_then(self, hospital: _Hospital) -> Counter[str]:
        draw = random.Random(f"{self._plan.seed}-moments")
        due = sorted(
            [(at, "kiosk") for at in self._plan.kills(VISITS_PER_KIOSK_KILL, "kiosks")]
            + [(at, "hospital") for at in self._plan.kills(VISITS_PER_HOSPITAL_KILL, "hospital")]
        )
        kills: Counter[str] = Counter()
        for at, whom in due:
            if not self._wait_until(at):
                break
            time.sleep(draw.uniform(0, HESITATION_S))
            if whom == "hospital":
                hospital.restart()
                kills[whom] += 1
            else:
                victim = self._processes.get(draw.randrange(self._plan.kiosks))
                if victim is not None and victim.poll() is None:
                    victim.kill()
                    kills[whom] += 1
        self._wait_until(None)
        if self._failed:
            raise RuntimeError(self._failed)
        return kills

    def _wait_until(self, taken: int | None) -> bool:
        """Until so many visits are taken, or all kiosks have ended. Raises RuntimeError when nothing moves."""
        with self._changed:
            while self._working and (taken is None or self._taken <= taken):
                if not self._changed.wait(STUCK_S) and time.monotonic() - self._told_at > STUCK_S:
                    raise RuntimeError(f"stuck after {self._taken} visits")
            return bool(self._working)

    def _judged(self, hospital: _Hospital, proxy: Figures, kills: Counter[str], seconds: float) -> Result:
        planned = [PlannedVisit(number, self._plan.seed) for number in range(self._plan.count)]
        census = hospital.census()
        visits, payments = census.visits, census.payments
        recorded, retries, undelivered = self._recorded()
        ours = {self._site.mark(key): his_id for key, his_id in recorded.items()}
        theirs = {visit.mark: visit.visit_id for visit in visits}
        came = Counter(visit.citizen_number for visit in visits)
        transfers = Counter(payments)
        expected = {(one.transfer, one.amount_dong) for one in planned if one.pays}
        counted: dict[str, object] = {
            "registrations": self._plan.count,
            "visits": len(visits),
            "missing": sum(one.citizen_number not in came for one in planned),
            "doubled": sum(times - 1 for times in came.values()),
            "files_doubled": len(census.patients) - len(set(census.patients)),
            "keys_without_visit": len(ours.keys() - theirs.keys()),
            "visits_without_key": len(theirs.keys() - ours.keys()),
            "told_otherwise": sum(ours[mark] != theirs[mark] for mark in ours.keys() & theirs.keys()),
            "numbers_given_twice": len(visits) - len({visit.number for visit in visits}),
            "payments": len(payments),
            "payments_missing": len(expected - transfers.keys()),
            "payments_doubled": sum(times - 1 for times in transfers.values()),
            "payments_unknown": len(transfers.keys() - expected),
            "undelivered": undelivered,
        }
        sound = len(visits) == self._plan.count and len(payments) == len(expected)
        sound = sound and not any(counted[name] for name in counted.keys() - {"registrations", "visits", "payments"})
        happened: dict[str, object] = {
            "interface": self._plan.interface.value,
            "kiosks": self._plan.kiosks,
            "kiosks_killed": kills["kiosk"],
            "hospital_killed": kills["hospital"],
            "retries": retries,
            "seconds": round(seconds, 1),
            "visits_per_s": round(self._plan.count / seconds, 1),
        }
        return Result([counted, happened, {"proxy": "did", **proxy.row()}], sound)

    def _recorded(self) -> tuple[dict[str, str], int, int]:
        """What the kiosks have on disk: the hospital's id of each visit by its key, failed tries, what is left."""
        found: dict[str, str] = {}
        retries = undelivered = 0
        for kiosk in range(self._plan.kiosks):
            with open_store_read_only(self._store(kiosk)) as store, store.snapshot() as session:
                rows = session.execute(select(Visit.idempotency_key, Visit.his_visit_id))
                found |= {key: his_id or "" for key, his_id in rows}
                retries += session.scalar(select(func.sum(OutboxEntry.attempts))) or 0
                undelivered += session.scalar(select(func.count()).where(OutboxEntry.delivered_at.is_(None))) or 0
        return found, retries, undelivered
