"""Within a visit and a destination nothing overtakes; beyond that nothing waits for anything."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.journal import Journal
from records.outbox import Delivered, DeliveryReport, DeliveryResult, Outbox, OutboxItem, Refused, Retry, deliver_due
from records.payments import Payments
from records.retry import RetryPolicy
from records.store import Store, open_store
from records.tables import OutboxEntry
from records.values import (
    BHYT_RECHECK,
    HIS_COVERAGE,
    HIS_PAYMENT,
    HIS_REGISTER,
    CheckInRecord,
    HisConfirmation,
    OutboxMessage,
    PaymentIntent,
    RecordedVisit,
    ReferralRecord,
    TransferNotice,
)

MakeCheckIn = Callable[..., CheckInRecord]
RECHECK = OutboxMessage(BHYT_RECHECK, "{}")
COVERAGE = OutboxMessage(HIS_COVERAGE, "{}")


class Systems:
    """All other systems at once. `answers` says what becomes of a kind of call, or of one visit's."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str]] = []
        self.answers: dict[object, DeliveryResult] = {}

    def __call__(self, item: OutboxItem) -> DeliveryResult:
        self.made.append((item.visit_id, item.kind))
        for key in ((item.visit_id, item.kind), item.visit_id, item.kind, item.destination):
            if key in self.answers:
                return self.answers[key]
        if item.kind == HIS_REGISTER:
            return Delivered(HisConfirmation(item.visit_id, f"HIS-{item.visit_id}", "205", "P.301"))
        return Delivered()

    def kinds(self, visit: RecordedVisit) -> list[str]:
        return [kind for visit_id, kind in self.made if visit_id == visit.visit_id]


@pytest.fixture
def systems() -> Systems:
    return Systems()


@pytest.fixture
def outbox(store: Store) -> Outbox:
    return Outbox(store, policy=RetryPolicy(max_attempts=3), jitter=lambda: 0.0)


@pytest.fixture
def visit(journal: Journal, check_in: MakeCheckIn) -> RecordedVisit:
    """Registered with an unverified card: something for the hospital, and something for the portal."""
    return journal.record_check_in(replace(check_in(1), further=(RECHECK,)))


def pay(store: Store, visit: RecordedVisit, number: int = 1) -> None:
    order = f"{number}"
    Payments(store).record_payment_intent(PaymentIntent(f"intent-{order}", order, visit.visit_id, 1_000))
    Payments(store).record_payment(TransferNotice(order, f"FT{order}", 1_000))


def test_a_payment_never_overtakes_its_registration_even_when_the_clock_is_set_back(
    store: Store, visit: RecordedVisit, systems: Systems, clock: Any, outbox: Outbox
) -> None:
    clock.advance(hours=-1)
    pay(store, visit)
    systems.answers[HIS_REGISTER] = Retry("his_busy")
    assert deliver_due(store, systems, clock.advance(hours=2), outbox=outbox).delivered == 1
    assert systems.kinds(visit) == [HIS_REGISTER, BHYT_RECHECK]
    del systems.answers[HIS_REGISTER]
    deliver_due(store, systems, clock.advance(hours=1), outbox=outbox)
    assert systems.kinds(visit)[2:] == [HIS_REGISTER, HIS_PAYMENT]


def test_what_the_portal_said_is_told_after_registration_and_payment(
    store: Store, visit: RecordedVisit, systems: Systems, clock: Any
) -> None:
    systems.answers[HIS_REGISTER] = Retry("his_busy")
    systems.answers[BHYT_RECHECK] = Delivered(then=(COVERAGE,))
    pay(store, visit)
    deliver_due(store, systems, store.now())
    del systems.answers[HIS_REGISTER]
    deliver_due(store, systems, clock.advance(minutes=1))
    assert [kind for kind in systems.kinds(visit) if kind != BHYT_RECHECK] == [
        HIS_REGISTER,
        HIS_REGISTER,
        HIS_PAYMENT,
        HIS_COVERAGE,
    ]
    assert systems.kinds(visit).count(BHYT_RECHECK) == 1


