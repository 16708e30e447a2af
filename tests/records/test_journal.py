"""Visit, outbox entry, consent and match-log entry belong together."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from records.errors import StoreError, StoreErrorCode
from records.evidence import Decision, Evidence
from records.journal import WITHDRAWN, Journal
from records.match_entry import read_entry
from records.match_log import verify
from records.outbox import Outbox
from records.reading import entries_since
from records.store import Store
from records.tables import Base, Consent, MatchLogEntry, OutboxEntry, Visit
from records.values import CheckInRecord, HisConfirmation, OutboxMessage, PatientFields, ReferralRecord, VisitState

MakeCheckIn = Callable[..., CheckInRecord]


def count(store: Store, table: type[Base]) -> int:
    with store.snapshot() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def visit(store: Store, visit_id: str) -> Visit:
    with store.snapshot() as session:
        return session.get_one(Visit, visit_id)


def test_a_check_in_leaves_one_row_in_each_of_its_four_tables(
    store: Store, journal: Journal, check_in: MakeCheckIn
) -> None:
    proof = journal.record_check_in(check_in())

    assert [count(store, table) for table in (Visit, OutboxEntry, Consent, MatchLogEntry)] == [1, 1, 1, 1]
    recorded = visit(store, proof.visit_id)
    assert (recorded.state, recorded.provisional) == (VisitState.REGISTERED_LOCAL, True)
    assert (recorded.number, recorded.queue_number, recorded.fee_dong) == ("001199000001", "A001", 150_000)
    assert (recorded.insurance_code, recorded.insurance_verified, recorded.face_outcome) == ("000", True, "match")
    assert (proof.log_seq, proof.replayed) == (1, False)
    assert recorded.created_at == proof.recorded_at


def test_the_log_entry_carries_all_evidence_and_no_personal_data(
    store: Store, journal: Journal, check_in: MakeCheckIn, evidence: Evidence
) -> None:
    record = check_in()
    journal.record_check_in(record)
    with store.snapshot() as session:
        row = session.scalars(select(MatchLogEntry)).one()
    entry = read_entry(row.entry)
    assert entry.evidence == evidence
    assert entry.decision is Decision.CHECKED_IN
    assert entry.subject == store.subject(record.patient.number)
    for personal in (record.patient.number, record.patient.full_name, "MẪU", record.patient.birth_date):
        assert personal not in row.entry


def test_the_same_record_again_is_answered_with_the_first_proof(
    store: Store, journal: Journal, check_in: MakeCheckIn
) -> None:
    first = journal.record_check_in(check_in())
    again = journal.record_check_in(check_in())
    assert again == dataclasses.replace(first, replayed=True)
    assert count(store, Visit) == count(store, OutboxEntry) == count(store, MatchLogEntry) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"fee_dong": 1},
        {"patient": PatientFields("NGUYỄN THỊ MẪU", "001199009999", "1990-01-31", "F")},
        {"message": OutboxMessage("his.register", '{"service": "K02"}')},
    ],
)
def test_the_same_key_with_other_content_is_an_alarm_and_writes_nothing(
    store: Store, journal: Journal, check_in: MakeCheckIn, change: dict[str, object]
) -> None:
    journal.record_check_in(check_in())
    with pytest.raises(StoreError) as caught:
        journal.record_check_in(dataclasses.replace(check_in(), **change))  # type: ignore[arg-type]
    assert caught.value.code is StoreErrorCode.CONFLICT
    assert count(store, Visit) == count(store, MatchLogEntry) == 1


def test_one_session_cannot_register_twice_under_two_keys(
    store: Store, journal: Journal, check_in: MakeCheckIn
) -> None:
    journal.record_check_in(check_in(1))
    with pytest.raises(StoreError) as caught:
        journal.record_check_in(dataclasses.replace(check_in(2), session_id="session-1"))
    assert caught.value.code is StoreErrorCode.CONFLICT
    assert [count(store, table) for table in (Visit, OutboxEntry, Consent, MatchLogEntry)] == [1, 1, 1, 1]
    assert verify(store).ok


def test_a_failure_at_the_last_step_takes_the_first_ones_back(
    store: Store, journal: Journal, check_in: MakeCheckIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the log cannot be written")

    monkeypatch.setattr("records.match_log.append", fail)
    with pytest.raises(RuntimeError, match="the log cannot be written"):
        journal.record_check_in(check_in())
    monkeypatch.undo()
    assert [count(store, table) for table in (Visit, OutboxEntry, Consent)] == [0, 0, 0]


def test_a_payload_that_is_no_json_is_refused_before_anything_is_written(
    store: Store, journal: Journal, check_in: MakeCheckIn
) -> None:
    with pytest.raises(ValueError, match="Expecting"):
        journal.record_check_in(dataclasses.replace(check_in(), message=OutboxMessage("his.register", "no json")))
    assert count(store, Visit) == 0


def test_a_confirmation_settles_visit_and_outbox_together_and_may_come_twice(
    store: Store, journal: Journal, check_in: MakeCheckIn
) -> None:
    proof = journal.record_check_in(check_in())
    answer = HisConfirmation(proof.visit_id, "HIS-77", "205", "P.301", "BN-0042")
    journal.confirm_registration(answer)
    journal.confirm_registration(answer)

    confirmed = visit(store, proof.visit_id)
    assert (confirmed.state, confirmed.his_visit_id) == (VisitState.CONFIRMED, "HIS-77")
    assert (confirmed.queue_number, confirmed.room, confirmed.provisional) == ("205", "P.301", False)
    assert Outbox(store).health().pending == 0


def test_two_different_confirmations_are_an_alarm(store: Store, journal: Journal, check_in: MakeCheckIn) -> None:
    proof = journal.record_check_in(check_in())
    journal.confirm_registration(HisConfirmation(proof.visit_id, "HIS-77", "205", "P.301"))
    with pytest.raises(StoreError) as caught:
        journal.confirm_registration(HisConfirmation(proof.visit_id, "HIS-78", "206", "P.301"))
    assert caught.value.code is StoreErrorCode.CONFLICT
    assert visit(store, proof.visit_id).his_visit_id == "HIS-77"


def test_a_confirmation_for_an_unknown_visit_is_named(journal: Journal) -> None:
    with pytest.raises(StoreError) as caught:
        journal.confirm_registration(HisConfirmation("nobody", "HIS-1", "1", "P"))
    assert caught.value.code is StoreErrorCode.NOT_FOUND


def test_a_referral_without_a_card_is_logged_without_a_subject_and_sends_nothing(
    store: Store, journal: Journal
) -> None:
    proof = journal.record_referral(ReferralRecord("k1", "s", "patient_choice"))
    recorded = visit(store, proof.visit_id)
    assert (recorded.state, recorded.reason, recorded.number) == (VisitState.COUNTER, "patient_choice", None)
    assert count(store, OutboxEntry) == 0
    with store.snapshot() as session:
        entry = read_entry(session.scalars(select(MatchLogEntry)).one().entry)
    assert (entry.decision, entry.reason, entry.subject) == (Decision.COUNTER, "patient_choice", "")


def test_a_referral_needs_a_reason(journal: Journal) -> None:
    with pytest.raises(ValueError, match="reason"):
        journal.record_referral(ReferralRecord("k1", "s", ""))


def test_a_referral_after_the_local_record_withdraws_the_call(
    store: Store, journal: Journal, check_in: MakeCheckIn
) -> None:
    record = check_in()
    first = journal.record_check_in(record)
    referral = ReferralRecord(record.kiosk_id, record.session_id, "duplicate_patient", record.patient, record.evidence)
    second = journal.record_referral(referral)

    assert second.visit_id == first.visit_id
    assert visit(store, first.visit_id).state is VisitState.COUNTER
    health = Outbox(store).health()
    assert (health.pending, health.dead) == (0, 1)
    with store.snapshot() as session:
        assert session.scalars(select(OutboxEntry.last_error_code)).one() == WITHDRAWN
    assert journal.record_referral(referral) == dataclasses.replace(second, outbox_id=first.outbox_id, replayed=True)
    assert journal.record_check_in(record) == dataclasses.replace(first, replayed=True)
    assert verify(store).entries == 2
    assert count(store, Consent) == 1


def test_a_referral_after_a_refusal_keeps_the_reason_of_the_refusal(
    store: Store, journal: Journal, check_in: MakeCheckIn
) -> None:
    record = check_in()
    first = journal.record_check_in(record)
    assert first.outbox_id is not None
    Outbox(store).mark_failed(first.outbox_id, "duplicate_patient", store.now(), permanent=True)
    journal.record_referral(ReferralRecord(record.kiosk_id, record.session_id, "duplicate_patient", record.patient))
    with store.snapshot() as session:
        assert session.scalars(select(OutboxEntry.last_error_code)).one() == "duplicate_patient"


def test_a_kiosk_can_count_its_entries_of_today(
    store: Store, journal: Journal, check_in: MakeCheckIn, clock: Any
) -> None:
    journal.record_check_in(check_in(1))
    midnight = clock.advance(hours=20)
    assert entries_since(store, "k1", midnight) == 0
    journal.record_check_in(check_in(2))
    journal.record_check_in(check_in(3, kiosk_id="k2"))
    assert entries_since(store, "k1", midnight) == 1
    assert entries_since(store, "k1", midnight - timedelta(days=1)) == 2


def test_a_confirmed_visit_stays_confirmed_when_the_patient_still_goes_to_the_counter(
    store: Store, journal: Journal, check_in: MakeCheckIn
) -> None:
    record = check_in()
    proof = journal.record_check_in(record)
    journal.confirm_registration(HisConfirmation(proof.visit_id, "HIS-1", "7", "P.1"))
    for _ in range(2):
        journal.record_referral(ReferralRecord(record.kiosk_id, record.session_id, "printer_down", record.patient))
    assert visit(store, proof.visit_id).state is VisitState.CONFIRMED
    assert verify(store).entries == 2


def test_an_answer_that_comes_after_the_referral_is_kept_for_the_counter(
    store: Store, journal: Journal, check_in: MakeCheckIn
) -> None:
    record = check_in()
    proof = journal.record_check_in(record)
    journal.record_referral(ReferralRecord(record.kiosk_id, record.session_id, "his_down", record.patient))
    journal.confirm_registration(HisConfirmation(proof.visit_id, "HIS-9", "7", "P.1"))
    late = visit(store, proof.visit_id)
    assert (late.state, late.his_visit_id) == (VisitState.COUNTER, "HIS-9")


def test_what_a_record_shows_of_itself_is_not_personal(check_in: MakeCheckIn) -> None:
    shown = repr(check_in())
    assert "MẪU" not in shown
    assert "001199000001" not in shown


def test_identity_fields_go_through_the_cipher_with_record_and_field(path: Path, check_in: MakeCheckIn) -> None:
    from records.store import open_store

    class Reversing:
        def seal(self, record_id: str, field: str, value: str) -> str:
            return f"{record_id}/{field}/{value[::-1]}"

        def unseal(self, record_id: str, field: str, stored: str) -> str:
            return stored.removeprefix(f"{record_id}/{field}/")[::-1]

    with open_store(path, cipher=Reversing()) as store:
        proof = Journal(store).record_check_in(check_in())
        recorded = visit(store, proof.visit_id)
        assert recorded.number == f"{proof.visit_id}/number/100000991100"
        assert recorded.full_name is not None
        assert "NGUYỄN" not in recorded.full_name
        (item,) = Outbox(store).due(store.now())
        assert item.payload == '{"number":"001199000001","service":"K01"}'
    assert "MẪU".encode() not in path.read_bytes()
