"""Making and opening a store."""

import os
import sqlite3
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from records import migrate
from records.errors import StoreError, StoreErrorCode
from records.store import Store, open_store, open_store_read_only
from records.tables import Base


def pragma(store: Store, name: str) -> object:
    with store.snapshot() as session:
        return session.connection().exec_driver_sql(f"PRAGMA {name}").scalar_one()


def test_a_new_store_survives_a_power_cut_by_its_settings(store: Store, path: Path) -> None:
    full = 2
    assert pragma(store, "journal_mode") == "wal"
    assert pragma(store, "synchronous") == full
    assert pragma(store, "foreign_keys") == 1
    assert pragma(store, "busy_timeout") == 5_000
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_migrations_from_empty_give_exactly_the_tables_the_program_declares(store: Store) -> None:
    with store.snapshot() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert migrate.revision_of(session.connection()) == migrate.head_revision()


def test_the_tables_are_valid_for_postgresql_as_well() -> None:
    ddl = [str(CreateTable(table).compile(dialect=postgresql.dialect())) for table in Base.metadata.sorted_tables]
    assert any("created_at TIMESTAMP WITH TIME ZONE NOT NULL" in statement for statement in ddl)
    assert any("fee_dong BIGINT NOT NULL" in statement for statement in ddl)


def test_opening_again_migrates_nothing_and_keeps_the_pseudonyms(path: Path, store: Store) -> None:
    before = store.subject("001199000001")
    with open_store(path) as again:
        assert again.subject("001199000001") == before
        assert again.subject("001199000002") != before


def test_another_installation_gives_another_pseudonym(tmp_path: Path, store: Store) -> None:
    with open_store(tmp_path / "other" / "kiosk.db") as other:
        assert other.subject("001199000001") != store.subject("001199000001")


def test_the_pseudonym_key_lies_beside_the_store_for_its_owner_only(path: Path, store: Store) -> None:
    key = path.with_name("kiosk.db.pseudonym-key")
    assert len(key.read_bytes()) == 32
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_bytes() not in path.read_bytes()


def test_a_damaged_pseudonym_key_stops_the_store_instead_of_renaming_everybody(path: Path, store: Store) -> None:
    path.with_name("kiosk.db.pseudonym-key").write_bytes(b"short")
    with pytest.raises(StoreError) as caught:
        open_store(path)
    assert caught.value.code is StoreErrorCode.UNAVAILABLE


def test_a_file_that_was_cut_off_while_it_was_made_is_made_again(path: Path) -> None:
    path.touch()
    with open_store(path) as store:
        assert pragma(store, "journal_mode") == "wal"


def test_a_database_in_another_journal_mode_is_refused_not_converted(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE anything (id INTEGER)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError) as caught:
        open_store(path)
    assert caught.value.code is StoreErrorCode.NOT_A_STORE


def test_a_file_that_is_no_database_is_named_as_such(path: Path) -> None:
    path.write_bytes(b"this is a text, and long enough to be looked at as a page header" * 20)
    for opening in (open_store, open_store_read_only):
        with pytest.raises(StoreError) as caught:
            opening(path)
        assert caught.value.code is StoreErrorCode.NOT_A_STORE


def test_a_store_of_a_newer_program_is_not_read(path: Path, store: Store) -> None:
    with store.transaction() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError) as caught:
        open_store_read_only(path)
    assert caught.value.code is StoreErrorCode.WRONG_VERSION


def test_a_store_opened_for_reading_cannot_write(path: Path, store: Store) -> None:
    with open_store_read_only(path) as reading:
        with pytest.raises(StoreError) as caught, reading.transaction():
            pass
        assert caught.value.code is StoreErrorCode.READ_ONLY
        with pytest.raises(StoreError) as caught, reading.snapshot() as session:
            session.connection().exec_driver_sql("DELETE FROM visit")
        assert caught.value.code is StoreErrorCode.READ_ONLY


def test_reading_a_missing_file_makes_none(path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        open_store_read_only(path)
    assert caught.value.code is StoreErrorCode.UNAVAILABLE
    assert os.listdir(path.parent) == []


def test_a_second_writer_that_waits_too_long_is_told_that_the_store_is_locked(path: Path, store: Store) -> None:
    with open_store(path, busy_timeout_ms=1) as second, store.transaction():
        with pytest.raises(StoreError) as caught, second.transaction():
            pass
        assert caught.value.code is StoreErrorCode.LOCKED


def test_an_error_names_the_cause_and_no_value(path: Path, store: Store) -> None:
    with pytest.raises(StoreError) as caught, store.transaction() as session:
        session.connection().exec_driver_sql(
            "INSERT INTO consent VALUES ('c', 'nobody-0001', 'v', 's', 'accepted', 'vi', '2026-11-24 00:00:00')"
        )
    assert caught.value.code is StoreErrorCode.CONFLICT
    assert str(caught.value) == "conflict: SQLITE_CONSTRAINT_FOREIGNKEY"
    assert caught.value.__cause__ is None
