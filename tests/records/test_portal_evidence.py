"""The portal's replies are kept with the decision they led to, can be proven, and go when the person is erased."""

import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from records.evidence import InsuranceOutcome
from records.journal import Journal
from records.match_log import verify
from records.outbox import Delivered, DeliveryResult, Outbox, OutboxItem, Refused, Retry, deliver_due
from records.portal_evidence import evidence_of_visit
from records.store import Store, open_store
from records.tables import Base, OutboxEntry, PortalReply, Visit
from records.values import (
    BHYT_RECHECK,
    COPAYMENT,
    HIS_COVERAGE,
    CheckInRecord,
    OutboxMessage,
    PortalEvidence,
    ReferralRecord,
)
from tests.records.conftest import START, StillClock, make_check_in
from tests.records.test_crash import KILLED, exit_code, start_child

MakeCheckIn = Callable[..., CheckInRecord]
RAW = '{"maKetQua":"000","hoTen":"NGUYỄN THỊ MẪU"}'.encode() + b"\xff"  # not even UTF-8
ANSWER = PortalEvidence(
    START, InsuranceOutcome.VALID, "000", "000", "", sha256(RAW).hexdigest(), RAW, "Thông tin thẻ chính xác"
)
OUTAGE = PortalEvidence(
    START, InsuranceOutcome.UNVERIFIED, "", "no_answer", "timeout", sha256(b"").hexdigest(), b"", "slow body"
)
FIGURE = PortalEvidence(
    START,
    InsuranceOutcome.NOT_ASKED,
    "200",
    COPAYMENT,
    "",
    sha256(b"{}").hexdigest(),
    b"{}",
    "Tính đến hôm nay",
)
RECHECK = OutboxMessage(BHYT_RECHECK, '{"name":"NGUYỄN THỊ MẪU"}')
COVERAGE = OutboxMessage(HIS_COVERAGE, "{}")


def unverified(index: int = 1) -> CheckInRecord:
    return replace(make_check_in(index), further=(RECHECK,), portal=(OUTAGE,))


class KeyPerRecord:
    """A stand-in for real encryption: what was sealed can be read as long as the record's key has not been deleted."""

    def __init__(self) -> None:
        self.erased: set[str] = set()

    def seal(self, record_id: str, field: str, value: str) -> str:
        return f"{record_id}/{field}/{value.encode().hex()}"

    def unseal(self, record_id: str, field: str, stored: str) -> str:
        if record_id in self.erased:
            raise KeyError("erased")
        prefix = f"{record_id}/{field}/"
        if not stored.startswith(prefix):
            raise AssertionError("sealed as another field or for another record")
        return bytes.fromhex(stored.removeprefix(prefix)).decode()


def test_a_reply_is_kept_byte_for_byte_with_the_visit(store: Store, journal: Journal) -> None:
    proof = journal.record_check_in(replace(make_check_in(), portal=(ANSWER,)))
    journal.record_check_in(replace(make_check_in(), portal=(ANSWER,)))
    (kept,) = evidence_of_visit(store, proof.visit_id)
    assert kept.evidence == ANSWER
    assert kept.is_sound
    assert "MẪU" not in repr(kept)
    assert "chính xác" not in repr(kept)


def test_several_replies_of_one_moment_are_kept_apart(store: Store, journal: Journal) -> None:
    proof = journal.record_check_in(replace(make_check_in(), portal=(ANSWER, FIGURE)))
    kept = evidence_of_visit(store, proof.visit_id)
    assert {one.evidence.entry: one.evidence for one in kept} == {"000": ANSWER, COPAYMENT: FIGURE}
    assert all(one.is_sound for one in kept)


def test_an_outage_is_evidence_too(store: Store, journal: Journal) -> None:
    proof = journal.record_check_in(unverified())
    (kept,) = evidence_of_visit(store, proof.visit_id)
    assert (kept.evidence, kept.is_sound) == (OUTAGE, True)


def test_a_referral_and_a_departure_keep_it_as_well_and_none_twice(store: Store, journal: Journal) -> None:
    checked_in = make_check_in(1)
    journal.record_check_in(replace(checked_in, portal=(ANSWER,)))
    again = ReferralRecord("k1", checked_in.session_id, "card_removed", portal=(ANSWER,))
    visit = journal.record_referral(again)
    assert len(evidence_of_visit(store, visit.visit_id)) == 1
    left = journal.record_departure(ReferralRecord("k1", "s9", "patient_choice", portal=(OUTAGE,)))
    assert [kept.evidence for kept in evidence_of_visit(store, left.visit_id)] == [OUTAGE]


def test_a_reply_that_somebody_changed_is_not_sound(store: Store, journal: Journal) -> None:
    proof = journal.record_check_in(replace(make_check_in(), portal=(ANSWER,)))
    for forged in ("e30=", "no Base64"):
        with store.transaction() as session:
            session.query(PortalReply).update({"raw": forged})
        assert [kept.is_sound for kept in evidence_of_visit(store, proof.visit_id)] == [False]


@pytest.mark.parametrize(
    ("result", "promised"),
    [
        (Delivered(evidence=(replace(ANSWER, asked_at=START + timedelta(minutes=10)),), then=(COVERAGE,)), 1),
        (Retry("timeout", evidence=(replace(OUTAGE, asked_at=START + timedelta(minutes=10)),)), 0),
        (Refused("day_over", evidence=(replace(OUTAGE, asked_at=START + timedelta(minutes=10)),)), 0),
    ],
)
def test_every_late_answer_is_kept(store: Store, journal: Journal, result: DeliveryResult, promised: int) -> None:
    proof = journal.record_check_in(unverified())
    deliver_due(store, lambda _: result, store.now(), destination="bhyt")
    first, second = evidence_of_visit(store, proof.visit_id)
    assert first.evidence == OUTAGE
    assert (second.evidence,) == result.evidence
    with store.snapshot() as session:
        assert session.query(OutboxEntry).filter_by(kind=HIS_COVERAGE).count() == promised


