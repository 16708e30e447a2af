"""Showing that a person is meant without saying who: for screens that others may see."""

_MASK = "***"
_SHOWN_DIGITS = 3


def mask_name(full_name: str) -> str:
    """Family name and given name stay, what is between becomes initials: NGUYỄN T*** HƯỜNG.

    A name of two words keeps the given name (N*** LAN), a name of one its first letter: a whole name is never shown.
    """
    words = full_name.split()
    if len(words) < 3:
        return " ".join([f"{word[0]}{_MASK}" for word in words[:1]] + words[1:])
    middle = [f"{word[0]}{_MASK}" for word in words[1:-1]]
    return " ".join([words[0], *middle, words[-1]])


def mask_number(number: str) -> str:
    """The first and last three digits, so that a person can recognise the own number: 001******234."""
    if len(number) <= 2 * _SHOWN_DIGITS:
        return _MASK
    return f"{number[:_SHOWN_DIGITS]}{'*' * (len(number) - 2 * _SHOWN_DIGITS)}{number[-_SHOWN_DIGITS:]}"
