"""A guard for Python 3.11: the PySide6 6.12 wheel gives back one reference to None too many.

Its methods that return nothing are compiled for an interpreter whose None is immortal (3.12 and later, PEP 683). On
3.11 each such call lowers None's count by one, and after some ten thousand calls, minutes of a kiosk's day, the
interpreter aborts with "none_dealloc". Raising the count once, far beyond what a process can use up, cures it.
"""

import ctypes
import sys

IMMORTAL_SINCE = (3, 12)
SPARE = sys.maxsize // 4
"""At a million calls a second this lasts for tens of thousands of years, and it is far from overflowing."""


def keep_none_alive() -> None:
    """Raise the reference count of None, once per process; nothing to do where None is immortal."""
    if sys.version_info >= IMMORTAL_SINCE or sys.getrefcount(None) > SPARE // 2:
        return
    count = ctypes.c_ssize_t.from_address(id(None))  # ob_refcnt is the first field of every object in 3.11
    count.value += SPARE
