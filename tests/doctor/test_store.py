"""Probes of the store: sound, damaged, from another version, tampered with."""

import sqlite3
from pathlib import Path

from sqlalchemy import text

from kiosk.doctor import ProbeState, store
from kiosk.settings import Settings
from records.store import open_store


def made(settings: Settings) -> Path:
    path = settings.kiosk.store_path
    open_store(path).close()
    return path


def test_a_kiosk_that_never_ran_has_no_store_and_the_doctor_makes_none(settings: Settings) -> None:
    assert store.store(settings).state is ProbeState.OK
    assert store.match_log(settings).state is ProbeState.OK
    assert not settings.kiosk.store_path.exists()


def test_a_sound_store_opens_and_its_log_is_whole(settings: Settings) -> None:
    made(settings)
    assert store.store(settings).state is ProbeState.OK
    finding = store.match_log(settings)
    assert (finding.state, finding.detail) == (ProbeState.OK, "0 entries, each follows the one before it")


def test_a_file_that_is_no_store_fails_and_is_left_as_it_is(settings: Settings) -> None:
    path = settings.kiosk.store_path
    path.write_bytes(b"no database" * 100)
    assert store.store(settings).state is ProbeState.FAIL
    assert store.match_log(settings).state is ProbeState.FAIL
    assert path.read_bytes() == b"no database" * 100


def test_a_store_of_another_version_fails_and_is_not_upgraded(settings: Settings) -> None:
    path = made(settings)
    connection = sqlite3.connect(path)
    table = next(
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if "version" in name
    )
    connection.execute(f"UPDATE {table} SET version_num = 'older'")
    connection.commit()
    connection.close()
    finding = store.store(settings)
    assert finding.state is ProbeState.FAIL
    assert "older" in finding.detail


def test_a_store_that_is_busy_for_long_fails(settings: Settings) -> None:
    path = made(settings)
    with open_store(path) as other, other.transaction() as session:
        session.execute(text("SELECT 1"))
        assert store.store(settings).state is ProbeState.FAIL


def test_a_log_that_ends_elsewhere_than_its_head_says_is_found(settings: Settings) -> None:
    path = made(settings)
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO match_log_head (kiosk_id, seq, hash) VALUES ('xanh-pon-01', 3, ?)", ("0" * 64,))
    connection.commit()
    connection.close()
    finding = store.match_log(settings)
    assert finding.state is ProbeState.FAIL
    assert "xanh-pon-01" in finding.detail
