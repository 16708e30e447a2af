"""The chain finds edits, deletions, swaps and insertions; with a hash kept elsewhere it finds the rest as well."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from records.__main__ import main
from records.canonical import canonical_json
from records.journal import Journal
from records.match_entry import EntryUnreadableError, entry_hash, read_entry
from records.match_log import Anchor, Finding, check_entry, verify
from records.store import Store, open_store_read_only
from records.values import CheckInRecord, ReferralRecord

MakeCheckIn = Callable[..., CheckInRecord]
ENTRIES = 6


@pytest.fixture
def log(store: Store, journal: Journal, check_in: MakeCheckIn, path: Path) -> Path:
    """Five check-ins and a referral on one kiosk."""
    for index in range(1, ENTRIES):
        journal.record_check_in(check_in(index))
    journal.record_referral(ReferralRecord("k1", "session-r", "camera_down"))
    return path


def tamper(path: Path, *statements: str, parameters: tuple[object, ...] = ()) -> None:
    """Change the file behind the program's back."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for statement in statements:
            connection.execute(statement, parameters)
    finally:
        connection.close()


def rows(path: Path) -> dict[int, tuple[str, str, str]]:
    connection = sqlite3.connect(path)
    try:
        found = connection.execute("SELECT seq, entry, prev_hash, hash FROM match_log WHERE kiosk_id = 'k1'").fetchall()
    finally:
        connection.close()
    return {seq: (entry, prev, digest) for seq, entry, prev, digest in found}


