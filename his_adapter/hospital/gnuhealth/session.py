"""Calls to a Tryton server: signed in, in the company's context, with faults instead of exceptions.

A session that the server no longer takes is renewed once: HTTP 401 comes before anything is done, so the same call may
be sent again. Posting and paying want a session that was used a moment ago (``fresh_session``), so for them a renewal
is nothing special.
"""

import base64
import functools
import itertools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.gnuhealth.wire import Malformed, Refusal, RpcRefused, answer, question
from his_adapter.http import Deadline, Http
from his_adapter.settings import DEFAULT_TIMEOUT_S

SYSTEM = "gnuhealth"
LANGUAGE = "en"
_LOGIN = TypeAdapter(tuple[int, str])
_IDS = TypeAdapter(list[int])
_FAULTS = {
    Refusal.USER: OutsideFaultCode.REJECTED,
    Refusal.WARNING: OutsideFaultCode.REJECTED,
    Refusal.CONCURRENCY: OutsideFaultCode.SERVER_ERROR,  # somebody else was faster, again and again: later
    Refusal.LOGIN: OutsideFaultCode.AUTH,
    Refusal.INTERNAL: OutsideFaultCode.SERVER_ERROR,
}

Domain = Sequence[object]
Row = TypeVar("Row", bound=BaseModel)
Values = Mapping[str, object]


@functools.cache
def _listed(row: type[Row]) -> TypeAdapter[list[Row]]:
    """Many rows; made once, which takes longer than a call."""
    return TypeAdapter(list[row])  # type: ignore[valid-type]


@dataclass(frozen=True, slots=True)
class Account:
    """Who signs in where."""

    base_url: str
    database: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Session:
    header: str = field(repr=False)
    context: Mapping[str, object]


