"""The insurance portal: one question per patient, and an answer for the flow whatever happens."""

import textwrap
from collections.abc import Callable
from decimal import Decimal

from his_adapter.clock import Now, now
from his_adapter.model import CopaymentAnswer, CoverageAction, CoverageAnswer, InsuranceQuery
from his_adapter.ports import InsurancePortal
from kiosk.app.mainthread import Tasks
from kiosk.app.patient import patient_identity
from kiosk.app.session import SessionHolder
from kiosk.flow import effects, events, values

OUTCOMES = {
    CoverageAction.GO_ON: values.CoverageOutcome.VALID,
    CoverageAction.SELF_PAY: values.CoverageOutcome.SELF_PAY,
    CoverageAction.COUNTER: values.CoverageOutcome.COUNTER,
    CoverageAction.GO_ON_UNVERIFIED: values.CoverageOutcome.UNVERIFIED,
}
UNKNOWN = values.Coverage(values.CoverageOutcome.UNVERIFIED, code="")
OWN_PLACE = "1.1"  # Decision 3276/QD-BYT, annex 1: examined where registered
CARD_LENGTH = 15
AS_OF_LENGTH = 80


class InsuranceService:
    """Answers CheckInsurance. `waiting` tells whether the screen still waits for the portal."""

    def __init__(
        self,
        portal: InsurancePortal,
        tasks: Tasks,
        dispatch: Callable[[events.Event], None],
        holder: SessionHolder,
        waiting: Callable[[], bool],
        now: Now = now,
    ) -> None:
        self._portal = portal
        self._tasks = tasks
        self._dispatch = dispatch
        self._holder = holder
        self._waiting = waiting
        self._now = now

    def check(self, effect: effects.CheckInsurance) -> None:
        """Ask by the number from the chip: no other card need be shown (Decree 188/2025/ND-CP, Art. 37.1)."""
        session = effect.session
        patient = self._holder.of(session)
        if patient is None or patient.readout is None:
            return
        query = InsuranceQuery.of(patient_identity(patient.readout.citizen))
        patient.insurance_asked_at = self._now()
        self._tasks.run(
            lambda: self._portal.check(query),
            then=lambda answer: self._answer(session, answer),
            failed=lambda _: self._dispatch(events.InsuranceAnswered(session, UNKNOWN)),
        )

    def _answer(self, session: int, answer: CoverageAnswer) -> None:
        patient = self._holder.of(session)
        # an answer that comes after the patient was told "not verified" would contradict the screen and the log
        if patient is not None and self._waiting():
            patient.coverage = answer
            self._dispatch(events.InsuranceAnswered(session, shown(answer)))


def shown(answer: CoverageAnswer) -> values.Coverage:
    """What the screen may show of the answer."""
    coverage, entitlement = answer.coverage, answer.entitlement
    return values.Coverage(
        outcome=OUTCOMES[answer.action],
        code=answer.code,
        masked_card=mask_card(coverage.card_number) if coverage else "",
        valid_to=f"{coverage.valid_to:%d/%m/%Y}" if coverage and coverage.valid_to else "",
        facility=coverage.registered_facility_name if coverage else "",
        payable_percent=entitlement.payable_percent if entitlement else Decimal(0),
        right_place=entitlement is not None and entitlement.object_code == OWN_PLACE,
        exempt_as_of=_as_of(answer.copayment) if answer.copayment and answer.is_exempt else None,
    )


def _as_of(copayment: CopaymentAnswer) -> str:
    """On one line, and no longer than a screen has room for: the portal's guide gives the note no length."""
    return textwrap.shorten(copayment.as_of, AS_OF_LENGTH, placeholder=" …")


def mask_card(number: str) -> str:
    """GD 4 01 ··· 1234: group, level and province, and the last four digits."""
    if len(number) != CARD_LENGTH:
        return f"··· {number[-4:]}"
    return f"{number[:2]} {number[2]} {number[3:5]} ··· {number[-4:]}"
