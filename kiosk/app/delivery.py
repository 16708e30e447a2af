"""Telling other systems what was recorded here: at once for the patient who waits, later for the rest."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import PaymentReport, Registration, RegistrationRequest, TransferVerdict
from his_adapter.outbox import dump_registration, load_coverage, load_registration
from his_adapter.ports import HospitalSystem
from kiosk.app.logs import where
from records import values
from records.errors import StoreError
from records.journal import Journal
from records.outbox import Deliver, Delivered, DeliveryResult, Outbox, OutboxItem, Refused, Retry, deliver_due
from records.retry import RetryPolicy
from records.store import Store
from records.transfer_report import load_report

log = structlog.get_logger(__name__)

PAUSE_S = 2.0
"""Between two looks at the outbox; each entry has its own growing pause besides."""

PATIENCE_S = 8.0
"""How long a waiting patient's registration waits for another call to end: one call's own time limit."""

DOWN = frozenset(
    {
        OutsideFaultCode.UNREACHABLE,  # an open circuit breaker too
        OutsideFaultCode.TIMEOUT,
        OutsideFaultCode.AUTH,
        OutsideFaultCode.RESTRICTED,
    }
)
"""Faults that the next call to the same system would meet as well. A SERVER_ERROR may be one visit's alone."""
HIS = values.destination_of(values.HIS_REGISTER)

Follow = Callable[[RegistrationRequest, str, str], tuple[values.OutboxMessage, ...]]
"""From a visit that is registered, and the hospital's ids of visit and patient, to the calls that are due now."""


def nothing_follows(request: RegistrationRequest, his_visit_id: str, patient_code: str) -> tuple[()]:
    """Where the hospital's own system tells everybody else."""
    return ()


def registration_message(request: RegistrationRequest) -> values.OutboxMessage:
    """The request as it lies in the outbox."""
    return values.OutboxMessage(values.HIS_REGISTER, dump_registration(request))


