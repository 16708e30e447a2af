"""A kiosk's store of the first version becomes one of today's, with everything that waits in it."""

import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, select

from records import migrate
from records.errors import StoreError, StoreErrorCode
from records.ledger import Days, ledger
from records.outbox import Delivered, DeliveryResult, OutboxItem, deliver_due
from records.payments import Payments
from records.store import open_store, open_store_read_only
from records.tables import OutboxEntry
from records.values import HIS_PAYMENT, HIS_REGISTER, PaymentState, TransferNotice, TransferVerdict

VISIT = (
    "INSERT INTO visit (id, kiosk_id, session_id, idempotency_key, content_hmac, state, created_at, service_code,"
    " service_name, room, queue_number, provisional, fee_dong, insurance_outcome, insurance_code, insurance_verified,"
    " face_outcome, reason) VALUES (?, 'k1', ?, ?, '', 'registered_local', '2026-11-24 01:30:00', 'K01', 'Nội', '203',"
    " 'A1', 1, 0, 'not_asked', '', 0, 'not_done', '')"
)
CALL = (
    "INSERT INTO outbox (id, visit_id, kind, idempotency_key, payload, created_at, attempts, next_attempt_at, dead)"
    " VALUES (?, ?, ?, ?, '{}', ?, 0, ?, 0)"
)
ORDER = (
    "INSERT INTO payment (id, order_code, visit_id, amount_dong, state, created_at, settled_at)"
    " VALUES ('p1', '77', 'v1', 50600, 'paid', '2026-11-24 01:30:00', '2026-11-24 01:31:00')"
)
TRANSFER = (
    "INSERT INTO payment_transfer (provider_txn, payment_id, order_code, amount_dong, verdict, received_at)"
    " VALUES ('FT1', 'p1', '77', 50600, 'exact', '2026-11-24 01:31:00')"
)


@pytest.fixture
def first_version(path: Path) -> Path:
    """Two visits. The clock was set back between the first one's registration and its payment."""
    sqlite3.connect(path).execute("PRAGMA journal_mode=WAL").connection.close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = migrate._config(migrate.RECORDS)
        config.attributes["connection"] = connection
        config.attributes["version_table"] = "alembic_version"
        command.upgrade(config, "0001")
    engine.dispose()
    database = sqlite3.connect(path)
    database.execute(VISIT, ("v1", "s1", "key-1"))
    database.execute(VISIT, ("v2", "s2", "key-2"))
    for row, visit, kind, key, at in (
        ("o3", "v1", HIS_PAYMENT, "key-p2", "01:29:00"),
        ("o2", "v1", HIS_PAYMENT, "key-p1", "01:28:00"),
        ("o1", "v1", HIS_REGISTER, "key-1", "01:30:00"),
        ("o4", "v2", HIS_REGISTER, "key-2", "01:31:00"),
    ):
        database.execute(CALL, (row, visit, kind, key, f"2026-11-24 {at}", f"2026-11-24 {at}"))
    database.execute(ORDER)
    database.execute(TRANSFER)
    database.commit()
    database.close()
    return path


def test_what_waits_gets_its_destination_and_its_order(first_version: Path) -> None:
    with open_store(first_version) as store:
        with store.snapshot() as session:
            rows = session.scalars(select(OutboxEntry).order_by(OutboxEntry.visit_id, OutboxEntry.seq)).all()
            assert [(row.id, row.seq, row.destination) for row in rows] == [
                ("o1", 1, "his"),
                ("o2", 2, "his"),
                ("o3", 3, "his"),
                ("o4", 1, "his"),
            ]
        made = []

        def deliver(item: OutboxItem) -> DeliveryResult:
            made.append(item.idempotency_key)
            return Delivered()

        deliver_due(store, deliver, store.now())
        assert made == ["key-1", "key-p1", "key-p2", "key-2"]


def test_money_of_the_first_version_is_known_when_its_provider_tells_it_again(first_version: Path) -> None:
    with open_store(first_version) as store:
        payments = Payments(store)
        again = payments.record_payment(TransferNotice("77", "FT1", 50_600, provider="payos"))
        assert (again.verdict, again.state, again.replayed) == (TransferVerdict.EXACT, PaymentState.PAID, True)
        other = payments.record_payment(TransferNotice("78", "FT1", 50_600, provider="sepay"))
        assert (other.verdict, other.replayed) == (TransferVerdict.UNMATCHED, False)
        days = Days(date(2026, 11, 24), date.max - timedelta(days=1))
        assert [(row.order_code, row.provider) for row in ledger(store, days)] == [("77", ""), ("78", "sepay")]


def test_the_table_that_was_written_anew_still_refuses_what_it_refused(first_version: Path) -> None:
    with open_store(first_version) as store:
        for values in (
            "'o9', 'v1', 1, 'his', 'k', 'key-9'",
            "'o9', 'v1', 9, 'his', 'k', 'key-1'",
            "'o9', 'v9', 1, 'his', 'k', 'k9'",
        ):
            with pytest.raises(StoreError) as caught, store.transaction() as session:
                session.connection().exec_driver_sql(
                    "INSERT INTO outbox (id, visit_id, seq, destination, kind, idempotency_key, payload, created_at,"
                    f" attempts, next_attempt_at, dead) VALUES ({values}, '', '2026-11-24', 0, '2026-11-24', 0)"
                )
            assert caught.value.code is StoreErrorCode.CONFLICT, values


def test_a_reader_does_not_touch_a_store_of_the_first_version(first_version: Path) -> None:
    with pytest.raises(StoreError) as caught:
        open_store_read_only(first_version)
    assert caught.value.code is StoreErrorCode.WRONG_VERSION
