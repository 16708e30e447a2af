"""What the simulated HL7 hospital has taken, one line for each message or booking, in the order it came.

The hospital's state follows from it: after a restart everything is told again. A line is on the disk before the answer
goes out, so what was answered survives.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO


class Journal:
    """Without a path it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def lines(self) -> Iterator[tuple[str, str]]:
        """Kind and text of every entry. A last line that a power cut left unfinished was never answered: it is gone."""
        if self._path is None or not self._path.exists():
            return
        content = self._path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        os.truncate(self._path, len(whole))
        for line in whole.splitlines():
            kind, text = json.loads(line)
            yield kind, text

    def add(self, kind: str, text: str) -> None:
        """Keep an entry."""
        if self._path is None:
            return
        if self._file is None:
            self._file = self._path.open("a", encoding="utf-8")
        self._file.write(json.dumps([kind, text]) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
