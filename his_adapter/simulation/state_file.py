"""A simulated system's memory: lines that are only added, so that a kill at any moment loses nothing answered."""

import os
from collections.abc import Iterator
from pathlib import Path


class StateFile:
    """A line for each change, on disk before `add` returns. Without a path nothing is kept.

    A line that a kill has cut short was never answered for: it is cut off when the file is opened.
    """

    def __init__(self, path: Path | None) -> None:
        self._file = None if path is None else path.open("a+b")

    def lines(self) -> Iterator[bytes]:
        """What was kept, in order; read once, before anything is added."""
        if self._file is None:
            return
        self._file.seek(0)
        whole = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            yield line
        self._file.truncate(whole)

    def add(self, line: str) -> None:
        """Keep one line; JSON has no line ends of its own. Raises OSError."""
        if self._file is None:
            return
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
