"""How the adapter proves who it is: nothing, an account, or an OAuth 2.0 token that is kept while it is good."""

import base64
import threading
import time
from collections.abc import Callable
from urllib.parse import quote_plus

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.fhir.settings import BasicAuth, ClientCredentials
from his_adapter.http import Deadline, Http
from his_adapter.tls import TlsFiles

SPARE_S = 30.0
"""A token is renewed this long before it ends: clocks and networks are not exact."""
SHORTEST_S = 5.0


def _basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


class Authorization:
    """The Authorization header. One token serves all threads, and only one of them asks for a new one."""

    def __init__(
        self,
        settings: BasicAuth | ClientCredentials | None,
        system: str,
        tls: TlsFiles | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._system = system
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0
        self._http: Http | None = None
        if isinstance(settings, ClientCredentials):
            self._http = Http(system, settings.token_url, {"Accept": "application/json"}, tls=tls)

    @property
    def renewable(self) -> bool:
        """Whether a refused request may get through with a new token."""
        return self._http is not None

    def header(self, deadline: Deadline) -> dict[str, str]:
        """The header, or none. Raises OutsideFault: AUTH when the token server refuses us."""
        settings = self._settings
        if settings is None:
            return {}
        if isinstance(settings, BasicAuth):
            return {"Authorization": _basic(settings.username, settings.password.get_secret_value())}
        if not self._lock.acquire(timeout=deadline.left()):
            raise OutsideFault(OutsideFaultCode.TIMEOUT, self._system, "token server: somebody else still asks")
        try:
            if not self._token or self._clock() >= self._until:
                self._renew(settings, deadline)
            return {"Authorization": f"Bearer {self._token}"}
        finally:
            self._lock.release()

    def forget(self, header: dict[str, str]) -> None:
        """The server refused this token."""
        with self._lock:
            if header.get("Authorization") == f"Bearer {self._token}":
                self._token = ""

    def close(self) -> None:
        """Release the connections and the token."""
        self._token = ""
        if self._http is not None:
            self._http.close()

    def _renew(self, settings: ClientCredentials, deadline: Deadline) -> None:
        assert self._http is not None
        secret = settings.client_secret.get_secret_value()
        form = {"grant_type": "client_credentials"}
        if settings.scope:
            form["scope"] = settings.scope
        headers = {}
        if settings.in_header:  # RFC 6749, 2.3.1: id and secret are form-encoded before they are joined
            headers["Authorization"] = _basic(quote_plus(settings.client_id), quote_plus(secret))
        else:
            form |= {"client_id": settings.client_id, "client_secret": secret}
        reply = self._http.call("POST", settings.token_url, deadline, form=form, headers=headers)
        if reply.status in (400, 401, 403):
            raise self._http.fault(OutsideFaultCode.AUTH, f"token server: HTTP {reply.status}")
        if reply.status != 200:
            code = OutsideFaultCode.SERVER_ERROR if reply.status >= 500 else OutsideFaultCode.BAD_ANSWER
            raise self._http.fault(code, f"token server: HTTP {reply.status}")
        answer = self._http.parse(reply.body)
        token, kind, seconds = answer.get("access_token"), answer.get("token_type"), answer.get("expires_in", 60)
        good = isinstance(token, str) and token and token.isascii() and token.isprintable() and " " not in token
        if not good or not isinstance(kind, str) or kind.lower() != "bearer":
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "token server: no bearer token")
        if isinstance(seconds, str) and seconds.isascii() and seconds.isdigit():  # some servers quote it
            seconds = int(seconds[:9])
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds != seconds:
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "token server: expires_in")
        self._token = str(token)
        self._until = self._clock() + max(SHORTEST_S, float(max(0, min(seconds, 86_400))) - SPARE_S)
