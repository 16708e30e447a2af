"""The match log: append inside the caller's transaction, and verify.

A bare hash chain finds every careless change, but not the insider who rewrites the chain from the changed entry on, or
cuts its tail together with the head row. Against him stands a hash somebody else has kept: give such hashes to
`verify` as anchors. Signed Merkle checkpoints will take that part; entries are hashed as RFC 9162 leaves for them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.evidence import Decision, Evidence
from records.match_entry import (
    GENESIS,
    EntryUnreadableError,
    MatchEntry,
    entry_hash,
    read_entry,
    time_text,
    write_entry,
)
from records.store import Store
from records.tables import MatchLogEntry, MatchLogHead

NOT_PROVEN = (
    "A chain cannot prove that nobody rewrote it from some entry on or cut its end: compare the last hash below "
    "with one kept elsewhere."
)
_ROWS_PER_FETCH = 500


class Finding(StrEnum):
    """What is wrong with a log, as English text; the member's name is the stable code."""

    WRONG_TYPE = "a column is of another type"
    MISSING = "an entry before this one is missing"
    OUT_OF_ORDER = "the sequence number is out of order"
    NOT_LINKED = "it does not follow the entry before it"
    WRONG_HASH = "the entry does not match its hash"
    UNREADABLE = "the entry is not in a known format"
    NOT_CANONICAL = "the entry is not in canonical form"
    MISPLACED = "the entry stands in another's place"
    COLUMN_DIFFERS = "a searchable column differs from the entry"
    WRONG_END = "the log does not end where its head row says"
    ANCHOR_DIFFERS = "the hash differs from the one kept elsewhere"
    ANCHOR_MISSING = "an entry kept elsewhere is missing here"


@dataclass(frozen=True, slots=True)
class Anchor:
    """An entry's hash as it was seen and kept outside this machine, on paper or at another office."""

    kiosk_id: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a verification found. `heads` are the last entries, to be kept as anchors for the next one."""

    ok: bool
    entries: int
    heads: tuple[Anchor, ...] = ()
    first_bad_kiosk: str | None = None
    first_bad_seq: int | None = None
    reason: Finding | None = None
    limits: str = NOT_PROVEN


def append(
    session: Session,
    *,
    kiosk_id: str,
    at: datetime,
    session_id: str,
    visit_id: str,
    subject: str,
    decision: Decision,
    reason: str,
    evidence: Evidence,
) -> Anchor:
    """Write the next entry of this kiosk's log in the caller's transaction. Numbers start at 1 and have no gaps."""
    head = session.execute(
        select(MatchLogHead).where(MatchLogHead.kiosk_id == kiosk_id).with_for_update()
    ).scalar_one_or_none()
    if head is None:
        head = MatchLogHead(kiosk_id=kiosk_id, seq=0, hash=GENESIS)
        session.add(head)
    entry = MatchEntry(kiosk_id, head.seq + 1, head.hash, at, session_id, visit_id, subject, decision, reason, evidence)
    text = write_entry(entry)
    row = MatchLogEntry(
        kiosk_id=kiosk_id,
        seq=entry.seq,
        at=time_text(at),
        decision=decision.value,
        subject=subject,
        visit_id=visit_id,
        entry=text,
        prev_hash=entry.prev,
        hash=entry_hash(text),
    )
    session.add(row)
    head.seq, head.hash = row.seq, row.hash
    session.flush()
    return Anchor(kiosk_id, row.seq, row.hash)


def verify(store: Store, anchors: Sequence[Anchor] = ()) -> VerifyReport:
    """Check every entry, its neighbours, the searchable copies beside it, the heads and the anchors.

    Stops at the first finding. Raises StoreError when the store cannot be read.
    """
    expected = {(anchor.kiosk_id, anchor.seq): anchor.hash for anchor in anchors}
    with store.snapshot() as session:
        recorded = {
            head.kiosk_id: Anchor(head.kiosk_id, head.seq, head.hash) for head in session.scalars(select(MatchLogHead))
        }
        heads: dict[str, Anchor] = {}
        count = 0
        for row in _rows(session):
            last = heads.get(row.kiosk_id, Anchor(row.kiosk_id, 0, GENESIS))
            finding = _finding(row, last)
            kept = expected.pop((row.kiosk_id, row.seq), row.hash)
            if finding is None and kept != row.hash:
                finding = Finding.ANCHOR_DIFFERS
            if finding is not None:
                return VerifyReport(False, count, (), row.kiosk_id, row.seq, finding)
            heads[row.kiosk_id] = Anchor(row.kiosk_id, row.seq, row.hash)
            count += 1
    ends = tuple(heads[kiosk] for kiosk in sorted(heads))
    for kiosk in sorted(recorded.keys() | heads.keys()):
        if recorded.get(kiosk) != heads.get(kiosk):
            seq = heads[kiosk].seq + 1 if kiosk in heads else 1
            return VerifyReport(False, count, ends, kiosk, seq, Finding.WRONG_END)
    for kiosk, seq in sorted(expected):
        return VerifyReport(False, count, ends, kiosk, seq, Finding.ANCHOR_MISSING)
    return VerifyReport(True, count, ends)


def check_entry(store: Store, kiosk_id: str, seq: int) -> Finding | None:
    """Why one entry does not fit itself and the entry before it; None when it does. Raises StoreError."""
    with store.snapshot() as session:
        row = session.get(MatchLogEntry, (kiosk_id, seq))
        before = session.get(MatchLogEntry, (kiosk_id, seq - 1))
        if row is None or (before is None and seq > 1):
            return Finding.MISSING
        return _finding(row, Anchor(kiosk_id, seq - 1, GENESIS if before is None else before.hash))


def _rows(session: Session) -> Iterator[MatchLogEntry]:
    query = select(MatchLogEntry).order_by(MatchLogEntry.kiosk_id, MatchLogEntry.seq)
    yield from session.scalars(query.execution_options(yield_per=_ROWS_PER_FETCH))


def _finding(row: MatchLogEntry, last: Anchor) -> Finding | None:
    """Why this row cannot follow `last`; None when it can."""
    values = (row.seq, row.at, row.decision, row.subject, row.visit_id, row.entry, row.prev_hash, row.hash)
    if [type(value) for value in values] != [int, str, str, str, str, str, str, str]:
        return Finding.WRONG_TYPE  # SQLite stores what it is given, whatever the column was declared as
    if row.seq != last.seq + 1:
        return Finding.MISSING if row.seq > last.seq else Finding.OUT_OF_ORDER
    if row.prev_hash != last.hash:
        return Finding.NOT_LINKED
    if entry_hash(row.entry) != row.hash:
        return Finding.WRONG_HASH
    try:
        entry = read_entry(row.entry)
    except EntryUnreadableError:
        return Finding.UNREADABLE
    if write_entry(entry) != row.entry:
        return Finding.NOT_CANONICAL
    if (entry.kiosk_id, entry.seq, entry.prev) != (row.kiosk_id, row.seq, row.prev_hash):
        return Finding.MISPLACED
    searchable = (time_text(entry.at), entry.decision.value, entry.subject, entry.visit_id)
    if searchable != (row.at, row.decision, row.subject, row.visit_id):
        return Finding.COLUMN_DIFFERS
    return None
