"""Search parameters (R4 3.1.1)."""

from urllib.parse import quote

_SPECIAL = str.maketrans({character: f"\\{character}" for character in "\\,|$"})


def token(system: str, value: str) -> str:
    """A token parameter's value; what the search syntax would take for its own is escaped (R4 3.1.1.4.0.1)."""
    return f"{system}|{value.translate(_SPECIAL)}"


def by_identifier(system: str, value: str) -> str:
    """The condition of a conditional create: no resource with this identifier yet."""
    return "identifier=" + quote(token(system, value), safe=":/|")
