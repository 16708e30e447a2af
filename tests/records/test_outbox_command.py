"""An operator looks at the outbox, has calls made again and gives calls up; each act leaves who and why."""

import getpass
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from records.__main__ import main
from records.audit import AuditTrail
from records.errors import StoreError, StoreErrorCode
from records.journal import Journal
from records.outbox import Delivered, DeliveryResult, Outbox, OutboxItem, Refused, deliver_due
from records.outbox_command import EXIT_DONE, EXIT_NOT_POSSIBLE, EXIT_UNREADABLE
from records.outbox_desk import EntryState, NotAllowedError, Operator, OutboxDesk
from records.payments import Payments
from records.store import Store, open_existing_store, open_store
from records.tables import AuditEvent, OutboxEntry, Payment, Visit
from records.values import (
    BHYT_RECHECK,
    HIS_PAYMENT,
    HIS_REGISTER,
    CheckInRecord,
    HisConfirmation,
    OutboxMessage,
    PaymentIntent,
    PaymentState,
    RecordedVisit,
    ReferralRecord,
    TransferNotice,
    VisitState,
)
from tests.records.test_crash import KILLED, exit_code, start_child

MakeCheckIn = Callable[..., CheckInRecord]
WHY = "the HIS was reinstalled"


@pytest.fixture
def visit(store: Store, journal: Journal, check_in: MakeCheckIn) -> RecordedVisit:
    """A visit with a registration, a question to the portal and money that wait."""
    recheck = OutboxMessage(BHYT_RECHECK, "{}")
    visit = journal.record_check_in(replace(check_in(), further=(recheck,)))
    Payments(store).record_payment_intent(PaymentIntent("intent-1", "77", visit.visit_id, 1_000))
    Payments(store).record_payment(TransferNotice("77", "FT1", 1_000))
    return visit


def entry(store: Store, kind: str) -> OutboxEntry:
    with store.snapshot() as session:
        return session.scalars(select(OutboxEntry).where(OutboxEntry.kind == kind)).one()


def trail(store: Store) -> list[tuple[str, str, str]]:
    return [(event.actor, event.action, event.target) for event in AuditTrail(store).page(1, 50).events]


def refuse_all(store: Store) -> None:
    deliver_due(store, lambda _: Refused("rejected"), store.now())


def test_the_list_tells_what_waits_and_names_nobody(
    path: Path, store: Store, visit: RecordedVisit, check_in: MakeCheckIn, capsys: Any
) -> None:
    assert main(["outbox", "list", str(path)]) == EXIT_DONE
    shown = capsys.readouterr().out
    header, *rows = shown.splitlines()
    assert header.split() == ["id", "kind", "state", "tries", "last", "error", "promised", "next", "try", "visit"]
    assert [row.split()[1:4] for row in rows] == [
        [HIS_REGISTER, "pending", "0"],
        [BHYT_RECHECK, "pending", "0"],
        [HIS_PAYMENT, "pending", "0"],
    ]
    person = check_in().patient
    for secret in (person.number, person.full_name, "K01", visit.idempotency_key):
        assert secret not in shown
    assert trail(store) == []


def test_the_list_can_be_narrowed_and_read_by_a_program(
    path: Path, store: Store, visit: RecordedVisit, capsys: Any
) -> None:
    refuse_all(store)
    assert main(["outbox", "list", str(path), "--state", "dead", "--destination", "his", "--json"]) == EXIT_DONE
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {(row["kind"], row["state"], row["error"]) for row in rows} == {
        (HIS_REGISTER, "dead", "rejected"),
        (HIS_PAYMENT, "dead", "rejected"),
    }
    assert main(["outbox", "list", str(path), "--state", "delivered"]) == EXIT_DONE
    assert capsys.readouterr().out == "nothing\n"


