"""The settings as they take effect, as TOML text: secrets redacted, defaults marked."""

import json
from collections.abc import Collection, Iterator
from enum import Enum
from pathlib import Path

from pydantic import BaseModel, SecretStr

from kiosk.settings.schema import Settings

REDACTED = "<redacted>"
_DEFAULT_MARK = "  # default"


def show(settings: Settings) -> str:
    """TOML text of every setting in effect. A secret that is set reads `"<redacted>"`; one never set is left out."""
    return "\n".join(_blocks(settings, (), frozenset(settings.unset())))


def _blocks(section: BaseModel, path: tuple[str, ...], unset: Collection[tuple[str, ...]]) -> Iterator[str]:
    """A table's own keys, then the tables below it."""
    values = {key: getattr(section, key) for key in type(section).model_fields}
    rows = [
        _row(section, key, value, is_set=(*path, key) not in unset)
        for key, value in values.items()
        if not isinstance(value, BaseModel)
    ]
    if rows:
        yield f"[{'.'.join(path)}]\n" + "".join(rows)
    for key, value in values.items():
        if isinstance(value, BaseModel):
            yield from _blocks(value, (*path, key), unset)


def _row(section: BaseModel, key: str, value: object, *, is_set: bool) -> str:
    mark = "" if key in section.model_fields_set else _DEFAULT_MARK
    if value is None or not is_set:
        return f"# {key} is not set\n"
    return f"{key} = {_toml(value)}{mark}\n"


def _toml(value: object) -> str:
    match value:
        case SecretStr():
            return f'"{REDACTED}"'
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case Enum():
            return quoted(str(value.value))
        case str() | Path():
            return quoted(str(value))
        case tuple():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
        case _:
            raise TypeError(f"the schema has a type that cannot be shown: {type(value).__name__}")


def quoted(text: str) -> str:
    """A text as a TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace(
        "\x7f", "\\u007f"
    )  # JSON strings are TOML basic strings but for DEL
