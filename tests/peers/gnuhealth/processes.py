"""Programs that end with the test process, however that ends, and ports they answer on."""

import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PATIENCE_S = 60.0


class PeerError(Exception):
    """A foreign system could not be installed, started or asked: the tests fail, they are not skipped."""


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether somebody answers on a port of the loopback."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(ready: Callable[[], bool], what: str, process: "Program | None" = None) -> None:
    """Return as soon as `ready` holds. Raises PeerError after a minute, or when the program has ended."""
    until = time.monotonic() + PATIENCE_S
    while not ready():
        if process is not None and process.ended:
            raise PeerError(f"{what} ended at once:\n{process.last_words()}")
        if time.monotonic() > until:
            raise PeerError(f"{what} did not come up")
        time.sleep(0.02)


class Program:
    """A running program; the kernel ends it when we are gone (``setpriv --pdeathsig``)."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        *,
        account: str | None = None,
        environment: Mapping[str, str] | None = None,
        ends_with: str = "TERM",
    ) -> None:
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*privileges(account), "--pdeathsig", ends_with, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=None if environment is None else dict(environment),
                cwd="/",
            )

    @property
    def ended(self) -> bool:
        """Whether it runs no more."""
        return self._process.poll() is not None

    def last_words(self) -> str:
        """The end of its log."""
        return self._log.read_text("utf-8", "replace")[-2000:]

    def end(self, signal_number: int) -> None:
        """Tell it to end, and wait until it has."""
        if not self.ended:
            self._process.send_signal(signal_number)
        self._process.wait(PATIENCE_S)


def privileges(account: str | None) -> list[str]:
    """What goes before a command that is to run as somebody else."""
    if account is None:
        return ["setpriv"]
    return ["setpriv", f"--reuid={account}", f"--regid={account}", "--init-groups", "--inh-caps=-all"]
