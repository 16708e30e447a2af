"""JSON as others send it: any bytes are a value or one error. How long they may be is for whoever receives them."""

import json
import math
from collections.abc import Callable
from typing import Any

MAX_DEPTH = 100
"""FHIR's deepest resources have a dozen levels. Deeper ones could be read, and not be written or signed again."""


class NotJson(ValueError):
    """The text is no JSON, or none that is asked for. Says why and quotes nothing."""


def read_json(text: bytes | str, object_hook: Callable[[dict[str, Any]], object] | None = None) -> object:
    """The value of a JSON text (RFC 8259). A ValueError of `object_hook` refuses the text.

    What can be read and not be kept, shown, signed or sent on is refused too: NaN, numbers without end (1e400), half a
    surrogate pair (8.2: "unpredictable"), more than `MAX_DEPTH` levels. Raises NotJson.
    """
    try:
        value: object = json.loads(text, object_hook=object_hook, parse_constant=_refuse)
    except (ValueError, RecursionError):  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        raise NotJson("not JSON") from None
    _check(value)
    return value


def _check(value: object) -> None:
    """Level by level, so that no depth is too deep for it."""
    level = [value]
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for one in level:
            if isinstance(one, dict):
                below += one
                below += one.values()
            elif isinstance(one, list):
                below += one
            elif isinstance(one, str):
                if not one.isascii():
                    _check_text(one)
            elif isinstance(one, float) and not math.isfinite(one):
                raise NotJson("a number without end")
        if not below:
            return
        level = below
    raise NotJson("nested too deep")


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotJson("half a character") from None


def read_json_object(text: bytes | str) -> dict[str, object]:
    """The members of a JSON object. Raises NotJson for anything else."""
    value = read_json(text)
    if not isinstance(value, dict):
        raise NotJson("not an object")
    return value


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")
