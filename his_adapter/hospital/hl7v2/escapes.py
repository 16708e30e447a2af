r"""Delimiters and escape sequences (HL7 v2.5.1, 2.5.4 and 2.7).

Written here, not taken from python-hl7: its ``escape`` turns every Vietnamese letter into a code point in hexadecimal,
which no receiver reads, and its ``unescape`` fails on sequences such as ``\.skx\``.
"""

import re
from dataclasses import dataclass

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What must not stand in a message as it is: control characters, and what some receivers take for the end of a line."""
MAX_SEQUENCE = 256
_BREAKS = re.compile(r"\.(?:br|sp)(?:\+?[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The five characters that MSH-1 and MSH-2 name. Raises ValueError when they cannot part anything."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    def __post_init__(self) -> None:
        if len(set(self.all)) != 5 or any(not ("!" <= one <= "~") or one.isalnum() or one == '"' for one in self.all):
            raise ValueError("delimiters are five different signs")

    @property
    def all(self) -> tuple[str, ...]:
        """In the order of the message's head."""
        return (self.field, self.component, self.repetition, self.escape, self.subcomponent)

    @property
    def encoding_characters(self) -> str:
        """MSH-2."""
        return "".join(self.all[1:])


STANDARD = Delimiters()


def escape(text: str, delimiters: Delimiters = STANDARD) -> str:
    r"""A text as it may stand in a field: delimiters as \F\ \S\ \R\ \E\ \T\, controls as \X..\ in UTF-8 (2.7)."""
    sign = delimiters.escape
    table = {ord(one): f"{sign}{letter}{sign}" for one, letter in zip(delimiters.all, "FSRET", strict=True)}
    return CONTROLS.sub(lambda match: f"{sign}X{match[0].encode('utf-8').hex().upper()}{sign}", text.translate(table))


def unescape(text: str, delimiters: Delimiters = STANDARD) -> str:
    r"""The text of a field. Never fails.

    ``\.br\`` and ``\.sp\`` become a line feed; neighbouring ``\X..\`` are read together as UTF-8. Highlighting, other
    formatting, foreign character sets and local sequences (2.7.2, 2.7.3, 2.7.6, 2.7.7) are left out, as 2.7.7 asks for
    what a receiver does not know. An escape character that begins no sequence stays as it is.
    """
    sign = re.escape(delimiters.escape)
    if delimiters.escape not in text:
        return text
    hexes = re.compile(f"(?:{sign}X(?:[0-9A-Fa-f]{{2}})+{sign})+")
    one = re.compile(f"{hexes.pattern}|{sign}([A-Z.][^{sign}]{{0,{MAX_SEQUENCE}}}){sign}")
    letters = dict(zip("FSRET", delimiters.all, strict=True))

    def meaning(match: re.Match[str]) -> str:
        sequence = match[1]
        if sequence is None:
            return _text_of_hex(match[0].replace(delimiters.escape, "").replace("X", "")) or match[0]
        if sequence in letters:
            return letters[sequence]
        return "\n" if _BREAKS.fullmatch(sequence) else ""

    return one.sub(meaning, text)


def _text_of_hex(digits: str) -> str:
    try:
        return bytes.fromhex(digits).decode("utf-8")
    except ValueError:
        return ""
