"""The one exception family of this room, and how database errors become it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError


class StoreErrorCode(StrEnum):
    """What went wrong, in words an application can branch on. Stable: fault catalogues refer to them."""

    DISK_FULL = "disk_full"
    LOCKED = "locked"  # another writer held the file longer than the busy time-out
    CORRUPT = "corrupt"
    IO_ERROR = "io_error"
    READ_ONLY = "read_only"
    UNAVAILABLE = "unavailable"  # the file or the server cannot be opened
    NOT_A_STORE = "not_a_store"  # a database, but not one of ours
    WRONG_VERSION = "wrong_version"  # of another schema version than this program
    CONFLICT = "conflict"  # the same key was used before with other content
    NOT_FOUND = "not_found"
    DATABASE = "database"  # anything else the driver reports


class StoreError(Exception):
    """A store operation failed and left nothing half written.

    `detail` names the technical cause (an SQLite error name, a table); it never holds a value of a record.
    """

    def __init__(self, code: StoreErrorCode, detail: str = "") -> None:
        super().__init__(f"{code.value}: {detail}" if detail else code.value)
        self.code = code
        self.detail = detail


# Primary result codes, https://www.sqlite.org/rescode.html; the extended ones carry them in the low byte.
_BY_SQLITE_CODE = {
    sqlite3.SQLITE_FULL: StoreErrorCode.DISK_FULL,
    sqlite3.SQLITE_BUSY: StoreErrorCode.LOCKED,
    sqlite3.SQLITE_LOCKED: StoreErrorCode.LOCKED,
    sqlite3.SQLITE_CORRUPT: StoreErrorCode.CORRUPT,
    sqlite3.SQLITE_NOTADB: StoreErrorCode.NOT_A_STORE,
    sqlite3.SQLITE_IOERR: StoreErrorCode.IO_ERROR,
    sqlite3.SQLITE_READONLY: StoreErrorCode.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: StoreErrorCode.UNAVAILABLE,
    sqlite3.SQLITE_CONSTRAINT: StoreErrorCode.CONFLICT,
}
_PRIMARY_MASK = 0xFF


def as_store_error(error: Exception) -> StoreError:
    """Translate a driver's or SQLAlchemy's exception. The driver's text is dropped: it may quote values."""
    cause: BaseException | None = error.orig if isinstance(error, DBAPIError) else error
    sqlite_code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(sqlite_code, int):
        code = _BY_SQLITE_CODE.get(sqlite_code & _PRIMARY_MASK, StoreErrorCode.DATABASE)
        return StoreError(code, str(getattr(cause, "sqlite_errorname", "")))
    if isinstance(error, IntegrityError):
        return StoreError(StoreErrorCode.CONFLICT, type(cause).__name__)
    return StoreError(StoreErrorCode.DATABASE, type(cause).__name__)


@contextmanager
def store_errors() -> Iterator[None]:
    """Everything the database raises inside leaves as `StoreError`."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise as_store_error(error) from None
