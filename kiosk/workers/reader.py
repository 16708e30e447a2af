"""The card reader's worker: its configuration, and the proxy that the kiosk holds."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cccd_reader import CardErrorCode
from kiosk.workers.backoff import RestartPolicy
from kiosk.workers.messages import (
    CardRead,
    CardReadFailed,
    ReadCard,
    WorkerDown,
)
from kiosk.workers.reader_process import serve_reader
from kiosk.workers.supervisor import STALLED, Supervised, WorkerLimits

NAME = "reader"


@dataclass(frozen=True, slots=True)
class ReaderConfig:
    """Where cards appear.

    `source` "pcsc": the readers of a PC/SC service whose name contains `name`; `service_socket` is another pcscd than
    the system's. "socket": an emulated card connects to `host`:`port`. `largest_read` (bytes) is for readers with
    extended length. `trust_store` is the folder with the issuers' certificates, `read_profile` the file that remembers
    what a reader and a kind of card can do together; both may be None.
    """

    source: Literal["pcsc", "socket"] = "pcsc"
    name: str = ""
    service_socket: str = ""
    host: str = "127.0.0.1"
    port: int = 35963
    largest_read: int | None = None
    trust_store: Path | None = None
    read_profile: Path | None = None


class ReaderWorker:
    """Reads cards in a process of its own. Answers every `ReadCard` with `CardRead` or `CardReadFailed`, also when the
    process dies over it. `on_message` is called on the supervisor's thread, or on the caller's of `send`."""

    def __init__(
        self,
        config: ReaderConfig,
        on_message: Callable[[object], None],
        *,
        limits: WorkerLimits | None = None,
        policy: RestartPolicy | None = None,
    ) -> None:
        self._on_message = on_message
        self._worker = Supervised(NAME, serve_reader, config, self._receive, limits=limits, policy=policy)
        self._lock = threading.Lock()
        self._reading: int | None = None

    @property
    def pid(self) -> int | None:
        return self._worker.pid

    def start(self) -> None:
        self._worker.start()

    def send(self, message: object) -> None:
        """`ReadCard`, `CancelRead` or `ForgetCard`. Never waits."""
        if isinstance(message, ReadCard):
            with self._lock:
                self._reading = message.session
        if not self._worker.send(message):
            self._fail(CardErrorCode.READER_GONE, "the reader's process is not running")

    def kill(self) -> None:
        """End the process as a crash would; it is started again."""
        self._worker.kill()

    def stop(self) -> None:
        self._worker.stop()

    def _receive(self, message: object) -> None:
        if isinstance(message, CardRead | CardReadFailed):
            with self._lock:
                if self._reading == message.session:
                    self._reading = None
        self._on_message(message)
        if isinstance(message, WorkerDown):
            code = CardErrorCode.TIMEOUT if message.reason == STALLED else CardErrorCode.READER_GONE
            self._fail(code, f"the reader's process {message.reason}")

    def _fail(self, code: CardErrorCode, detail: str) -> None:
        """Answer for the process that cannot."""
        with self._lock:
            session, self._reading = self._reading, None
        if session is not None:
            self._on_message(CardReadFailed(session, code, detail))
