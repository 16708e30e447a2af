"""Helpers of the room: an inbox for a worker's messages, and waiting on conditions instead of sleeping."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60.0
"""No test depends on it: a wait that takes so long has failed."""

M = TypeVar("M")


class Inbox:
    """Collects a worker's messages, from any thread, in order."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.messages: list[object] = []

    def __call__(self, message: object) -> None:
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def mark(self) -> int:
        """Where the inbox is now, for `after`."""
        with self._changed:
            return len(self.messages)

    def wait(self, kind: type[M], wanted: Callable[[M], bool] = lambda _: True, *, after: int = 0) -> M:
        """The first message of a kind that is wanted, among those from index `after` on."""

        def found() -> M | None:
            return next((item for item in self.messages[after:] if isinstance(item, kind) and wanted(item)), None)

        with self._changed:
            self._changed.wait_for(lambda: found() is not None, LIMIT_S)
            message = found()
            assert message is not None, f"no such {kind.__name__} among {self.messages[after:]}"
            return message

    def of(self, kind: type[M]) -> list[M]:
        with self._changed:
            return [item for item in self.messages if isinstance(item, kind)]


def wait_until(condition: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    """Poll a condition that announces itself by no event."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "the condition never became true"
        time.sleep(0.01)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def until() -> Callable[..., None]:
    return wait_until


@pytest.fixture
def targets(monkeypatch: pytest.MonkeyPatch) -> object:
    """The module of small workers; a new process finds it on the path it inherits."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    import worker_targets

    return worker_targets


@pytest.fixture(autouse=True)
def _no_worker_left(until: Callable[..., None]) -> Iterator[None]:
    """No test leaves a process behind, not even a zombie. A worker shared by a module may be another one by then."""
    before = len(children())
    yield
    until(lambda: len(children()) <= before)


def children() -> set[int]:
    """Process ids of this process's children, the resource tracker (one for the whole run) left out."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        try:
            found.update(int(pid) for pid in (task / "children").read_text().split())
        except FileNotFoundError:
            continue  # a thread that ended meanwhile
    return {pid for pid in found if "resource_tracker" not in _command(pid)}


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
