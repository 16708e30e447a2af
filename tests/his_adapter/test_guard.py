"""Guarded calls: a system that is down is left alone and found again, and nobody's data reaches a log or a figure."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from structlog.testing import capture_logs

from his_adapter.bhyt.result_codes import NO_ANSWER
from his_adapter.clock import ZONE
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.guard import (
    PORTAL_POLICY,
    BreakerPolicy,
    BreakerState,
    CircuitBreaker,
    GuardedHospital,
    GuardedPayment,
    GuardedPortal,
    OutsideMetrics,
)
from his_adapter.guard.breaker import DOWN
from his_adapter.model import (
    CopaymentAnswer,
    CoverageAction,
    CoverageAnswer,
    CoverageOutcome,
    Health,
    PaymentIntent,
    PaymentState,
    PaymentStatus,
)

POLICY = BreakerPolicy(failures=3, base_s=10.0, cap_s=60.0)
NOT_DOWN = sorted(set(OutsideFaultCode) - DOWN)
ASKED = datetime(2026, 11, 24, 8, 30, tzinfo=ZONE)


@dataclass
class Clock:
    """Monotonic seconds that move by hand, and the wall clock beside them."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds

    def wall(self) -> datetime:
        return ASKED + timedelta(seconds=self.seconds)


@dataclass
class Scripted:
    """A system of all three kinds: raises or returns what comes next, and counts."""

    clock: Clock
    answers: list[object] = field(default_factory=list)
    calls: int = 0
    closed: bool = False
    well: Health = field(default_factory=lambda: Health("scripted"))

    def _next(self, *_: object) -> object:
        self.calls += 1
        self.clock.seconds += 0.2
        answer = self.answers.pop(0) if self.answers else ()
        if isinstance(answer, OutsideFaultCode):
            raise OutsideFault(answer, "scripted", "said so")
        if isinstance(answer, BaseException):
            raise answer
        return answer

    list_services = appointments = register = registration_by_key = report_coverage = record_payment = _next
    create = status = cancel = check = copayment = _next

    def health(self) -> Health:
        return self.well

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def system(clock) -> Scripted:
    return Scripted(clock)


@pytest.fixture
def metrics() -> OutsideMetrics:
    return OutsideMetrics()


@pytest.fixture
def guarded(system, metrics, clock) -> GuardedHospital:
    return GuardedHospital(system, metrics, policy=POLICY, clock=clock)


@pytest.fixture
def guarded_portal(system, metrics, clock) -> GuardedPortal:
    return GuardedPortal(system, metrics, clock=clock, now=clock.wall)


def breaker_at(clock: Clock, policy: BreakerPolicy = POLICY) -> CircuitBreaker:
    return CircuitBreaker(policy, clock=clock, jitter=lambda: 0.0)


def fail(breaker: CircuitBreaker, times: int = 1, code: OutsideFaultCode = OutsideFaultCode.TIMEOUT) -> None:
    for _ in range(times):
        permit = breaker.admit()
        assert permit is not None
        breaker.failed(permit, code)


# the breaker


@pytest.mark.parametrize("code", sorted(DOWN))
def test_it_opens_after_the_third_failure_in_a_row(clock, code):
    breaker = breaker_at(clock)
    fail(breaker, 2, code)
    assert breaker.state is BreakerState.CLOSED
    fail(breaker, 1, code)
    assert breaker.state is BreakerState.OPEN
    assert breaker.admit() is None
    assert breaker.last_fault is code


@pytest.mark.parametrize("code", NOT_DOWN)
def test_a_no_is_a_sign_of_life(clock, code):
    breaker = breaker_at(clock)
    fail(breaker, 2)
    fail(breaker, 1, code)
    assert breaker.last_fault is None
    fail(breaker, 2)
    assert breaker.state is BreakerState.CLOSED, "the no has begun the count again"


