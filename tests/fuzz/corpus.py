"""The stored inputs of a target: seeds that were made, inputs that fuzzing found, and inputs that once were a finding.

    corpus/TARGET/NAME.bin        a seed, by `python -m tests.fuzz.seeds`
    corpus/TARGET/found.zip       what fuzzing added to the coverage, by `python -m tests.fuzz.minimise`
    regressions/TARGET/NAME.bin   an input that broke something, for good

The found ones are in one archive because they are many and nobody reads them.
"""

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
REGRESSIONS = Path(__file__).parent / "regressions"
FOUND = "found.zip"
MAX_BYTES = 200_000
"""Of all stored inputs of one target."""

_EPOCH = (2026, 1, 1, 0, 0, 0)
"""A fixed time stamp: the same inputs always make the same archive."""


def stored(target: str) -> Iterator[tuple[str, bytes]]:
    """(name, input) of everything stored for the target."""
    for folder in (FOLDER / target, REGRESSIONS / target):
        for path in sorted(folder.glob("*.bin")):
            yield f"{folder.parent.name}/{path.name}", path.read_bytes()
    yield from found(target)


def found(target: str) -> Iterator[tuple[str, bytes]]:
    path = FOLDER / target / FOUND
    if path.exists():
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield f"{FOUND}/{name}", archive.read(name)


def unpack(target: str, folder: Path) -> None:
    """All stored inputs as files, as libFuzzer reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    for _, data in stored(target):
        (folder / name_of(data)).write_bytes(data)


def pack_found(target: str, inputs: Iterable[bytes]) -> int:
    """Stores what fuzzing found, the shortest first, as far as there is room. Returns how many inputs these are."""
    seeds = {path.read_bytes() for path in (FOLDER / target).glob("*.bin")}
    room = MAX_BYTES - sum(map(len, seeds))
    chosen: dict[str, bytes] = {}
    for data in sorted(set(inputs) - seeds, key=lambda data: (len(data), data)):
        room -= len(data)
        if room < 0:
            break
        chosen[name_of(data)] = data
    path = FOLDER / target / FOUND
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in chosen.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return len(chosen)


def name_of(data: bytes) -> str:
    """libFuzzer names its files by their content, too."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()
