"""The insurance portal's replies, kept as evidence: written with the decision they led to, read back with a check."""

import base64
import hashlib
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.evidence import InsuranceOutcome
from records.store import Store
from records.tables import PortalReply, Visit
from records.values import PortalEvidence, new_key


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """A reply as it was kept. `is_sound`: its bytes still have the digest that was noted, also in the match log."""

    evidence_id: str
    evidence: PortalEvidence
    is_sound: bool


def keep(store: Store, session: Session, visit_id: str, evidence: PortalEvidence) -> None:
    """Write a reply in the caller's transaction. The same reply of the same moment is kept once."""
    same = select(PortalReply.id).where(
        PortalReply.visit_id == visit_id,
        PortalReply.asked_at == evidence.asked_at,
        PortalReply.sha256 == evidence.sha256,
    )
    if session.scalar(same) is not None:
        return
    row = new_key()
    session.add(
        PortalReply(
            id=row,
            visit_id=visit_id,
            asked_at=evidence.asked_at,
            outcome=evidence.outcome,
            code=evidence.code,
            entry=evidence.entry,
            fault=evidence.fault,
            sha256=evidence.sha256,
            raw=store.cipher.seal(visit_id, _field(row, "raw"), base64.b64encode(evidence.raw).decode()),
            message=store.cipher.seal(visit_id, _field(row, "message"), evidence.message),
        )
    )


def take_over(session: Session, visit_id: str, evidence: PortalEvidence) -> None:
    """A visit's insurance is what the portal said last about the card. The match log keeps what was known before.

    Silence changes nothing, nor does what the portal says about something else (NOT_ASKED).
    """
    if evidence.outcome in {InsuranceOutcome.UNVERIFIED, InsuranceOutcome.NOT_ASKED}:
        return
    visit = session.get_one(Visit, visit_id)
    visit.insurance_outcome, visit.insurance_code = evidence.outcome.value, evidence.code
    visit.insurance_verified = True


def evidence_of_visit(store: Store, visit_id: str) -> tuple[KeptEvidence, ...]:
    """Everything the portal said about a visit, oldest first. Raises StoreError.

    Personal data: whoever calls this for a person records it in the audit trail first.
    """
    query = select(PortalReply).where(PortalReply.visit_id == visit_id).order_by(PortalReply.asked_at, PortalReply.id)
    with store.snapshot() as session:
        return tuple(_kept(store, row) for row in session.scalars(query))


def _kept(store: Store, row: PortalReply) -> KeptEvidence:
    unseal = store.cipher.unseal
    try:
        raw = base64.b64decode(unseal(row.visit_id, _field(row.id, "raw"), row.raw), validate=True)
    except ValueError:
        raw = b""  # somebody wrote over it: the digest does not fit
    evidence = PortalEvidence(
        asked_at=row.asked_at,
        outcome=row.outcome,
        code=row.code,
        entry=row.entry,
        fault=row.fault,
        sha256=row.sha256,
        raw=raw,
        message=unseal(row.visit_id, _field(row.id, "message"), row.message),
    )
    return KeptEvidence(row.id, evidence, hashlib.sha256(raw).hexdigest() == row.sha256)


def _field(row: str, name: str) -> str:
    """A visit has several replies: each field of each is sealed as itself, so that none can take another's place."""
    return f"insurance_evidence.{row}.{name}"
