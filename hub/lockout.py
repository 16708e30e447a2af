"""How long a name is locked after wrong passwords. Pure, so that the rule can be read and tested in one place."""

from datetime import timedelta

FREE_FAILURES = 4  # the fifth failure in a row is the first that locks
FIRST_LOCK = timedelta(seconds=15)
LONGEST_LOCK = timedelta(hours=1)
FORGET_AFTER = timedelta(hours=24)  # failures of a name nobody tries any more


def lock_after(failures: int) -> timedelta:
    """The lock that begins with the `failures`-th wrong password in a row: none, then 15 s, doubling up to an hour."""
    if failures <= FREE_FAILURES:
        return timedelta(0)
    doublings = min(failures - FREE_FAILURES - 1, 16)  # beyond, the cap holds anyway
    return min(LONGEST_LOCK, FIRST_LOCK * (1 << doublings))
