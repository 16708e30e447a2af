"""A simulated system as a process of its own, and its handle."""

import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence

from his_adapter.simulation.commands import Answer, Command, Ready, System

COMMAND = (sys.executable, "-m", "his_adapter", "simulate")
START_LIMIT_S = 60.0
ANSWER_LIMIT_S = 15.0
END_LIMIT_S = 5.0


class SimulationError(RuntimeError):
    """A simulated system did not start, died, or refused a command."""


class SimulatedServer:
    """One simulated system's process. `url` and `addresses` are known once `wait_ready` has returned.

    `command` replaces ``python -m his_adapter simulate`` where there is no such interpreter, as in a frozen build.
    """

    def __init__(self, system: System, arguments: Sequence[str] = (), command: Sequence[str] = COMMAND) -> None:
        self.system = system
        self.url = ""
        self.addresses: Mapping[str, str] = {}
        self._buffer = b""
        self._lock = threading.Lock()
        # its own session: Ctrl-C in a terminal ends the kiosk, and the kiosk ends this
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [*command, system.value, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def wait_ready(self) -> None:
        """Until it listens. Raises SimulationError."""
        ready = Ready.model_validate_json(self._line(START_LIMIT_S))
        self.url, self.addresses = ready.url, ready.addresses

    def tell(self, command: Command) -> Answer:
        """Carry out a command; done when this returns. Raises SimulationError."""
        assert self._process.stdin is not None
        with self._lock:
            try:
                self._process.stdin.write(command.model_dump_json().encode() + b"\n")
            except (BrokenPipeError, ValueError):
                raise SimulationError(f"the simulated {self.system} has ended") from None
            answer = Answer.model_validate_json(self._line(ANSWER_LIMIT_S))
        if not answer.ok:
            raise SimulationError(answer.error or "refused")
        return answer

    def kill(self) -> None:
        """As a power cut would."""
        self._process.kill()
        self.close()

    def close(self) -> None:
        """End the process: closing its standard input is enough; a hung one is killed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.close()
            self._process.wait(timeout=END_LIMIT_S)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        finally:
            self._process.stdout.close()

    def _line(self, limit: float) -> bytes:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        until = time.monotonic() + limit
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise SimulationError(f"no answer from the simulated {self.system} in {limit:.0f} s")
            part = os.read(descriptor, 65_536)
            if not part:
                raise SimulationError(f"the simulated {self.system} has ended")
            self._buffer += part
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line
