"""JSON as others send it: any bytes are a value or one error. How long they may be is for whoever receives them."""

import json
from collections.abc import Callable
from typing import Any


class NotJson(ValueError):
    """The text is no JSON, or none that is asked for. Says why and quotes nothing."""


def read_json(text: bytes | str, object_hook: Callable[[dict[str, Any]], object] | None = None) -> object:
    """The value of a JSON text (RFC 8259), NaN and Infinity refused. A ValueError of `object_hook` refuses the text.

    Raises NotJson.
    """
    try:
        value: object = json.loads(text, object_hook=object_hook, parse_constant=_refuse)
    except (ValueError, RecursionError):  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        raise NotJson("not JSON") from None
    return value


def read_json_object(text: bytes | str) -> dict[str, object]:
    """The members of a JSON object. Raises NotJson for anything else."""
    value = read_json(text)
    if not isinstance(value, dict):
        raise NotJson("not an object")
    return value


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")
