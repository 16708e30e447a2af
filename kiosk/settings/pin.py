"""The admin screen's PIN: Argon2id, and a lock-out that doubles.

    wrong tries in a row   1–4   5     6     7     8 …
    locked for             –     15 s  30 s  60 s  120 s …, at most an hour

The doubling is the one voting machines use for their card PINs: five tries for a clumsy thumb, and at an hour a try
the million six-digit PINs outlast every guesser. All functions are pure; the clock is the caller's.
"""

from dataclasses import dataclass
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_PIN_LENGTH, MAX_PIN_LENGTH = 6, 12
FREE_TRIES = 4
FIRST_LOCK_S = 15.0
LONGEST_LOCK_S = 3600.0

_HASHER = PasswordHasher()


class PinOutcome(StrEnum):
    """Answer to one try."""

    GRANTED = "granted"
    WRONG = "wrong"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Lockout:
    """Wrong tries in a row, and the time (the caller's clock, seconds) before which no PIN is looked at."""

    wrong_tries: int = 0
    locked_until: float = 0.0

    def wait_s(self, now: float) -> float:
        """Seconds until the next try counts; 0 when it may come now."""
        return max(0.0, self.locked_until - now)


@dataclass(frozen=True, slots=True)
class PinCheck:
    """Answer to a try, and the lock-out to go on with."""

    outcome: PinOutcome
    lockout: Lockout


def lock_seconds(wrong_tries: int) -> float:
    """How long the pad is locked after that many wrong tries in a row."""
    if wrong_tries <= FREE_TRIES:
        return 0.0
    doublings = min(wrong_tries - FREE_TRIES - 1, 16)  # beyond the longest lock; keeps the power small
    return min(FIRST_LOCK_S * (1 << doublings), LONGEST_LOCK_S)


def check_pin(pin: str, pin_hash: str, lockout: Lockout, now: float) -> PinCheck:
    """Judge a try at time `now`. While locked the PIN is not looked at, so a guess in that time tells nothing."""
    if lockout.wait_s(now) > 0:
        return PinCheck(PinOutcome.LOCKED, lockout)
    try:
        _HASHER.verify(pin_hash, pin)
    except (VerificationError, InvalidHashError):
        tries = lockout.wrong_tries + 1
        return PinCheck(PinOutcome.WRONG, Lockout(tries, now + lock_seconds(tries)))
    return PinCheck(PinOutcome.GRANTED, Lockout())


def is_acceptable(pin: str) -> bool:
    """A PIN the admin pad can type (digits) and that is not the same digit throughout."""
    in_length = MIN_PIN_LENGTH <= len(pin) <= MAX_PIN_LENGTH
    return in_length and pin.isascii() and pin.isdigit() and len(set(pin)) > 1


def hash_pin(pin: str) -> str:
    """Argon2id hash for `[admin] pin_hash`. Raises: ValueError if the PIN is not acceptable."""
    if not is_acceptable(pin):
        raise ValueError(f"a PIN has {MIN_PIN_LENGTH} to {MAX_PIN_LENGTH} digits, not all the same")
    return _HASHER.hash(pin)
