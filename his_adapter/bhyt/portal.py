"""The social insurance agency's portal: card check ``KQNhanLichSuKCB2024`` (letter 1923/BHXH-CNTT of 2024-06-20) and
this year's co-payments ``TraCuuTienMCCT`` (since 2026-08-18).

Every check is answered. When the portal is silent, refuses our account or says what nobody understands, the answer is
UNVERIFIED or FACILITY_ERROR with the evidence, and the patient is received all the same.
"""

import hashlib
import os

from his_adapter.bhyt.answers import RecentAnswers
from his_adapter.bhyt.card_check import SYSTEM, CardCheck
from his_adapter.bhyt.copayment import CopaymentCheck
from his_adapter.bhyt.entitlement import EntitlementRules
from his_adapter.bhyt.rest import Rest
from his_adapter.bhyt.result_codes import ResultCodes
from his_adapter.bhyt.token import TokenStore
from his_adapter.clock import Now, now
from his_adapter.faults import OutsideFault
from his_adapter.http import Deadline, Http
from his_adapter.model import CopaymentAnswer, CoverageAnswer, Health, InsuranceQuery
from his_adapter.ports import InsurancePortal
from his_adapter.settings import PortalSettings


class BhytPortal(InsurancePortal):
    """`InsurancePortal` over HTTP. Raises pydantic.ValidationError at once when the tables it lives on are bad."""

    def __init__(
        self, settings: PortalSettings, rules: EntitlementRules, codes: ResultCodes | None = None, clock: Now = now
    ) -> None:
        self._settings = settings
        self._rules = rules
        self._codes = codes or ResultCodes()
        self._clock = clock
        self._http = Http(SYSTEM, settings.base_url)
        self._tokens = TokenStore(self._http, settings, clock)
        self._answers = RecentAnswers[CoverageAnswer](settings.cache_s)
        self._copayments = RecentAnswers[CopaymentAnswer](settings.cache_s)
        self._rest = Rest(settings.rest_s)
        self._salt = os.urandom(16)

    def check(self, query: InsuranceQuery) -> CoverageAnswer:
        """What is known of a card today; see the port."""
        check = CardCheck(
            query,
            self._http,
            self._settings,
            self._tokens,
            self._codes,
            self._rules,
            self._clock,
            self._ask_copayment,
        )
        return self._answers.get(self._key(query), check.answer)

    def copayment(self, query: InsuranceQuery) -> CopaymentAnswer:
        """This year's co-payments; see the port."""
        return self._ask_copayment(query, self._settings.timeout_s)

    def health(self) -> Health:
        """One sign-in; see the port."""
        try:
            self._tokens.get(Deadline(self._settings.timeout_s), instead_of=self._tokens.current(), insist=True)
        except OutsideFault as fault:
            return Health(SYSTEM, fault.code, fault.detail)
        return Health(SYSTEM)

    def close(self) -> None:
        """Release the connections and forget the kept answers."""
        self._answers.clear()
        self._copayments.clear()
        self._http.close()

    def _ask_copayment(self, query: InsuranceQuery, limit_s: float) -> CopaymentAnswer:
        check = CopaymentCheck(query, self._http, self._settings, self._tokens, self._rest, self._clock(), limit_s)
        return self._copayments.get(self._key(query), check.answer)

    def _key(self, query: InsuranceQuery) -> bytes:
        """A keyed digest: the keys of the kept answers tell nothing by themselves."""
        asked = "\0".join((query.number, query.full_name.casefold(), query.birth_date.portal_text()))
        return hashlib.blake2b(asked.encode(), key=self._salt, digest_size=16).digest()
