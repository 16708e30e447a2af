"""This year's co-payments: ``TraCuuTienMCCT``, live since 2026-08-18 (quoted by two independent sources).

The account is bound to be locked by asking too often, so silence and every refusal that may come from such a lock are
followed by a rest, during which nothing is asked and the figure is unknown.
"""

from collections.abc import Callable
from datetime import datetime

from his_adapter.bhyt.card_reply import UnreadableReply
from his_adapter.bhyt.copayment_reply import CopaymentReply, read_copayment
from his_adapter.bhyt.rest import Rest
from his_adapter.bhyt.session import Session
from his_adapter.bhyt.token import Token, TokenStore
from his_adapter.clock import ZONE
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.http import Deadline, Http
from his_adapter.model import CopaymentAnswer, InsuranceQuery
from his_adapter.settings import PortalSettings

COPAYMENT_PATH = "/api/TraCuuCCT/TraCuuTienMCCT"
FOUND = "200"
NOTHING = "204"
"""No card, or no co-payment: the portal does not say which, so the figure is unknown."""
SIGNED_OUT = "401"

AskCopayment = Callable[[InsuranceQuery, float], CopaymentAnswer]
"""Asks within so many seconds; always answers."""


class CopaymentCheck:
    """One question for the figure; at most one renewed sign-in, one time limit over all of it."""

    def __init__(
        self,
        query: InsuranceQuery,
        http: Http,
        settings: PortalSettings,
        tokens: TokenStore,
        rest: Rest,
        moment: datetime,
        limit_s: float,
    ) -> None:
        self._query = query
        self._http = http
        self._settings = settings
        self._tokens = tokens
        self._rest = rest
        self._asked_at = moment.astimezone(ZONE)
        self._deadline = Deadline(limit_s)
        self._raw = b""

    def answer(self) -> CopaymentAnswer:
        """Ask, and judge what came or did not come."""
        if self._rest.active:
            return self._unknown("", OutsideFaultCode.RESTRICTED, "not asked: resting after a refusal or silence")
        try:
            session = Session(self._http, self._tokens, self._deadline)
            reply = session.ask(self._exchange, lambda said: said.code == SIGNED_OUT)
        except OutsideFault as fault:
            if fault.code is not OutsideFaultCode.UNREACHABLE:  # where nothing arrived, nothing was counted against us
                self._rest.begin()
            return self._unknown("", fault.code, fault.detail)
        if reply.code == FOUND:
            return self._conclude(reply.code, reply.accumulated_dong, reply.note, "")
        if reply.code == NOTHING:
            return self._conclude(reply.code, None, reply.note, "no card or no co-payment")
        self._rest.begin()
        if reply.code == SIGNED_OUT:
            return self._unknown(reply.code, OutsideFaultCode.AUTH, "session refused")
        # 500 is how the portal speaks to an account on its list of restricted ones; 400 is our own bug
        restricted = reply.code == "500"
        fault_code = OutsideFaultCode.RESTRICTED if restricted else OutsideFaultCode.REJECTED
        return self._unknown(reply.code, fault_code, f"MaKetQua {reply.code[:8]}")

    def _exchange(self, token: Token) -> CopaymentReply | None:
        sent = self._http.call(
            "POST",
            COPAYMENT_PATH,
            self._deadline,
            headers=self._tokens.headers(token),
            payload={
                "username": self._settings.username,
                "maThe": self._query.number,
                "hoTen": self._query.full_name,
                "ngaySinh": self._query.birth_date.portal_text(),
            },
        )
        self._raw = sent.body
        if sent.status in (401, 403):
            return None
        try:
            # the status repeats MaKetQua where there is a body, so the body is read first
            return read_copayment(self._http.parse(sent.body), self._asked_at.year)
        except UnreadableReply as error:
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, str(error)) from None
        except OutsideFault:
            if refusal := self._http.refused(sent.status):
                raise refusal from None
            raise

    def _unknown(self, code: str, fault: OutsideFaultCode, detail: str) -> CopaymentAnswer:
        return self._conclude(code, None, "", detail, fault)

    def _conclude(
        self, code: str, accumulated: int | None, note: str, detail: str, fault: OutsideFaultCode | None = None
    ) -> CopaymentAnswer:
        return CopaymentAnswer(
            code=code,
            asked_at=self._asked_at,
            accumulated_dong=accumulated,
            as_of=note,
            detail=detail,
            fault=fault,
            raw=self._raw,
        )
