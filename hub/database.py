"""The hub's own database: audit events in the records' tables, users and sessions in its own."""

from pathlib import Path

from records.migrate import Schema
from records.store import Clock, Store, open_store, utc_now

CONSOLE = Schema(Path(__file__).parent / "migrations", "hub_alembic_version")


def open_hub_database(path: Path, *, clock: Clock = utc_now) -> Store:
    """Open the hub's database, making it when needed. Raises StoreError."""
    return open_store(path, clock=clock, schemas=(CONSOLE,))
