"""Text that something between the QR code and this program has damaged: a wrong code page, or an input method that was
on while a scanner typed. Digits survive both, so the keys do; names do not."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

_CODE_PAGES = ("cp1252", "cp1258", "latin-1", "cp437", "cp850")
"""Windows' Western and Vietnamese pages, what Unix takes for bytes, and the DOS pages that Alt and a number type."""

_TIMES = 2
"""A scanner and the system behind it may both get it wrong."""

_WRONG_PAGE = re.compile("\ufffd|[?]|[ÂÃÄÅÆ][€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ\u00a1-\u00bf]|á[º»]|[┬├─]|ß[╗║]")
"""What is left of UTF-8 in a wrong page, or of letters that a page lacks. No name or address has such signs."""

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_TELEX = re.compile(r"[fjwz]|aa|ee|dd|[aeiouy]\w*[srx]$")
"""Letters that Vietnamese lacks, doubles that stand for â, ê and đ, and the keys of three tones after a vowel."""
_VNI = re.compile(r"[^\W\d_][0-9]")
_LEAST_LETTERS = 12
"""So many letters of name and address without one mark: the marks were lost."""


def repair_encoding(text: str) -> str:
    """The text with UTF-8 that was taken for another code page put right; the same text when it was not."""
    for _ in range(_TIMES):
        repaired = next((found for page in _CODE_PAGES if (found := _reread(text, page)) is not None), None)
        if repaired is None:
            break
        text = repaired
    return text


def has_wrong_encoding(texts: Iterable[str]) -> bool:
    """Whether letters were lost to a code page, so that nothing can put them right."""
    return any(_WRONG_PAGE.search(text) for text in texts)


def went_through_input_method(name: str, residence: str) -> bool:
    """Whether name and address look as if Telex or VNI had typed them, or dropped their marks."""
    words = f"{name} {residence}".casefold().split()
    if _VNI.search(name):
        return True
    if any(sum(c in _TONES for c in unicodedata.normalize("NFD", word)) > 1 for word in words):
        return True
    if not all(word.isascii() for word in words):
        # Marks came through, so a word with Telex's letters is a foreign name or one of the Highlands.
        return False
    return any(_TELEX.search(word) for word in words) or sum(map(len, words)) >= _LEAST_LETTERS


def _reread(text: str, page: str) -> str | None:
    """The UTF-8 text whose bytes were read in `page`, or None when they were not. ASCII is the same in both."""
    table = _TABLES[page]
    try:
        found = bytes(table[c] for c in text).decode("utf-8")
    except (KeyError, UnicodeDecodeError):
        return None
    return found if found != text else None


def _table(page: str) -> Mapping[str, int]:
    # Bytes that a page does not define come through as control characters.
    return {bytes([byte]).decode(page, "ignore") or chr(byte): byte for byte in range(256)}


_TABLES = {page: _table(page) for page in _CODE_PAGES}
