"""Tryton's JSON-RPC (trytond 7.0, ``protocols/jsonrpc.py``): what is sent and what any bytes that come back mean.

A question is ``{"id", "method", "params"}``, an answer has ``result`` or ``error``. Dates, moments and decimals are
objects with ``__class__``; moments are UTC without a zone.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from his_adapter.clock import everywhere
from his_adapter.json_text import NotJson, read_json

MAX_DECIMAL_CHARS = 40
MAX_REFUSAL_CHARS = 200


class Refusal(StrEnum):
    """Why the server did not do what was asked; it then has done nothing."""

    USER = "UserError"  # a rule, a constraint or the access rights; the text tells which, in the user's language
    WARNING = "UserWarning"  # it wants a person to confirm
    CONCURRENCY = "ConcurrencyException"  # the record has changed since it was read
    LOGIN = "LoginException"  # it wants more than the password: a code by text message, for one
    INTERNAL = "internal"  # anything else: an error of the server


class RpcRefused(Exception):
    """The server said no. `text` may quote a patient's data: it goes to no log."""

    def __init__(self, kind: Refusal, text: str = "") -> None:
        super().__init__(kind.value)
        self.kind = kind
        self.text = text


class Malformed(Exception):
    """An answer that is none. Its text says why and quotes nothing of it."""


def question(number: int, method: str, params: Sequence[object]) -> dict[str, object]:
    """The body of one call."""
    return {"id": number, "method": method, "params": [encode(value) for value in params]}


def encode(value: object) -> object:
    """A value as Tryton reads it. Raises TypeError for what has no form there."""
    match value:
        case None | bool() | int() | str() | float():
            return value
        case Decimal():
            return {"__class__": "Decimal", "decimal": str(value)}
        case datetime():
            if value.tzinfo is None:
                raise TypeError("times carry their zone")
            moment = value.astimezone(UTC)
            parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
            return {"__class__": "datetime"} | {part: getattr(moment, part) for part in parts}
        case date():
            return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
        case Mapping():
            return {str(key): encode(item) for key, item in value.items()}
        case list() | tuple():
            return [encode(item) for item in value]
        case _:
            raise TypeError(f"no form for {type(value).__name__}")


def answer(body: bytes, number: int) -> object:
    """The result of the call with this number.

    Raises RpcRefused when the server says no, and Malformed for any bytes that are no answer to it.
    """
    try:
        message = read_json(body, _decode)
    except NotJson as error:
        raise Malformed(str(error)) from None
    if not isinstance(message, dict):
        raise Malformed("not an object")
    if "error" in message:
        raise _refusal(message["error"])
    if message.get("id") != number or isinstance(message.get("id"), bool):
        raise Malformed("the answer to another question")
    if "result" not in message:
        raise Malformed("neither result nor error")
    return message["result"]


def _refusal(error: object) -> RpcRefused:
    """``[name, details]`` of a TrytonException, ``[text, traceback]`` of anything else."""
    if not isinstance(error, list) or not error:
        raise Malformed("an error without a name")
    kinds = {kind.value: kind for kind in Refusal}
    kind = kinds.get(error[0], Refusal.INTERNAL) if isinstance(error[0], str) else Refusal.INTERNAL
    if kind is Refusal.INTERNAL:
        return RpcRefused(kind)
    details = error[1] if len(error) > 1 else ""
    if isinstance(details, list):  # UserError: [message, description, …]; UserWarning: [name, message, …]
        details = next((part for part in reversed(details[:2]) if isinstance(part, str) and part), "")
    return RpcRefused(kind, details[:MAX_REFUSAL_CHARS] if isinstance(details, str) else "")


def _decode(members: dict[str, Any]) -> object:
    """Tryton's typed objects; whatever else has a ``__class__`` stays as it is. Raises ValueError."""
    match members.get("__class__"):
        case "Decimal":
            return _decimal(members.get("decimal"))
        case "date":
            return date(*_whole(members, "year", "month", "day"))
        case "datetime":
            year, month, day = _whole(members, "year", "month", "day")
            hour, minute, second, microsecond = _whole(members, "hour", "minute", "second", "microsecond")
            moment = datetime(year, month, day, hour, minute, second, microsecond, UTC)
            if everywhere(moment) is None:
                raise ValueError("a moment at an end of the calendar")
            return moment
        case _:
            return members


def _whole(members: Mapping[str, object], *names: str) -> list[Any]:
    values = [members.get(name) for name in names]
    if not all(isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**7 for value in values):
        raise ValueError("a date without numbers")
    return values


def _decimal(text: object) -> Decimal:
    if not isinstance(text, str) or len(text) > MAX_DECIMAL_CHARS:
        raise ValueError("a decimal without digits")
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError("a decimal without digits") from None
    if not value.is_finite() or abs(value.adjusted()) > MAX_DECIMAL_CHARS:  # 1E999999999 has ten characters
        raise ValueError("a decimal without digits")
    return value
