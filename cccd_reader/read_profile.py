"""What was learned about reading one kind of card on one reader, so that the next reading need not try again."""

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

VERSION = 1
MAX_PROFILES = 64
"""Readers times kinds of card that are remembered; the longest unused one makes room."""
RETRY_AFTER = 100
"""Trying again costs a session or two, which is little for so many patients."""
MAX_FILE_BYTES = 65_536
_MOST_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class ReadProfile:
    """Sizes are the plain bytes of one READ BINARY. None, or 0 for `proven`, is what was never found out.

    `proven` is the largest that was answered, `largest` the most worth trying after a larger one failed. `extended`:
    commands of the long form pass. `short_identifiers`: a file is selected within its first READ BINARY. `over_read`:
    asking for more than a file has left is answered with what is left.
    """

    proven: int = 0
    largest: int | None = None
    extended: bool | None = None
    short_identifiers: bool | None = None
    over_read: bool | None = None

    @property
    def limited(self) -> bool:
        """Whether something was found not to work."""
        return self.largest is not None or False in (self.extended, self.short_identifiers, self.over_read)

    def without_limits(self) -> "ReadProfile":
        """What works stays known; what did not will be tried again."""
        return ReadProfile(
            proven=self.proven,
            extended=self.extended or None,
            short_identifiers=self.short_identifiers or None,
            over_read=self.over_read or None,
        )


class ReadProfiles:
    """Profiles by the reader's name and the ATR; in memory, and with `path` in a JSON file too.

    A file that is missing, malformed or of another version is an empty one, and one that cannot be written is left
    alone: a reading never fails for it. It holds nothing about persons.

    All cards of a kind share a profile, so one bad card could slow all others down. Limits are therefore forgotten
    after `RETRY_AFTER` readings with them, and the next reading finds out anew.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._profiles = {} if path is None else _load(path)
        self._limited_readings: dict[tuple[str, bytes], int] = {}

    def get(self, reader: str, atr: bytes) -> ReadProfile:
        return self._profiles.get((reader, atr), ReadProfile())

    def put(self, reader: str, atr: bytes, profile: ReadProfile) -> None:
        readings = self._limited_readings.pop((reader, atr), 0) + 1
        if profile.limited and readings < RETRY_AFTER:
            self._limited_readings[reader, atr] = readings
        elif profile.limited:
            profile = profile.without_limits()
        known = self._profiles.pop((reader, atr), None)
        self._profiles[reader, atr] = profile
        while len(self._profiles) > MAX_PROFILES:
            oldest = next(iter(self._profiles))
            del self._profiles[oldest]
            self._limited_readings.pop(oldest, None)
        if self._path is not None and profile != known:
            _save(self._path, self._profiles)


def _load(path: Path) -> dict[tuple[str, bytes], ReadProfile]:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_FILE_BYTES + 1)
        content = json.loads(text) if len(text) <= MAX_FILE_BYTES else None
        if not isinstance(content, dict) or content.get("version") != VERSION:
            return {}
        return {
            (str(entry["reader"]), bytes.fromhex(entry["atr"])): _profile(entry)
            for entry in content["profiles"][-MAX_PROFILES:]
        }
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}


def _profile(entry: Mapping[str, Any]) -> ReadProfile:
    """Raises `ValueError` for a value of another kind."""
    profile = ReadProfile(**{field.name: entry[field.name] for field in fields(ReadProfile)})
    sizes = (profile.proven, profile.largest or 1)
    flags = (profile.extended, profile.short_identifiers, profile.over_read)
    if any(type(size) is not int or not 0 <= size <= _MOST_BYTES for size in sizes):
        raise ValueError("no number of bytes")
    if any(flag is not None and type(flag) is not bool for flag in flags):
        raise ValueError("neither true nor false nor null")
    return profile


def _save(path: Path, profiles: Mapping[tuple[str, bytes], ReadProfile]) -> None:
    entries = [{"reader": reader, "atr": atr.hex(), **asdict(profile)} for (reader, atr), profile in profiles.items()]
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    with contextlib.suppress(OSError):
        beside.write_text(json.dumps({"version": VERSION, "profiles": entries}, indent=1), "utf-8")
        # Whoever reads meanwhile sees the old file or the new one, and never a half.
        beside.replace(path)
