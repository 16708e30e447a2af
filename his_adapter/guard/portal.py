"""The guard of the insurance portal: its open breaker answers, because the patient is received all the same."""

import time
from collections.abc import Callable
from datetime import datetime

from his_adapter.bhyt.result_codes import NO_ANSWER
from his_adapter.clock import ZONE, Now, now
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.guard.breaker import DOWN, BreakerPolicy
from his_adapter.guard.calls import OPEN_DETAIL, Guarded, GuardedAdapter
from his_adapter.guard.metrics import OutsideMetrics
from his_adapter.model import CopaymentAnswer, CoverageAction, CoverageAnswer, CoverageOutcome, InsuranceQuery
from his_adapter.ports import InsurancePortal

SYSTEM = "bhyt"
COPAYMENT_SYSTEM = "bhyt_copayment"
"""A service of its own, slower than the card check: its silence must not keep a card from being checked."""
PORTAL_POLICY = BreakerPolicy(failures=3, base_s=15.0, cap_s=300.0, down=DOWN | {OutsideFaultCode.AUTH})
"""The portal locks accounts that ask too often, a refused account above all: fewer tries, longer pauses."""


class GuardedPortal(GuardedAdapter, InsurancePortal):
    """`InsurancePortal` over any other. With an open breaker every check is UNVERIFIED at once.

    The evidence of that outage is the answer's: when, that no reply came, and the fault that opened the breaker. `now`
    must be the portal's own clock: an answer from before the question was kept by the portal, and is no sign of life.
    """

    def __init__(
        self,
        inner: InsurancePortal,
        metrics: OutsideMetrics,
        *,
        policy: BreakerPolicy = PORTAL_POLICY,
        clock: Callable[[], float] = time.monotonic,
        now: Now = now,
    ) -> None:
        super().__init__(inner, SYSTEM, metrics, policy=policy, clock=clock)
        self._copayments = Guarded(inner, COPAYMENT_SYSTEM, metrics, policy=policy, clock=clock)
        self._inner = inner
        self._now = now

    def check(self, query: InsuranceQuery) -> CoverageAnswer:
        """What is known of a card today; see the port."""
        asked_at = self._now()
        try:
            return self._call(
                "check",
                lambda: self._inner.check(query),
                judge=lambda answer: answer.fault,
                is_news=lambda answer: _is_news(answer, asked_at),
            )
        except OutsideFault as fault:  # the port never raises it: this is the open breaker
            return self._unasked(fault.code)

    def copayment(self, query: InsuranceQuery) -> CopaymentAnswer:
        """This year's co-payments; see the port."""
        asked_at = self._now()
        try:
            return self._copayments._call(
                "copayment",
                lambda: self._inner.copayment(query),
                judge=lambda answer: answer.fault,
                is_news=lambda answer: _is_news(answer, asked_at),
            )
        except OutsideFault as fault:
            return CopaymentAnswer(
                code="",
                asked_at=asked_at.astimezone(ZONE),
                detail=fault.detail,
                fault=fault.code,
            )

    def _unasked(self, code: OutsideFaultCode) -> CoverageAnswer:
        cause = self.breaker.last_fault
        return CoverageAnswer(
            outcome=CoverageOutcome.UNVERIFIED,
            action=CoverageAction.GO_ON_UNVERIFIED,
            code="",
            entry=NO_ANSWER,
            asked_at=self._now().astimezone(ZONE),
            message=OPEN_DETAIL if cause is None else f"{OPEN_DETAIL} ({cause.value})",
            fault=code,
        )


def _is_news(answer: CoverageAnswer | CopaymentAnswer, asked_at: datetime) -> bool:
    """Whether the portal said it just now: it was not kept, and the adapter did not rest for its account's sake."""
    return answer.asked_at >= asked_at and answer.fault is not OutsideFaultCode.RESTRICTED
