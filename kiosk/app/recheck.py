"""Asking the portal again about cards it could not be asked about when their holders came.

The patient was received all the same, the card is asked for again later, and when the day ends without an answer a
person sends the proof of the outage (Decree 188/2025/ND-CP, Art. 38.2).
"""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import structlog

from his_adapter.clock import ZONE
from his_adapter.model import CoverageAction, PatientIdentity
from his_adapter.outbox import CoverageNews, Recheck, dump_coverage, dump_recheck, load_recheck
from his_adapter.ports import InsurancePortal
from kiosk.app.delivery import DOWN, unreadable
from kiosk.app.evidence import reply_evidence
from records import values
from records.outbox import Delivered, DeliveryResult, OutboxItem, Refused, Retry

log = structlog.get_logger(__name__)

DAY_OVER = "day_over"
"""Outbox error code: the visit's day ended before the portal had said anything about the card."""
PAUSE = timedelta(minutes=10)
"""Between two questions about one card: the portal locks accounts that ask too often."""


class CardRecheck:
    """The portal's late answer becomes evidence, and something to tell the hospital.

    `pause` lies between two questions about one card and before the first; make it no shorter than the portal's answers
    are kept. `extra` is how long to go on after the midnight that ends the visit's day.
    """

    def __init__(
        self,
        portal: InsurancePortal,
        now: Callable[[], datetime],
        *,
        pause: timedelta = PAUSE,
        extra: timedelta = timedelta(0),
    ) -> None:
        self._portal = portal
        self._now = now
        self._pause = pause
        self._extra = extra

    def message(self, patient: PatientIdentity) -> values.OutboxMessage:
        """To be promised with the visit of today."""
        now = self._now()
        recheck = Recheck(patient, now.astimezone(ZONE).date())
        return values.OutboxMessage(values.BHYT_RECHECK, dump_recheck(recheck), now + self._pause)

    def ask(self, item: OutboxItem) -> DeliveryResult:
        """One question, for the outbox. Every answer is kept, silence too."""
        try:
            recheck = load_recheck(item.payload)
        except ValueError:
            return unreadable(item)
        if self._now() >= self._end(recheck):
            log.warning("card not verified on its day", visit=item.visit_id, attempts=item.attempts)
            return Refused(DAY_OVER)
        answer = self._portal.check(recheck.query)
        evidence = reply_evidence(answer)
        if answer.action is CoverageAction.GO_ON_UNVERIFIED:
            code = answer.entry if answer.fault is None else answer.fault.value
            return Retry(code, down=answer.fault in DOWN, pause=self._pause, evidence=evidence)
        verified = answer.action is CoverageAction.GO_ON
        log.info("card answered later", visit=item.visit_id, code=answer.code, verified=verified)
        news = CoverageNews.of(recheck.patient, answer, verified=verified)
        told = values.OutboxMessage(values.HIS_COVERAGE, dump_coverage(news))
        return Delivered(evidence=evidence, then=(told,))

    def _end(self, recheck: Recheck) -> datetime:
        midnight = datetime.combine(recheck.day + timedelta(days=1), time(), ZONE)
        return midnight + self._extra