class Tryton:
    """A client of one database. Safe from any thread."""

    def __init__(self, account: Account, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        self._account = account
        self._timeout_s = timeout_s
        self._http = Http(SYSTEM, account.base_url)
        self._path = f"/{account.database}/"
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._session: _Session | None = None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def deadline(self) -> Deadline:
        """The moment a question that starts now must be answered by."""
        return Deadline(self._timeout_s)

    def company(self, deadline: Deadline) -> int:
        """The company that the account works for."""
        company = self._signed_in(deadline).context["company"]
        assert isinstance(company, int)
        return company

    def fault(self, code: OutsideFaultCode, detail: str = "") -> OutsideFault:
        """A fault of this system."""
        return self._http.fault(code, detail)

    def call(self, deadline: Deadline, method: str, *arguments: object, context: Values | None = None) -> object:
        """One call. Raises RpcRefused when the server refuses it, OutsideFault for everything else."""
        session = self._signed_in(deadline)
        for last in (False, True):
            params = [*arguments, {**session.context, **(context or {})}]
            status, result = self._post(deadline, method, params, session.header)
            if status != 401:
                return result
            if last:
                break
            session = self._renewed(deadline, session)
        raise self.fault(OutsideFaultCode.AUTH, "session refused")

    def must(self, deadline: Deadline, method: str, *arguments: object, context: Values | None = None) -> object:
        """One call whose refusal is a fault: REJECTED for a rule of the server, SERVER_ERROR for its own error."""
        try:
            return self.call(deadline, method, *arguments, context=context)
        except RpcRefused as refused:
            raise self.refused(refused, method) from None

    def refused(self, refused: RpcRefused, what: str) -> OutsideFault:
        """The fault that a refusal is. The server's text can name people and stays out of it."""
        return self.fault(_FAULTS[refused.kind], f"{what}: {refused.kind.value}")

    def search(
        self,
        deadline: Deadline,
        model: str,
        domain: Domain,
        row: type[Row],
        *,
        limit: int | None = None,
        order: Sequence[tuple[str, str]] | None = None,
        context: Values | None = None,
    ) -> list[Row]:
        """The records that fit, as rows: a row's aliases are the fields that are read."""
        fields = [field.alias or name for name, field in row.model_fields.items()]
        found = self.must(
            deadline, f"model.{model}.search_read", list(domain), 0, limit, order, fields, context=context
        )
        return self.rows(found, row, model)

    def rows(self, value: object, row: type[Row], what: str) -> list[Row]:
        """Rows of an answer. Raises OutsideFault BAD_ANSWER."""
        try:
            return _listed(row).validate_python(value)
        except ValidationError as error:
            where = ", ".join(".".join(map(str, item["loc"])) for item in error.errors()[:3])
            raise self.fault(OutsideFaultCode.BAD_ANSWER, f"{what}: {where}") from None

    def create(self, deadline: Deadline, model: str, values: Values) -> int:
        """A new record; its id. Raises RpcRefused as well."""
        made = self.call(deadline, f"model.{model}.create", [values])
        try:
            (number,) = _IDS.validate_python(made)
        except ValueError:  # ValidationError is one
            raise self.fault(OutsideFaultCode.BAD_ANSWER, f"{model}: no id") from None
        return number

    def write(self, deadline: Deadline, model: str, record: int, values: Values, *, unless_since: str = "") -> None:
        """Change a record; with a time stamp only if nobody else has changed it since. Raises RpcRefused as well."""
        context = stamped(model, record, unless_since) if unless_since else None
        self.call(deadline, f"model.{model}.write", [record], values, context=context)

    def press(self, deadline: Deadline, model: str, button: str, record: int, *, unless_since: str = "") -> None:
        """Press a button of a record's form, with the same caution. Raises RpcRefused as well."""
        context = stamped(model, record, unless_since) if unless_since else None
        self.call(deadline, f"model.{model}.{button}", [record], context=context)

    def _post(self, deadline: Deadline, method: str, params: Sequence[object], header: str) -> tuple[int, object]:
        number = next(self._numbers)
        headers = {"Authorization": header} if header else {}
        reply = self._http.call("POST", self._path, deadline, payload=question(number, method, params), headers=headers)
        if reply.status == 401:
            return reply.status, None
        if reply.status == 429:
            raise self.fault(OutsideFaultCode.AUTH, "too many wrong passwords")
        if refusal := self._http.refused(reply.status):
            raise refusal
        if reply.status != 200:
            raise self.fault(OutsideFaultCode.BAD_ANSWER, f"HTTP {reply.status}")
        try:
            return reply.status, answer(reply.body, number)
        except Malformed as error:
            raise self.fault(OutsideFaultCode.BAD_ANSWER, str(error)) from None

    def _signed_in(self, deadline: Deadline) -> _Session:
        with self._lock:
            if self._session is None:
                self._session = self._sign_in(deadline)
            return self._session

    def _renewed(self, deadline: Deadline, refused: _Session) -> _Session:
        """A new session, unless another thread has just made one."""
        with self._lock:
            if self._session is refused or self._session is None:
                self._session = None
                self._session = self._sign_in(deadline)
            return self._session

    def _sign_in(self, deadline: Deadline) -> _Session:
        account = self._account
        try:
            status, result = self._post(
                deadline,
                "common.db.login",
                [account.username, {"password": account.password}, LANGUAGE],
                "",
            )
            if status == 401:
                raise self.fault(OutsideFaultCode.AUTH, "account refused")
            user, token = _LOGIN.validate_python(result)
            named = f"{account.username}:{user}:{token}".encode()
            header = "Session " + base64.b64encode(named).decode("ascii")
            status, context = self._post(deadline, "model.res.user.get_preferences", [True, {}], header)
        except RpcRefused as refused:
            raise self.refused(refused, "sign-in") from None
        except ValidationError:
            raise self.fault(OutsideFaultCode.BAD_ANSWER, "sign-in") from None
        if status == 401:
            raise self.fault(OutsideFaultCode.AUTH, "session refused")
        if not isinstance(context, dict) or not isinstance(context.get("company"), int):
            raise self.fault(OutsideFaultCode.AUTH, "the account belongs to no company")
        return _Session(header, {**context, "language": LANGUAGE})


def stamped(model: str, record: int, stamp: str) -> Values:
    """The context in which a change is refused when the record has changed since the stamp was read."""
    return {"_timestamp": {f"{model},{record}": stamp}}