def test_the_content_is_shown_only_on_request_and_that_is_recorded(
    path: Path, store: Store, visit: RecordedVisit, check_in: MakeCheckIn, capsys: Any
) -> None:
    row = entry(store, HIS_REGISTER).id
    number = check_in().patient.number
    assert main(["outbox", "show", str(path), row]) == EXIT_DONE
    assert number not in capsys.readouterr().out
    assert trail(store) == []
    assert main(["outbox", "show", str(path), row, "--personal", "--reason", "twins", "--who", "An"]) == EXIT_DONE
    assert number in capsys.readouterr().out
    assert trail(store) == [("An", "outbox.show", f"{HIS_REGISTER} {row}: twins")]
    assert main(["outbox", "show", str(path), row, "--personal", "--json", "--who", "An"]) == EXIT_DONE
    assert number in json.loads(capsys.readouterr().out)["content"]
    assert len(trail(store)) == 2


def test_a_dead_call_is_made_again_with_its_old_key(
    path: Path, store: Store, visit: RecordedVisit, capsys: Any
) -> None:
    refuse_all(store)
    row = entry(store, HIS_REGISTER).id
    assert main(["outbox", "retry", str(path), row, "--reason", WHY, "--who", "An"]) == EXIT_DONE
    assert trail(store) == [("An", "outbox.retry", f"{HIS_REGISTER} {row}: {WHY}")]
    keys = []

    def deliver(item: OutboxItem) -> DeliveryResult:
        keys.append(item.idempotency_key)
        return Delivered(HisConfirmation(item.visit_id, "HIS-1", "205", "P.301"))

    deliver_due(store, deliver, entry(store, HIS_REGISTER).next_attempt_at)
    assert keys == [visit.idempotency_key]


def test_without_a_name_the_account_is_recorded(path: Path, store: Store, visit: RecordedVisit, capsys: Any) -> None:
    main(["outbox", "retry", str(path), entry(store, HIS_REGISTER).id, "--reason", WHY])
    (acted,) = AuditTrail(store).page(1, 50).events
    assert (acted.actor, acted.role, acted.allowed) == (getpass.getuser(), "operator", True)
    assert acted.address == f"local:{getpass.getuser()}"


def test_a_dropped_registration_sends_its_visit_to_the_counter_and_keeps_the_money(
    path: Path, store: Store, visit: RecordedVisit, journal: Journal
) -> None:
    row = entry(store, HIS_REGISTER).id
    assert main(["outbox", "drop", str(path), row, "--reason", WHY, "--who", "An"]) == EXIT_DONE
    assert (entry(store, HIS_REGISTER).dead, entry(store, HIS_REGISTER).last_error_code) == (True, "dropped")
    assert entry(store, BHYT_RECHECK).last_error_code == "withdrawn"
    assert not entry(store, HIS_PAYMENT).dead
    assert journal.registration_of(visit.visit_id).given_up
    with store.snapshot() as session:
        known = session.scalars(select(Visit)).one()
        assert (known.state, known.reason) == (VisitState.COUNTER, "dropped")
    assert trail(store) == [("An", "outbox.drop", f"{HIS_REGISTER} {row}: {WHY}")]


@pytest.mark.parametrize("payload", [None, '{"v": 9}'])
def test_dropped_money_goes_to_review(path: Path, store: Store, visit: RecordedVisit, payload: str | None) -> None:
    if payload is not None:
        with store.transaction() as session:
            session.query(OutboxEntry).filter_by(kind=HIS_PAYMENT).update({"payload": payload})
    assert main(["outbox", "drop", str(path), entry(store, HIS_PAYMENT).id, "--reason", WHY]) == EXIT_DONE
    with store.snapshot() as session:
        assert session.scalars(select(Payment.state)).one() is PaymentState.REVIEW
        assert session.scalars(select(Visit.state)).one() is VisitState.REGISTERED_LOCAL