def test_a_call_that_was_given_up_holds_nothing_up(store: Store, visit: RecordedVisit, systems: Systems) -> None:
    pay(store, visit)
    systems.answers[HIS_REGISTER] = Refused("duplicate_patient")
    assert deliver_due(store, systems, store.now()) == DeliveryReport(delivered=2, dead=1)


def test_a_poisoned_entry_blocks_neither_other_visits_nor_other_destinations(
    store: Store, journal: Journal, check_in: MakeCheckIn, visit: RecordedVisit, systems: Systems, clock: Any
) -> None:
    others = [journal.record_check_in(check_in(index)) for index in range(2, 8)]
    pay(store, visit)
    systems.answers[visit.visit_id, HIS_REGISTER] = Retry("server_error")
    for _ in range(20):
        deliver_due(store, systems, clock.advance(minutes=10))
    assert systems.kinds(visit) == [HIS_REGISTER, BHYT_RECHECK, *[HIS_REGISTER] * 19]
    assert all(systems.kinds(other) == [HIS_REGISTER] for other in others)


def test_a_destination_that_is_down_is_asked_once_in_a_round_and_the_others_go_on(
    store: Store, journal: Journal, check_in: MakeCheckIn, visit: RecordedVisit, systems: Systems, clock: Any
) -> None:
    for index in range(2, 6):
        clock.advance(seconds=1)
        journal.record_check_in(replace(check_in(index), further=(RECHECK,)))
    systems.answers["his"] = Retry("unreachable", down=True)
    report = deliver_due(store, systems, store.now())
    assert report == DeliveryReport(delivered=5, retried=1, down=frozenset({"his"}))
    assert report.calls == 6
    with store.snapshot() as session:
        waiting = session.query(OutboxEntry).filter_by(destination="his").all()
        assert sorted(entry.attempts for entry in waiting) == [0, 0, 0, 0, 1], "nobody's turn is lost by the outage"
    systems.answers.clear()
    assert deliver_due(store, systems, clock.advance(seconds=3)).delivered == 5


def test_old_calls_that_fail_again_and_again_keep_no_new_one_from_its_turn(
    store: Store, journal: Journal, check_in: MakeCheckIn, systems: Systems, clock: Any
) -> None:
    """The portal is asked one question at a time: records that fail all day must not silence the rest."""
    outbox = Outbox(store, policy=RetryPolicy(base_s=1.0, cap_s=1.0), jitter=lambda: 0.0)
    for number in range(1, 4):
        old = journal.record_check_in(check_in(number))
        systems.answers[old.visit_id] = Retry("server_error")
    deliver_due(store, systems, store.now(), outbox=outbox)
    clock.advance(minutes=1)
    new = journal.record_check_in(check_in(4))
    for _ in range(4):
        deliver_due(store, systems, clock.advance(seconds=1), outbox=outbox, limit=1)
    assert systems.kinds(new) == [HIS_REGISTER]


def test_one_destination_can_be_served_alone(store: Store, visit: RecordedVisit, systems: Systems) -> None:
    assert Outbox(store).destinations_due(store.now()) == ("bhyt", "his")
    assert deliver_due(store, systems, store.now(), destination="bhyt") == DeliveryReport(delivered=1)
    assert systems.kinds(visit) == [BHYT_RECHECK]
    assert Outbox(store).destinations_due(store.now()) == ("his",)


def test_a_call_can_be_promised_for_later_and_put_off_by_minutes(
    store: Store, journal: Journal, check_in: MakeCheckIn, systems: Systems, clock: Any
) -> None:
    later = replace(RECHECK, not_before=store.now() + timedelta(minutes=10))
    journal.record_check_in(replace(check_in(1), further=(later,)))
    outbox = Outbox(store, jitter=lambda: 0.999)
    systems.answers[BHYT_RECHECK] = Retry("timeout", pause=timedelta(minutes=10))
    deliver_due(store, systems, store.now(), outbox=outbox)
    assert BHYT_RECHECK not in {kind for _, kind in systems.made}
    for wait in (10, 15):
        assert not outbox.due(clock.now + timedelta(minutes=9, seconds=59))
        (item,) = outbox.due(clock.advance(minutes=wait))
        assert item.kind == BHYT_RECHECK
        deliver_due(store, systems, clock.now, outbox=outbox)
    assert outbox.due(clock.now + timedelta(minutes=15))[0].attempts == 2


