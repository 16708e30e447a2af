"""Canonical JSON: one text for one value, so that a hash over it means something.

The subset of RFC 8785 in which all JSON libraries agree: sorted keys, no blanks, UTF-8 as is. Floats are refused, for
their text differs between languages; write them with `decimal_text`.
"""

import json
import unicodedata
from collections.abc import Mapping, Sequence

_ALLOWED = "canonical JSON holds objects, arrays, strings, integers, booleans and null only"

JsonValue = Mapping[str, "JsonValue"] | Sequence["JsonValue"] | str | int | bool | None

DECIMAL_PLACES = 8  # enough for an FMR of 1:10 000 000 and for a cosine score


def canonical_json(value: JsonValue) -> str:
    """The canonical text of `value`. Strings become NFC. Raises TypeError for floats and foreign types."""
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def recanonical(text: str) -> str:
    """The canonical form of a JSON text. Raises ValueError when it is no JSON, TypeError when it holds floats."""
    return canonical_json(json.loads(text))


def decimal_text(value: float) -> str:
    """`value` with at most 8 decimals and no exponent: 0.0001 -> "0.0001", 0.5 -> "0.5", 1.0 -> "1"."""
    text = f"{value:.{DECIMAL_PLACES}f}".rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text


def _plain(value: JsonValue) -> JsonValue:
    match value:
        case None | bool() | int():
            return value
        case str():
            return unicodedata.normalize("NFC", value)
        case Mapping():
            return {unicodedata.normalize("NFC", key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            raise TypeError(f"{_ALLOWED}, not {type(value).__name__}")
