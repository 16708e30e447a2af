"""The clock of this room: hospitals, portal and banks all live in one zone."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

FIRST_YEAR = 1970
"""Nothing that is told here happened before."""

Now = Callable[[], datetime]


def everywhere(moment: datetime) -> datetime | None:
    """A moment in the zone of this room, one without a zone taken as of it; None far from our time.

    Systems that know no time write the year 1 or 9999: moments that other zones, and so databases, do not have. Before
    1911 this zone counted in seconds, which ISO 8601 cannot write.
    """
    if not 1 < moment.year < 9999:
        return None
    here = moment.replace(tzinfo=ZONE) if moment.tzinfo is None else moment.astimezone(ZONE)
    return here if FIRST_YEAR <= here.year < 9999 else None


def check_moment(moment: datetime) -> None:
    """Raises ValueError unless a moment carries its zone and other zones have it too."""
    if moment.tzinfo is None:
        raise ValueError("times carry their zone")
    if everywhere(moment) is None:
        raise ValueError("a time is one of ours, from 1970 on")


def now() -> datetime:
    """The present moment, with its zone."""
    return datetime.now(ZONE)
