"""The insurance portal's answer. A dead portal never stops a patient (Decree 188/2025, Art. 38.2)."""

from dataclasses import replace

from kiosk.flow.effects import ListServices
from kiosk.flow.events import InsuranceAccepted, InsuranceAnswered, Tick
from kiosk.flow.model import Model
from kiosk.flow.moves import go, refer, stay
from kiosk.flow.screens import AtCounter, CheckingInsurance, ChooseService, ShowInsurance
from kiosk.flow.table import Step, on
from kiosk.flow.values import Coverage, CoverageOutcome, FaultCode

SILENT = Coverage(CoverageOutcome.UNVERIFIED, code="")
"""What stands for a portal that did not answer in time."""


def _show(model: Model, coverage: Coverage) -> Step:
    known = replace(model, patient=replace(model.patient, coverage=coverage))
    if coverage.outcome is CoverageOutcome.COUNTER:
        return refer(known, FaultCode.INSURANCE_CHECK)
    return go(known, ShowInsurance(coverage))


@on(CheckingInsurance, InsuranceAnswered, ShowInsurance, AtCounter)
def insurance_answered(model: Model, _: CheckingInsurance, event: InsuranceAnswered) -> Step:
    return _show(model, event.coverage)


@on(CheckingInsurance, Tick, ShowInsurance)
def insurance_silent(model: Model, screen: CheckingInsurance, _: Tick) -> Step:
    return stay(model, screen) if model.now < screen.until else _show(model, SILENT)


@on(ShowInsurance, InsuranceAccepted, ChooseService)
def insurance_accepted(model: Model, screen: ShowInsurance, _: InsuranceAccepted) -> Step:
    self_pay = screen.coverage.outcome is CoverageOutcome.SELF_PAY
    known = replace(model, patient=replace(model.patient, self_pay=self_pay))
    loading = ChooseService(until=model.now + model.delays.services_limit)
    return go(known, loading, ListServices(model.session))