def test_silence_changes_nothing_of_what_is_known_and_an_answer_does(store: Store, journal: Journal) -> None:
    journal.record_check_in(unverified())

    def known() -> tuple[str, str, bool]:
        with store.snapshot() as session:
            visit = session.scalars(select(Visit)).one()
            return visit.insurance_outcome, visit.insurance_code, visit.insurance_verified

    before = known()
    deliver_due(store, lambda _: Retry("timeout", evidence=(OUTAGE,)), store.now(), destination="bhyt")
    assert known() == before
    refused = replace(ANSWER, outcome=InsuranceOutcome.SELF_PAY, code="010")
    (item,) = Outbox(store).due(store.now() + timedelta(hours=1), kind=BHYT_RECHECK)
    Outbox(store).mark_delivered(item.outbox_id, store.now(), evidence=(refused,))
    assert known() == ("self_pay", "010", True)
    assert verify(store).ok, "the log says what was known at the check-in"


def test_erasing_the_person_takes_replies_and_questions_and_leaves_the_proof(path: Path, clock: StillClock) -> None:
    cipher = KeyPerRecord()
    with open_store(path, clock=clock, cipher=cipher) as store:
        proof = Journal(store).record_check_in(replace(unverified(), portal=(ANSWER,)))
        other = Journal(store).record_check_in(replace(unverified(2), portal=(ANSWER,)))
        assert evidence_of_visit(store, proof.visit_id)[0].evidence == ANSWER
        cipher.erased.add(proof.visit_id)
        with pytest.raises(KeyError):
            evidence_of_visit(store, proof.visit_id)
        assert evidence_of_visit(store, other.visit_id)[0].is_sound
        with store.snapshot() as session:
            row = session.query(PortalReply).filter_by(visit_id=proof.visit_id).one()
            assert (row.sha256, row.code, row.asked_at) == (ANSWER.sha256, "000", START)
        assert verify(store).ok
    stored = b"".join(file.read_bytes() for file in path.parent.iterdir())
    for secret in (RAW, "NGUYỄN THỊ MẪU".encode(), "Thông tin".encode()):
        assert secret not in stored


def counts(store: Store) -> list[int]:
    tables: tuple[type[Base], ...] = (Visit, OutboxEntry, PortalReply)
    with store.snapshot() as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def copy_of(made: Path, number: int) -> Path:
    """A closed store, copied with its key: making one anew takes longer than all that is tried on it."""
    path = made.with_name(f"{number}.db")
    shutil.copy(made, path)
    shutil.copy(made.with_name("made.db.pseudonym-key"), path.with_name(f"{number}.db.pseudonym-key"))
    return path


def killed_at(path: Path, point: int, work: Callable[[Store], None]) -> int:
    """Do `work` on the store in another process that is killed before its statement number `point`; its exit code."""

    def act() -> None:
        seen = 0

        def maybe_die(*_: Any) -> None:
            nonlocal seen
            if seen == point:
                os.kill(os.getpid(), signal.SIGKILL)
            seen += 1

        store = open_store(path)
        event.listen(store._reading, "before_cursor_execute", maybe_die)
        event.listen(store._reading, "commit", maybe_die)
        work(store)

    return exit_code(start_child(act))


def test_killed_at_any_statement_an_unverified_visit_has_its_evidence_and_its_question_or_is_not_there(
    tmp_path: Path,
) -> None:
    kills = 0
    open_store(tmp_path / "made.db").close()
    while True:
        path = copy_of(tmp_path / "made.db", kills)
        code = killed_at(path, kills, lambda store: Journal(store).record_check_in(unverified()) and None)
        with open_store(path) as store:
            assert counts(store) in ([0, 0, 0], [1, 2, 1]), f"half written when killed at point {kills}"
            Journal(store).record_check_in(unverified())
            assert counts(store) == [1, 2, 1]
        if code == 0:
            break
        assert code == KILLED
        kills += 1
    assert kills >= 12, "the kills must have hit every part of the work"


def test_killed_at_any_statement_after_the_portals_answer_it_is_kept_and_told_together(tmp_path: Path) -> None:
    late = replace(ANSWER, asked_at=START + timedelta(minutes=10))

    def deliver(item: OutboxItem) -> DeliveryResult:
        return Delivered(evidence=(late,), then=(COVERAGE,))

    def ask(store: Store) -> None:
        deliver_due(store, deliver, store.now(), destination="bhyt")

    kills = 0
    with open_store(tmp_path / "made.db") as store:
        Journal(store).record_check_in(unverified())
    while True:
        path = copy_of(tmp_path / "made.db", kills)
        code = killed_at(path, kills, ask)
        with open_store(path) as store:
            found = counts(store)
            with store.snapshot() as session:
                asked = session.query(OutboxEntry).filter_by(kind=BHYT_RECHECK).one().delivered_at is not None
                known = session.scalars(select(Visit.insurance_verified)).one()
            assert found == ([1, 3, 2] if asked else [1, 2, 1]), f"half written when killed at point {kills}"
            assert known or not asked
            ask(store)
            assert counts(store) == [1, 3, 2]
            assert verify(store).ok
        if code == 0:
            break
        assert code == KILLED
        kills += 1
    assert kills >= 8, "the kills must have hit every part of the work"
