"""The admin PIN: right is right, and guessing gets slower with every try."""

import pytest

from kiosk.settings.pin import LONGEST_LOCK_S, Lockout, PinOutcome, check_pin, hash_pin, lock_seconds

RIGHT, WRONG = "246810", "135790"


@pytest.fixture(scope="module")
def pin_hash() -> str:
    return hash_pin(RIGHT)


def tried(times: int, pin_hash: str) -> Lockout:
    lockout = Lockout()
    for _ in range(times):
        lockout = check_pin(WRONG, pin_hash, lockout, now=lockout.locked_until).lockout
    return lockout


def test_the_right_pin_opens_and_clears_the_count(pin_hash: str) -> None:
    check = check_pin(RIGHT, pin_hash, tried(3, pin_hash), now=100.0)
    assert (check.outcome, check.lockout) == (PinOutcome.GRANTED, Lockout())


def test_four_wrong_tries_lock_nothing_the_fifth_locks_for_15_seconds(pin_hash: str) -> None:
    assert tried(4, pin_hash).wait_s(0.0) == 0.0
    fifth = check_pin(WRONG, pin_hash, tried(4, pin_hash), now=100.0)
    assert fifth.outcome is PinOutcome.WRONG
    assert fifth.lockout.wait_s(100.0) == 15.0


def test_even_the_right_pin_waits_while_locked_and_opens_afterwards(pin_hash: str) -> None:
    locked = Lockout(wrong_tries=5, locked_until=115.0)
    early = check_pin(RIGHT, pin_hash, locked, now=114.9)
    assert (early.outcome, early.lockout) == (PinOutcome.LOCKED, locked)
    assert check_pin(RIGHT, pin_hash, locked, now=115.0).outcome is PinOutcome.GRANTED


def test_a_try_while_locked_does_not_lengthen_the_lock(pin_hash: str) -> None:
    locked = Lockout(wrong_tries=5, locked_until=115.0)
    assert check_pin(WRONG, pin_hash, locked, now=110.0).lockout == locked


def test_the_lock_doubles_up_to_an_hour() -> None:
    assert [lock_seconds(tries) for tries in range(4, 10)] == [0.0, 15.0, 30.0, 60.0, 120.0, 240.0]
    assert lock_seconds(1_000_000) == LONGEST_LOCK_S


def test_a_hash_that_is_none_opens_nothing() -> None:
    for damaged in ("$argon2id$damaged", "", "246810"):
        assert check_pin(RIGHT, damaged, Lockout(), now=0.0).outcome is PinOutcome.WRONG


def test_a_pin_must_be_digits_of_fair_length() -> None:
    for refused in ("12345", "1" * 8, "1234567890123", "１２３４５６"):
        with pytest.raises(ValueError, match="digits"):
            hash_pin(refused)
