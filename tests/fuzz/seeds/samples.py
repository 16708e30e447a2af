"""What all seeds are made from: published samples in tests/data, and the files of the emulated card."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cccd_reader.lds.files import EF
from tests.fuzz.cards import card_image

DATA = Path(__file__).parents[2] / "data" / "emrtd"

Seeds = Iterable[bytes]
Make = Callable[[], Seeds]


def sample(name: str) -> bytes:
    return (DATA / name).read_bytes()


def synthetic() -> dict[str, object]:
    return json.loads((DATA / "vn_cccd_synthetic.json").read_text("utf-8"))


def strings(value: object) -> Iterator[str]:
    """Every text in a JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def hex_strings(start: str) -> Iterator[bytes]:
    """The files among the synthetic vectors, by their first bytes."""
    for text in strings(synthetic()):
        if text.upper().startswith(start) and len(text) > 40 and len(text) % 2 == 0:
            yield bytes.fromhex(text)


def file_of(ef: EF) -> bytes:
    return card_image().files[ef.fid]
