"""What happened in one session, without a word of personal data: for the demonstration's summary and for logs."""

import dataclasses
from dataclasses import dataclass, field

from kiosk.app.session import PatientSession
from kiosk.flow import Model
from kiosk.flow.screens import ShowTicket
from kiosk.flow.values import FaultCode, Outcome, PaymentState, PrintState


@dataclass(frozen=True, slots=True)
class CheckReport:
    check: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChipReport:
    """`bytes` counts both directions on the wire; `fields` tells which of the 18 published fields the chip gave."""

    access: str
    transport: str
    apdus: int
    bytes: int
    seconds: float
    attempts: int
    fields: dict[str, bool]
    verdicts: tuple[CheckReport, ...]


@dataclass(frozen=True, slots=True)
class PadCheckReport:
    check: str
    state: str
    score: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class FaceReport:
    score: float | None
    threshold: float
    fmr: str
    match: bool
    outcome: str
    reason: str
    attempts: int
    seconds: float
    presentation_attack_detection: str
    checks: tuple[PadCheckReport, ...]
    moves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InsuranceReport:
    code: str
    outcome: str


@dataclass(frozen=True, slots=True)
class VisitReport:
    id: str
    number: str
    room: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class PaymentReport:
    amount: int
    status: str


@dataclass(frozen=True, slots=True)
class TicketReport:
    printed: bool


@dataclass(frozen=True, slots=True)
class SessionReport:
    """None for what the session did not reach. `sent_to` and `reason` are set when a person takes over."""

    outcome: str
    reason: str | None
    sent_to: str | None
    chip: ChipReport | None
    face: FaceReport | None
    insurance: InsuranceReport | None
    visit: VisitReport | None
    payment: PaymentReport | None
    ticket: TicketReport
    faults: tuple[str, ...] = field(default_factory=tuple)

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return dataclasses.asdict(self)


def report(model: Model, patient: PatientSession, outcome: Outcome, reason: FaultCode | None) -> SessionReport:
    """The report of a session that is about to end. `model` is the last one that still held the patient."""
    return SessionReport(
        outcome=outcome.value,
        reason=None if reason is None else reason.value,
        sent_to="counter" if outcome is Outcome.COUNTER else None,
        chip=_chip(patient),
        face=_face(patient),
        insurance=_insurance(model),
        visit=_visit(model, patient),
        payment=_payment(model),
        ticket=TicketReport(getattr(model.screen, "printing", None) is PrintState.PRINTED),
        faults=_faults(model),
    )


def _faults(model: Model) -> tuple[str, ...]:
    found = {fault for _, fault in model.faults}
    if isinstance(model.screen, ShowTicket) and model.screen.problem is not None:
        found.add(model.screen.problem)
    return tuple(sorted(fault.value for fault in found))


def _chip(patient: PatientSession) -> ChipReport | None:
    readout = patient.readout
    if readout is None:
        return None
    return ChipReport(
        access=str(readout.access),
        transport=readout.transport,
        apdus=readout.apdus,
        bytes=readout.bytes_moved,
        seconds=round(readout.seconds, 3),
        attempts=patient.read_attempts,
        fields=readout.citizen.fields_present(),
        verdicts=tuple(CheckReport(v.check.value, v.state.value, v.reason) for v in readout.verdicts),
    )


def _face(patient: PatientSession) -> FaceReport | None:
    decision = patient.decision
    if decision is None:
        return None
    return FaceReport(
        score=None if decision.score is None else round(decision.score, 4),
        threshold=decision.threshold,
        fmr=decision.fmr,
        match=decision.outcome.value == "match",
        outcome=decision.outcome.value,
        reason=decision.reason.value,
        attempts=patient.face_attempts,
        seconds=round(decision.seconds, 3),
        presentation_attack_detection=decision.pad.verdict.value,
        checks=tuple(
            PadCheckReport(
                result.check.value,
                result.state.value,
                None if result.score is None else round(result.score, 4),
                result.reason,
            )
            for result in decision.pad.results
        ),
        moves=tuple(move.value for move in decision.pad.moves),
    )


def _insurance(model: Model) -> InsuranceReport | None:
    coverage = model.patient.coverage
    return None if coverage is None else InsuranceReport(coverage.code, coverage.outcome.value)


def _visit(model: Model, patient: PatientSession) -> VisitReport | None:
    visit = model.patient.visit
    return None if visit is None else VisitReport(patient.visit_id, visit.number, visit.room, visit.provisional)


def _payment(model: Model) -> PaymentReport | None:
    visit = model.patient.visit
    if visit is None:
        return None
    amount = 0 if model.patient.payment is PaymentState.NOT_DUE else visit.fee_dong
    return PaymentReport(amount, model.patient.payment.value)
