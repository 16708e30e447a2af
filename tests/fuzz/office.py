"""Files that people bring: the three books of a reconciliation, and settings."""

import functools
import json
import math
import tempfile
from pathlib import Path
from typing import Any

from his_adapter.bhyt import FacilityProfile
from his_adapter.hospital.kinds import TABLE, kind_in, read_hospital
from his_adapter.model.payment import MAX_AMOUNT_DONG, MAX_ORDER_CODE
from his_adapter.reconciliation.compare import Row, Source, reconcile
from his_adapter.reconciliation.files import MAX_PROBLEMS, UnreadableError, read_bytes
from his_adapter.reconciliation.report import LANGUAGES, as_json, as_text
from his_adapter.settings import PortalSettings
from his_adapter.settings_file import SettingsError, SettingsFile
from hub.gateway.adapters import BEHIND_A_HUB, TABLES
from hub.gateway.gateway import GatewaySettings
from hub.payments.settings import PaymentsSettings
from tests.fuzz.outside import RECORD, check_value
from tests.fuzz.registry import target

BOOKS = tuple((source, suffix) for suffix in ("csv", "json") for source in Source)
SECRET, VARIABLE = "secret.key", "SECRET"
LONGEST_ERROR = 300


@target(max_len=8192, json=True, errors=())
def office_file(data: bytes) -> None:
    """The first letter says which file it is; several books are several records, and are compared."""
    books = [record for record in data.split(RECORD) if record]
    if books and (books[0][0] - ord("0")) % 8 == 7:
        _read_settings(books[0][1:])
        return
    rows: list[Row] = []
    read: set[Source] = set()
    for book in books:
        source, suffix = BOOKS[(book[0] - ord("0")) % len(BOOKS)]
        if source in read:
            continue  # one of each: the place in its book is what orders rows
        read.add(source)
        try:
            rows += read_bytes(book[1:], f"book.{suffix}", source, prefix="XP")
        except UnreadableError as error:
            _check_problems(error)
    for row in rows:
        check_value(row)
        assert 0 < row.amount_dong <= MAX_AMOUNT_DONG
        assert row.order_code is None or 0 < row.order_code <= MAX_ORDER_CODE
    result = reconcile(rows)
    assert sum(len(item.rows) for item in result.items) == len(rows), "a row that is lost"
    assert reconcile(reversed(rows)) == result
    for language in LANGUAGES:
        as_text(result, language).encode()
    json.loads(as_json(result))


def _check_problems(error: UnreadableError) -> None:
    assert 0 < len(error.problems) <= MAX_PROBLEMS
    for problem in error.problems:
        assert str(problem).isprintable()
        assert len(str(problem)) <= LONGEST_ERROR


@functools.cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="tiepdon-fuzz-settings-"))
    (folder / SECRET).write_text("a secret\n")
    return folder


def _read_settings(text: bytes) -> None:
    if b"/" in text or b"\\" in text or b".." in text:
        return  # a secret's file may lie anywhere, and a device file has no end
    path = _folder() / "hub.toml"
    path.write_bytes(text)
    read: list[Any] = []
    try:
        file = SettingsFile(path, TABLES, {VARIABLE: "another secret"})
        for table, kind in (
            *(("portal", PortalSettings), ("facility", FacilityProfile), ("gateway", GatewaySettings)),
            ("payment", PaymentsSettings),
        ):
            if table in file:
                read.append(file.read(table, kind))
        if TABLE in file:
            read.append(read_hospital(file, kind_in(file, BEHIND_A_HUB)))
    except SettingsError:
        pass
    for settings in read:
        check_value(settings)
        for name in ("timeout_s", "cache_s", "outcome_timeout_s"):
            assert math.isfinite(getattr(settings, name, 0.0))
