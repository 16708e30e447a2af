"""The port to a service that knows the authority's own records, and an adapter over HTTPS.

In Vietnam the authority (RAR) is reached through licensed providers, whose interfaces are not public. The protocol here
is a small JSON exchange that a gateway in front of such a provider can speak: see `docs/trust.md`.
"""

import base64
import http.client
import ipaddress
import json
import re
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from cccd_reader.active_authentication import ActiveEvidence
from cccd_reader.verdict import Check, CheckState, Verdict

MAX_ANSWER_BYTES = 65_536
_MAX_REASON_CHARACTERS = 200
_ANSWERS = {
    "successful": CheckState.SUCCESSFUL,
    "failed": CheckState.FAILED,
    "undetermined": CheckState.UNDETERMINED,
}
_LATE = "the service did not answer in time"
_LONG_NUMBER = re.compile(r"\d{6,}")


@dataclass(frozen=True, slots=True, repr=False)
class OnlineRequest:
    """What a service gets to see: EF.SOD, the hashes of the data groups that were read, and how the chip proved itself.

    No name, number, date or photo is in it. It is still personal data, for it tells one card from all others.
    """

    sod: bytes
    hash_algorithm: str
    dg_hashes: Mapping[int, bytes]
    chip_authentication: CheckState | None = None
    active_authentication: CheckState | None = None
    active_evidence: ActiveEvidence | None = None
    others: Mapping[Check, CheckState] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The body of the request: bytes as base64, hashes as hexadecimal digits."""
        body: dict[str, Any] = {
            "version": 1,
            "sod": _base64(self.sod),
            "hash_algorithm": self.hash_algorithm,
            "dg_hashes": {str(group): digest.hex() for group, digest in sorted(self.dg_hashes.items())},
            "checks": {check.value: state.value for check, state in sorted(self._checks().items())},
        }
        if self.active_evidence is not None:
            evidence = self.active_evidence
            body["active_authentication"] = {
                "dg15": _base64(evidence.dg15),
                "challenge": evidence.challenge.hex(),
                "response": evidence.response.hex(),
            }
        return body

    def _checks(self) -> dict[Check, CheckState]:
        found = dict(self.others)
        if self.chip_authentication is not None:
            found[Check.CHIP_AUTHENTICATION] = self.chip_authentication
        if self.active_authentication is not None:
            found[Check.ACTIVE_AUTHENTICATION] = self.active_authentication
        return found


class OnlineVerifier(Protocol):
    """Asks whoever can say whether a card is genuine and still valid."""

    def verify(self, request: OnlineRequest) -> Verdict:
        """The verdict, of `Check.ONLINE`. Never raises for what the network or the service does."""
        ...


class NullVerifier:
    """Where there is no service."""

    def verify(self, request: OnlineRequest) -> Verdict:
        return _verdict(CheckState.UNDETERMINED, "no online verifier is configured")


class HttpVerifier:
    """POSTs the request as JSON and takes {"state": …, "reason": …} for an answer.

    `state` is successful, failed or undetermined. Whatever else comes back is no verdict: an answer that is not
    understood is *undetermined*, an exchange that did not come to its end *aborted*. Redirects are not followed,
    proxies of the environment are not used, nothing is logged.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        header: str = "Authorization",
        timeout_seconds: float = 10.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`token` is the whole value of `header` ("Bearer …"). `timeout_seconds` is for the exchange as a whole.
        `tls` can bring a client certificate or a private authority; by default the system's authorities are trusted and
        host names compared. Raises `ValueError` for an address that is not https; http is for loopback only.
        """
        parts = urlsplit(url)
        if not parts.hostname or parts.scheme not in ("https", "http"):
            raise ValueError("the online verifier's address must begin with https://")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise ValueError("without TLS the online verifier must be on this machine")
        if parts.username is not None or parts.password is not None:
            raise ValueError("the online verifier's address must not contain a password: use the token")
        if token is not None and not (token.isascii() and token.isprintable()):
            raise ValueError("the online verifier's token has characters that no header can carry")
        self._host, self._port = parts.hostname, parts.port
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._tls = (tls or ssl.create_default_context()) if parts.scheme == "https" else None
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", "Connection": "close"}
        if token is not None:
            self._headers[header] = token
        self._timeout = timeout_seconds

    def __repr__(self) -> str:
        return f"HttpVerifier({self._host})"

    def verify(self, request: OnlineRequest) -> Verdict:
        body = json.dumps(request.to_json()).encode("ascii")
        exchange = _Exchange(self._connection(), self._path, body, self._headers)
        # Name resolution has no time limit of its own, and a server that sends a byte a second never runs into the
        # socket's: the whole exchange has its thread, and is left behind when the time is up.
        thread = threading.Thread(target=exchange.run, name="online-verifier", daemon=True)
        thread.start()
        thread.join(self._timeout)
        if thread.is_alive():
            exchange.abandon()
            return _verdict(CheckState.ABORTED, _LATE)
        if exchange.failure:
            return _verdict(CheckState.ABORTED, exchange.failure)
        return _parse_answer(exchange.status, exchange.answer)

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=self._tls)


class _Exchange:
    """One request and its answer, on a thread of its own."""

    def __init__(
        self, connection: http.client.HTTPConnection, path: str, body: bytes, headers: Mapping[str, str]
    ) -> None:
        self._connection = connection
        self._path, self._body, self._headers = path, body, headers
        self.status = 0
        self.answer = b""
        self.failure = ""

    def run(self) -> None:
        try:
            self._connection.request("POST", self._path, self._body, dict(self._headers))
            with self._connection.getresponse() as response:
                self.status = response.status
                # One byte more than may be there tells that there is more.
                self.answer = response.read(MAX_ANSWER_BYTES + 1)
        except ssl.SSLError:
            self.failure = "the service's identity could not be verified (TLS)"
        except TimeoutError:
            self.failure = _LATE
        except (OSError, ValueError):
            self.failure = "the service cannot be reached"
        except http.client.HTTPException:
            self.failure = "the service broke off its answer"
        finally:
            self._connection.close()

    def abandon(self) -> None:
        """Ends the exchange from another thread, so that its thread ends soon."""
        connected = self._connection.sock
        if connected is not None:
            try:
                connected.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it ended by itself in the meantime


def _parse_answer(status: int, answer: bytes) -> Verdict:
    if status != http.client.OK:
        return _verdict(CheckState.UNDETERMINED, f"the service answered with HTTP status {status}")
    if len(answer) > MAX_ANSWER_BYTES:
        return _verdict(CheckState.UNDETERMINED, "the service's answer is too long")
    try:
        document = json.loads(answer)
    except (ValueError, RecursionError):
        return _verdict(CheckState.UNDETERMINED, "the service's answer is no JSON")
    if not isinstance(document, dict) or set(document) != {"state", "reason"}:
        return _verdict(CheckState.UNDETERMINED, "the service's answer has not the members state and reason")
    state, reason = document["state"], document["reason"]
    if not isinstance(state, str) or state not in _ANSWERS:
        return _verdict(CheckState.UNDETERMINED, "the service's answer has no known state")
    if not isinstance(reason, str) or len(reason) > _MAX_REASON_CHARACTERS or not reason.isprintable():
        return _verdict(CheckState.UNDETERMINED, "the service's answer has a malformed reason")
    # A reason goes into logs: a number of a card or a person has no place there.
    return _verdict(_ANSWERS[state], "service: " + _LONG_NUMBER.sub("…", reason))


def _verdict(state: CheckState, reason: str) -> Verdict:
    return Verdict(Check.ONLINE, state, reason)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