def test_after_the_pause_one_call_tries_and_the_others_are_kept_back(clock):
    breaker = breaker_at(clock)
    fail(breaker, 3)
    clock.seconds = 4.9
    assert breaker.admit() is None
    clock.seconds = 5.0
    probe = breaker.admit()
    assert probe is not None
    assert breaker.state is BreakerState.HALF_OPEN
    assert breaker.admit() is None
    breaker.succeeded(probe)
    assert breaker.state is BreakerState.CLOSED
    assert breaker.admit() is not None


def test_of_many_threads_exactly_one_gets_the_probe(clock):
    breaker = breaker_at(clock)
    fail(breaker, 3)
    clock.seconds = 5.0
    together = threading.Barrier(16)

    def ask(_: int) -> bool:
        together.wait()
        return breaker.admit() is not None

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(ask, range(16))) == 1


def test_each_try_that_fails_doubles_the_pause_up_to_the_cap(clock):
    breaker = breaker_at(clock)
    fail(breaker, 3)
    pauses = []
    for _ in range(5):
        opened = clock.seconds
        while (probe := breaker.admit()) is None:
            clock.seconds += 0.5
        pauses.append(clock.seconds - opened)
        breaker.failed(probe, OutsideFaultCode.TIMEOUT)
    assert pauses == [5, 10, 20, 30, 30], "half of 10, 20, 40, 60, 60: the other half is random"


def test_half_of_a_pause_is_random(clock):
    assert POLICY.pause(1, 0.0) == 5
    assert POLICY.pause(1, 0.999) == pytest.approx(10, abs=0.01)
    assert POLICY.pause(10_000, 0.5) == 45


def test_a_recovered_system_begins_with_the_short_pause_again(clock):
    breaker = breaker_at(clock)
    fail(breaker, 3)
    clock.seconds = 5
    fail(breaker)
    clock.seconds = 15
    probe = breaker.admit()
    breaker.succeeded(probe)
    fail(breaker, 3)
    clock.seconds += 5
    assert breaker.admit() is not None


def test_an_answer_from_before_the_breaker_opened_changes_nothing(clock):
    breaker = breaker_at(clock)
    slow = breaker.admit()
    also_slow = breaker.admit()
    fail(breaker, 3)
    breaker.succeeded(slow)
    assert breaker.state is BreakerState.OPEN
    clock.seconds = 5
    probe = breaker.admit()
    breaker.failed(also_slow, OutsideFaultCode.TIMEOUT)
    breaker.abandoned(also_slow)
    assert breaker.admit() is None, "the probe is still under way"
    breaker.succeeded(probe)
    assert breaker.state is BreakerState.CLOSED


def test_a_probe_that_says_nothing_leaves_its_place_to_the_next(clock):
    breaker = breaker_at(clock)
    fail(breaker, 3)
    clock.seconds = 5
    breaker.abandoned(breaker.admit())
    assert breaker.state is BreakerState.HALF_OPEN
    assert breaker.admit() is not None


@pytest.mark.parametrize("wrong", [{"failures": 0}, {"base_s": 0.0}, {"base_s": 10.0, "cap_s": 5.0}])
def test_a_policy_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="a breaker"):
        BreakerPolicy(**wrong)


