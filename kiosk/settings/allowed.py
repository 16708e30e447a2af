"""What a key may hold, in plain words, said from the schema alone."""

from typing import Any

from kiosk.settings.schema import Settings

Schema = dict[str, Any]
"""A node of pydantic's JSON schema; stays inside this module and `show`."""

_TYPES = {
    "string": "a text in quotes",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a table",
}


def node_at(path: tuple[str | int, ...]) -> Schema | None:
    """The schema of the key at `path`, or None where the schema knows no such key."""
    root = Settings.model_json_schema()
    node: Schema = root
    for name in path:
        node = _resolved(node, root)
        if isinstance(name, int):
            if "items" not in node:
                return None
            node = node["items"]
        elif name in node.get("properties", {}):
            node = node["properties"][name]
        else:
            return None
    return _resolved(node, root)


def keys_at(path: tuple[str | int, ...]) -> tuple[str, ...]:
    """Names allowed in the table at `path`."""
    node = node_at(path)
    return tuple(node.get("properties", {})) if node else ()


def allowed_at(path: tuple[str | int, ...]) -> str:
    """Plain words for what the key at `path` may hold."""
    node = node_at(path)
    return _words(node) if node else "nothing"


def _resolved(node: Schema, root: Schema) -> Schema:
    """Follow references and the "or nothing" of optional keys; words beside the reference win."""
    while True:
        options = [option for option in node.get("anyOf", ()) if option.get("type") != "null"]
        if len(options) == 1:
            node = {**options[0], **{key: value for key, value in node.items() if key != "anyOf"}}
        elif "$ref" in node:
            target = root["$defs"][node["$ref"].rsplit("/", 1)[-1]]
            node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
        else:
            return node


def _words(node: Schema) -> str:
    if "allowed" in node:
        return str(node["allowed"])
    if "enum" in node:
        return "one of " + ", ".join(f'"{choice}"' for choice in node["enum"])
    if node.get("type") == "array":
        return f"a list, each element {_words(node.get('items', {}))}"
    return _TYPES.get(node.get("type", ""), "a value") + _bounds(node)


def _bounds(node: Schema) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    text = ""
    if low is not None and high is not None:
        text = f" from {_number(low)} to {_number(high)}"
    if "multipleOf" in node:
        text += f", a multiple of {_number(node['multipleOf'])}"
    shortest, longest = node.get("minLength", 0), node.get("maxLength")
    if longest is not None:
        text += f" of {shortest} to {longest} characters" if shortest else f" of at most {longest} characters"
    elif shortest:
        text += ", not empty"
    return text


def _number(value: float) -> str:
    return f"{value:g}"
