"""What can be made to go wrong with an emulated card, once each, at a point that is known beforehand.

APDUs are counted from 1 since the card was last powered or reset. Faults are for
tests and demonstrations, so they name what the reader's side sees: a card that left, is silent, or answers wrongly. One
that cannot happen (a file that no card has, APDU 0) raises `EmulationError(bad_command)` that names the field.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.emulation.fids import FILE_NAMES
from cccd_reader.errors import CardError, CardErrorCode

_MOST = 0xFFFF
"""More than any session has APDUs, any file bytes, or any status word is."""


class CardPulledError(CardError):
    """The card leaves the reader instead of answering."""

    def __init__(self) -> None:
        super().__init__(CardErrorCode.CARD_REMOVED, "the card was pulled")


class CardSilentError(CardError):
    """The card does not answer, and stays on the reader."""

    def __init__(self) -> None:
        super().__init__(CardErrorCode.TIMEOUT, "the card does not answer")


@dataclass(frozen=True, slots=True)
class PullInFile:
    """The card leaves on the first READ BINARY of `file` ("DG2") that would reach beyond its first `after_bytes`."""

    file: str
    after_bytes: int

    def __post_init__(self) -> None:
        if self.file not in FILE_NAMES.values():
            raise _bad("file", f"one of {', '.join(FILE_NAMES.values())}")
        _check_range("after_bytes", self.after_bytes, 0)


@dataclass(frozen=True, slots=True)
class PullAt:
    """The card leaves instead of answering APDU number `apdu`."""

    apdu: int

    def __post_init__(self) -> None:
        _check_range("apdu", self.apdu, 1)


@dataclass(frozen=True, slots=True)
class SilenceAt:
    """No answer to APDU number `apdu`, nor to any later one until the card is reset."""

    apdu: int

    def __post_init__(self) -> None:
        _check_range("apdu", self.apdu, 1)


@dataclass(frozen=True, slots=True)
class WrongMacAt:
    """The last byte before the status word of answer number `apdu` is changed: in a session, a byte of the MAC."""

    apdu: int

    def __post_init__(self) -> None:
        _check_range("apdu", self.apdu, 1)


@dataclass(frozen=True, slots=True)
class TruncateAt:
    """Only the first `keep` bytes of answer number `apdu`; at least one, because a frame without bytes is none."""

    apdu: int
    keep: int = 1

    def __post_init__(self) -> None:
        _check_range("apdu", self.apdu, 1)
        _check_range("keep", self.keep, 1)


@dataclass(frozen=True, slots=True)
class StatusWordAt:
    """APDU number `apdu` is answered by `sw` alone, without protection; a session ends by it (ICAO 9303-11, 9.8.3)."""

    apdu: int
    sw: int

    def __post_init__(self) -> None:
        _check_range("apdu", self.apdu, 1)
        _check_range("sw", self.sw, 0x6000)


Fault = PullInFile | PullAt | SilenceAt | WrongMacAt | TruncateAt | StatusWordAt

_KINDS: Mapping[str, type[Fault]] = {
    "pull_in_file": PullInFile,
    "pull_at": PullAt,
    "silence_at": SilenceAt,
    "wrong_mac_at": WrongMacAt,
    "truncate_at": TruncateAt,
    "status_word_at": StatusWordAt,
}


def fault_to_json(fault: Fault) -> dict[str, Any]:
    """The fault as the card process takes it: its kind, and its fields."""
    kind = next(name for name, known in _KINDS.items() if isinstance(fault, known))
    return {"kind": kind, **{field.name: getattr(fault, field.name) for field in fields(fault)}}


def fault_from_json(table: Mapping[str, Any]) -> Fault:
    """Raises `EmulationError(bad_command)` for an unknown kind, or fields that do not fit."""
    values = dict(table)
    kind = _KINDS.get(str(values.pop("kind", "")))
    if kind is None:
        raise EmulationError(EmulationErrorCode.BAD_COMMAND, f"the kinds of faults are {', '.join(_KINDS)}")
    expected = {field.name: field.type for field in fields(kind)}
    for name, value in values.items():
        if name not in expected or type(value) is not expected[name]:
            raise _bad(name, "no such field, or of another type")
    try:
        return kind(**values)
    except TypeError as error:
        raise EmulationError(EmulationErrorCode.BAD_COMMAND, str(error)) from error


def _check_range(field: str, value: int, least: int) -> None:
    if not least <= value <= _MOST:
        raise _bad(field, f"not within {least} and {_MOST}")


def _bad(field: str, rule: str) -> EmulationError:
    return EmulationError(EmulationErrorCode.BAD_COMMAND, rule, field=field)
