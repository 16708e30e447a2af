"""Values as the classes that they belong to: what a report may say about a field without saying the field.

A class is wide enough that it does not single out a holder, and narrow enough to tell formats apart.
"""

import re
from itertools import pairwise
from statistics import median

_LENGTHS = (0, 8, 16, 32, 64, 128)
_SMALL_STEP, _LARGE_STEP = 64, 1024

_FORMS = (
    ("dd/mm/yyyy", r"[0-9]{2}/[0-9]{2}/[0-9]{4}"),
    ("9 digits", r"[0-9]{9}"),
    ("12 digits", r"[0-9]{12}"),
    ("ddmmyyyy or 8 digits", r"[0-9]{8}"),
    ("yyyy or 4 digits", r"[0-9]{4}"),
    ("digits", r"[0-9]+"),
    ("16 hexadecimal characters", r"[0-9A-Fa-f]{16}"),
    ("hexadecimal characters", r"(?=.*[0-9])[0-9A-Fa-f]{8,}"),
    ("like base64", r"[A-Za-z0-9+/]{24,}={0,2}"),
    ("letters A-Z and spaces", r"[A-Z ]+"),
)
_NO_EXPIRY = "không thời hạn"


def length_class(count: int) -> str:
    """The length of a text, in bytes, as one of seven ranges."""
    if count == 0:
        return "0"
    for low, high in pairwise(_LENGTHS):
        if count <= high:
            return f"{low + 1}-{high}"
    return f"over {_LENGTHS[-1]}"


def size_class(count: int) -> str:
    """The size of a file in steps of 64 bytes, above 1 kB in steps of 1 kB."""
    if count < _LARGE_STEP:
        low = count - count % _SMALL_STEP
        return f"{low}-{low + _SMALL_STEP - 1} bytes"
    low = count // _LARGE_STEP
    return f"{low}-{low + 1} kB"


def text_class(text: str) -> str:
    """The form of a text: a date, so many digits, hexadecimal, other text."""
    stripped = text.strip()
    if not stripped:
        return "empty"
    if stripped.lower() == _NO_EXPIRY:
        return "the text for no expiry"
    for name, pattern in _FORMS:
        if re.fullmatch(pattern, stripped):
            return name
    if any(not character.isprintable() for character in stripped):
        return "text with control characters"
    return "text with digits" if any(character.isdigit() for character in stripped) else "text"


def spread(values: list[float]) -> dict[str, object]:
    """Count, least, median and greatest of durations in seconds, as milliseconds."""
    if not values:
        return {"count": 0}
    return {
        "count": len(values),
        "min_ms": milliseconds(min(values)),
        "median_ms": milliseconds(median(values)),
        "max_ms": milliseconds(max(values)),
    }


def milliseconds(duration_s: float) -> float:
    return round(duration_s * 1000, 1)
