"""What can be made to go wrong with an emulated card, once each, at a point that is known beforehand.

APDUs are counted from 1 since the card was last powered or reset. Faults are for tests and demonstrations, so they name
what the reader's side sees: a card that left, is silent, or answers wrongly. One that cannot happen (a file that no
card has, APDU 0) raises `EmulationError(bad_command)` that names the field. Each has a form in JSON for the card
process, and one as a short text for the command line: `pull-in-file:DG2:6000`, `status-word-on:86:6300:4`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.emulation.fids import FILE_NAMES
from cccd_reader.errors import CardError, CardErrorCode

_MOST = 0xFFFF
"""More than any session has APDUs, any file bytes, or any status word is."""

_LEAST_STATUS_WORD = 0x6000


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
    """APDU number `apdu` is answered by `sw` alone, and not carried out.

    Without protection, a session ends by it (ICAO 9303-11, 9.8.3). With `protected` it comes as any answer of the
    session does, and the session goes on.
    """

    apdu: int
    sw: int
    protected: bool = False

    def __post_init__(self) -> None:
        _check_range("apdu", self.apdu, 1)
        _check_range("sw", self.sw, _LEAST_STATUS_WORD)


@dataclass(frozen=True, slots=True)
class StatusWordOn:
    """As `StatusWordAt`, for the `nth` command with the instruction byte `ins` from now on, resets notwithstanding.

    So 86 with `nth` 4 is the last step of PACE, 82 is the answer to BAC's proof, and 88 active authentication.
    """

    ins: int
    sw: int
    nth: int = 1
    protected: bool = False

    def __post_init__(self) -> None:
        _check_range("ins", self.ins, 0, 0xFF)
        _check_range("sw", self.sw, _LEAST_STATUS_WORD)
        _check_range("nth", self.nth, 1)


class Proof(StrEnum):
    """What a chip proves itself by."""

    PACE_TOKEN = "pace_token"  # noqa: S105 - a name, not a secret
    CHIP_AUTHENTICATION_MAPPING = "chip_authentication_mapping"
    CHIP_AUTHENTICATION = "chip_authentication"
    ACTIVE_AUTHENTICATION = "active_authentication"


@dataclass(frozen=True, slots=True)
class WrongProof:
    """The chip's next proof of this kind is wrong in value and right in form: its token of PACE, its data of chip
    authentication mapping, the key it agrees in chip authentication, its signature of active authentication."""

    proof: Proof

    def __post_init__(self) -> None:
        if self.proof not in tuple(Proof):
            raise _bad("proof", f"one of {', '.join(Proof)}")
        object.__setattr__(self, "proof", Proof(self.proof))


Fault = PullInFile | PullAt | SilenceAt | WrongMacAt | TruncateAt | StatusWordAt | StatusWordOn | WrongProof

FAULT_KINDS: Mapping[str, type[Fault]] = {
    "pull_in_file": PullInFile,
    "pull_at": PullAt,
    "silence_at": SilenceAt,
    "wrong_mac_at": WrongMacAt,
    "truncate_at": TruncateAt,
    "status_word_at": StatusWordAt,
    "status_word_on": StatusWordOn,
    "wrong_proof": WrongProof,
}

_HEXADECIMAL = frozenset({"sw", "ins"})
"""Fields that texts give in hexadecimal, as everybody writes status words and instructions."""


def fault_to_json(fault: Fault) -> dict[str, Any]:
    """The fault as the card process takes it: its kind, and its fields."""
    kind = next(name for name, known in FAULT_KINDS.items() if isinstance(fault, known))
    values = {field.name: getattr(fault, field.name) for field in fields(fault)}
    return {"kind": kind} | {name: str(value) if isinstance(value, Proof) else value for name, value in values.items()}


def fault_from_json(table: Mapping[str, Any]) -> Fault:
    """Raises `EmulationError(bad_command)` for an unknown kind, or fields that do not fit."""
    values = dict(table)
    kind = _kind(str(values.pop("kind", "")))
    expected = {field.name: str if field.type is Proof else field.type for field in fields(kind)}
    for name, value in values.items():
        if name not in expected or type(value) is not expected[name]:
            raise _bad(name, "no such field, or of another type")
    return _make(kind, values)


def fault_from_text(text: str) -> Fault:
    """The fault of `KIND[:VALUE…]`, its values in the order of the fields: `truncate-at:12:1`.

    Raises `EmulationError(bad_command)`.
    """
    name, *given = text.split(":")
    kind = _kind(name.replace("-", "_"))
    known = fields(kind)
    if len(given) > len(known):
        raise EmulationError(EmulationErrorCode.BAD_COMMAND, f"{name} has the values {_field_names(kind)}")
    values = zip(known, given, strict=False)  # fields with a default may be left out
    return _make(kind, {field.name: _value(field.name, field.type, part) for field, part in values})


def fault_usage() -> str:
    """All kinds with their values, for help texts."""
    return ", ".join(f"{name.replace('_', '-')}:{_field_names(kind)}" for name, kind in FAULT_KINDS.items())


def _kind(name: str) -> type[Fault]:
    kind = FAULT_KINDS.get(name)
    if kind is None:
        raise EmulationError(EmulationErrorCode.BAD_COMMAND, f"the kinds of faults are {', '.join(FAULT_KINDS)}")
    return kind


def _make(kind: type[Fault], values: Mapping[str, Any]) -> Fault:
    try:
        return kind(**values)
    except TypeError as error:
        raise EmulationError(EmulationErrorCode.BAD_COMMAND, str(error)) from error


def _value(name: str, kind: Any, text: str) -> int | bool | str:
    if kind is bool:
        if text not in ("protected", "plain"):
            raise _bad(name, "protected or plain")
        return text == "protected"
    if kind is int:
        try:
            return int(text, 16 if name in _HEXADECIMAL else 10)
        except ValueError:
            raise _bad(name, "no number") from None
    return text.replace("-", "_")


def _field_names(kind: type[Fault]) -> str:
    return ":".join(field.name.upper().replace("_", "-") for field in fields(kind))


def _check_range(field: str, value: int, least: int, most: int = _MOST) -> None:
    if not least <= value <= most:
        raise _bad(field, f"not within {least} and {most}")


def _bad(field: str, rule: str) -> EmulationError:
    return EmulationError(EmulationErrorCode.BAD_COMMAND, rule, field=field)
