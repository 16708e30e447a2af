"""The line index against tomllib: every key tomllib sees has a line, and no other key has one."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kiosk.settings.lines import index_lines, line_of

AWKWARD = '''\
# [not.a.table]
title = "a # no comment, = no key" # but this is one
literal = 'C:\\no\\escapes'
"quoted key" = 1
'single.quoted' = 2
"escaped \\" key" = 3
dotted.inner . deep = true
multi = """
[fake]
x = 1 \\""" still inside
"quoted" at the end"""""
raw = \'\'\'
[fake.two]
y = 2\'\'\'
points = [
  1, 2, # comment with ]
  [ "a]", 'b#' ],
  { name = "in , }", "odd } key" = [3] },
]
inline = { a = 1, b.c = 2, d = { e = [ { f = 5 } ] } }
empty = {}
none = []
when = 1979-05-27T07:32:00Z

[table.with.dots]
key = -1.5e3
[table."quoted.name"]
key = 'v'

[[shops]]
name = "one"
[shops.owner]
name = "first"
[[shops.doors]]
wide = true
[[shops]]
name = "two"
[[shops.doors]]
[[shops.doors]]
wide = false
'''


def flattened(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = {path} if path else set()
    for name, child in children:
        found |= flattened(child, (*path, name))
    return found


def test_every_key_of_an_awkward_file_has_a_line_and_nothing_else_has() -> None:
    assert set(index_lines(AWKWARD)) == flattened(tomllib.loads(AWKWARD))


def test_the_lines_are_the_right_ones() -> None:
    index = index_lines(AWKWARD)
    rows = AWKWARD.split("\n")
    assert rows[index["dotted", "inner", "deep"] - 1].startswith("dotted.inner")
    assert rows[index["points",] - 1] == "points = ["
    assert rows[index["points", 3, "odd } key"] - 1].startswith("  { name")
    assert rows[index["table", "quoted.name", "key"] - 1] == "key = 'v'"
    assert rows[index["shops", 1, "name"] - 1] == 'name = "two"'
    assert rows[index["shops", 1, "doors", 1, "wide"] - 1] == "wide = false"


def test_windows_line_ends_count_as_one() -> None:
    assert index_lines("[a]\r\n# note\r\nb = 1\r\n") == {("a",): 1, ("a", "b"): 3}


def test_a_key_that_is_not_there_takes_the_line_of_its_table() -> None:
    index = index_lines("\n[a]\nb = 1\n")
    assert line_of(index, ("a", "missing")) == 2
    assert line_of(index, ("z",)) == 0


KEYS = st.text(alphabet="ab.#=[]{} \"'\\é", min_size=1, max_size=6)
VALUES = st.recursive(
    st.one_of(st.integers(0, 9), st.booleans(), st.text(alphabet="ab#=[]{},\"'\\\n", max_size=8)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def toml_value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return toml_string(value)
        case list():
            return "[\n" + ",\n".join(toml_value(item) for item in value) + "]"
        case _:
            return "{" + ", ".join(f"{toml_string(key)} = {toml_value(item)}" for key, item in value.items()) + "}"


def toml_string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_document_is_walked_without_loss(document: dict[str, Any]) -> None:
    text = "".join(f"{toml_string(key)} = {toml_value(value)} # note\n" for key, value in document.items())
    assert set(index_lines(text)) == flattened(tomllib.loads(text))
