"""Work off the window's thread, results back on it. The only place where threads and Qt meet."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import structlog
from PySide6.QtCore import QObject, Qt, Signal, Slot

from kiosk.app.logs import where

T = TypeVar("T")
log = structlog.get_logger(__name__)


class MainThread(QObject):
    """Runs callables on the thread that made it."""

    _posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, work: Callable[[], None]) -> None:
        """Run `work` on the window's thread soon. Callable from any thread."""
        self._posted.emit(work)

    @Slot(object)
    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  (a traceback here would print values, which may be personal)
            log.error("work failed", error=type(error).__name__, where=where(error))


class Tasks:
    """A small pool for calls that wait for others: portal, hospital, bank, disk, printer."""

    def __init__(self, main: MainThread, workers: int = 6) -> None:
        self._main = main
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="task")
        self._closed = threading.Event()

    def run(self, work: Callable[[], T], then: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Run `work` on a thread; `then` or `failed` gets its result on the window's thread.

        `work` returns expected failures as values; `failed` is for bugs, which are logged and must still leave the
        patient somewhere to go.
        """

        def task() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001  (a bug in one task must not take the kiosk down)
                log.error("task failed", error=type(error).__name__, where=where(error))
                self._back(partial(failed, error))
            else:
                self._back(lambda: then(result))

        if not self._closed.is_set():
            self._pool.submit(task)

    def _back(self, work: Callable[[], None]) -> None:
        if not self._closed.is_set():
            self._main.post(work)

    def close(self) -> None:
        """Wait for what runs (every outside call has its own time limit), drop what waits."""
        self._closed.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
