"""One kiosk of `bench.exactly_once`, as a process that may be killed at any moment and is then started again.

It does what the kiosk does for a patient, without the screens: the check-in is recorded on disk, the hospital told at
once, money noted, and what did not get through is delivered by the outbox. It tells of every visit on standard output,
and of the end, when nothing is left to deliver. It ends with its standard input.
"""

import json
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sqlalchemy import select

from bench.exactly_once_hospitals import SITES
from bench.exactly_once_visits import PlannedVisit, share
from his_adapter.clock import now
from his_adapter.guard import GuardedHospital, OutsideMetrics
from his_adapter.model import Registration, RegistrationRequest
from his_adapter.ports import HospitalSystem
from his_adapter.simulation.command import Interface
from kiosk.app.delivery import OutboxDelivery
from kiosk.app.logs import set_up_logs
from records.journal import Journal
from records.payments import Payments
from records.store import Store, open_store
from records.tables import PaymentTransfer, Visit
from records.values import new_key

LOOK_S = 0.05
DONE = "done"


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one kiosk is to do. `broken`: its hospital adapter makes a new key for every try, as none may."""

    kiosk: int
    kiosks: int
    count: int
    seed: int
    interface: str
    address: str
    store: str
    broken: bool

    def text(self) -> str:
        """For the command line."""
        return json.dumps(asdict(self))


def forget_keys(hospital: HospitalSystem) -> None:
    """The negative control: from now on every try registers under a key that nobody will repeat."""
    register = hospital.register

    def again(request: RegistrationRequest) -> Registration:
        return register(replace(request, idempotency_key=new_key()))

    hospital.register = again  # type: ignore[method-assign]


def work(assignment: Assignment) -> None:
    """Until every visit is recorded and nothing is left to deliver."""
    hospital = _hospital(assignment)
    with open_store(Path(assignment.store)) as store:
        delivery = OutboxDelivery(store, hospital, now)
        delivery.start()
        visits = share(assignment.kiosk, assignment.kiosks, assignment.count, assignment.seed)
        _take_patients(f"kiosk-{assignment.kiosk}", visits, store, delivery)
        while delivery.pending():
            threading.Event().wait(LOOK_S)
        delivery.close()
    hospital.close()
    print(DONE, flush=True)


def _hospital(assignment: Assignment) -> HospitalSystem:
    adapter = SITES[Interface(assignment.interface)].adapter(assignment.address)
    if assignment.broken:
        forget_keys(adapter)
    return GuardedHospital(adapter, OutsideMetrics())


def _take_patients(kiosk_id: str, visits: Sequence[PlannedVisit], store: Store, delivery: OutboxDelivery) -> None:
    journal, payments = Journal(store), Payments(store)
    with store.snapshot() as session:
        recorded = {row.session_id: row.id for row in session.execute(select(Visit.session_id, Visit.id))}
        paid = set(session.scalars(select(PaymentTransfer.order_code)))
    for visit in visits:
        visit_id = recorded.get(visit.session_id)
        if visit_id is None:
            visit_id = journal.record_check_in(visit.check_in(kiosk_id)).visit_id
            delivery.deliver_visit(visit_id)
        if visit.pays and visit.order_code not in paid:
            payments.record_payment_intent(visit.intent(visit_id))
            payments.record_payment(visit.notice())
            delivery.wake()
        print(visit.number, flush=True)


def _end_with_standard_input() -> None:
    while os.read(0, 4_096):
        pass
    os._exit(3)


if __name__ == "__main__":
    set_up_logs(quiet=True)
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    work(Assignment(**json.loads(sys.argv[1])))
