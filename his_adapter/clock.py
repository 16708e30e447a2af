"""The clock of this room: hospitals, portal and banks all live in one zone."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

Now = Callable[[], datetime]


def now() -> datetime:
    """The present moment, with its zone."""
    return datetime.now(ZONE)