class OutboxDelivery:
    """Delivers one visit now, or whatever is due from a thread of its own: visits, the money for them, and the rest.

    One delivery at a time for each destination. `others` deliver what is not for the hospital, by the kind of call, and
    between two calls to a destination passes at least its time in `gaps`. `follow` is asked when a visit is registered,
    and when its card is confirmed later. `after_round` is called on that thread after every look at the outbox.
    """

    def __init__(
        self,
        store: Store,
        hospital: HospitalSystem,
        now: Callable[[], datetime],
        *,
        policy: RetryPolicy | None = None,
        others: Mapping[str, Deliver] | None = None,
        gaps: Mapping[str, timedelta] | None = None,
        follow: Follow = nothing_follows,
        after_round: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._hospital = hospital
        self._now = now
        self._deliverers: Mapping[str, Deliver] = {
            **(others or {}),
            values.HIS_REGISTER: self._register,
            values.HIS_PAYMENT: self._record_payment,
            values.HIS_COVERAGE: self._report_coverage,
        }
        self._gaps = gaps or {}
        self._not_before: dict[str, datetime] = {}
        self._follow = follow
        self._after_round = after_round
        self._outbox = Outbox(store, policy=policy)
        self._journal = Journal(store)
        self._one_at_a_time: dict[str, threading.Lock] = {HIS: threading.Lock()}
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin looking at the outbox: what an earlier run left is delivered now."""
        self._thread.start()

    def wake(self) -> None:
        """Look now instead of after the pause: something was promised. From any thread; waits for nothing."""
        self._wake.set()

    def close(self) -> None:
        """Stop after the present call."""
        self._stop.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def pending(self) -> int:
        """Entries not delivered yet. Raises StoreError."""
        return self._outbox.health().pending

    def deliver_visit(self, visit_id: str) -> Registration | OutsideFaultCode:
        """Try one visit now. Raises StoreError; a fault leaves the visit in the outbox unless the answer was a no."""
        answers: list[Registration | OutsideFaultCode] = []
        if not self._one_at_a_time[HIS].acquire(timeout=PATIENCE_S):
            return OutsideFaultCode.TIMEOUT  # another call hangs: this one would too, and the outbox has it
        try:
            deliver_due(
                self._store,
                lambda item: self._safely(item, lambda item: self._register(item, answers.append)),
                self._now(),
                outbox=self._outbox,
                visit_id=visit_id,
                kind=values.HIS_REGISTER,
            )
        finally:
            self._one_at_a_time[HIS].release()
        if answers:
            return answers[-1]
        # the background delivery was faster: a no stays a no, anything else is the outbox's business
        given_up = self._journal.registration_of(visit_id).given_up
        return OutsideFaultCode.REJECTED if given_up else OutsideFaultCode.UNREACHABLE

    def deliver_all(self) -> None:
        """Try everything that is due, one call at a time: a patient who waits gets in between. Raises StoreError.

        A destination that does not answer is left alone until the next round; the others are not.
        """
        now = self._now()
        for destination in self._outbox.destinations_due(now):
            while not self._stop.is_set() and self._may_call(destination):
                now = min(now, self._now())  # set back meanwhile: what was put off since is not due
                with self._one_at_a_time.setdefault(destination, threading.Lock()):
                    report = deliver_due(
                        self._store, self._deliver, now, outbox=self._outbox, limit=1, destination=destination
                    )
                if destination in self._gaps and report.calls:
                    self._not_before[destination] = self._now() + self._gaps[destination]
                if report.down or not report.calls:
                    break

    def _may_call(self, destination: str) -> bool:
        wait = self._not_before.get(destination, self._now()) - self._now()
        return not timedelta(0) < wait <= self._gaps.get(destination, wait)  # longer: the clock was set back

    def _deliver(self, item: OutboxItem) -> DeliveryResult:
        deliver = self._deliverers.get(item.kind)
        if deliver is None:
            log.error("outbox entry of an unknown kind", visit=item.visit_id, kind=item.kind)
            return Retry("unknown_kind")  # a later version may have written it, and may come back
        return self._safely(item, deliver)

    def _safely(self, item: OutboxItem, deliver: Deliver) -> DeliveryResult:
        """A bug is no word of the other system, which may have done what it was asked: the call is made again."""
        try:
            return deliver(item)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  (a bug that one entry meets must not end the delivery of the rest)
            log.error(
                "delivery failed", visit=item.visit_id, kind=item.kind, error=type(error).__name__, where=where(error)
            )
            return Retry("bug")

    def _register(
        self, item: OutboxItem, tell: Callable[[Registration | OutsideFaultCode], None] = lambda _: None
    ) -> DeliveryResult:
        try:
            request = load_registration(item.payload)
        except ValueError:
            return unreadable(item)
        try:
            registration = self._hospital.register(request)
        except OutsideFault as fault:
            tell(fault.code)
            return failed(item, fault)
        tell(registration)
        ticket = registration.ticket
        return Delivered(
            values.HisConfirmation(
                visit_id=item.visit_id,
                his_visit_id=registration.visit_id,
                number=None if ticket is None else ticket.number,
                room=None if ticket is None else ticket.room.name,
                patient_code=registration.patient_code,
            ),
            then=self._following(item, request, registration.visit_id, registration.patient_code),
        )

    def _following(
        self, item: OutboxItem, request: RegistrationRequest, his_visit_id: str, patient_code: str
    ) -> tuple[values.OutboxMessage, ...]:
        """What cannot be made costs the visit nothing: the hospital has it, and asking again would change nothing."""
        try:
            return self._follow(request, his_visit_id, patient_code)
        except Exception as error:  # noqa: BLE001  (a bug, which staff find in the log)
            log.error("nothing follows", visit=item.visit_id, error=type(error).__name__, where=where(error))
            return ()

    def _record_payment(self, item: OutboxItem) -> DeliveryResult:
        """Money is told under the hospital's id of the visit; its turn comes after the registration's."""
        standing = self._journal.registration_of(item.visit_id)
        if standing.his_visit_id is None:
            log.error("money for a visit the hospital does not have", visit=item.visit_id)
            return Refused(values.NOT_REGISTERED)
        try:
            report = _payment_report(item, standing.his_visit_id)
        except ValueError:
            return unreadable(item)
        try:
            receipt = self._hospital.record_payment(report)
        except OutsideFault as fault:
            return failed(item, fault)
        log.info("payment told", visit=item.visit_id, receipt=receipt.receipt_number, repeated=receipt.repeated)
        return Delivered()

    def _report_coverage(self, item: OutboxItem) -> DeliveryResult:
        """What the portal said later, under the hospital's ids of visit and patient."""
        standing = self._journal.registration_of(item.visit_id)
        if standing.his_visit_id is None:
            log.error("insurance of a visit the hospital does not have", visit=item.visit_id)
            return Refused(values.NOT_REGISTERED)
        try:
            news = load_coverage(item.payload)
            report = news.report(item.idempotency_key, standing.his_visit_id, standing.patient_code)
        except ValueError:
            return unreadable(item)
        try:
            self._hospital.report_coverage(report)
        except OutsideFault as fault:
            return failed(item, fault)
        log.info("coverage told", visit=item.visit_id, verified=news.verified)
        if not news.verified:
            return Delivered()  # the counter settles what the visit is now
        request = load_registration(self._journal.registration_message(item.visit_id))
        confirmed = replace(request, coverage=news.coverage, entitlement=news.entitlement, insurance_verified=True)
        return Delivered(then=self._following(item, confirmed, standing.his_visit_id, standing.patient_code))

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(PAUSE_S)
            self._wake.clear()
            if self._stop.is_set():
                return
            try:
                self.deliver_all()
                self._after_round()
            except StoreError as error:
                log.error("outbox not readable", code=error.code.value)
            except Exception as error:  # noqa: BLE001  (a bug must not end the delivery of everything else)
                log.error("delivery failed", error=type(error).__name__, where=where(error))


def _payment_report(item: OutboxItem, his_visit_id: str) -> PaymentReport:
    report = load_report(item.payload)
    return PaymentReport(
        idempotency_key=item.idempotency_key,
        his_visit_id=his_visit_id,
        order_code=int(report.order_code),
        provider_txn_id=report.provider_txn,
        amount_dong=report.amount_dong,
        verdict=TransferVerdict(report.verdict.value),
        received_at=report.received_at,
    )


def unreadable(item: OutboxItem) -> Refused:
    """Nobody can read the entry: a person must look."""
    log.error("outbox entry unreadable", visit=item.visit_id, kind=item.kind)
    return Refused("unreadable")


def failed(item: OutboxItem, fault: OutsideFault) -> Refused | Retry:
    """A no is for a person; anything else is tried again."""
    code = fault.code.value
    log.warning("not delivered", visit=item.visit_id, kind=item.kind, code=code, attempts=item.attempts)
    return Retry(code, down=fault.code in DOWN) if fault.retryable else Refused(code)