def test_what_follows_a_delivery_is_promised_with_it_and_once(
    store: Store, visit: RecordedVisit, systems: Systems, outbox: Outbox
) -> None:
    (item,) = outbox.due(store.now(), kind=BHYT_RECHECK)
    for _ in range(2):
        outbox.mark_delivered(item.outbox_id, store.now(), then=(COVERAGE,))
    with store.snapshot() as session:
        assert session.query(OutboxEntry).filter_by(kind=HIS_COVERAGE).count() == 1


def test_a_referral_takes_the_question_to_the_portal_back_with_the_registration(
    store: Store, journal: Journal, visit: RecordedVisit, check_in: MakeCheckIn
) -> None:
    journal.record_referral(ReferralRecord("k1", check_in(1).session_id, "duplicate_patient"))
    assert Outbox(store).due(store.now() + timedelta(days=9)) == ()
    assert Outbox(store).health().dead == 2


def test_the_confirmation_revives_only_what_was_given_up_for_want_of_it(
    store: Store, journal: Journal, visit: RecordedVisit, outbox: Outbox
) -> None:
    pay(store, visit)
    (recheck,) = outbox.due(store.now(), kind=BHYT_RECHECK)
    outbox.mark_failed(recheck.outbox_id, "day_over", store.now(), permanent=True)
    journal.confirm_registration(HisConfirmation(visit.visit_id, "HIS-1", "205", "P.301"))
    with store.snapshot() as session:
        assert {entry.kind for entry in session.query(OutboxEntry).filter_by(dead=True)} == {BHYT_RECHECK}


def test_the_monitoring_sees_each_destination(store: Store, visit: RecordedVisit, outbox: Outbox) -> None:
    (recheck,) = outbox.due(store.now(), kind=BHYT_RECHECK)
    outbox.mark_failed(recheck.outbox_id, "day_over", store.now(), permanent=True)
    health = outbox.health_by_destination()
    assert (health["his"].pending, health["his"].dead, health["his"].oldest) == (1, 0, visit.recorded_at)
    assert (health["bhyt"].pending, health["bhyt"].dead, health["bhyt"].oldest) == (0, 1, None)


@pytest.mark.parametrize("wrong", [{"base_s": 0.0}, {"base_s": 9.0, "cap_s": 8.0}, {"max_attempts": 0}])
def test_a_policy_without_pause_or_try_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least one try"):
        RetryPolicy(**wrong)


OUTCOMES = st.lists(st.sampled_from(["ok", "retry", "down", "refused"]), max_size=60)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(outcomes=OUTCOMES)
def test_whatever_happens_calls_of_a_visit_are_first_made_in_the_order_of_their_promises(
    outcomes: list[str], check_in: MakeCheckIn, clock: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    script = iter(outcomes)
    finished: list[tuple[str, str, int]] = []

    with open_store(tmp_path_factory.mktemp("order") / "kiosk.db", clock=clock) as store:
        journal = Journal(store)
        visits = [journal.record_check_in(replace(check_in(n), further=(RECHECK, COVERAGE))) for n in (1, 2)]
        for number, visit in enumerate(visits):
            pay(store, visit, number)
        with store.snapshot() as session:
            order = {entry.id: entry.seq for entry in session.query(OutboxEntry)}

        def deliver(item: OutboxItem) -> DeliveryResult:
            outcome = next(script, "ok")
            if outcome in {"ok", "refused"}:
                finished.append((item.visit_id, item.destination, order[item.outbox_id]))
            match outcome:
                case "ok":
                    confirmation = HisConfirmation(item.visit_id, item.visit_id, "1", "1")
                    return Delivered(confirmation if item.kind == HIS_REGISTER else None)
                case "refused":
                    return Refused("no")
                case _:
                    return Retry("later", down=outcome == "down")

        while Outbox(store).health().pending:
            deliver_due(store, deliver, clock.advance(minutes=10))
    for place in {(visit, destination) for visit, destination, _ in finished}:
        made = [seq for visit, destination, seq in finished if (visit, destination) == place]
        assert made == sorted(made)
    assert len(finished) == len(order), "each call ended once"
