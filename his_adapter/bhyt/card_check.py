"""One card check from the question to the answer."""

from dataclasses import replace

from his_adapter.bhyt.card_reply import CardReply, UnreadableReply, read_reply
from his_adapter.bhyt.copayment import AskCopayment
from his_adapter.bhyt.entitlement import EntitlementRules
from his_adapter.bhyt.result_codes import CONTRADICTION, NO_ANSWER, NewCard, ResultCode, ResultCodes
from his_adapter.bhyt.session import Session
from his_adapter.bhyt.token import Token, TokenStore
from his_adapter.clock import ZONE, Now
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.http import Deadline, Http, Reply
from his_adapter.model import (
    Coverage,
    CoverageAction,
    CoverageAnswer,
    CoverageOutcome,
    Entitlement,
    InsuranceQuery,
)
from his_adapter.settings import PortalSettings

SYSTEM = "bhyt"
CARD_CHECK_PATH = "/api/egw/KQNhanLichSuKCB2024"


class CardCheck:
    """At most one renewed sign-in, at most one second question (for a new card), one time limit over all of it."""

    def __init__(
        self,
        query: InsuranceQuery,
        http: Http,
        settings: PortalSettings,
        tokens: TokenStore,
        codes: ResultCodes,
        rules: EntitlementRules,
        clock: Now,
        ask_copayment: AskCopayment,
    ) -> None:
        self._query = query
        self._http = http
        self._settings = settings
        self._tokens = tokens
        self._codes = codes
        self._rules = rules
        self._asked_at = clock().astimezone(ZONE)
        self._today = self._asked_at.date()
        self._ask_copayment = ask_copayment
        self._deadline = Deadline(settings.timeout_s)
        self._session = Session(http, tokens, self._deadline)
        self._raw = b""
        self._announced: Coverage | None = None

    def answer(self) -> CoverageAnswer:
        """Ask, and judge what came or did not come."""
        try:
            reply = self._ask(self._query)
            if self._row(reply).new_card is NewCard.ASK_AGAIN:
                return self._with_copayment(self._ask_for_new_card(reply))
            return self._with_copayment(self._judge(reply))
        except OutsideFault as fault:
            silence = self._conclude(NO_ANSWER, "", fault.detail, self._announced)
            return replace(silence, fault=fault.code)

    def _ask_for_new_card(self, old: CardReply) -> CoverageAnswer:
        """Code 003: the old card is over, the portal is asked again with the new number."""
        if old.new_card is None:
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "new card without a number")
        self._announced = old.new_card
        reply = self._ask(replace(self._query, number=old.new_card.card_number))
        if self._row(reply).new_card is NewCard.ASK_AGAIN:
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "a new card for the new card")
        answer = self._judge(reply)
        if answer.outcome is CoverageOutcome.VALID:
            return replace(answer, outcome=CoverageOutcome.VALID_NEW_CARD)
        return answer

    def _judge(self, reply: CardReply) -> CoverageAnswer:
        name = self._codes.name(reply.code)
        entry = self._codes.entry(name)
        if entry.action is not CoverageAction.GO_ON:
            return self._conclude(name, reply.code, reply.message, reply.card)
        new = reply.new_card if entry.new_card is NewCard.IF_CURRENT else None
        if new is not None and new.covers(self._today):
            return self._conclude(name, reply.code, reply.message, new)
        if reply.card is None or not reply.card.covers(self._today):
            return self._conclude(CONTRADICTION, reply.code, reply.message, reply.card)
        answer = self._conclude(name, reply.code, reply.message, reply.card)
        return replace(answer, outcome=CoverageOutcome.VALID)

    def _conclude(self, name: str, code: str, message: str, coverage: Coverage | None) -> CoverageAnswer:
        entry = self._codes.entry(name)
        return CoverageAnswer(
            outcome=entry.outcome,
            action=entry.action,
            code=code,
            entry=name,
            asked_at=self._asked_at,
            message=message,
            coverage=coverage,
            entitlement=self._entitlement(entry.action, coverage),
            fault=entry.fault,
            raw=self._raw,
        )

    def _with_copayment(self, answer: CoverageAnswer) -> CoverageAnswer:
        """This year's co-payments, when they can matter. Without the figure the answer stands as it is.

        A slow portal is not asked with what little time is left: running out of it would mean a rest.
        """
        coverage, limit_s = answer.coverage, self._settings.copayment_wait_s
        if answer.action is not CoverageAction.GO_ON or coverage is None or not 0 < limit_s <= self._deadline.left():
            return answer
        if not self._rules.copayment_matters(coverage, self._today):
            return answer
        copayment = self._ask_copayment(replace(self._query, number=coverage.card_number), limit_s)
        entitlement = self._rules.for_card(coverage, self._today, copayment.accumulated_dong)
        return replace(answer, entitlement=entitlement, copayment=copayment)

    def _entitlement(self, action: CoverageAction, coverage: Coverage | None) -> Entitlement | None:
        if action is CoverageAction.SELF_PAY:
            return self._rules.not_insured(self._today)
        if action is CoverageAction.GO_ON and coverage is not None:
            return self._rules.for_card(coverage, self._today)
        return None

    def _ask(self, query: InsuranceQuery) -> CardReply:
        """One question, the sign-in renewed once per check. Raises OutsideFault."""
        return self._session.ask(lambda token: self._exchange(query, token), self._signed_out)

    def _exchange(self, query: InsuranceQuery, token: Token) -> CardReply | None:
        """None when HTTP itself refused the session."""
        sent = self._send(query, token)
        return None if sent.status in (401, 403) else self._read(sent)

    def _row(self, reply: CardReply) -> ResultCode:
        return self._codes.entry(self._codes.name(reply.code))

    def _signed_out(self, reply: CardReply) -> bool:
        entry = self._row(reply)
        return entry.renew is not None or (
            entry.action is CoverageAction.GO_ON_UNVERIFIED and "token" in reply.message.casefold()
        )

    def _read(self, sent: Reply) -> CardReply:
        if refusal := self._http.refused(sent.status):
            raise refusal
        try:
            return read_reply(self._http.parse(sent.body))
        except UnreadableReply as error:
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, str(error)) from None

    def _send(self, query: InsuranceQuery, token: Token) -> Reply:
        sent = self._http.call(
            "POST",
            CARD_CHECK_PATH,
            self._deadline,
            params={
                "token": token.access_token,
                "id_token": token.id_token,
                "username": self._settings.username,
                "password": self._tokens.password,
            },
            payload={
                "maThe": query.number,
                "hoTen": query.full_name,
                "ngaySinh": query.birth_date.portal_text(),
                "hoTenCb": self._settings.officer_name,
                "cccdCb": self._settings.officer_number.get_secret_value(),
            },
        )
        self._raw = sent.body
        return sent
