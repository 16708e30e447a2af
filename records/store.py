"""Opening a store: SQLite in WAL with FULL synchronisation on a kiosk, PostgreSQL on a hub.

WAL/FULL lost no acknowledged commit in simulated power cuts; WAL/NORMAL did, and a journal mode that was converted
after the first use destroyed databases. So a file becomes WAL when it is made, and never later.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from records import migrate
from records.cipher import FieldCipher, PlainCipher, keyed_digest, load_or_create_key, sync_directory
from records.errors import StoreError, StoreErrorCode, as_store_error, store_errors

Clock = Callable[[], datetime]

BUSY_TIMEOUT_MS = 5_000  # a commit takes milliseconds; a writer that waits longer than this will not get better
_BEGIN = "records_begin"


def utc_now() -> datetime:
    """The machine's time, aware."""
    return datetime.now(UTC)


class Store:
    """An open database. Threads may share it; every unit of work gets its own session."""

    def __init__(
        self, engine: Engine, *, clock: Clock, cipher: FieldCipher, pseudonym_key: bytes | None, read_only: bool
    ) -> None:
        self._reading = engine
        self._writing = engine.execution_options(**{_BEGIN: "IMMEDIATE"})
        self._clock = clock
        self._pseudonym_key = pseudonym_key
        self._read_only = read_only
        self.cipher = cipher

    def now(self) -> datetime:
        """The injected clock's time, UTC."""
        return self._clock().astimezone(UTC)

    def subject(self, number: str) -> str:
        """The pseudonym of a personal number in this installation. Raises StoreError in a store opened for reading."""
        return self._digest("subject", number)

    def fingerprint(self, content: str) -> str:
        """A digest that tells whether two contents are the same and nothing else about them. Raises StoreError."""
        return self._digest("content", content)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One unit of work: all of it is on disk after the block, or none. Raises StoreError.

        SQLite: BEGIN IMMEDIATE, so a busy file is found before anything was done and no read turns into a failed write.
        """
        if self._read_only:
            raise StoreError(StoreErrorCode.READ_ONLY, "opened for reading")
        with store_errors(), Session(self._writing, expire_on_commit=False) as session, session.begin():
            session.connection()  # begin now: a session would wait for its first statement
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A consistent view for reading that waits for no writer. Raises StoreError."""
        with store_errors(), Session(self._reading, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Close all connections. The store is not usable afterwards."""
        self._reading.dispose()

    def _digest(self, purpose: str, text: str) -> str:
        if self._pseudonym_key is None:
            raise StoreError(StoreErrorCode.READ_ONLY, "no pseudonym key")
        return keyed_digest(self._pseudonym_key, purpose, text)

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(
    target: Path | str,
    *,
    clock: Clock = utc_now,
    cipher: FieldCipher | None = None,
    pseudonym_key: bytes | None = None,
    busy_timeout_ms: int = BUSY_TIMEOUT_MS,
    schemas: Sequence[migrate.Schema] = (),
) -> Store:
    """Open a store for writing; make it and bring it to this program's schema when needed.

    `target` is a file's path, or a database URL (for which `pseudonym_key` must be given; beside a file the key is kept
    in `<file>.pseudonym-key`). `schemas` are further tables that live in the same database. Raises StoreError.
    """
    cipher = cipher or PlainCipher()
    schemas = (migrate.RECORDS, *schemas)
    if isinstance(target, str) and "://" in target:
        if pseudonym_key is None:
            raise StoreError(StoreErrorCode.UNAVAILABLE, "a database URL needs an explicit pseudonym key")
        engine = create_engine(make_url(target), hide_parameters=True)
        return _upgraded(engine, schemas, clock=clock, cipher=cipher, key=pseudonym_key)
    path = Path(target)
    try:
        _make_file(path)
        key = pseudonym_key or load_or_create_key(path.with_name(f"{path.name}.pseudonym-key"))
    except OSError as error:
        raise StoreError(StoreErrorCode.UNAVAILABLE, type(error).__name__) from None
    engine = _sqlite_engine(URL.create("sqlite", database=str(path)), busy_timeout_ms)
    store = _upgraded(engine, schemas, clock=clock, cipher=cipher, key=key)
    sync_directory(path.parent)  # the write-ahead log's own name
    return store


def open_store_read_only(
    path: Path | str,
    *,
    clock: Clock = utc_now,
    cipher: FieldCipher | None = None,
    busy_timeout_ms: int = BUSY_TIMEOUT_MS,
) -> Store:
    """Open an existing SQLite store for reading, also while a kiosk writes to it. Never creates or changes a record.

    Raises StoreError: unavailable, not_a_store, wrong_version.
    """
    path = Path(path)
    mode = {"mode": "ro"}
    log = path.with_name(f"{path.name}-wal")
    if not log.exists() and not _is_writable(path.parent):
        mode["immutable"] = "1"  # evidence on a read-only medium: WAL needs a writable folder, a closed file does not
    engine = _existing_engine(path, mode, busy_timeout_ms)
    return Store(engine, clock=clock, cipher=cipher or PlainCipher(), pseudonym_key=None, read_only=True)


def open_existing_store(
    path: Path | str,
    *,
    clock: Clock = utc_now,
    cipher: FieldCipher | None = None,
    busy_timeout_ms: int = BUSY_TIMEOUT_MS,
) -> Store:
    """Open an existing SQLite store for an operator's writing, also while a kiosk runs. Makes and upgrades nothing.

    It cannot record visits: it has no pseudonym key. Raises StoreError: unavailable, not_a_store, wrong_version.
    """
    engine = _existing_engine(Path(path), {"mode": "rw"}, busy_timeout_ms)
    return Store(engine, clock=clock, cipher=cipher or PlainCipher(), pseudonym_key=None, read_only=False)


def _existing_engine(path: Path, mode: dict[str, str], busy_timeout_ms: int) -> Engine:
    if not path.is_file():
        raise StoreError(StoreErrorCode.UNAVAILABLE, "no such file")
    url = URL.create("sqlite", database=f"file:{quote(str(path.absolute()))}", query={"uri": "true", **mode})
    engine = _sqlite_engine(url, busy_timeout_ms)
    try:
        with store_errors(), engine.connect() as connection:
            revision = migrate.revision_of(connection)
        if revision is None:
            raise StoreError(StoreErrorCode.NOT_A_STORE, "no schema version")  # noqa: TRY301
        if revision != migrate.head_revision():
            raise StoreError(StoreErrorCode.WRONG_VERSION, revision)  # noqa: TRY301
    except StoreError:
        engine.dispose()
        raise
    return engine


def _upgraded(
    engine: Engine, schemas: Sequence[migrate.Schema], *, clock: Clock, cipher: FieldCipher, key: bytes
) -> Store:
    try:
        migrate.upgrade(engine.execution_options(**{_BEGIN: "IMMEDIATE"}), schemas)
    except (SQLAlchemyError, sqlite3.Error) as error:
        engine.dispose()
        raise as_store_error(error) from None
    return Store(engine, clock=clock, cipher=cipher, pseudonym_key=key, read_only=False)


def _make_file(path: Path) -> None:
    """Make an empty database in WAL mode with a durable name; leave an existing one as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        with store_errors():
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            if mode == "wal":
                return
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if tables:
                raise StoreError(
                    StoreErrorCode.NOT_A_STORE, f"journal mode {mode}: a store is in WAL mode from its making"
                )
            connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()
    sync_directory(path.parent)


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK)


def _sqlite_engine(url: URL, busy_timeout_ms: int) -> Engine:
    engine = create_engine(url, hide_parameters=True)  # errors must not quote a patient's fields

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # BEGIN is ours: the driver would start transactions late and deferred
        connection.execute(f"PRAGMA busy_timeout={busy_timeout_ms}")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        kind = connection.get_execution_options().get(_BEGIN, "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {kind}")

    return engine
