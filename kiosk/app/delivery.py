"""Telling the hospital system what was recorded here: at once for the patient who waits, later for the rest."""

import threading
from collections.abc import Callable
from datetime import datetime

import structlog

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import Registration, RegistrationRequest
from his_adapter.outbox import dump_registration, load_registration
from his_adapter.ports import HospitalSystem
from records.errors import StoreError
from records.outbox import Delivered, DeliveryResult, Outbox, OutboxItem, Refused, Retry, deliver_due
from records.store import Store
from records.values import HIS_REGISTER, HisConfirmation, OutboxMessage

log = structlog.get_logger(__name__)

PAUSE_S = 2.0
"""Between two looks at the outbox; each entry has its own growing pause besides."""

SAID_NO = frozenset({OutsideFaultCode.REJECTED, OutsideFaultCode.DUPLICATE_PATIENT, OutsideFaultCode.CONFLICT})
"""Answers that would be the same again. Everything else (also a wrong account, which IT staff mend) is tried later."""


def registration_message(request: RegistrationRequest) -> OutboxMessage:
    """The request as it lies in the outbox."""
    return OutboxMessage(HIS_REGISTER, dump_registration(request))


class OutboxDelivery:
    """Delivers one visit now, or whatever is due from a thread of its own. One delivery at a time."""

    def __init__(self, store: Store, hospital: HospitalSystem, now: Callable[[], datetime]) -> None:
        self._store = store
        self._hospital = hospital
        self._now = now
        self._outbox = Outbox(store)
        self._one_at_a_time = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin looking at the outbox: what an earlier run left is delivered now."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the present call."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def pending(self) -> int:
        """Entries not delivered yet. Raises StoreError."""
        return self._outbox.health().pending

    def deliver_visit(self, visit_id: str) -> Registration | OutsideFaultCode:
        """Try one visit now. Raises StoreError; a fault leaves the visit in the outbox unless the answer was a no."""
        answers: list[Registration | OutsideFaultCode] = []
        with self._one_at_a_time:
            deliver_due(
                self._store,
                lambda item: self._deliver(item, answers.append),
                self._now(),
                outbox=self._outbox,
                visit_id=visit_id,
            )
        return answers[-1] if answers else OutsideFaultCode.UNREACHABLE

    def deliver_all(self) -> None:
        """Try everything that is due. Raises StoreError."""
        with self._one_at_a_time:
            deliver_due(self._store, self._deliver, self._now(), outbox=self._outbox)

    def _deliver(
        self, item: OutboxItem, tell: Callable[[Registration | OutsideFaultCode], None] = lambda _: None
    ) -> DeliveryResult:
        try:
            registration = self._hospital.register(load_registration(item.payload))
        except ValueError:
            log.error("outbox entry unreadable", visit=item.visit_id)
            return Refused("unreadable")
        except OutsideFault as fault:
            log.warning("visit not delivered", visit=item.visit_id, code=fault.code.value, attempts=item.attempts)
            tell(fault.code)
            return Refused(fault.code.value) if fault.code in SAID_NO else Retry(fault.code.value)
        tell(registration)
        return Delivered(
            HisConfirmation(
                visit_id=item.visit_id,
                his_visit_id=registration.visit_id,
                number=registration.queue_number,
                room=registration.room,
                patient_code=registration.patient_code,
            )
        )

    def _run(self) -> None:
        while not self._stop.wait(PAUSE_S):
            try:
                self.deliver_all()
            except StoreError as error:
                log.error("outbox not readable", code=error.code.value)
