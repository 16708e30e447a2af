"""One TCP connection to an MLLP receiver: kept, made again when it broke, used by one question at a time.

A question that does not end well takes its connection with it: an answer that comes too late must never be taken for
the answer to the next one.
"""

import contextlib
import socket
import ssl
import threading
from collections import deque
from collections.abc import Iterator

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.hl7v2.frames import Deframer, FramingError, framed
from his_adapter.http import Deadline

READ_BYTES = 65_536
REMEMBERED_ANSWERS = 64


class Line:
    """An open connection. `answered` holds the control ids that this connection has had an answer to."""

    def __init__(self, system: str, connection: socket.socket) -> None:
        self._system = system
        self._connection = connection
        self._deframer = Deframer()
        self._waiting: deque[bytes] = deque()
        self.answered: deque[str] = deque(maxlen=REMEMBERED_ANSWERS)

    def fresh(self) -> bool:
        """Whether nothing has come that nobody asked for, the end of the connection included."""
        if self._waiting or not self._deframer.idle:
            return False
        self._connection.setblocking(False)
        try:
            self._connection.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def send(self, content: bytes, deadline: Deadline) -> None:
        """Send a message. Raises OutsideFault TIMEOUT: once bytes are on their way nobody knows how far they came."""
        try:
            self._connection.settimeout(self._left(deadline))
            self._connection.sendall(framed(content))
        except OSError as error:
            raise self._broken(error) from None

    def receive(self, deadline: Deadline) -> bytes:
        """The next frame's content. Raises OutsideFault: TIMEOUT, AUTH or BAD_ANSWER."""
        while not self._waiting:
            try:
                self._connection.settimeout(self._left(deadline))
                data = self._connection.recv(READ_BYTES)
                self._waiting.extend(self._deframer.feed(data))
            except OSError as error:
                raise self._broken(error) from None
            except FramingError as error:
                raise OutsideFault(OutsideFaultCode.BAD_ANSWER, self._system, str(error)) from None
            if not data:
                detail = "cut within an answer" if not self._deframer.idle else "cut before an answer"
                raise OutsideFault(OutsideFaultCode.TIMEOUT, self._system, detail)
        return self._waiting.popleft()

    def close(self) -> None:
        """Close without ceremony."""
        self._connection.close()

    def _left(self, deadline: Deadline) -> float:
        left = deadline.left()
        if left <= 0:  # zero would mean non-blocking
            raise TimeoutError
        return left

    def _broken(self, error: OSError) -> OutsideFault:
        # TLS 1.3: a refused client certificate shows with the first read; nothing has been taken then
        code = OutsideFaultCode.AUTH if _refused_us(error) else OutsideFaultCode.TIMEOUT
        return OutsideFault(code, self._system, _name(error))


def _refused_us(error: OSError) -> bool:
    """Whether the other side ended TLS by an alert: it does not take our certificate, or we have none."""
    return isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or "")


def _name(error: OSError) -> str:
    return (error.reason or "TLS") if isinstance(error, ssl.SSLError) else type(error).__name__


class Link:
    """The way to one receiver. Safe from any thread."""

    def __init__(self, system: str, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._system = system
        self._address = (host, port)
        self._tls = tls
        self._lock = threading.Lock()
        self._line: Line | None = None

    @contextlib.contextmanager
    def line(self, deadline: Deadline) -> Iterator[Line]:
        """A connection for one question. Raises OutsideFault: UNREACHABLE or AUTH when there is none."""
        if not self._lock.acquire(timeout=deadline.left()):
            raise OutsideFault(OutsideFaultCode.UNREACHABLE, self._system, "the line was busy")
        try:
            line = self._line
            self._line = None
            if line is not None and not line.fresh():
                line.close()
                line = None
            line = line or self._connect(deadline)
            try:
                yield line
            except BaseException:
                line.close()
                raise
            self._line = line
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close the connection; a question that is on its way ends first."""
        with self._lock:
            if self._line is not None:
                self._line.close()
                self._line = None

    def _connect(self, deadline: Deadline) -> Line:
        connection = None
        try:
            connection = socket.create_connection(self._address, max(deadline.left(), 0.001))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if self._tls is not None:
                connection.settimeout(max(deadline.left(), 0.001))
                connection = self._tls.wrap_socket(connection, server_hostname=self._address[0])
        except OSError as error:
            if connection is not None:
                connection.close()
            code = OutsideFaultCode.AUTH if _refused_us(error) else OutsideFaultCode.UNREACHABLE
            raise OutsideFault(code, self._system, _name(error)) from None
        return Line(self._system, connection)
