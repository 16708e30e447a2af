"""Keeps one worker process alive: starts it, listens to it, notices when it hangs or dies, and starts it again.

A driver call that hangs (PC/SC's transmit has no time limit) or crashes takes only the worker's process with it.
"""

import multiprocessing
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

import structlog

from kiosk.workers.backoff import Backoff, Pause, RestartPolicy
from kiosk.workers.messages import Shutdown, WorkerDown, WorkerUp
from kiosk.workers.process import Crashed, Heartbeat, Ready, Target, run_worker

STALLED = "stalled"
NOT_STARTED = "did not start in time"
_EXIT_WAIT_S = 2.0
"""From the end of the pipe to the end of the process."""
_NO_MORE = object()

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """Seconds. A chip computes a key agreement in 1–2 s and a picture is compared in 0.1 s: `stall_s` is far beyond."""

    start_s: float = 60.0
    stall_s: float = 10.0
    stop_s: float = 4.0


@dataclass(frozen=True, slots=True)
class _End:
    """How a worker's process ended."""

    reason: str
    permanent: bool = False


class Supervised:
    """One worker.

    `target(channel, config)` runs in a process of its own (`spawn`: nothing of this process is inherited). `on_message`
    hears everything it sends, and `WorkerUp` and `WorkerDown`, on the supervisor's thread: it must not block.
    """

    def __init__(
        self,
        name: str,
        target: Target,
        config: object,
        on_message: Callable[[object], None],
        *,
        limits: WorkerLimits | None = None,
        policy: RestartPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._target = target
        self._config = config
        self._on_message = on_message
        self._limits = limits or WorkerLimits()
        self._policy = policy or RestartPolicy()
        self._clock = clock
        self._context = multiprocessing.get_context("spawn")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name=f"{name}-supervisor", daemon=True)
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._outbox: queue.SimpleQueue[object] | None = None

    @property
    def pid(self) -> int | None:
        """The worker's process id, while there is one."""
        with self._lock:
            return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Returns at once; `WorkerUp` follows."""
        self._thread.start()

    def send(self, message: object) -> bool:
        """Hand a message to the worker without waiting; False when there is no process to take it."""
        with self._lock:
            if self._outbox is None:
                return False
            self._outbox.put(message)
            return True

    def kill(self) -> None:
        """End the process as a crash would. It is started again."""
        with self._lock:
            if self._process is not None:
                self._process.kill()

    def stop(self) -> None:
        """Let the worker end, make it end if it does not, and wait until it has. Twice does no harm."""
        self._stopping.set()
        if self._thread.ident is None:
            return
        self.send(Shutdown())
        self._thread.join(self._limits.stop_s)
        if self._thread.is_alive():
            self.kill()
            self._thread.join()

    def _supervise(self) -> None:
        backoff = Backoff(self._policy)
        while not self._stopping.is_set():
            end = self._run_once()
            if self._stopping.is_set():
                return
            backoff, pause = backoff.failed(self._clock())
            if end.permanent:
                pause = Pause(self._policy.permanent_s, permanent=True)
            self._deliver(WorkerDown(self.name, pause.permanent, end.reason))
            self._stopping.wait(pause.seconds)

    def _run_once(self) -> _End:
        ours, theirs = self._context.Pipe(duplex=True)
        process = self._context.Process(
            target=run_worker, args=(self._target, self._config, theirs), name=self.name, daemon=True
        )
        outbox: queue.SimpleQueue[object] = queue.SimpleQueue()
        # A worker that hangs takes nothing from the pipe: writing happens on a thread, so that nobody waits for it.
        writer = threading.Thread(target=_write, args=(outbox, ours), name=f"{self.name}-writer", daemon=True)
        try:
            try:
                with theirs:
                    process.start()
            except OSError as error:  # no memory, too many processes: as temporary as a crash
                return _End(f"cannot start: {error.strerror}")
            writer.start()
            with self._lock:
                self._process, self._outbox = process, outbox
            if self._stopping.is_set():  # stop() may have looked before there was an outbox
                self.send(Shutdown())
            return self._listen(process, ours)
        finally:
            with self._lock:
                self._process = self._outbox = None
            if process.pid is not None:
                process.kill()
                process.join()
            outbox.put(_NO_MORE)
            if writer.ident is not None:
                writer.join()
            ours.close()
            process.close()

    def _listen(self, process: SpawnProcess, connection: Connection) -> _End:
        started = alive = self._clock()
        limit, late = self._limits.start_s, NOT_STARTED
        crash: Crashed | None = None
        while True:
            # What has arrived counts before any limit does: the fault of being late could be ours.
            if not wait([connection], max(0.0, alive + limit - self._clock())):
                if self._clock() - alive >= limit:
                    return _End(late)
                continue
            try:
                message = connection.recv()
            except (EOFError, OSError):
                process.join(_EXIT_WAIT_S)
                if crash is not None:
                    return _End(crash.reason, crash.permanent)
                return _End(f"ended with exit code {process.exitcode}")
            alive = self._clock()
            match message:
                case Heartbeat():
                    pass
                case Ready():
                    limit, late = self._limits.stall_s, STALLED
                    self._deliver(WorkerUp(self.name, alive - started))
                case Crashed():
                    crash = message
                case _:
                    self._deliver(message)

    def _deliver(self, message: object) -> None:
        try:
            self._on_message(message)
        except Exception as error:  # noqa: BLE001  (a bug in a receiver must not end the watch over the device)
            log.critical(
                "message not handled", worker=self.name, message=type(message).__name__, error=type(error).__name__
            )


def _write(outbox: queue.SimpleQueue[object], connection: Connection) -> None:
    while (message := outbox.get()) is not _NO_MORE:
        try:
            connection.send(message)
        except OSError:
            return  # the process ended; whoever listens notices too
