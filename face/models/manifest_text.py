"""A manifest as TOML. The standard library reads that format and does not write it."""

import json
from collections.abc import Mapping

from face.models.pack import Manifest


def manifest_text(manifest: Manifest, comment: str = "") -> str:
    """The text of a ``manifest.toml``: ``load_pack`` reads the same manifest from it. ``comment`` may have lines."""
    lines = [f"# {line}".rstrip() for line in comment.splitlines()]
    lines += _table("", manifest.model_dump(by_alias=True, exclude_none=True))
    return "\n".join(lines) + "\n"


def _table(path: str, values: Mapping[str, object]) -> list[str]:
    plain = {key: value for key, value in values.items() if not isinstance(value, dict | tuple | list)}
    lines = [f"{key} = {_value(value)}" for key, value in plain.items()]
    for key, value in values.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            lines += ["", f"[{name}]", *_table(name, value)]
        elif isinstance(value, tuple | list):
            for item in value:
                lines += ["", f"[[{name}]]", *_table(name, item)]
    return lines


def _value(value: object) -> str:
    if isinstance(value, float):
        return repr(value)  # 1e-05 and 0.1 are TOML too
    # A basic string of TOML escapes as JSON does, but for the one control character that JSON lets through.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
