"""Payment by QR: an order, its QR, the bank's word. Money is never taken for granted and never counted twice."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from his_adapter.faults import OutsideFault
from his_adapter.model import PaymentIntent, PaymentRequest, PaymentState, PaymentStatus, QrKind, Transfer
from his_adapter.model.payment import MAX_BILL_ID
from his_adapter.payment import new_order_code, purpose_for
from his_adapter.payment.purpose import DEFAULT_PREFIX
from his_adapter.ports import PaymentProvider
from kiosk.app.logs import where
from kiosk.app.mainthread import MainThread, Tasks
from kiosk.app.session import SessionHolder
from kiosk.flow import effects, events, values
from records.errors import StoreError
from records.journal import Journal
from records.payments import Payments
from records.store import Store
from records.values import PaymentIntent as IntentRecord
from records.values import PaymentState as RecordedState
from records.values import TransferNotice, new_key

log = structlog.get_logger(__name__)

LIFE = timedelta(seconds=300)
POLL_S = 1.0
"""A kiosk behind address translation receives no webhook: it asks."""
SLOW_ROUNDS = 30
"""Orders nobody waits for any more are asked about every so many rounds."""
LISTEN_AFTER = timedelta(minutes=15)
"""Money sent in the last second still arrives; it is recorded for the cashier although nobody waits for it here."""

NOBODY = 0
"""The session of an order whose patient is no longer here."""

SCAN_WITH = {
    QrKind.VIETQR: values.ScanWith.BANK,
    QrKind.MOMO: values.ScanWith.MOMO,
    QrKind.PAGE: values.ScanWith.CAMERA,
}
SETTLED = {RecordedState.PAID: values.PaymentState.PAID, RecordedState.REVIEW: values.PaymentState.REVIEW}


@dataclass(slots=True)
class Watched:
    """An order whose money may come. `told` keeps what the flow has heard already."""

    session: int
    record_id: str
    intent: PaymentIntent
    until: datetime
    told: RecordedState = RecordedState.WAITING


class PaymentService:
    """Answers RequestPayment and StopPayment; asks the bank until the order is settled or long over.

    `noted` is called, from any thread, when arriving money was recorded and the hospital has to hear of it. `prefix` is
    what transfer codes begin with; `provider_name` tells whose ids transfers have, unless the provider says it itself.
    """

    def __init__(
        self,
        store: Store,
        provider: PaymentProvider | None,
        main: MainThread,
        tasks: Tasks,
        dispatch: Callable[[events.Event], None],
        holder: SessionHolder,
        now: Callable[[], datetime],
        noted: Callable[[], None],
        prefix: str = DEFAULT_PREFIX,
        provider_name: str = "",
    ) -> None:
        self._payments = Payments(store)
        self._journal = Journal(store)
        self._provider = provider
        self._main = main
        self._tasks = tasks
        self._dispatch = dispatch
        self._holder = holder
        self._now = now
        self._noted = noted
        self._prefix = prefix
        self._provider_name = provider_name
        self._watched: list[Watched] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="payments", daemon=True)

    def start(self) -> None:
        """Begin asking."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the present question."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def request(self, effect: effects.RequestPayment) -> None:
        """Ask for the patient's share. Without a bank the desk takes the money."""
        session = effect.session
        patient = self._holder.of(session)
        provider = self._provider
        if patient is None or provider is None:
            self._settled(session, values.PaymentState.PAY_LATER)
            return
        visit_id = patient.visit_id
        self._tasks.run(
            lambda: self._create(provider, session, visit_id, effect.amount_dong),
            then=lambda watched: self._requested(session, watched),
            failed=lambda _: self._settled(session, values.PaymentState.PAY_LATER),
        )

    def _create(self, provider: PaymentProvider, session: int, visit_id: str, amount: int) -> Watched | None:
        order = new_order_code()
        expires = self._now() + LIFE
        record_id = new_key()
        try:
            # recorded before anybody can pay: money for an order nobody knows would be a case for the cashier
            self._payments.record_payment_intent(IntentRecord(record_id, str(order), visit_id, amount, expires))
            purpose = purpose_for(order, self._prefix)
            intent = provider.create(PaymentRequest(order, amount, purpose, expires, self._bill_of(visit_id)))
        except OutsideFault as fault:
            log.warning("no payment order", code=fault.code.value)
            self._close(record_id, RecordedState.CANCELLED)
            return None
        except StoreError as error:
            log.error("payment not recorded", code=error.code.value)
            return None
        watched = Watched(session, record_id, intent, expires + LISTEN_AFTER)
        with self._lock:
            self._watched.append(watched)
        return watched

    def _bill_of(self, visit_id: str) -> str:
        """The hospital's id of the visit, under which other kiosks know the bill too. Raises StoreError."""
        his_visit_id = self._journal.registration_of(visit_id).his_visit_id or ""
        return his_visit_id if 0 < len(his_visit_id) <= MAX_BILL_ID else visit_id

    def _requested(self, session: int, watched: Watched | None) -> None:
        if watched is None:
            self._settled(session, values.PaymentState.PAY_LATER)
            return
        intent = watched.intent
        life = (intent.expires_at - self._now()).total_seconds()
        request = values.PaymentRequest(intent.amount_dong, intent.qr_text, max(0.0, life), SCAN_WITH[intent.qr_kind])
        self._dispatch(events.PaymentRequested(session, request))

    def stop(self, session: int) -> None:
        """The desk takes the money. Asking goes on for a while: a transfer may be under way."""
        with self._lock:
            mine = [watched for watched in self._watched if watched.session == session]
        for watched in mine:
            self._tasks.run(partial(self._cancel, watched), then=lambda _: None, failed=lambda _: None)

    def _cancel(self, watched: Watched) -> None:
        """Money can be faster than the patient's finger: what has come is noted before the order is closed."""
        provider = self._provider
        assert provider is not None, "what is watched was created by it"
        try:
            self._note_all(watched, provider.cancel(watched.intent))
        except OutsideFault as fault:
            log.warning("payment order not cancelled", code=fault.code.value)
        except StoreError as error:
            log.error("payment not noted", code=error.code.value)
            return  # closing now would make money in time late: the next question notes it
        self._close(watched.record_id, RecordedState.CANCELLED)

    def _close(self, record_id: str, state: RecordedState) -> None:
        try:
            self._payments.close_intent(record_id, state)
        except StoreError as error:
            log.error("payment order not closed", code=error.code.value)

    def resume(self) -> None:
        """Ask again for orders that an earlier run of the kiosk left open: their money may have come meanwhile."""
        if self._provider is None:
            return
        until = self._now() + LISTEN_AFTER
        for record in self._payments.unsettled(self._now() - LIFE - LISTEN_AFTER):
            order = int(record.order_code)
            expires = record.expires_at or (record.created_at or self._now()) + LIFE
            intent = PaymentIntent("", order, record.amount_dong, purpose_for(order, self._prefix), "", expires)
            with self._lock:
                self._watched.append(Watched(NOBODY, record.intent_id, intent, until))

    def _run(self) -> None:
        try:
            self.resume()
        except StoreError as error:
            log.error("open orders not readable", code=error.code.value)
        rounds = 0
        while not self._stop.wait(POLL_S):
            rounds += 1
            with self._lock:
                watched = list(self._watched)
            for one in reversed(watched):  # whoever stands here first
                if self._stop.is_set():
                    return
                if not self._is_awaited(one) and rounds % SLOW_ROUNDS:
                    continue
                try:
                    self._look(one)
                except OutsideFault as fault:
                    log.warning("bank not reached", code=fault.code.value)
                except StoreError as error:
                    log.error("payment not noted", code=error.code.value)
                except Exception as error:  # noqa: BLE001  (one order's bug must not end the watch over the others)
                    log.error("payment watch failed", error=type(error).__name__, where=where(error))

    def _is_awaited(self, watched: Watched) -> bool:
        """A patient may still stand before its QR."""
        return watched.session != NOBODY and watched.told is RecordedState.WAITING

    def _look(self, watched: Watched) -> None:
        provider = self._provider
        assert provider is not None, "what is watched was created by it"
        if self._now() > watched.until:
            with self._lock:
                self._watched.remove(watched)
            return
        self._note_all(watched, provider.status(watched.intent))

    def _note_all(self, watched: Watched, status: PaymentStatus) -> None:
        """Whoever keeps the order may know that it had ended, where this kiosk still waits."""
        for transfer in status.transfers:
            self._note(watched, transfer, status.provider, late=status.state is PaymentState.LATE)

    def _note(self, watched: Watched, transfer: Transfer, provider: str, *, late: bool) -> None:
        notice = TransferNotice(
            str(watched.intent.order_code),
            transfer.provider_txn_id,
            transfer.amount_dong,
            transfer.received_at,
            late=late,
            provider=provider or self._provider_name,
        )
        outcome = self._payments.record_payment(notice)
        state = outcome.state
        if not outcome.replayed:
            self._noted()
        with self._lock:  # asking and cancelling hear of the same transfer on two threads
            if state is None or state is watched.told or state not in SETTLED:
                return
            watched.told = state
        self._main.post(lambda: self._settled(watched.session, SETTLED[state]))

    def _settled(self, session: int, state: values.PaymentState) -> None:
        self._dispatch(events.PaymentSettled(session, state))