class BreakerLife(RuleBasedStateMachine):
    """Whatever happens in whatever order: states are told in a lawful order, and half-open lets one call through."""

    LAWFUL = {  # noqa: RUF012
        (BreakerState.CLOSED, BreakerState.OPEN),
        (BreakerState.OPEN, BreakerState.HALF_OPEN),
        (BreakerState.HALF_OPEN, BreakerState.OPEN),
        (BreakerState.HALF_OPEN, BreakerState.CLOSED),
    }

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.told = [BreakerState.CLOSED]
        self.breaker = CircuitBreaker(POLICY, clock=self.clock, jitter=lambda: 0.5, changed=self.told.append)
        self.out: list = []  # permits not given back, each with the state it was given in

    @rule()
    def ask(self):
        was = self.breaker.state
        permit = self.breaker.admit()
        if permit is None:
            assert was is not BreakerState.CLOSED
        else:
            assert self.breaker.state is not BreakerState.OPEN
            self.out.append(permit)

    @rule(code=st.sampled_from([None, "abandoned", *OutsideFaultCode]), which=st.integers(0, 50))
    def give_back(self, code, which):
        if not self.out:
            return
        permit = self.out.pop(which % len(self.out))
        if code is None:
            self.breaker.succeeded(permit)
        elif code == "abandoned":
            self.breaker.abandoned(permit)
        else:
            self.breaker.failed(permit, code)

    @rule(seconds=st.floats(0, 100))
    def time_passes(self, seconds):
        self.clock.seconds += seconds

    @invariant()
    def one_probe(self):
        if self.breaker.state is BreakerState.HALF_OPEN:
            assert sum(permit.round == self.breaker._round for permit in self.out) <= 1

    @invariant()
    def lawful(self):
        assert self.told[-1] is self.breaker.state
        assert set(zip(self.told, self.told[1:], strict=False)) <= self.LAWFUL


TestBreakerLife = BreakerLife.TestCase
TestBreakerLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


# the guards


def test_answers_and_faults_pass_through_unchanged(guarded, system, visit):
    system.answers = [("KTM",), "registration", "found", None, "receipt", OutsideFaultCode.DUPLICATE_PATIENT]
    assert guarded.list_services() == ("KTM",)
    assert guarded.register(visit()) == "registration"
    assert guarded.registration_by_key("k") == "found"
    assert guarded.report_coverage(None) is None
    assert guarded.record_payment(None) == "receipt"
    with pytest.raises(OutsideFault) as caught:
        guarded.register(visit())
    assert (caught.value.code, caught.value.detail) == (OutsideFaultCode.DUPLICATE_PATIENT, "said so")
    guarded.close()
    assert system.closed


def test_a_hospital_that_is_down_is_left_alone_and_found_again(guarded, system, clock, patient):
    system.answers = [OutsideFaultCode.TIMEOUT] * 3
    for _ in range(3):
        with pytest.raises(OutsideFault):
            guarded.list_services()
    for _ in range(10):
        with pytest.raises(OutsideFault) as caught:
            guarded.appointments(patient, date(2026, 11, 24))
        assert (caught.value.code, caught.value.detail) == (OutsideFaultCode.UNREACHABLE, "circuit open")
        assert caught.value.retryable
    assert system.calls == 3, "ten patients were answered at once"
    clock.seconds += 10
    assert guarded.list_services() == ()
    assert guarded.breaker.state is BreakerState.CLOSED


def test_a_bug_is_no_outage_and_does_not_keep_the_probes_place(guarded, system, clock):
    system.answers = [OutsideFaultCode.TIMEOUT] * 3 + [KeyError("bug")]
    for _ in range(3):
        with pytest.raises(OutsideFault):
            guarded.list_services()
    clock.seconds += 10
    with pytest.raises(KeyError):
        guarded.list_services()
    assert guarded.list_services() == ()


def test_health_is_asked_whatever_the_breaker_says_and_does_not_change_it(guarded, system):
    system.answers = [OutsideFaultCode.TIMEOUT] * 3
    for _ in range(3):
        with pytest.raises(OutsideFault):
            guarded.list_services()
    assert guarded.health().well
    system.well = Health("scripted", OutsideFaultCode.AUTH)
    assert guarded.health().fault is OutsideFaultCode.AUTH
    assert guarded.breaker.state is BreakerState.OPEN


def answered(at: datetime, fault: OutsideFaultCode | None = None) -> CoverageAnswer:
    if fault is None:
        return CoverageAnswer(CoverageOutcome.VALID, CoverageAction.GO_ON, "000", "000", at)
    return CoverageAnswer(
        CoverageOutcome.UNVERIFIED, CoverageAction.GO_ON_UNVERIFIED, "", NO_ANSWER, at, fault=fault, raw=b"x"
    )


