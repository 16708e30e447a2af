"""The simulated reader: a pcscd of our own with a virtual reader, or a socket where no pcscd can run."""

from typing import Literal

from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.emulation.pcscd import READER_NAME, IsolatedPcscd, available, free_ports
from kiosk.workers.reader import ReaderConfig

SLOTS = 2
HOST = "127.0.0.1"

Transport = Literal["auto", "pcsc", "socket"]


class ReaderTwin:
    """`config` is for the reader's worker, `port` for the cards. `reason` says why there is no pcscd, if there is none.

    Raises EmulationError when `transport` is "pcsc" and no pcscd can run.
    """

    def __init__(self, transport: Transport) -> None:
        self.reason: str | None = None
        self._service: IsolatedPcscd | None = None
        if transport != "socket":
            try:
                self._service = _start_service()
            except EmulationError as error:
                if transport == "pcsc":
                    raise
                self.reason = error.detail
        if self._service is not None:
            self.port = self._service.port
            path = self._service.env["PCSCLITE_CSOCK_NAME"]
            self.config = ReaderConfig(source="pcsc", name=READER_NAME, service_socket=path)
        else:
            self.port = free_ports(SLOTS)
            self.config = ReaderConfig(source="socket", host=HOST, port=self.port)

    def kill(self) -> None:
        """pcscd crashes. Raises EmulationError where there is none."""
        self._pcscd().kill()

    def start(self) -> None:
        """pcscd is started again."""
        self._pcscd().start()

    def close(self) -> None:
        if self._service is not None:
            self._service.close()

    def _pcscd(self) -> IsolatedPcscd:
        if self._service is None:
            raise EmulationError(EmulationErrorCode.PCSCD_UNAVAILABLE, "the cards come over a socket, without pcscd")
        return self._service


def _start_service() -> IsolatedPcscd:
    reason = available()
    if reason is not None:
        raise EmulationError(EmulationErrorCode.PCSCD_UNAVAILABLE, reason)
    service = IsolatedPcscd()
    try:
        service.start()
    except BaseException:
        service.close()
        raise
    return service