def test_what_is_over_stays_over(store: Store, visit: RecordedVisit, journal: Journal, check_in: MakeCheckIn) -> None:
    desk = OutboxDesk(store, Operator("An"))
    row = entry(store, HIS_PAYMENT).id
    desk.drop(row, WHY)
    with pytest.raises(NotAllowedError, match="dropped"):
        desk.retry(row, WHY)
    with pytest.raises(NotAllowedError, match="dropped before"):
        desk.drop(row, WHY)
    journal.record_referral(ReferralRecord("k1", check_in().session_id, "card_removed"))
    with pytest.raises(NotAllowedError, match="a person has taken over"):
        desk.retry(entry(store, HIS_REGISTER).id, WHY)
    journal.confirm_registration(HisConfirmation(visit.visit_id, "HIS-1", "205", "P.301"))
    for act in (desk.retry, desk.drop):
        with pytest.raises(NotAllowedError, match="delivered"):
            act(entry(store, HIS_REGISTER).id, WHY)
    assert len(trail(store)) == 1, "what was not done is no act"


@pytest.mark.parametrize("code", ["rejected", "too_many_tries"])
def test_whom_the_counter_has_taken_over_is_not_registered_a_second_time(
    store: Store, visit: RecordedVisit, journal: Journal, check_in: MakeCheckIn, code: str
) -> None:
    """The hospital said no, the patient went to the counter, and the refusal kept its own code."""
    desk = OutboxDesk(store, Operator("An"))
    deliver_due(store, lambda _: Refused(code), store.now())
    row = entry(store, HIS_REGISTER).id
    desk.retry(row, WHY)
    deliver_due(store, lambda _: Refused(code), store.now())
    journal.record_referral(ReferralRecord("k1", check_in().session_id, "registration_refused"))
    with pytest.raises(NotAllowedError, match="counter"):
        desk.retry(row, WHY)
    assert desk.retry(entry(store, HIS_PAYMENT).id, WHY).state is EntryState.PENDING, "money is told all the same"


def test_money_that_was_dropped_stays_dropped_when_its_visit_is_confirmed(
    store: Store, visit: RecordedVisit, journal: Journal
) -> None:
    OutboxDesk(store, Operator("An")).drop(entry(store, HIS_PAYMENT).id, WHY)
    journal.confirm_registration(HisConfirmation(visit.visit_id, "HIS-1", "205", "P.301"))
    assert entry(store, HIS_PAYMENT).dead


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 301])
def test_a_reason_is_needed(path: Path, store: Store, visit: RecordedVisit, reason: str, capsys: Any) -> None:
    row = entry(store, HIS_PAYMENT).id
    for act in ("retry", "drop"):
        assert main(["outbox", act, str(path), row, "--reason", reason]) == EXIT_NOT_POSSIBLE
        assert "reason" in capsys.readouterr().err
    assert not entry(store, HIS_PAYMENT).dead
    assert trail(store) == []


def test_a_name_is_a_name(path: Path, store: Store, visit: RecordedVisit, capsys: Any) -> None:
    row = entry(store, HIS_PAYMENT).id
    assert main(["outbox", "drop", str(path), row, "--reason", WHY, "--who", "A\nB"]) == EXIT_NOT_POSSIBLE
    assert "printable" in capsys.readouterr().err


def test_an_unknown_entry_and_an_unreadable_store_have_codes_of_their_own(
    path: Path, store: Store, tmp_path: Path, capsys: Any
) -> None:
    for act in (["show"], ["show", "--personal"], ["retry", "--reason", WHY], ["drop", "--reason", WHY]):
        assert main(["outbox", act[0], str(path), "nobody", *act[1:]]) == EXIT_NOT_POSSIBLE
        assert capsys.readouterr().err == "no such entry\n"
        assert main(["outbox", act[0], str(tmp_path / "none.db"), "nobody", *act[1:]]) == EXIT_UNREADABLE
        assert capsys.readouterr().err == "unavailable: no such file\n"
    assert main(["outbox", "list", str(tmp_path / "none.db")]) == EXIT_UNREADABLE
    assert not (tmp_path / "none.db").exists()


