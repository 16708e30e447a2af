"""The portal's session token: valid for about ten minutes, for our address only, and taken by one thread at a time."""

import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from his_adapter.bhyt.rest import Rest
from his_adapter.clock import Now, everywhere
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.http import Deadline, Http
from his_adapter.settings import PortalSettings

TOKEN_PATH = "/api/token/take"  # noqa: S105 - a path
SIGNED_IN = "200"
REFUSED = "401"

LIFETIME = timedelta(minutes=10)
"""SessionTimeLimit of the portal (letter 1839/CNTT-PM of 2026-08-18), for a reply whose expires_in cannot be read."""
_TOKEN = re.compile(r"[!-~]{1,4096}")
MARGIN = timedelta(seconds=20)
"""Taken anew this long before the end, so that it does not run out on the way."""


@dataclass(frozen=True, slots=True)
class Token:
    """Goes into every query string; therefore no address of this portal is ever logged."""

    access_token: str = field(repr=False)
    id_token: str = field(repr=False)
    ends_at: datetime


class TokenStore:
    """Keeps one token and replaces it when it ends or was refused."""

    def __init__(self, http: Http, settings: PortalSettings, now: Now) -> None:
        self._http = http
        self._settings = settings
        self._now = now
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._rest = Rest(settings.sign_in_rest_s)

    @property
    def password(self) -> str:
        """The MD5 in the case this gateway wants."""
        digest = self._settings.password_md5.get_secret_value()
        return digest.upper() if self._settings.md5_upper else digest.lower()

    def headers(self, token: Token) -> dict[str, str]:
        """Of the calls that prove themselves by headers instead of the query string."""
        return {"accessToken": token.access_token, "tokenId": token.id_token, "passwordHash": self.password}

    def get(self, deadline: Deadline, *, instead_of: Token | None = None, insist: bool = False) -> Token:
        """A token believed valid, and not `instead_of`, which was refused. Raises OutsideFault.

        After the account was refused nobody signs in for a while, unless they `insist`: a person who looks into it.
        """
        if not self._lock.acquire(timeout=deadline.left()):
            raise self._http.fault(OutsideFaultCode.TIMEOUT, "another sign-in takes too long")
        try:
            token = self._token
            if token is None or token is instead_of or token.ends_at - MARGIN <= self._now():
                self._token = None
                token = self._token = self._sign_in(deadline, insist)
            return token
        finally:
            self._lock.release()

    def current(self) -> Token | None:
        """The token at hand, valid or not."""
        return self._token

    def _sign_in(self, deadline: Deadline, insist: bool) -> Token:
        if self._rest.active and not insist:
            raise self._http.fault(OutsideFaultCode.AUTH, "not signed in: resting after a refusal")
        try:
            token = self._take(deadline)
        except OutsideFault as fault:
            if fault.code is OutsideFaultCode.AUTH:
                self._rest.begin()
            raise
        self._rest.end()
        return token

    def _take(self, deadline: Deadline) -> Token:
        account = {"username": self._settings.username, "password": self.password}
        taken_at = self._now()
        reply = self._http.call("POST", TOKEN_PATH, deadline, payload=account)
        if refusal := self._http.refused(reply.status):
            raise refusal
        answer = self._http.parse(reply.body)
        code = answer.get("maKetQua")
        if code == REFUSED:
            raise self._http.fault(OutsideFaultCode.AUTH, "account refused")
        if code != SIGNED_IN:
            raise self._http.fault(OutsideFaultCode.SERVER_ERROR, "no token")
        match answer.get("APIKey"):
            case {"access_token": str(access), "id_token": str(identity), **rest} if _sent(access) and _sent(identity):
                return Token(access, identity, _end(rest.get("expires_in"), taken_at))
            case _:
                raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "token reply")


def _end(text: object, taken_at: datetime) -> datetime:
    """``expires_in`` is a moment in UTC with seven decimals of a second, not a number of seconds.

    An end that a new token has reached already is one by another clock than ours: believing it would mean a sign-in for
    every question.
    """
    try:
        end = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        end = None
    if end is not None:
        end = everywhere(end.replace(tzinfo=end.tzinfo or UTC))
    return end if end is not None and end - MARGIN > taken_at else taken_at + LIFETIME


def _sent(token: str) -> bool:
    """Whether a token can go into headers and addresses."""
    return _TOKEN.fullmatch(token) is not None
