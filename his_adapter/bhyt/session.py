"""A question asked with the session token, signed in anew at most once."""

from collections.abc import Callable
from typing import TypeVar

from his_adapter.bhyt.token import Token, TokenStore
from his_adapter.faults import OutsideFaultCode
from his_adapter.http import Deadline, Http

R = TypeVar("R")


class Session:
    """For one question of a patient, however many calls it takes. Nothing is repeated after silence."""

    def __init__(self, http: Http, tokens: TokenStore, deadline: Deadline) -> None:
        self._http = http
        self._tokens = tokens
        self._deadline = deadline
        self._renewed = False

    def ask(self, exchange: Callable[[Token], R | None], signed_out: Callable[[R], bool]) -> R:
        """One exchange, repeated with a new token when the old one was refused: a refused call has done nothing.

        `exchange` gives None when HTTP itself refused the session. Raises OutsideFault, of `exchange` or AUTH.
        """
        token = self._tokens.get(self._deadline)
        reply = exchange(token)
        if (reply is None or signed_out(reply)) and not self._renewed:
            self._renewed = True
            reply = exchange(self._tokens.get(self._deadline, instead_of=token))
        if reply is None:
            raise self._http.fault(OutsideFaultCode.AUTH, "session refused")
        return reply