@pytest.mark.parametrize("code", [OutsideFaultCode.TIMEOUT, OutsideFaultCode.AUTH])
def test_a_silent_portal_is_left_alone_and_every_patient_admitted_with_evidence(
    guarded_portal, system, clock, valid, code
):
    system.answers = [answered(clock.wall() + timedelta(seconds=1), code) for _ in range(PORTAL_POLICY.failures)]
    for _ in range(PORTAL_POLICY.failures):
        assert guarded_portal.check(valid).fault is code
    answer = guarded_portal.check(valid)
    assert system.calls == PORTAL_POLICY.failures
    assert (answer.outcome, answer.action) == (CoverageOutcome.UNVERIFIED, CoverageAction.GO_ON_UNVERIFIED)
    assert (answer.code, answer.entry, answer.fault) == ("", NO_ANSWER, OutsideFaultCode.UNREACHABLE)
    assert answer.message == f"circuit open ({code.value})"
    assert answer.asked_at == clock.wall()
    assert answer.evidence_sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert answer.raw == b""


def test_an_answer_the_portal_had_kept_is_no_sign_of_life(guarded_portal, system, clock, valid):
    kept = answered(clock.wall() - timedelta(minutes=2))
    system.answers = [answered(clock.wall() + timedelta(seconds=1), OutsideFaultCode.TIMEOUT)] * PORTAL_POLICY.failures
    for _ in range(PORTAL_POLICY.failures):
        guarded_portal.check(valid)
    clock.seconds += PORTAL_POLICY.cap_s
    system.answers = [kept, answered(clock.wall() + timedelta(seconds=1))]
    assert guarded_portal.check(valid) is kept
    assert guarded_portal.breaker.state is BreakerState.HALF_OPEN
    guarded_portal.check(valid)
    assert guarded_portal.breaker.state is BreakerState.CLOSED


def test_an_adapter_that_rests_has_heard_nothing_from_the_portal(guarded_portal, system, clock, valid):
    late = clock.wall() + timedelta(hours=1)
    system.answers = [answered(late, OutsideFaultCode.TIMEOUT)] * PORTAL_POLICY.failures
    for _ in range(PORTAL_POLICY.failures):
        guarded_portal.check(valid)
    clock.seconds += PORTAL_POLICY.cap_s
    system.answers = [answered(late, OutsideFaultCode.RESTRICTED)]
    assert guarded_portal.check(valid).fault is OutsideFaultCode.RESTRICTED
    assert guarded_portal.breaker.state is BreakerState.HALF_OPEN


def test_silence_about_co_payments_does_not_keep_a_card_from_being_checked(guarded_portal, system, clock, valid):
    silent = CopaymentAnswer("", clock.wall() + timedelta(seconds=1), fault=OutsideFaultCode.TIMEOUT)
    system.answers = [silent] * PORTAL_POLICY.failures
    for _ in range(PORTAL_POLICY.failures):
        assert guarded_portal.copayment(valid) is silent
    unasked = guarded_portal.copayment(valid)
    assert system.calls == PORTAL_POLICY.failures
    assert (unasked.accumulated_dong, unasked.fault) == (None, OutsideFaultCode.UNREACHABLE)
    system.answers = [answered(clock.wall() + timedelta(seconds=1))]
    assert guarded_portal.check(valid).outcome is CoverageOutcome.VALID


def test_a_bank_that_is_down_asks_nobody_to_wait(system, metrics, clock, bill):
    bank = GuardedPayment(system, metrics, policy=POLICY, clock=clock)
    intent = PaymentIntent("L1", bill.order_code, bill.amount_dong, bill.purpose, "000201", bill.expires_at)
    waiting = PaymentStatus(PaymentState.WAITING, 0, ())
    system.answers = [intent, waiting, waiting, *[OutsideFaultCode.SERVER_ERROR] * 3]
    assert bank.create(bill) is intent
    assert bank.status(intent) is waiting
    assert bank.cancel(intent) is waiting
    for _ in range(4):
        with pytest.raises(OutsideFault) as caught:
            bank.status(intent)
    assert caught.value.detail == "circuit open"
    assert system.calls == 6


