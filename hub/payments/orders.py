"""The orders of money, on disk before anybody can pay them: the durable `BillStore`."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import PaymentIntent, PaymentRequest, PaymentState, QrKind
from his_adapter.model.payment import MAX_ORDER_CODE
from his_adapter.payment import ProviderName
from his_adapter.payment.bills import SYSTEM, BillStore
from hub.payments.tables import PaymentOrder
from records.store import Store


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """An order as it is stored. `opened`: the provider has answered, so that its code may have been seen."""

    request: PaymentRequest
    provider: ProviderName
    intent: PaymentIntent
    opened: bool


class Orders(BillStore):
    """The hub's orders. `provider` is who new ones are asked of. Every method raises StoreError."""

    def __init__(self, store: Store, provider: ProviderName) -> None:
        self._store = store
        self._provider = provider

    def find(self, order_code: int) -> KnownOrder | None:
        """An order; None when there is none of this code, or none can have it."""
        if not 0 < order_code <= MAX_ORDER_CODE:
            return None
        with self._store.snapshot() as session:
            row = session.get(PaymentOrder, order_code)
            return None if row is None else _known(row)

    def last(self, bill_id: str) -> PaymentRequest | None:
        """See the protocol."""
        newest = select(PaymentOrder).where(PaymentOrder.bill_id == bill_id)
        newest = newest.order_by(PaymentOrder.created_at.desc(), PaymentOrder.order_code.desc()).limit(1)
        with self._store.snapshot() as session:
            row = session.scalar(newest)
            return None if row is None else _known(row).request

    def keep(self, bill_id: str, request: PaymentRequest) -> None:
        """See the protocol. Raises OutsideFault CONFLICT when the code stands for something else."""
        with self._store.transaction() as session:
            row = session.get(PaymentOrder, request.order_code)
            if row is not None:
                if row.bill_id != bill_id or not _same(row, request):
                    raise OutsideFault(OutsideFaultCode.CONFLICT, SYSTEM, "order code used for something else")
                return
            session.add(
                PaymentOrder(
                    order_code=request.order_code,
                    provider=self._provider.value,
                    bill_id=bill_id,
                    amount_dong=request.amount_dong,
                    purpose=request.purpose,
                    created_at=self._store.now(),
                    expires_at=request.expires_at,
                    state=PaymentState.WAITING,
                )
            )

    def opened(self, intent: PaymentIntent) -> None:
        """The provider's answer: what is drawn, so that the same request again is the same intent after a restart."""
        with self._store.transaction() as session:
            row = session.get_one(PaymentOrder, intent.order_code)
            row.intent_id, row.qr_text, row.qr_kind = intent.intent_id, intent.qr_text, intent.qr_kind

    def forgotten(self, since: datetime, limit: int) -> tuple[int, ...]:
        """Codes of orders that ended before `since` and that nobody closed."""
        query = select(PaymentOrder.order_code).where(
            PaymentOrder.state == PaymentState.WAITING, PaymentOrder.expires_at < since
        )
        with self._store.snapshot() as session:
            return tuple(session.scalars(query.limit(limit)))

    def awaited(self, since: datetime, limit: int) -> tuple[KnownOrder, ...]:
        """Orders that ended no earlier than `since` and whose money may come, the one longest not asked about first."""
        query = select(PaymentOrder).where(PaymentOrder.expires_at >= since)
        query = query.order_by(PaymentOrder.polled_at.asc().nulls_first(), PaymentOrder.order_code).limit(limit)
        with self._store.snapshot() as session:
            return tuple(_known(row) for row in session.scalars(query))


def intent_of(row: PaymentOrder) -> PaymentIntent:
    """The order's intent; with empty texts while the provider has not answered."""
    return PaymentIntent(
        row.intent_id or "",
        row.order_code,
        row.amount_dong,
        row.purpose,
        row.qr_text or "",
        row.expires_at,
        row.qr_kind or QrKind.VIETQR,
    )


def lock_order(session: Session, order_code: int) -> PaymentOrder | None:
    """An order that nobody else changes until the transaction ends."""
    return session.scalar(select(PaymentOrder).where(PaymentOrder.order_code == order_code).with_for_update())


def _same(row: PaymentOrder, request: PaymentRequest) -> bool:
    kept = (row.amount_dong, row.purpose, row.expires_at)
    return kept == (request.amount_dong, request.purpose, request.expires_at)


def _known(row: PaymentOrder) -> KnownOrder:
    request = PaymentRequest(row.order_code, row.amount_dong, row.purpose, row.expires_at, row.bill_id)
    return KnownOrder(request, ProviderName(row.provider), intent_of(row), row.qr_text is not None)
