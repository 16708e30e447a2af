"""Promised calls are made until they are answered."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from records.errors import StoreError, StoreErrorCode
from records.journal import Journal
from records.outbox import (
    Delivered,
    DeliveryReport,
    DeliveryResult,
    Outbox,
    OutboxItem,
    Refused,
    Retry,
    deliver_due,
)
from records.retry import RetryPolicy
from records.store import Store
from records.values import CheckInRecord, HisConfirmation

MakeCheckIn = Callable[..., CheckInRecord]
POLICY = RetryPolicy(base_s=2.0, cap_s=300.0, max_attempts=3)


class FakeHis:
    """A hospital system that tells repeated requests by their key, as the real one must."""

    def __init__(self) -> None:
        self.visits: dict[str, str] = {}
        self.calls = 0
        self.answer: DeliveryResult | None = None

    def __call__(self, item: OutboxItem) -> DeliveryResult:
        self.calls += 1
        if self.answer is not None:
            return self.answer
        his_id = self.visits.setdefault(item.idempotency_key, f"HIS-{len(self.visits) + 1}")
        return Delivered(HisConfirmation(item.visit_id, his_id, "205", "P.301"))


@pytest.fixture
def his() -> FakeHis:
    return FakeHis()


@pytest.fixture
def outbox(store: Store) -> Outbox:
    return Outbox(store, policy=POLICY, jitter=lambda: 0.0)


def test_a_new_call_is_due_at_once_and_done_after_its_delivery(
    store: Store, journal: Journal, check_in: MakeCheckIn, his: FakeHis
) -> None:
    journal.record_check_in(check_in())
    assert deliver_due(store, his, store.now()) == DeliveryReport(delivered=1)
    assert deliver_due(store, his, store.now()) == DeliveryReport()
    assert his.calls == 1


def test_calls_are_made_oldest_first(store: Store, journal: Journal, check_in: MakeCheckIn, clock: Any) -> None:
    for index in (3, 1, 2):
        journal.record_check_in(check_in(index))
        clock.advance(seconds=1)
    keys = [item.idempotency_key for item in Outbox(store).due(store.now())]
    assert keys == [check_in(index).idempotency_key for index in (3, 1, 2)]


def test_a_hospital_system_that_is_down_is_tried_again_later_with_the_same_key(
    store: Store, journal: Journal, check_in: MakeCheckIn, his: FakeHis, outbox: Outbox
) -> None:
    journal.record_check_in(check_in())
    his.answer = Retry("his_down")
    start = store.now()
    assert deliver_due(store, his, start, outbox=outbox) == DeliveryReport(retried=1)
    assert outbox.due(start) == ()
    assert outbox.due(start + timedelta(seconds=0.9)) == ()
    (item,) = outbox.due(start + timedelta(seconds=1))
    assert (item.attempts, item.idempotency_key) == (1, check_in().idempotency_key)

    his.answer = None
    assert deliver_due(store, his, start + timedelta(seconds=1), outbox=outbox) == DeliveryReport(delivered=1)
    assert list(his.visits) == [check_in().idempotency_key]


def test_delays_double_up_to_the_cap_and_half_of_each_is_random() -> None:
    policy = RetryPolicy(base_s=2.0, cap_s=300.0)
    assert [policy.delay(n, 0.0).total_seconds() for n in (1, 2, 3, 8, 9, 4_000)] == [1, 2, 4, 128, 150, 150]
    assert policy.delay(1, 0.5).total_seconds() == 1.5
    assert policy.delay(4_000, 0.999).total_seconds() < 300


def test_the_default_policy_outlives_a_week_without_network() -> None:
    policy = RetryPolicy()
    shortest = sum((policy.delay(n, 0.0) for n in range(1, policy.max_attempts)), timedelta())
    assert shortest >= timedelta(days=6, hours=23)


def test_after_the_last_attempt_a_person_must_look(
    store: Store, journal: Journal, check_in: MakeCheckIn, his: FakeHis, outbox: Outbox
) -> None:
    journal.record_check_in(check_in())
    his.answer = Retry("his_down")
    now = store.now()
    reports = [deliver_due(store, his, now + timedelta(hours=hour), outbox=outbox) for hour in range(4)]
    assert reports == [
        DeliveryReport(retried=1),
        DeliveryReport(retried=1),
        DeliveryReport(dead=1),
        DeliveryReport(),
    ]
    health = outbox.health()
    assert (health.pending, health.dead, health.oldest) == (0, 1, None)


def test_a_refusal_is_not_repeated(store: Store, journal: Journal, check_in: MakeCheckIn, his: FakeHis) -> None:
    journal.record_check_in(check_in())
    his.answer = Refused("duplicate_patient")
    assert deliver_due(store, his, store.now()) == DeliveryReport(dead=1)
    assert deliver_due(store, his, store.now() + timedelta(days=9)) == DeliveryReport()
    assert his.calls == 1


def test_one_visit_can_be_tried_at_once_although_it_is_not_due(
    store: Store, journal: Journal, check_in: MakeCheckIn, his: FakeHis
) -> None:
    first = journal.record_check_in(check_in(1))
    journal.record_check_in(check_in(2))
    his.answer = Retry("his_down")
    deliver_due(store, his, store.now(), visit_id=first.visit_id)
    his.answer = None
    assert deliver_due(store, his, store.now(), visit_id=first.visit_id) == DeliveryReport(delivered=1)
    assert list(his.visits) == [check_in(1).idempotency_key]


def test_a_failure_noted_after_the_delivery_does_not_call_it_back(
    store: Store, journal: Journal, check_in: MakeCheckIn, outbox: Outbox
) -> None:
    proof = journal.record_check_in(check_in())
    assert proof.outbox_id is not None
    outbox.mark_delivered(proof.outbox_id, store.now())
    assert outbox.mark_failed(proof.outbox_id, "his_down", store.now()) is False
    assert outbox.due(store.now() + timedelta(days=9)) == ()


def test_health_tells_since_when_calls_wait(
    store: Store, journal: Journal, check_in: MakeCheckIn, outbox: Outbox
) -> None:
    recorded = journal.record_check_in(check_in())
    health = outbox.health()
    assert (health.pending, health.dead, health.oldest) == (1, 0, recorded.recorded_at)


def test_an_unknown_entry_is_named(store: Store, outbox: Outbox) -> None:
    with pytest.raises(StoreError) as caught:
        outbox.mark_delivered("nobody", store.now())
    assert caught.value.code is StoreErrorCode.NOT_FOUND
