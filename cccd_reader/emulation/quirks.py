"""Ways in which chips that keep to the standard, or nearly, still differ: each has a name and can be set."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode

_LEAST_ANSWER_BYTES = 32
"""A protected status word alone takes 14 bytes (ICAO 9303-11, 9.8.4)."""
_MOST_ANSWER_BYTES = 65536
_MOST_TRIES = 15
"""What 63Cx can say."""
_LONGEST_DELAY_S = 60.0


class PastEnd(StrEnum):
    """What a READ BINARY gets that starts inside a file and asks for more than is left, unless by the largest Le, which
    asks for all there is."""

    WARNS = "warns"
    """The rest with 6282 (ISO/IEC 7816-4, 11.3.3)."""
    CUTS = "cuts"
    """The rest with 9000."""
    CORRECTS = "corrects"
    """6Cxx with the number of bytes left, and no data; 6700 where that number has more than a byte."""
    REFUSES = "refuses"
    """6700 and no data."""
    ENDS_SESSION = "ends_session"
    """6B00 without protection: the session is over."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """The defaults are what is known of Vietnamese chips, and where nothing is known, the standard."""

    refuses_master_file: bool = True
    """SELECT MF answers 6D00, which readers must not take for a failure."""
    answers_uid: bool = True
    """The pseudo command FF CA 00 00 gives an identifier (a reader would answer it itself); else 6D00."""
    extended_length: bool = True
    short_identifiers: bool = True
    hides_card_access: bool = False
    """EF.CardAccess cannot be read, though PACE works with its known content."""
    wants_pace_parameters: bool = False
    """MSE:Set AT without the domain parameters (tag 84) answers 6A80, although there is one set."""
    needs_reset_after_failed_pace: bool = False
    """After a PACE that failed, BAC answers 6A88 until the chip is reset."""
    command_chaining: bool = True
    """Commands in several parts (class bit 10) beside those of PACE's own chain; else 6884."""
    response_chaining: bool = True
    """Answers longer than asked for come in parts, by 61xx and GET RESPONSE; else they are 6700. Readings of files are
    6700 in any case."""
    set_kat: bool = True
    """MSE:Set KAT for chip authentication with 3DES; chips that know only MSE:Set AT exist (9303-11, 8.5)."""
    der_signatures: bool = False
    """Active authentication answers ECDSA as SEQUENCE {r, s}, against the standard."""
    smaller_signatures: bool = False
    """RSA signatures of active authentication are the smaller of s and n-s (ISO/IEC 9796-2, B.4)."""
    past_end: PastEnd = PastEnd.WARNS
    answer_bytes: int | None = None
    """The longest data field of an answer, as a small buffer has it."""
    password_tries: int | None = None
    """PACE with a password is blocked after so many failures in a row, which no reset undoes."""
    wrong_key_delay_s: float = 0.0
    """The next try after each wrong key takes so much longer, times the failures in a row."""

    def __post_init__(self) -> None:
        if self.answer_bytes is not None and not _LEAST_ANSWER_BYTES <= self.answer_bytes <= _MOST_ANSWER_BYTES:
            raise _bad("answer_bytes", f"not within {_LEAST_ANSWER_BYTES} and {_MOST_ANSWER_BYTES}")
        if self.password_tries is not None and not 1 <= self.password_tries <= _MOST_TRIES:
            raise _bad("password_tries", f"not within 1 and {_MOST_TRIES}")
        if not 0.0 <= self.wrong_key_delay_s <= _LONGEST_DELAY_S:
            raise _bad("wrong_key_delay_s", f"not within 0 and {_LONGEST_DELAY_S:.0f} seconds")


QUIRK_NAMES = tuple(item.name.replace("_", "-") for item in fields(Quirks))


def quirks_from_json(table: Mapping[str, Any], base: Quirks | None = None) -> Quirks:
    """`base` with the named fields set. Raises `EmulationError(bad_command)` that names the field."""
    base = base or Quirks()
    known = {item.name: item.type for item in fields(Quirks)}
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in known:
            raise _bad(name, f"the quirks are {', '.join(QUIRK_NAMES)}")
        values[name] = _checked(name, known[name], value)
    return replace(base, **values)


def quirks_from_texts(texts: Iterable[str]) -> Quirks:
    """The quirks of `NAME`, `no-NAME` and `NAME=VALUE`: `no-extended-length`, `past-end=cuts`.

    Raises `EmulationError(bad_command)` that names the field.
    """
    table: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.replace("-", "_").partition("=")
        if value:
            table[name] = _read(value)
        elif name.startswith("no_"):
            table[name.removeprefix("no_")] = False
        else:
            table[name] = True
    return quirks_from_json(table)


def _read(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _checked(name: str, kind: Any, value: Any) -> Any:
    if kind is PastEnd:
        if value not in tuple(PastEnd):
            raise _bad(name, f"one of {', '.join(PastEnd)}")
        return PastEnd(value)
    if kind is float:
        if type(value) not in (int, float) or not math.isfinite(value):
            raise _bad(name, "no number of seconds")
        return float(value)
    allowed: tuple[type, ...] = (bool,) if kind is bool else (int, type(None))
    if type(value) not in allowed:
        raise _bad(name, "yes or no" if kind is bool else "no whole number")
    return value


def _bad(name: str, rule: str) -> EmulationError:
    return EmulationError(EmulationErrorCode.BAD_COMMAND, rule, field=name)
