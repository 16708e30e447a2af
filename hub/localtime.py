"""Times as people in Vietnam read them."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def local_text(at: datetime) -> str:
    """Day, month, year and time in Vietnam: 24/11/2026 08:30:00."""
    return at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")


def start_of(day: date) -> datetime:
    """The first moment of a day in Vietnam."""
    return datetime.combine(day, time.min, VIETNAM)


def end_of(day: date) -> datetime:
    """The first moment that is no longer in this day."""
    return start_of(day + timedelta(days=1))
