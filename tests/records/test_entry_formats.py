"""Entries of every format that was ever written stay readable, and keep their hashes."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from records.canonical import canonical_json
from records.evidence import Evidence, FaceEvidence, FaceOutcome, FrameQuality, PadCheck, PadState, Verdict
from records.face_entry import read_face, write_face
from records.journal import Journal
from records.match_entry import FORMAT_VERSION, EntryUnreadableError, entry_hash, read_entry, write_entry
from records.match_log import Finding, verify
from records.store import Store
from records.tables import MatchLogEntry, MatchLogHead

FIRST = (Path(__file__).parents[1] / "data" / "records" / "entry_v1.json").read_text("utf-8")
FIRST_HASH = "c80eab225d25a14e180a4b14e32776ad6c762b31e9f796919cd29bf41d80860a"
"""As the first released program wrote and hashed it."""

decimals = st.none() | st.integers(0, 10**8).map(lambda number: number / 10**8)
words = st.text(alphabet="abcdefghijklmnopqrstuvwxyz_", max_size=20)
checks = st.builds(PadCheck, words, st.sampled_from(PadState), decimals, words)
faces = st.builds(
    FaceEvidence,
    outcome=st.sampled_from(FaceOutcome),
    score=decimals,
    threshold=decimals,
    fmr=decimals,
    attempts=st.integers(0, 9),
    liveness=st.sampled_from(Verdict),
    reason=words,
    reject=decimals,
    extrapolated=st.booleans(),
    quality=st.none() | st.builds(FrameQuality, st.integers(0, 99), st.integers(0, 99), decimals, decimals),
    pad=st.lists(checks, max_size=5).map(tuple),
    moves=st.lists(words, max_size=3).map(tuple),
)


def test_an_entry_of_the_first_format_is_read_and_keeps_its_hash() -> None:
    entry = read_entry(FIRST)
    assert entry.evidence.face is not None
    assert (entry.version, entry.evidence.face.score, entry.evidence.face.pad) == (1, 0.731204, ())
    assert write_entry(entry) == FIRST
    assert entry_hash(write_entry(entry)) == FIRST_HASH


def test_a_log_that_began_in_the_first_format_goes_on_in_this_one(
    store: Store, journal: Journal, check_in: Callable[..., Any]
) -> None:
    journal.record_check_in(check_in(1))
    with store.transaction() as session:
        row, head = session.scalars(select(MatchLogEntry)).one(), session.scalars(select(MatchLogHead)).one()
        row.entry = write_entry(replace(read_entry(row.entry), version=1))
        row.hash = head.hash = entry_hash(row.entry)
    journal.record_check_in(check_in(2))
    report = verify(store)
    assert (report.ok, report.entries) == (True, 2)
    with store.snapshot() as session:
        texts = list(session.scalars(select(MatchLogEntry.entry).order_by(MatchLogEntry.seq)))
    assert [json.loads(text)["v"] for text in texts] == [1, FORMAT_VERSION]
    assert read_entry(texts[1]).prev == entry_hash(texts[0])


def test_what_a_check_said_cannot_be_changed_unseen(
    store: Store, journal: Journal, check_in: Callable[..., Any]
) -> None:
    journal.record_check_in(check_in())
    with store.transaction() as session:
        row = session.scalars(select(MatchLogEntry)).one()
        forged = row.entry.replace('"score":"0.97"', '"score":"0.99"')
        assert forged != row.entry
        row.entry = forged
    assert verify(store).reason is Finding.WRONG_HASH


@pytest.mark.parametrize("added", ["reason", "pad"])
def test_a_first_format_with_words_of_the_second_is_not_canonical(added: str) -> None:
    raw = json.loads(FIRST)
    raw["face"][added] = [] if added == "pad" else "above_threshold"
    text = canonical_json(raw)
    assert write_entry(read_entry(text)) != text


@pytest.mark.parametrize("version", [0, 3, 99, True, "1", 1.0, None])
def test_an_unknown_version_is_unreadable(version: object) -> None:
    raw = json.loads(FIRST) | {"v": version}
    with pytest.raises(EntryUnreadableError):
        read_entry(json.dumps(raw))


@pytest.mark.parametrize("missing", ["reason", "reject", "extrapolated", "quality", "pad", "moves"])
def test_the_second_format_has_every_key(missing: str) -> None:
    entry = replace(read_entry(FIRST), version=FORMAT_VERSION)
    raw = json.loads(write_entry(entry))
    del raw["face"][missing]
    with pytest.raises(EntryUnreadableError):
        read_entry(json.dumps(raw))


@given(faces)
def test_every_face_comes_back_as_it_was_written(face: FaceEvidence) -> None:
    written = json.loads(canonical_json(write_face(face, FORMAT_VERSION)))
    assert read_face(written, FORMAT_VERSION) == face
    old = read_face(json.loads(canonical_json(write_face(face, 1))), 1)
    assert old == FaceEvidence(face.outcome, face.score, face.threshold, face.fmr, face.attempts, face.liveness)


def test_no_evidence_needs_no_face() -> None:
    entry = replace(read_entry(FIRST), version=FORMAT_VERSION, evidence=Evidence())
    assert read_entry(write_entry(entry)) == entry
