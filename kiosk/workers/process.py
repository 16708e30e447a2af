"""The inside of a worker process: its end of the pipe, its heartbeat, and what it does before and after its work."""

import contextlib
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

BEAT_EVERY_S = 0.5
_PR_SET_DUMPABLE = 4


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything is loaded; the work begins."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The worker's main loop goes round, or its long task gets on."""


@dataclass(frozen=True, slots=True)
class Crashed:
    """The worker ends because of an error. `permanent`: starting again cannot help until somebody changes something."""

    reason: str
    permanent: bool


class PermanentFaultError(Exception):
    """Raised by a worker that cannot work as it is set up. The text goes to the log: no personal data."""


class Channel:
    """The worker's link to its supervisor. `send`, `beat` and `receive` are for the main thread.

    When the other end closes, the supervisor is gone or wants us gone, and the process ends at once, whatever its main
    thread hangs in: a worker never outlives the kiosk.
    """

    def __init__(self, connection: Connection, clock: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._clock = clock
        self._commands: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._last_beat = clock() - BEAT_EVERY_S
        threading.Thread(target=self._listen, name="commands", daemon=True).start()

    def send(self, message: object) -> None:
        """To the supervisor's `on_message`."""
        try:
            self._connection.send(message)
        except OSError:
            os._exit(0)

    def ready(self) -> None:
        """Say that the work begins: from now on the heartbeat's short limit counts."""
        self.send(Ready())

    def beat(self) -> None:
        """Show life. Only from where the work gets on: a thread that beats beside a hung one would lie."""
        now = self._clock()
        if now - self._last_beat >= BEAT_EVERY_S:
            self._last_beat = now
            self.send(Heartbeat())

    def receive(self, timeout_s: float = 0.0) -> object | None:
        """The next command, or None when there is none within `timeout_s`."""
        try:
            return self._commands.get(timeout=timeout_s) if timeout_s > 0 else self._commands.get_nowait()
        except queue.Empty:
            return None

    def _listen(self) -> None:
        # EOF and reset alike: nobody is there any more
        with contextlib.suppress(EOFError, OSError):
            while True:
                self._commands.put(self._connection.recv())
        # No clean-up: whatever the main thread hangs in, there is nobody left to do it for.
        os._exit(0)


Target = Callable[[Channel, Any], None]
"""A worker's main function: a module's function, so that a new process can find it. Returns after `Shutdown`."""


def run_worker(target: Target, config: object, connection: Connection) -> None:
    """The main function of every worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the kiosk ends us in order
    forbid_core_dumps()
    channel = Channel(connection)
    try:
        target(channel, config)
    except PermanentFaultError as error:
        channel.send(Crashed(str(error), permanent=True))
        sys.exit(1)
    except Exception as error:  # noqa: BLE001  (the process's last line: name the place, without values)
        channel.send(Crashed(_place(error), permanent=False))
        sys.exit(1)


def forbid_core_dumps() -> None:
    """A core file could hold a face or an identity. Child processes inherit the limit, not the mark: each calls this.

    The limit alone does not hold where the system pipes cores to a program (core(5), "Piping core dumps to a program").
    The mark does (prctl(2), PR_SET_DUMPABLE), and it keeps other processes of the same user out of the memory too.
    """
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _place(error: Exception) -> str:
    """The error's type and the innermost line, never its text, which could quote a value."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = "" if frame is None else f" at {os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}"
    return f"{type(error).__name__}{where}"
