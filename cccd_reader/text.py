"""Vietnamese text as chips and codes carry it: cleaned for showing, and compared as a reader would."""

import unicodedata

_FORMATTING = frozenset(map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)))
"""Zero-width signs, direction marks and the byte order mark: nobody sees them, and some turn the text around."""

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
"""Grave, acute, tilde, hook above, dot below: the tones. Breve, circumflex and horn make other letters."""

_MAX_MARKS = 30
"""No script needs more on one letter (Unicode Standard Annex 15, 13: the stream-safe text format)."""


def clean(text: str) -> str:
    """NFC, without control and invisible formatting characters (a chip's text may reach a terminal), ends trimmed."""
    visible = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text if c not in _FORMATTING)
    # Only now: what is taken out may have stood between a letter and its mark.
    return unicodedata.normalize("NFC", without_piles(visible)).strip()


def without_piles(text: str) -> str:
    """The text with at most `_MAX_MARKS` marks on a letter. Normalization sorts the marks of a letter, in a time that
    is quadratic in their number: whoever normalizes a text of unknown length does this before."""
    if text.isascii():
        return text
    kept, marks = [], 0
    for c in text:
        marks = marks + 1 if unicodedata.combining(c) else 0
        if marks <= _MAX_MARKS:
            kept.append(c)
    return "".join(kept)


def reading_key(text: str) -> tuple[tuple[str, str], ...]:
    """What two spellings of one text share: per word its letters without the tone, and the tone. Case, punctuation, and
    where the tone mark stands ("hòa", "hoà") make no difference."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("ð", "đ"))
    words = "".join(c if c.isalnum() or unicodedata.combining(c) else " " for c in plain).split()
    return tuple(
        ("".join(c for c in word if c not in _TONES), "".join(sorted(c for c in word if c in _TONES))) for word in words
    )
