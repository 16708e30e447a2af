"""A pcscd of our own with a virtual reader, apart from the system's: for tests and demonstrations, as root on Linux.

It runs in a private mount namespace, where a folder of ours lies over /run/pcscd. So its socket has a path that stays
the same over restarts, and the system's pcscd is not in its way. The virtual reader driver vpcd listens on all network
interfaces as long as pcscd runs, and whoever reaches the port puts a card on the reader: never install it on a kiosk.
"""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode

DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
READER_NAME = "Virtual PCD"
SLOTS = 2
"""vpcd has two slots, at `port` and `port + 1`; more readers in one pcscd would share them."""

START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 5.0
_POLL_S = 0.01

_PORTS = range(20000, 32000)
"""Registered ports below Linux's range for outgoing connections, which starts at 32768."""

_SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_PROGRAMS = ("pcscd", "unshare", "setpriv", "mount", "sh")

_START = """
set -e
mount -t tmpfs none /run
mkdir /run/pcscd
mount --bind "$1" /run/pcscd
exec pcscd --foreground --config "$2"
"""
"""pcscd has no option for its socket. A fresh /run also hides the devices that udev knows from it."""

_READER = """FRIENDLYNAME "{name}"
DEVICENAME /dev/null:0x{port:04X}
LIBPATH {driver}
CHANNELID 0x{port:04X}
"""


def available() -> str | None:
    """None when an isolated pcscd can run here, else what is missing."""
    if not sys.platform.startswith("linux"):
        return "needs Linux"
    if os.geteuid() != 0:
        return "needs root"
    missing = [program for program in _PROGRAMS if _which(program) is None]
    if missing:
        return f"not installed: {', '.join(missing)} (Debian packages pcscd, util-linux)"
    if not DRIVER.exists():
        return "not installed: the virtual reader driver (Debian package vsmartcard-vpcd)"
    trial = [_program("unshare"), "-m", "true"]
    if subprocess.run(trial, capture_output=True, check=False).returncode:  # noqa: S603 - fixed words
        return "mount namespaces are not permitted here"
    return None


class IsolatedPcscd:
    """`with IsolatedPcscd() as service:` runs one; clients find it by the environment variables `service.env`.

    Raises `EmulationError`: pcscd_unavailable with the reason, pcscd_failed with the end of its log. It dies with this
    process, however that ends.
    """

    def __init__(self) -> None:
        reason = available()
        if reason is not None:
            raise EmulationError(EmulationErrorCode.PCSCD_UNAVAILABLE, reason)
        self._folder = Path(tempfile.mkdtemp(prefix="tiepdon-pcscd-"))
        self._run = self._folder / "run"
        self._config = self._folder / "reader.conf.d"
        self._no_drivers = self._folder / "usb-drivers"
        for folder in (self._run, self._config, self._no_drivers):
            folder.mkdir()
        self._process: subprocess.Popen[bytes] | None = None
        # A child's "parent died" signal is tied to the thread that started it: this one lives as long as we do.
        self._starter = ThreadPoolExecutor(1, "pcscd starter")
        self.port = free_ports(SLOTS)
        """The card's side of slot 0; slot 1 is the next port."""
        config = _READER.format(name=READER_NAME, port=self.port, driver=DRIVER)
        (self._config / "vpcd").write_text(config, "ascii")

    @property
    def env(self) -> Mapping[str, str]:
        """For libpcsclite. The path stays the same over restarts."""
        return {"PCSCLITE_CSOCK_NAME": str(self._socket)}

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Starts it, and returns when clients and cards can connect."""
        if self.running():
            return
        # A killed one leaves its socket and its process id behind.
        for leftover in self._run.iterdir():
            leftover.unlink()
        self._process = self._starter.submit(self._spawn).result()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (_accepts(self._socket) and all(_listens(self.port + slot) for slot in range(SLOTS))):
            if not self.running() or time.monotonic() > deadline:
                log = self._log.read_text("utf-8", "replace")[-500:].strip()
                self.kill()
                raise EmulationError(EmulationErrorCode.PCSCD_FAILED, f"pcscd did not start: {log}")
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """Ends it in order, as a shutdown of the service does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it as a crash does."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """Ends it for good and removes its files."""
        self.stop()
        self._starter.shutdown()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> "IsolatedPcscd":
        try:
            self.start()
        except EmulationError:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _socket(self) -> Path:
        return self._run / "pcscd.comm"

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _spawn(self) -> subprocess.Popen[bytes]:
        command = [_program("setpriv"), "--pdeathsig", "KILL", _program("unshare"), "-m"]
        command += [_program("sh"), "-c", _START, "pcscd", str(self._run), str(self._config)]
        # In a session of its own: an interrupt from the keyboard is for this process to act on.
        # Real readers on this machine stay the system's: ours finds no driver for them.
        environment = {"PATH": _SYSTEM_PATH, "PCSCLITE_HP_DROPDIR": str(self._no_drivers)}
        with self._log.open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - fixed words, and folders that we made
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            # It waits for a card that never answers.
            process.kill()
            process.wait()


def _which(program: str) -> str | None:
    return shutil.which(program, path=_SYSTEM_PATH)


def _program(name: str) -> str:
    path = _which(name)
    if path is None:
        raise EmulationError(EmulationErrorCode.PCSCD_UNAVAILABLE, f"not installed: {name}")
    return path


def free_ports(count: int) -> int:
    """The first of so many neighbouring ports that nobody listens on. They are below those that the system gives to
    outgoing connections, so that none is taken by chance while pcscd is away."""
    while True:
        first = random.choice(_PORTS)
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for offset in range(count):
                held.enter_context(socket.create_server(("", first + offset)))
            return first


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(path)) == 0


def _listens(port: int) -> bool:
    """Whether somebody listens on the port, found without connecting: vpcd would take that for a card."""
    listening = f":{port:04X} 00000000:0000 0A "
    return listening in Path("/proc/net/tcp").read_text("ascii")
