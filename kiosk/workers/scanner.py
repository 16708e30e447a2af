"""The worker of a code scanner on a serial port: a port that goes away ends its process, and it is started again."""

from collections.abc import Callable
from dataclasses import dataclass

from cccd_reader import CardError, CardErrorCode
from cccd_reader.serial_scanner import BAUD, SerialScanner
from kiosk.workers.backoff import RestartPolicy
from kiosk.workers.messages import CodeScanned, Shutdown
from kiosk.workers.process import Channel, PermanentFaultError
from kiosk.workers.supervisor import Supervised, WorkerLimits

NAME = "scanner"

WATCH_S = 0.2
"""How long a look at the port may wait: the longest a command waits to be seen."""


@dataclass(frozen=True, slots=True)
class ScannerConfig:
    """The serial port's name, and its speed."""

    port: str
    baud: int = BAUD


def scanner_worker(
    config: ScannerConfig,
    on_message: Callable[[object], None],
    *,
    limits: WorkerLimits | None = None,
    policy: RestartPolicy | None = None,
) -> Supervised:
    """Sends `CodeScanned` for every scan. `on_message` is called on the supervisor's thread."""
    return Supervised(NAME, serve_scanner, config, on_message, limits=limits, policy=policy)


def serve_scanner(channel: Channel, config: ScannerConfig) -> None:
    """The process's work; returns after `Shutdown`."""
    try:
        scanner = SerialScanner(config.port, config.baud)
    except CardError as error:
        if error.code is CardErrorCode.UNSUPPORTED:
            raise PermanentFaultError(error.detail) from error
        raise
    with scanner:
        channel.ready()
        while not isinstance(channel.receive(), Shutdown):
            channel.beat()
            text = scanner.read(WATCH_S)
            if text is not None:
                channel.send(CodeScanned(text))
