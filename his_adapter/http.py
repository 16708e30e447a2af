"""HTTP as every adapter needs it: one limit for a whole question, bounded bodies, faults instead of exceptions.

Addresses can hold tokens and personal numbers, so none appears in a fault, the log lines of httpx lose their query, and
those of httpcore the headers of the answer, among which a redirect would repeat it.
"""

import contextlib
import logging
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

import httpx

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.json_text import NotJson, read_json_object
from his_adapter.settings import DEFAULT_TIMEOUT_S
from his_adapter.tls import TlsFiles, context_of

MAX_BODY_BYTES = 1 << 20  # the longest real answer, a card with its history, stays under 100 kB

ENCODING = "gzip"

JsonObject = Mapping[str, object]
Params = Mapping[str, str]


class _WithoutQuery(logging.Filter):
    """httpx logs whole URLs at INFO; the portal wants its token in the query."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                part.copy_with(query=None) if isinstance(part, httpx.URL) else part for part in record.args
            )
        return True


class _WithoutHeaders(logging.Filter):
    """httpcore logs the headers of an answer at DEBUG, already put into words."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str) and record.msg.startswith("receive_response_headers"):
            record.msg = record.msg.partition(" return_value=")[0]
        return True


_without_query = _WithoutQuery()
_without_headers = _WithoutHeaders()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: HTTP status, the bytes as received, and the headers, their names in small letters."""

    status: int
    body: bytes = field(repr=False)
    headers: Params = field(default_factory=dict, repr=False)


class Deadline:
    """The moment a question must be answered by, over all the calls it takes. Never later than that of `within`."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        outer = _outer.get()
        self._until = clock() + (seconds if outer is None else min(seconds, outer.left()))

    def left(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self._until - self._clock())


_outer: ContextVar[Deadline | None] = ContextVar("outer deadline", default=None)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Adapters called in this block, by this thread, take no longer than this, whatever their own limit.

    A hub asks for somebody who waits for `seconds` only: what it did later would be for nobody.
    """
    before = _outer.set(Deadline(seconds))
    try:
        yield
    finally:
        _outer.reset(before)


class Http:
    """A client of one system. Redirects are not followed: they would carry keys to another address.

    `tls` is for a system with an authority of its own, or one that wants our certificate. Raises OSError or
    ssl.SSLError for files of `tls` that cannot be used.
    """

    def __init__(
        self,
        system: str,
        base_url: str,
        headers: Params | None = None,
        *,
        tls: TlsFiles | None = None,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self.system = system
        self._max_body_bytes = max_body_bytes
        logging.getLogger("httpx").addFilter(_without_query)  # the same object: added once, whatever the count
        logging.getLogger("httpcore.http11").addFilter(_without_headers)  # HTTP/2 would need another package
        self._client = httpx.Client(
            base_url=base_url,
            headers={"Accept-Encoding": ENCODING, **(headers or {})},
            follow_redirects=False,
            trust_env=False,
            verify=context_of(tls),
            timeout=DEFAULT_TIMEOUT_S,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def fault(self, code: OutsideFaultCode, detail: str = "") -> OutsideFault:
        """A fault of this system."""
        return OutsideFault(code, self.system, detail)

    def call(
        self,
        method: str,
        path: str,
        deadline: Deadline,
        *,
        payload: JsonObject | None = None,
        form: Mapping[str, str | list[str]] | None = None,
        params: Params | None = None,
        headers: Params | None = None,
    ) -> Reply:
        """One request, never repeated: with a JSON body, a form, or none.

        Raises OutsideFault: TIMEOUT, UNREACHABLE or BAD_ANSWER.
        """
        left = deadline.left()
        if left <= 0:
            raise self.fault(OutsideFaultCode.TIMEOUT, "no time left")
        try:
            with self._client.stream(
                method, path, json=payload, data=form, params=params, headers=headers, timeout=httpx.Timeout(left)
            ) as response:
                return Reply(response.status_code, self._body(response, deadline), dict(response.headers))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.ProxyError) as error:
            raise self.fault(OutsideFaultCode.UNREACHABLE, type(error).__name__) from None
        except httpx.TimeoutException as error:
            raise self.fault(OutsideFaultCode.TIMEOUT, type(error).__name__) from None
        except (httpx.DecodingError, httpx.RemoteProtocolError) as error:
            # a connection cut after the request was sent: nobody knows whether it was done
            code = OutsideFaultCode.BAD_ANSWER if isinstance(error, httpx.DecodingError) else OutsideFaultCode.TIMEOUT
            raise self.fault(code, type(error).__name__) from None
        except httpx.TransportError as error:
            raise self.fault(OutsideFaultCode.TIMEOUT, type(error).__name__) from None

    def _body(self, response: httpx.Response, deadline: Deadline) -> bytes:
        """Unpacked here and not by httpx, which knows no limit: 64 kB, packed twice, become 64 GB."""
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "", ENCODING):
            raise self.fault(OutsideFaultCode.BAD_ANSWER, "content encoding")
        unpacked = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding == ENCODING else None
        body = bytearray()
        for part in response.iter_raw():
            try:
                body += part if unpacked is None else unpacked.decompress(part, self._max_body_bytes + 1 - len(body))
            except zlib.error:
                raise self.fault(OutsideFaultCode.BAD_ANSWER, "content encoding") from None
            if len(body) > self._max_body_bytes:
                raise self.fault(OutsideFaultCode.BAD_ANSWER, "too long")
            if deadline.left() <= 0:  # a slow trickle keeps each read within its limit, not the whole
                raise self.fault(OutsideFaultCode.TIMEOUT, "slow body")
        if unpacked is not None and not unpacked.eof:
            raise self.fault(OutsideFaultCode.BAD_ANSWER, "content encoding")
        return bytes(body)

    def refused(self, status: int) -> OutsideFault | None:
        """The fault an HTTP status stands for; None for success and for statuses whose body has the answer."""
        if status in (401, 403):
            return self.fault(OutsideFaultCode.AUTH, f"HTTP {status}")
        if status >= 500:
            return self.fault(OutsideFaultCode.SERVER_ERROR, f"HTTP {status}")
        if 300 <= status < 400:
            return self.fault(OutsideFaultCode.BAD_ANSWER, f"HTTP {status}")
        return None

    def parse(self, body: bytes) -> dict[str, object]:
        """A JSON object. Raises OutsideFault BAD_ANSWER for anything else."""
        try:
            return read_json_object(body)
        except NotJson as error:
            raise self.fault(OutsideFaultCode.BAD_ANSWER, str(error)) from None
