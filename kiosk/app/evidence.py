"""From a session's results to the evidence of the match log: the rooms do not know each other."""

import hashlib
from datetime import datetime

from face.decision import Outcome
from face.pad.evidence import PadVerdict
from his_adapter.bhyt.result_codes import NO_ANSWER
from his_adapter.model import CopaymentAnswer, CoverageAction, CoverageAnswer
from kiosk.app.session import PatientSession
from kiosk.flow import Model
from kiosk.flow.consent import CONSENT_VERSION
from kiosk.flow.values import CoverageOutcome, Language
from records.evidence import (
    CheckVerdict,
    ChipAccess,
    ChipEvidence,
    ConsentChoice,
    ConsentEvidence,
    Evidence,
    FaceEvidence,
    FaceOutcome,
    FrameQuality,
    InsuranceEvidence,
    InsuranceOutcome,
    ModelHash,
    PadCheck,
    PadState,
    Verdict,
)
from records.values import COPAYMENT, PortalEvidence

FACE_OUTCOMES = {
    Outcome.MATCH: FaceOutcome.MATCH,
    Outcome.NO_MATCH: FaceOutcome.NO_MATCH,
    Outcome.UNDECIDED: FaceOutcome.UNDECIDED,
}
LIVENESS = {
    PadVerdict.PASSED: Verdict.SUCCESSFUL,
    PadVerdict.ALARM: Verdict.FAILED,
    PadVerdict.INCOMPLETE: Verdict.UNDETERMINED,
    PadVerdict.NOT_ASSESSED: Verdict.NOT_SUPPORTED,
}
INSURANCE_OUTCOMES = {
    CoverageOutcome.VALID: InsuranceOutcome.VALID,
    CoverageOutcome.SELF_PAY: InsuranceOutcome.SELF_PAY,
    CoverageOutcome.COUNTER: InsuranceOutcome.COUNTER,
    CoverageOutcome.UNVERIFIED: InsuranceOutcome.UNVERIFIED,
}

PORTAL_OUTCOMES = {
    CoverageAction.GO_ON: InsuranceOutcome.VALID,
    CoverageAction.SELF_PAY: InsuranceOutcome.SELF_PAY,
    CoverageAction.COUNTER: InsuranceOutcome.COUNTER,
    CoverageAction.GO_ON_UNVERIFIED: InsuranceOutcome.UNVERIFIED,
}
NOTHING_SHA256 = hashlib.sha256(b"").hexdigest()


def consent_evidence(text: str, language: Language, choice: ConsentChoice, at: datetime) -> ConsentEvidence:
    """Proof of what was on the screen when the patient chose: its version and the hash of its words."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return ConsentEvidence(CONSENT_VERSION, digest, choice, language.value, at)


def evidence_of(patient: PatientSession, model: Model) -> Evidence:
    """Everything this session has established so far."""
    return Evidence(
        chip=_chip(patient), face=_face(patient), insurance=_insurance(patient, model), consent=patient.consent
    )


def portal_evidence(patient: PatientSession, model: Model, now: datetime) -> tuple[PortalEvidence, ...]:
    """What this session has heard from the insurance portal; nothing when it was not asked.

    An answer that came after the patient had been told "not verified" was not used, and is no evidence of what was.
    """
    if model.patient.coverage is None:
        return ()
    if patient.coverage is not None:
        return reply_evidence(patient.coverage)
    asked_at = patient.insurance_asked_at or now
    return (PortalEvidence(asked_at, InsuranceOutcome.UNVERIFIED, "", NO_ANSWER, NO_ANSWER, NOTHING_SHA256),)


def reply_evidence(answer: CoverageAnswer) -> tuple[PortalEvidence, ...]:
    """The portal's answer, or its silence, as it is kept; and what it said of co-payments where it was asked."""
    card = PortalEvidence(
        asked_at=answer.asked_at,
        outcome=PORTAL_OUTCOMES[answer.action],
        code=answer.code,
        entry=answer.entry,
        fault="" if answer.fault is None else answer.fault.value,
        sha256=answer.evidence_sha256,
        raw=answer.raw,
        message=answer.message,
    )
    return (card,) if answer.copayment is None else (card, _copayment(answer.copayment))


def _copayment(answer: CopaymentAnswer) -> PortalEvidence:
    return PortalEvidence(
        asked_at=answer.asked_at,
        outcome=InsuranceOutcome.NOT_ASKED,  # it says nothing about the card
        code=answer.code,
        entry=COPAYMENT,
        fault="" if answer.fault is None else answer.fault.value,
        sha256=answer.evidence_sha256,
        raw=answer.raw,
        message=answer.as_of or answer.detail,
    )


def _chip(patient: PatientSession) -> ChipEvidence | None:
    readout = patient.readout
    if readout is None:
        return None
    return ChipEvidence(
        access=ChipAccess(str(readout.access)),
        verdicts=tuple(CheckVerdict(v.check.value, Verdict(v.state.value), v.reason) for v in readout.verdicts),
        protocol=f"{readout.access} over {readout.transport}",
        attempts=patient.read_attempts,
    )


def _face(patient: PatientSession) -> FaceEvidence | None:
    decision = patient.decision
    if decision is None:
        return None
    ranks = [frame.quality for frame in decision.frames]
    return FaceEvidence(
        outcome=FACE_OUTCOMES[decision.outcome],
        score=decision.score,
        threshold=decision.threshold,
        fmr=float(decision.fmr),
        attempts=patient.face_attempts,
        liveness=LIVENESS[decision.pad.verdict],
        models=tuple(ModelHash(model.role, model.sha256) for model in decision.model_hashes),
        reason=decision.reason.value,
        reject=decision.reject,
        extrapolated=decision.extrapolated,
        quality=FrameQuality(
            decision.frames_used, decision.frames_good, min(ranks, default=None), max(ranks, default=None)
        ),
        pad=tuple(
            PadCheck(result.check.value, PadState(result.state.value), result.score, result.reason)
            for result in decision.pad.results
        ),
        moves=tuple(move.value for move in decision.pad.moves),
    )


def _insurance(patient: PatientSession, model: Model) -> InsuranceEvidence | None:
    coverage = model.patient.coverage
    if coverage is None:
        return None
    return InsuranceEvidence(
        outcome=INSURANCE_OUTCOMES[coverage.outcome],
        code=coverage.code,
        verified=coverage.outcome is not CoverageOutcome.UNVERIFIED,
        portal_reference=patient.coverage.evidence_sha256 if patient.coverage else NOTHING_SHA256,
    )
