"""Our own book of the money that arrived, as a table for the day's reconciliation (`his_adapter reconcile --ledger`).

It holds codes, amounts and times: nobody's name.
"""

import argparse
import csv
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from sqlalchemy import select

from records.errors import StoreError
from records.store import Store, open_store_read_only
from records.tables import PaymentTransfer

EXIT_DONE, EXIT_UNREADABLE = 0, 2
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
COLUMNS = ("received_at", "order_code", "provider_txn_id", "amount_dong", "verdict", "provider")


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One arrival. `order_code` is empty for money without an order; `verdict` is what it meant for its order.

    `provider_txn_id` is the id of `provider`, which is empty in a record of an earlier version.
    """

    received_at: datetime
    order_code: str
    provider_txn_id: str
    amount_dong: int
    verdict: str
    provider: str


@dataclass(frozen=True, slots=True)
class Days:
    """Days of Vietnam, the last one included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError("the last day is not before the first")

    @property
    def begins(self) -> datetime:
        """The first moment."""
        return datetime.combine(self.first, time.min, VIETNAM)

    @property
    def ends(self) -> datetime:
        """The first moment after."""
        return datetime.combine(self.last + timedelta(days=1), time.min, VIETNAM)


def ledger(store: Store, days: Days) -> tuple[LedgerRow, ...]:
    """A kiosk's arrivals of some days, by the provider's own time. Raises StoreError."""
    query = select(PaymentTransfer).where(
        PaymentTransfer.received_at >= days.begins, PaymentTransfer.received_at < days.ends
    )
    with store.snapshot() as session:
        rows = session.scalars(
            query.order_by(PaymentTransfer.received_at, PaymentTransfer.provider_txn, PaymentTransfer.provider)
        )
        return tuple(
            LedgerRow(
                row.received_at, row.order_code, row.provider_txn, row.amount_dong, row.verdict.value, row.provider
            )
            for row in rows
        )


def write_ledger(rows: Iterable[LedgerRow], file: TextIO) -> None:
    """As CSV with a header, times in Vietnam's zone."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        moment = row.received_at.astimezone(VIETNAM).isoformat(timespec="seconds")
        writer.writerow((moment, row.order_code, row.provider_txn_id, row.amount_dong, row.verdict, row.provider))


def add_days(parser: argparse.ArgumentParser) -> None:
    """The options that name the days."""
    parser.add_argument("--day", type=date.fromisoformat, help="the day, YYYY-MM-DD (default: today)")
    parser.add_argument("--until", type=date.fromisoformat, help="the last day of several")


def days_of(arguments: argparse.Namespace) -> Days:
    """The days the options name. Raises ValueError."""
    first = arguments.day or datetime.now(UTC).astimezone(VIETNAM).date()
    return Days(first, arguments.until or first)


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `ledger` to the command line."""
    parser = commands.add_parser("ledger", help="the money that arrived, as CSV for the day's reconciliation")
    parser.add_argument("path", type=Path, help="the store's file; it is opened read-only")
    add_days(parser)
    parser.set_defaults(ledger=True)


def run(arguments: argparse.Namespace) -> int:
    """Write the table to standard output; the exit code: 0 done, 2 store unreadable or days that are none."""
    try:
        days = days_of(arguments)
        with open_store_read_only(arguments.path) as store:
            rows = ledger(store, days)
    except (StoreError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_UNREADABLE
    write_ledger(rows, sys.stdout)
    return EXIT_DONE