def test_a_store_of_another_version_is_neither_read_nor_upgraded(path: Path, store: Store) -> None:
    with store.transaction() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(StoreError) as caught:
        open_existing_store(path)
    assert caught.value.code is StoreErrorCode.WRONG_VERSION


def test_an_operator_acts_while_the_kiosk_writes(
    path: Path, store: Store, visit: RecordedVisit, check_in: MakeCheckIn, journal: Journal
) -> None:
    """Another process, as in life: it waits for the kiosk's transaction and then has its turn."""
    row = entry(store, HIS_PAYMENT).id
    command = [sys.executable, "-m", "records", "outbox", "drop", str(path), row, "--reason", WHY, "--who", "An"]
    with store.transaction() as session:
        session.query(Visit).update({"room": "P.999"})
        operator = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        session.flush()
    said, complaint = operator.communicate(timeout=60)
    assert (operator.returncode, complaint) == (EXIT_DONE, "")
    assert "is dropped" in said
    assert entry(store, HIS_PAYMENT).last_error_code == "dropped"
    journal.record_check_in(check_in(2))


def test_a_kiosk_that_does_not_let_go_of_the_store_is_named(path: Path, store: Store, visit: RecordedVisit) -> None:
    with store.transaction(), open_existing_store(path, busy_timeout_ms=1) as second:
        with pytest.raises(StoreError) as caught:
            OutboxDesk(second, Operator("An")).drop(visit.outbox_id or "", WHY)
        assert caught.value.code is StoreErrorCode.LOCKED


def test_a_call_under_way_while_it_is_dropped_ends_as_what_it_was(store: Store, visit: RecordedVisit) -> None:
    def deliver(item: OutboxItem) -> DeliveryResult:
        OutboxDesk(store, Operator("An")).drop(item.outbox_id, WHY)
        return Delivered(HisConfirmation(item.visit_id, "HIS-1", "205", "P.301"))

    deliver_due(store, deliver, store.now(), kind=HIS_REGISTER)
    assert entry(store, HIS_REGISTER).delivered_at is not None
    with store.snapshot() as session:
        known = session.scalars(select(Visit)).one()
        assert (known.state, known.his_visit_id) == (VisitState.COUNTER, "HIS-1"), "both are known to have happened"


def test_killed_at_any_statement_act_and_trace_are_both_there_or_neither(tmp_path: Path, check_in: MakeCheckIn) -> None:
    path = tmp_path / "kiosk.db"
    with open_store(path) as store:
        Journal(store).record_check_in(check_in())
    kills = 0
    while True:

        def act(at: int = kills) -> None:
            seen = 0

            def maybe_die(*_: object) -> None:
                nonlocal seen
                if seen == at:
                    os.kill(os.getpid(), signal.SIGKILL)
                seen += 1

            store = open_existing_store(path)
            row = entry(store, HIS_REGISTER).id
            event.listen(store._reading, "before_cursor_execute", maybe_die)
            event.listen(store._reading, "commit", maybe_die)
            OutboxDesk(store, Operator("An")).drop(row, WHY)

        code = exit_code(start_child(act))
        with open_existing_store(path) as store, store.snapshot() as session:
            acts = session.query(AuditEvent).count()
            dropped = session.query(OutboxEntry).filter_by(last_error_code="dropped").count()
            at_counter = session.query(Visit).filter_by(state=VisitState.COUNTER).count()
        assert acts == dropped == at_counter == (1 if code == 0 else 0), f"half written when killed at point {kills}"
        if code == 0:
            break
        assert code == KILLED
        kills += 1
    assert kills >= 6, "the kills must have hit every part of the work"
    with open_existing_store(path) as store:
        assert Outbox(store).health().dead == 1
