"""Changes to JSON texts as trees, with the values that JSON readers stumble over.

An input is a script of `outside.py`: records, each of which may end in a JSON text. One of them is chosen, and in it a
value is exchanged, doubled, dropped, wrapped or moved; or a key is doubled, which no tree can hold.
"""

import json
import random
from collections.abc import Callable
from typing import Any

from tests.fuzz.mutator import Mutate
from tests.fuzz.outside import HEADER, RECORD

Place = tuple[Any, Any]
"""A list or an object, and the index or key in it."""

_RAW = "@@"
"""Around tokens that are no value of Python's: what stands between is written without its quotes."""
_MAX_PLACES = 400

STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 10**13, 2**53, 2**63, 10**20, 1.5, 50_600.0, 0.1, -0.0),
    *("", " ", "0", "1", "00", "true", "null", "\x00", "\x1b[2J", "a\nb", "\ud800", "\udfff\ud800", "é", "e\u0301"),
    *("a" + "\u0316\u0301" * 40, "\u202e", "1" * 5000, "９", "NaN", "-1", "+1", "1e3", "1_000", "50.600"),
    *("0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.9999999Z"),
    *("9999-12-31T23:59:59-12:00", "0000-00-00", "2026-02-30", "00010101000000", "99991231235959", "31/12/9999"),
    *(
        "0001-01-01 00:00:00",
        "2026-11-27T08:30:00",
        "01/01/0001",
        "24:00",
        "2026-W48-5",
        10_101_000_000,
        99991231235959,
    ),
    *([], {}, [[]], [None], [{}], {"": ""}, {"a": [1]}),
    *(f"{_RAW}{token}{_RAW}" for token in ("NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1E2", "-0", "1e-400")),
    *(f"{_RAW}{token}{_RAW}" for token in ("9" * 4300, "9" * 4301, "-" + "9" * 4000, "[" * 400 + "]" * 400)),
    *(f"{_RAW}{token}{_RAW}" for token in ('{"a":' * 120 + "1" + "}" * 120, "[" * 970 + "]" * 970)),
)


def mutate_json(data: bytes, max_size: int, seed: int, mutate: Mutate) -> bytes:
    """A changed `data`; `mutate` is libFuzzer's own way with bytes."""
    source = random.Random(seed)
    records = data.split(RECORD)
    places = [place for place in range(len(records)) if b"{" in records[place] or b"[" in records[place]]
    roll = source.random()
    if not places or roll < 0.25:
        return mutate(data, max_size)
    if roll < 0.32:
        _shuffle(records, source)
        return RECORD.join(records)[:max_size]
    chosen = source.choice(places)
    records[chosen] = _changed_record(records[chosen], source, mutate)
    changed = RECORD.join(records)
    return changed if len(changed) <= max_size else mutate(data, max_size)


def _shuffle(records: list[bytes], source: random.Random) -> None:
    place = source.randrange(len(records))
    match source.randrange(4):
        case 0:
            records.insert(source.randrange(len(records) + 1), records[place])
        case 1 if place:
            del records[place]
        case 2:
            other = source.randrange(len(records))
            records[place], records[other] = records[other], records[place]
        case _:  # another status
            records[place] = bytes([ord("0") + source.randrange(19)]) + records[place][1:]


def _changed_record(record: bytes, source: random.Random, mutate: Mutate) -> bytes:
    head, separator, text = record.rpartition(HEADER)
    if not separator:
        start = min(found for sign in (b"{", b"[") if (found := record.find(sign)) >= 0)
        head, text = record[:start], record[start:]
    try:
        tree = [json.loads(text)]
    except (ValueError, RecursionError):
        return mutate(record, len(record) + 64)
    found: list[Place] = []
    _walk(tree, found)
    for _ in range(source.choice((1, 1, 1, 2, 3))):
        _change(*source.choice(found), found, source, mutate)
    try:
        body = json.dumps(tree[0], ensure_ascii=source.random() < 0.5)
    except (ValueError, RecursionError):  # it holds itself, or is too deep by now
        return record
    body = body.replace(f'"{_RAW}', "").replace(f'{_RAW}"', "")
    if source.random() < 0.05 and body.startswith("{") and len(body) > 2:
        body = "{" + body[1:-1] + "," + body[1:]  # every key twice
    return head + separator + body.encode("utf-8", "surrogatepass")


def _walk(value: Any, found: list[Place]) -> None:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if len(found) < _MAX_PLACES:
            found.append((value, key))
            _walk(inner, found)


def _change(holder: Any, key: Any, found: list[Place], source: random.Random, mutate: Mutate) -> None:
    if (isinstance(holder, list) and key >= len(holder)) or (isinstance(holder, dict) and key not in holder):
        return  # changed away before
    changes: tuple[Callable[[], None], ...] = (
        *[lambda: holder.__setitem__(key, source.choice(STRANGE))] * 4,
        lambda: holder.__setitem__(key, _copy(source.choice(found))),
        lambda: holder.__setitem__(key, [holder[key]]),
        lambda: holder.insert(key, _copy((holder, key))) if isinstance(holder, list) else None,
        lambda: holder.pop(key) if isinstance(holder, dict) or len(holder) > 1 else None,
        *[lambda: holder.__setitem__(key, _text(holder[key], mutate))] * 3,
    )
    source.choice(changes)()


def _copy(place: Place) -> Any:
    holder, key = place
    try:
        return json.loads(json.dumps(holder[key]))
    except (ValueError, RecursionError, LookupError):
        return None


def _text(value: Any, mutate: Mutate) -> Any:
    if isinstance(value, str):
        return mutate(value.encode("utf-8", "surrogatepass") or b"a", len(value) + 16).decode("utf-8", "replace")
    if isinstance(value, bool | None):
        return not value
    return value + 1 if isinstance(value, int | float) else value
