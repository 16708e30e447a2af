"""The kiosk's own book of money, as a table that the day's reconciliation reads."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from his_adapter.reconciliation.compare import Source
from his_adapter.reconciliation.files import read_bytes
from records.__main__ import main
from records.ledger import Days, ledger
from records.payments import Payments
from records.store import open_store
from records.values import TransferNotice

LAST_SECOND = datetime(2026, 11, 27, 16, 59, 59, tzinfo=UTC)  # 23:59:59 in Vietnam
MIDNIGHT = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store in which money has come, for no order of this kiosk."""
    path = tmp_path / "kiosk.db"
    with open_store(path) as store:
        payments = Payments(store)
        for number, moment in ((1, LAST_SECOND), (2, MIDNIGHT)):
            payments.record_payment(TransferNotice(str(4242 + number), f"FT{number}", 50_600, moment, provider="sepay"))
    return path


def test_a_day_is_vietnams(path: Path) -> None:
    with open_store(path) as store:
        assert [row.provider_txn_id for row in ledger(store, Days(date(2026, 11, 27), date(2026, 11, 27)))] == ["FT1"]
        assert [row.provider_txn_id for row in ledger(store, Days(date(2026, 11, 27), date(2026, 11, 28)))] == [
            "FT1",
            "FT2",
        ]


def test_the_table_is_read_by_the_reconciliation(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", str(path), "--day", "2026-11-27"]) == 0
    text = capsys.readouterr().out
    assert text.splitlines()[1] == "2026-11-27T23:59:59+07:00,4243,FT1,50600,unmatched,sepay"
    (row,) = read_bytes(text.encode(), "ledger.csv", Source.LEDGER, prefix="XP")
    assert (row.order_code, row.txn_id, row.amount_dong, row.moment) == (4243, "FT1", 50_600, LAST_SECOND)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.db"], "unavailable"),
        (["kiosk.db", "--day", "2026-11-27", "--until", "2026-11-26"], "not before"),
    ],
)
def test_what_cannot_be_told(path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    name, *days = arguments
    assert main(["ledger", str(path.with_name(name)), *days]) == 2
    assert said in capsys.readouterr().err


def test_without_a_day_it_is_today(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_store(path) as store:
        Payments(store).record_payment(TransferNotice("4245", "FT3", 1_000))
    assert main(["ledger", str(path)]) == 0
    assert "FT3" in capsys.readouterr().out
