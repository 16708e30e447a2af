"""Money, times and places as people read them, by language."""

import math
import re
from decimal import Decimal

from kiosk.flow.values import Language

NBSP = "\u00a0"


def amount(dong: int, language: Language) -> str:
    """`20300` → "20.300 đồng" or "20,300 VND". The unit never leaves its number."""
    if language is Language.EN:
        return f"{dong:,}{NBSP}VND"
    return f"{dong:,}".replace(",", ".") + f"{NBSP}đồng"


def percent(share: Decimal, language: Language) -> str:
    """`47.5` → "47,5 %" or "47.5%". The unit never leaves its number."""
    digits = f"{share.normalize():f}"
    return f"{digits}%" if language is Language.EN else digits.replace(".", ",") + f"{NBSP}%"


def minutes(seconds: float) -> str:
    """Time left as m:ss, rounded up so that 0:00 means over."""
    whole = max(0, math.ceil(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


def whole_seconds(seconds: float) -> int:
    """Seconds left, rounded up, never negative."""
    return max(0, math.ceil(seconds))


def bare_room(room: str) -> str:
    """ "Phòng 203" → "203": hospitals name rooms either way, the screen adds the word in its language."""
    return re.sub(r"^\s*(phòng|p\.)\s*", "", room, flags=re.IGNORECASE)


def bare_floor(floor: str) -> str:
    """ "Tầng 2" → "2"."""
    return re.sub(r"^\s*(tầng|lầu)\s*", "", floor, flags=re.IGNORECASE)