def rechain(path: Path, start: int) -> None:
    """What an insider does who knows the format: make the chain fit again from `start` on."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        query = "SELECT seq, entry, hash FROM match_log WHERE kiosk_id = 'k1' ORDER BY seq"
        prev = "0" * 64
        for seq, entry, digest in connection.execute(query).fetchall():
            if seq >= start:
                raw = json.loads(entry)
                raw["prev"] = prev
                text = canonical_json(raw)
                digest = entry_hash(text)
                connection.execute(
                    "UPDATE match_log SET entry = ?, prev_hash = ?, hash = ? WHERE kiosk_id = 'k1' AND seq = ?",
                    (text, prev, digest, seq),
                )
                connection.execute("UPDATE match_log_head SET seq = ?, hash = ? WHERE kiosk_id = 'k1'", (seq, digest))
            prev = digest
    finally:
        connection.close()


def test_an_untouched_log_is_sound_and_names_its_end(store: Store, log: Path) -> None:
    report = verify(store)
    assert (report.ok, report.entries, report.first_bad_seq) == (True, ENTRIES, None)
    assert report.heads == (Anchor("k1", ENTRIES, rows(log)[ENTRIES][2]),)


def test_an_empty_log_is_sound(store: Store) -> None:
    assert (verify(store).ok, verify(store).entries) == (True, 0)


def test_every_kiosk_has_a_chain_of_its_own(store: Store, journal: Journal, log: Path, check_in: MakeCheckIn) -> None:
    proof = journal.record_check_in(check_in(90, kiosk_id="k2"))
    assert proof.log_seq == 1
    report = verify(store)
    assert [(head.kiosk_id, head.seq) for head in report.heads] == [("k1", ENTRIES), ("k2", 1)]
    tamper(log, "UPDATE match_log SET subject = 'x' WHERE kiosk_id = 'k2'")
    broken = verify(store)
    assert (broken.ok, broken.first_bad_kiosk, broken.first_bad_seq) == (False, "k2", 1)


@pytest.mark.parametrize(
    ("statements", "bad_seq", "reason"),
    [
        (
            ["UPDATE match_log SET entry = replace(entry, 'no_match', 'match') || ' ' WHERE seq = 3"],
            3,
            Finding.WRONG_HASH,
        ),
        (["DELETE FROM match_log WHERE seq = 3"], 4, Finding.MISSING),
        (["DELETE FROM match_log WHERE seq = 1"], 2, Finding.MISSING),
        (
            [
                "UPDATE match_log SET seq = 99 WHERE seq = 2",
                "UPDATE match_log SET seq = 2 WHERE seq = 3",
                "UPDATE match_log SET seq = 3 WHERE seq = 99",
            ],
            2,
            Finding.NOT_LINKED,
        ),
        (
            [
                "INSERT INTO match_log SELECT kiosk_id, 7, at, decision, subject, visit_id, entry, hash, 'f' "
                "FROM match_log WHERE seq = 6"
            ],
            7,
            Finding.WRONG_HASH,
        ),
        (["UPDATE match_log SET decision = 'counter' WHERE seq = 2"], 2, Finding.COLUMN_DIFFERS),
        (["UPDATE match_log SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 2"], 2, Finding.COLUMN_DIFFERS),
        (["UPDATE match_log SET decision = 'never heard of' WHERE seq = 2"], 2, Finding.COLUMN_DIFFERS),
        (["UPDATE match_log SET entry = x'00' WHERE seq = 4"], 4, Finding.WRONG_TYPE),
        (["UPDATE match_log SET seq = 'six' WHERE seq = 6"], "six", Finding.WRONG_TYPE),
        (["UPDATE match_log SET prev_hash = hash WHERE seq = 5"], 5, Finding.NOT_LINKED),
        (["UPDATE match_log SET hash = 'f' WHERE seq = 6"], 6, Finding.WRONG_HASH),
        (["DELETE FROM match_log WHERE seq = 6"], 6, Finding.WRONG_END),
        (["DELETE FROM match_log_head"], 7, Finding.WRONG_END),
        (["DELETE FROM match_log"], 1, Finding.WRONG_END),
    ],
)
def test_careless_tampering_is_found(
    store: Store, log: Path, statements: list[str], bad_seq: object, reason: Finding
) -> None:
    tamper(log, *statements)
    report = verify(store)
    assert not report.ok
    assert (report.first_bad_kiosk, report.first_bad_seq) == ("k1", bad_seq)
    assert report.reason is reason


def test_one_entry_can_be_checked_against_the_one_before_it(store: Store, log: Path) -> None:
    assert [check_entry(store, "k1", seq) for seq in (1, 2, ENTRIES)] == [None, None, None]
    assert check_entry(store, "k1", ENTRIES + 1) is Finding.MISSING
    tamper(log, "DELETE FROM match_log WHERE seq = 3", "UPDATE match_log SET subject = 'x' WHERE seq = 6")
    assert check_entry(store, "k1", 4) is Finding.MISSING
    assert check_entry(store, "k1", 6) is Finding.COLUMN_DIFFERS


def test_every_single_changed_character_is_found(store: Store, log: Path) -> None:
    text = rows(log)[2][0]
    for position in range(0, len(text), 7):
        changed = text[:position] + chr(ord(text[position]) ^ 1) + text[position + 1 :]
        tamper(log, "UPDATE match_log SET entry = ? WHERE seq = 2", parameters=(changed,))
        assert verify(store).first_bad_seq == 2
    tamper(log, "UPDATE match_log SET entry = ? WHERE seq = 2", parameters=(text,))
    assert verify(store).ok


def test_an_entry_in_another_text_form_is_found_even_with_a_fitting_hash(store: Store, log: Path) -> None:
    spaced = json.dumps(json.loads(rows(log)[6][0]), ensure_ascii=False, sort_keys=True)
    digest = entry_hash(spaced)
    tamper(log, "UPDATE match_log SET entry = ?, hash = ? WHERE seq = 6", parameters=(spaced, digest))
    tamper(log, "UPDATE match_log_head SET hash = ?", parameters=(digest,))
    assert verify(store).reason is Finding.NOT_CANONICAL


@pytest.mark.parametrize("text", ["", "[]", "null", '{"v":3}', '{"v":2}', '{"v":1}', "[" * 100_000])
def test_a_text_that_is_no_entry_is_said_to_be_unreadable(text: str) -> None:
    with pytest.raises(EntryUnreadableError):
        read_entry(text)


def test_an_insider_who_rewrites_the_chain_is_found_only_with_a_hash_kept_elsewhere(store: Store, log: Path) -> None:
    kept = verify(store).heads
    forged = rows(log)[3][0].replace('"score":"0.731204"', '"score":"0.931204"')
    assert forged != rows(log)[3][0]
    tamper(log, "UPDATE match_log SET entry = ? WHERE seq = 3", parameters=(forged,))
    rechain(log, 3)

    alone = verify(store)
    assert alone.ok, "a bare chain cannot find this, and the report says so"
    assert "cannot prove" in alone.limits
    anchored = verify(store, kept)
    assert (anchored.ok, anchored.first_bad_seq) == (False, ENTRIES)
    assert anchored.reason is Finding.ANCHOR_DIFFERS


def test_a_cut_tail_with_its_head_rewritten_is_found_only_with_a_hash_kept_elsewhere(store: Store, log: Path) -> None:
    kept = verify(store).heads
    last = rows(log)[4][2]
    tamper(log, "DELETE FROM match_log WHERE seq > 4", f"UPDATE match_log_head SET seq = 4, hash = '{last}'")
    assert verify(store).ok
    anchored = verify(store, kept)
    assert (anchored.ok, anchored.first_bad_seq, anchored.reason) == (
        False,
        ENTRIES,
        Finding.ANCHOR_MISSING,
    )


def test_the_log_goes_on_after_an_anchor(store: Store, journal: Journal, log: Path, check_in: MakeCheckIn) -> None:
    kept = verify(store).heads
    journal.record_check_in(check_in(50))
    assert verify(store, kept).ok


def test_the_command_line_tells_by_its_exit_code(log: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(log)]) == 0
    text = capsys.readouterr().out
    assert f"SOUND: {ENTRIES} entries" in text
    assert "cannot prove" in text
    anchor = text.splitlines()[-1].strip()
    assert main(["verify", str(log), "--anchor", anchor]) == 0
    capsys.readouterr()

    tamper(log, "UPDATE match_log SET subject = 'x' WHERE seq = 2")
    assert main(["verify", str(log), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["first_bad_seq"], report["entries"]) == (False, 2, 1)
    assert main(["verify", str(log)]) == 1
    assert "BROKEN at k1 entry 2" in capsys.readouterr().out


def test_the_command_line_says_when_there_is_nothing_to_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "missing.db"
    assert main(["verify", str(missing)]) == 2
    assert "UNREADABLE" in capsys.readouterr().err
    assert main(["verify", str(missing), "--json"]) == 2
    assert json.loads(capsys.readouterr().out) == {"ok": False, "error": "unavailable", "detail": "no such file"}
    assert not missing.exists()


def test_a_wrong_anchor_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["verify", "x", "--anchor", "k1:nonsense"])
    assert "KIOSK:SEQ:HASH" in capsys.readouterr().err


def test_a_damaged_page_is_reported_as_unreadable(log: Path, store: Store) -> None:
    with store.snapshot() as session:
        session.connection().exec_driver_sql("SELECT 1")
    store.close()
    checkpoint = sqlite3.connect(log)
    checkpoint.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (page,) = checkpoint.execute("SELECT rootpage FROM sqlite_master WHERE name = 'match_log'").fetchone()
    (size,) = checkpoint.execute("PRAGMA page_size").fetchone()
    checkpoint.close()
    with log.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    assert main(["verify", str(log)]) == 2


def test_a_log_on_a_read_only_medium_can_be_verified(log: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.close()
    monkeypatch.setattr("records.store._is_writable", lambda _: False)
    with open_store_read_only(log) as reading:
        assert verify(reading).ok
    assert sorted(item.name for item in log.parent.iterdir()) == ["kiosk.db", "kiosk.db.pseudonym-key"]
