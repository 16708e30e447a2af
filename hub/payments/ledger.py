"""The hub's own book of the money that arrived, in the form of a kiosk's (`records.ledger`)."""

from sqlalchemy import select

from hub.payments.tables import PaymentNoticeRow, PaymentOrder
from records.ledger import Days, LedgerRow
from records.store import Store

STRAY = "stray"


def hub_ledger(store: Store, days: Days) -> tuple[LedgerRow, ...]:
    """Arrivals of some days, by the providers' own times, with the state of the order. Raises StoreError."""
    query = (
        select(PaymentNoticeRow, PaymentOrder)
        .outerjoin(
            PaymentOrder,
            (PaymentOrder.order_code == PaymentNoticeRow.order_code)
            & (PaymentOrder.provider == PaymentNoticeRow.provider),
        )
        .where(PaymentNoticeRow.received_at >= days.begins, PaymentNoticeRow.received_at < days.ends)
        .order_by(PaymentNoticeRow.received_at, PaymentNoticeRow.provider_txn_id, PaymentNoticeRow.provider)
    )
    with store.snapshot() as session:
        return tuple(
            LedgerRow(
                notice.received_at,
                "" if notice.order_code is None else str(notice.order_code),
                notice.provider_txn_id,
                notice.amount_dong,
                STRAY if order is None else order.state.value,
                notice.provider,
            )
            for notice, order in session.execute(query)
        )
