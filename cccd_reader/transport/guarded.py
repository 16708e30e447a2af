"""Cards whose reader cannot hang the program: PC/SC's calls are made in a process of their own, under time limits.

SCardTransmit has no time limit, and cancelling does not end it: a card that falls silent, or a driver that is stuck,
holds the calling thread for ever. So the calls live in a child process (a fresh one, and no fork of this). When a limit
passes the child is killed, the caller gets `CardError(timeout)`, and the next call starts another child. (pcscd may go
on waiting for the card's answer: until the card leaves, connecting to it is `reader_busy` then.) Keys stay on this
side: the child sees commands as they go over the air, and its command line says nothing.

An exchange takes less than a tenth of a millisecond more than without.
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType

from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.transport import frames
from cccd_reader.transport.base import Connection, ReaderState, ServiceDown, split_answer
from cccd_reader.transport.socket import DEFAULT_PORT

RESTART_PAUSE_S = 0.5
"""Between two looks at a reader whose process does not live: often enough that nobody notices its return."""


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """In seconds. `exchange_s` for one command: chips delay their answer after wrong keys, and sign for up to a second.
    `read_s` from connecting to closing. `wait_s` is what a look at the reader may take beyond what it was told to."""

    exchange_s: float = 10.0
    read_s: float = 60.0
    connect_s: float = 10.0
    start_s: float = 15.0
    close_s: float = 2.0
    wait_s: float = 5.0


class GuardedSource:
    """A `CardSource` around another one in a child process; used by one thread.

    `factory` is where that one comes from, as "module:callable", and `arguments` are its keyword arguments (what JSON
    can say). `pcsc` and `socket` make the usual ones. A child that dies is started again at the next call; the call
    that it died in raises `CardError(service_down)`, or is that state.
    """

    def __init__(
        self,
        kind: str,
        factory: str,
        arguments: Mapping[str, object],
        *,
        limits: TimeLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.kind = kind
        self.limits = limits or TimeLimits()
        self.clock = clock
        self._pause = pause
        self._open = frames.OPEN + json.dumps({"factory": factory, "arguments": dict(arguments)}).encode()
        self._child: _Child | None = None
        self._last: ReaderState | None = None

    @classmethod
    def pcsc(cls, reader: str | None = None, *, limits: TimeLimits | None = None) -> "GuardedSource":
        """`PcscSource(reader)` in a child."""
        return cls("pcsc", "cccd_reader.transport.pcsc:PcscSource", {"reader": reader}, limits=limits)

    @classmethod
    def socket(
        cls, host: str = "127.0.0.1", port: int = DEFAULT_PORT, *, limits: TimeLimits | None = None
    ) -> "GuardedSource":
        """`SocketSource(host, port)` in a child, which listens there again after a restart."""
        factory = "cccd_reader.transport.socket:SocketSource"
        return cls("socket", factory, {"host": host, "port": port}, limits=limits)

    @property
    def pid(self) -> int | None:
        """Of the child, while one lives."""
        return None if self._child is None else self._child.pid

    def wait_change(self, timeout_s: float) -> ReaderState:
        deadline = self.clock() + timeout_s
        while True:
            state = self._look(max(0.0, deadline - self.clock()))
            remaining = deadline - self.clock()
            # A child that was just started reports what is there, and that may be nothing new.
            if state != self._last or remaining <= 0:
                self._last = state
                return state
            if isinstance(state, ServiceDown):
                self._pause(min(remaining, RESTART_PAUSE_S))

    def connect(self) -> Connection:
        about = json.loads(self.ask(frames.CONNECT, self.limits.connect_s))
        assert self._child is not None
        atr = bytes.fromhex(about["atr"])
        return GuardedConnection(self, self._child.pid, about["name"], atr, about["max_data_bytes"])

    def close(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end(self.limits.close_s)

    def __enter__(self) -> "GuardedSource":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask(self, request: bytes, limit_s: float) -> bytes:
        """The child's answer, from a child that is started when there is none. Raises `CardError`: what the child
        reports, timeout, and service_down when it died."""
        if self._child is None:
            self._child = child = _Child()
            self._exchange(child, self._open, self.limits.start_s)
        return self._exchange(self._child, request, limit_s)

    def _exchange(self, child: "_Child", request: bytes, limit_s: float) -> bytes:
        try:
            answer = child.exchange(request, limit_s)
        except queue.Empty:
            self._drop()
            raise CardError(CardErrorCode.TIMEOUT, f"no answer within {limit_s:.3g} s") from None
        except BaseException:
            # Interrupted between question and answer: whoever asks next must not get this answer.
            self._drop()
            raise
        if answer is None:
            self._drop()
            raise CardError(CardErrorCode.SERVICE_DOWN, "the reader's process ended")
        if answer[:1] == frames.FAILED:
            error = frames.decode_error(answer[1:])
            if request is self._open:
                self._drop()
            raise error
        return answer[1:]

    def _look(self, timeout_s: float) -> ReaderState:
        request = frames.WAIT + json.dumps(timeout_s).encode()
        try:
            return frames.decode_state(self.ask(request, timeout_s + self.limits.wait_s))
        except CardError as error:
            return ServiceDown(error.detail)

    def _drop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()


class GuardedConnection:
    """A card in the child of a `GuardedSource`. It is lost with the child that made it."""

    def __init__(self, source: GuardedSource, pid: int, name: str, atr: bytes, max_data_bytes: int | None) -> None:
        self.kind = source.kind
        self.name = name
        self.atr = atr
        self.max_data_bytes = max_data_bytes
        self._source = source
        self._pid = pid
        self._open = True
        self._deadline = source.clock() + source.limits.read_s

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        return split_answer(self._ask(frames.TRANSMIT + apdu))

    def reset(self) -> None:
        self._ask(frames.RESET)

    def close(self) -> None:
        if self._open:
            self._open = False
            if self._source.pid == self._pid:
                # The card may be gone, or the child not let it go in time, which is its end.
                with contextlib.suppress(CardError):
                    self._source.ask(frames.DISCONNECT, self._source.limits.close_s)

    def _ask(self, request: bytes) -> bytes:
        if not self._open:
            raise CardError(CardErrorCode.CARD_REMOVED, "the connection is closed")
        if self._source.pid != self._pid:
            raise CardError(CardErrorCode.SERVICE_DOWN, "the reader's process is another one now")
        remaining = self._deadline - self._source.clock()
        if remaining <= 0:
            self.close()
            raise CardError(CardErrorCode.TIMEOUT, f"the reading took longer than {self._source.limits.read_s:g} s")
        return self._source.ask(request, min(self._source.limits.exchange_s, remaining))


class _Child:
    """A process, and the answers that a thread takes from it, so that waiting for one can have a limit everywhere."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            # What this program can import its child can, and nothing from the folder that it happens to be in.
            [sys.executable, "-P", "-m", "cccd_reader.transport.guarded_process"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # an interrupt from the keyboard is for this process to act on
        )
        self._answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._pump = threading.Thread(target=self._receive, name="guarded reader", daemon=True)
        self._pump.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def exchange(self, request: bytes, limit_s: float) -> bytes | None:
        """The answer; None when the child has ended. Raises `queue.Empty` after the limit."""
        assert self._process.stdin is not None
        try:
            frames.write_frame(self._process.stdin, request)
        except OSError:
            return None
        return self._answers.get(timeout=limit_s)

    def kill(self) -> None:
        self._process.kill()
        self._close()

    def end(self, limit_s: float) -> None:
        """Its input ends, and so does it; killed when it does not."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._close()

    def _close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.wait()
        self._pump.join()
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.stdout.close()

    def _receive(self) -> None:
        assert self._process.stdout is not None
        while (answer := frames.read_frame(self._process.stdout)) is not None:
            self._answers.put(answer)
        self._answers.put(None)