# figures and log lines


def test_every_call_is_counted_and_timed(guarded, system, metrics):
    system.answers = [(), OutsideFaultCode.REJECTED, *[OutsideFaultCode.TIMEOUT] * 3]
    for _ in range(6):
        with suppress(OutsideFault):
            guarded.list_services()
    value = metrics.registry.get_sample_value

    def calls(outcome: str) -> float | None:
        labels = {"system": "his", "call": "list_services", "outcome": outcome}
        return value("tiepdon_outside_calls_total", labels)

    assert [calls(each) for each in ("ok", "rejected", "timeout", "circuit_open")] == [1, 1, 3, 1]
    timed = {"system": "his", "call": "list_services"}
    assert value("tiepdon_outside_call_seconds_count", timed) == 5, "a refused call took no time"
    assert value("tiepdon_outside_call_seconds_sum", timed) == pytest.approx(1.0)

    def state(name: str) -> float | None:
        labels = {"system": "his", "tiepdon_outside_breaker_state": name}
        return value("tiepdon_outside_breaker_state", labels)

    assert [state(each) for each in ("closed", "open", "half_open")] == [0, 1, 0]


def test_what_waits_is_shown_per_destination_and_the_oldest_only_while_it_waits(metrics):
    oldest = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
    metrics.outbox("his", pending=3, dead=1, oldest=oldest)
    metrics.outbox("bhyt", pending=0, dead=0, oldest=None)
    text = metrics.text().decode()
    assert 'tiepdon_outbox_pending{destination="his"} 3.0' in text
    assert 'tiepdon_outbox_dead{destination="his"} 1.0' in text
    value = metrics.registry.get_sample_value
    assert value("tiepdon_outbox_oldest_timestamp_seconds", {"destination": "his"}) == oldest.timestamp()
    metrics.outbox("his", pending=0, dead=1, oldest=None)
    assert value("tiepdon_outbox_oldest_timestamp_seconds", {"destination": "his"}) is None


def test_a_log_line_says_what_happened_and_to_nobody(guarded, guarded_portal, system, metrics, visit, valid, clock):
    secret_key = "11111111-2222-4333-8444-555555555555"
    system.answers = ["registration", OutsideFaultCode.TIMEOUT, answered(clock.wall() + timedelta(seconds=9))]
    with capture_logs() as lines:
        guarded.register(visit(secret_key))
        with pytest.raises(OutsideFault):
            guarded.register(visit(secret_key))
        guarded_portal.check(valid)
    assert [(line["system"], line["call"], line["outcome"], line["milliseconds"]) for line in lines] == [
        ("his", "register", "ok", 200),
        ("his", "register", "timeout", 200),
        ("bhyt", "check", "ok", 200),
    ]
    for text in (str(lines), metrics.text().decode()):
        for secret in (secret_key, visit().patient.number, visit().patient.full_name, valid.number):
            assert secret not in text


@given(seconds=st.lists(st.floats(0, 60), min_size=1, max_size=20))
def test_times_add_up(seconds):
    metrics = OutsideMetrics()
    for each in seconds:
        metrics.called("his", "register", "ok", each)
    found = metrics.registry.get_sample_value("tiepdon_outside_call_seconds_sum", {"system": "his", "call": "register"})
    assert found == pytest.approx(sum(seconds))


def test_a_guard_stands_before_a_real_adapter(hospital, metrics):
    guarded = GuardedHospital(hospital, metrics)
    assert guarded.list_services()
    assert guarded.health().well
    assert guarded.breaker.state is BreakerState.CLOSED


def test_the_real_portal_behind_its_guard_keeps_its_answers(portal_at, world, metrics, valid):
    guarded = GuardedPortal(portal_at(replace(world.portal_settings(), cache_s=300)), metrics)
    first = guarded.check(valid)
    assert (first.code, first.fault) == ("000", None)
    assert guarded.check(valid) is first
