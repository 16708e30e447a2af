"""Vietnamese text as chips and codes carry it: cleaned for showing, and compared as a reader would."""

import unicodedata

_FORMATTING = frozenset(map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)))
"""Zero-width signs, direction marks and the byte order mark: nobody sees them, and some turn the text around."""

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
"""Grave, acute, tilde, hook above, dot below: the tones. Breve, circumflex and horn make other letters."""


def clean(text: str) -> str:
    """NFC, without control and invisible formatting characters (a chip's text may reach a terminal), ends trimmed."""
    visible = "".join(
        " " if unicodedata.category(c) == "Cc" else c
        for c in unicodedata.normalize("NFC", text)
        if c not in _FORMATTING
    )
    return visible.strip()


def reading_key(text: str) -> tuple[tuple[str, str], ...]:
    """What two spellings of one text share: per word its letters without the tone, and the tone. Case, punctuation, and
    where the tone mark stands ("hòa", "hoà") make no difference."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("ð", "đ"))
    words = "".join(c if c.isalnum() or unicodedata.combining(c) else " " for c in plain).split()
    return tuple(
        ("".join(c for c in word if c not in _TONES), "".join(sorted(c for c in word if c in _TONES))) for word in words
    )
