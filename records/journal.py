"""What a check-in leaves behind: visit, outbox entry, consent and match-log entry in one transaction, before any call.

Registered means recorded first: a kill at any instruction leaves all of it or nothing, and every write may be repeated
with the same key without doubling anything.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from records import match_log
from records.canonical import JsonValue, canonical_json, recanonical
from records.errors import StoreError, StoreErrorCode
from records.evidence import Decision, Evidence, FaceOutcome, InsuranceOutcome
from records.match_entry import time_text
from records.portal_evidence import keep
from records.promises import PAYLOAD_FIELD, promise
from records.store import Store
from records.tables import Consent, MatchLogEntry, OutboxEntry, Visit
from records.values import (
    HIS_PAYMENT,
    NOT_REGISTERED,
    WITHDRAWN,
    CheckInRecord,
    HisConfirmation,
    OutboxMessage,
    PatientFields,
    PortalEvidence,
    RecordedVisit,
    ReferralRecord,
    RegistrationStanding,
    VisitState,
    new_key,
)


class Journal:
    """Writes the records of check-ins to one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def record_check_in(self, record: CheckInRecord) -> RecordedVisit:
        """Record a decided check-in; what it returns is on disk. The same record again returns the first one's proof.

        Raises StoreError; CONFLICT when the idempotency key or the session was used for something else, ValueError
        when a message's payload is no JSON.
        """
        digest = self._store.fingerprint(_content(record))
        with self._store.transaction() as session:
            known = session.scalar(select(Visit).where(Visit.idempotency_key == record.idempotency_key))
            if known is not None:
                return _replayed(session, known, digest)
            visit = self._new_visit(record.kiosk_id, record.session_id, record.patient, record.evidence)
            visit.idempotency_key = record.idempotency_key
            visit.content_hmac = digest
            visit.state = VisitState.REGISTERED_LOCAL
            visit.service_code, visit.service_name = record.service.code, record.service.name
            visit.room, visit.queue_number, visit.provisional = record.service.room, record.number, True
            visit.fee_dong, visit.reason = record.fee_dong, ""
            session.add(visit)
            session.flush()
            at = visit.created_at
            outbox = promise(self._store, session, visit.id, record.message, at, key=record.idempotency_key)
            for message in record.further:
                promise(self._store, session, visit.id, message, at)
            self._keep(session, visit, record.portal)
            proof = self._log(session, visit, record.patient, Decision.CHECKED_IN, "", record.evidence)
            return RecordedVisit(visit.id, visit.idempotency_key, outbox.id, proof.seq, proof.hash, at)

    def record_referral(self, record: ReferralRecord) -> RecordedVisit:
        """Record that the counter takes over, with the visit this session has recorded unless that was confirmed.

        Such a visit's registration is withdrawn: the counter registers the patient, and two would be one too many.
        Repeating it with the same reason writes nothing. Raises StoreError; ValueError without a reason.
        """
        if not record.reason:
            raise ValueError("a referral has a reason")
        with self._store.transaction() as session:
            visit = session.scalar(
                select(Visit).where(Visit.kiosk_id == record.kiosk_id, Visit.session_id == record.session_id)
            )
            if visit is None:
                visit = self._without_visit(session, record, VisitState.COUNTER)
            elif visit.reason == record.reason:
                return _proof(session, visit, Decision.COUNTER)
            else:
                visit.reason = record.reason
                if visit.state is VisitState.REGISTERED_LOCAL:
                    visit.state = VisitState.COUNTER
                    withdraw(session, visit)
            self._keep(session, visit, record.portal)
            proof = self._log(session, visit, record.patient, Decision.COUNTER, record.reason, record.evidence)
            return RecordedVisit(visit.id, visit.idempotency_key, None, proof.seq, proof.hash, visit.created_at)

    def record_departure(self, record: ReferralRecord) -> RecordedVisit:
        """Record a session that the patient left after evidence had been taken: a comparison leaves its trace always.

        Repeating it writes nothing, nor does it when the session is recorded already. Raises StoreError; ValueError
        without a reason.
        """
        if not record.reason:
            raise ValueError("a departure has a reason")
        with self._store.transaction() as session:
            known = session.scalar(
                select(Visit).where(Visit.kiosk_id == record.kiosk_id, Visit.session_id == record.session_id)
            )
            if known is not None:
                return _proof(session, known, Decision.LEFT)
            visit = self._without_visit(session, record, VisitState.LEFT)
            self._keep(session, visit, record.portal)
            proof = self._log(session, visit, record.patient, Decision.LEFT, record.reason, record.evidence)
            return RecordedVisit(visit.id, visit.idempotency_key, None, proof.seq, proof.hash, visit.created_at)

    def confirm_registration(self, confirmation: HisConfirmation, then: tuple[OutboxMessage, ...] = ()) -> None:
        """Take over the hospital system's answer: visit confirmed and registration delivered in one transaction.

        The same answer again changes nothing. The calls of `then` are promised, and calls given up for want of a
        registration, such as those about money, become due. A visit that went to the counter meanwhile keeps that state
        and promises nothing new, but learns its id. Raises StoreError: NOT_FOUND, or CONFLICT when the visit was
        confirmed under another id.
        """
        with self._store.transaction() as session:
            visit = session.get(Visit, confirmation.visit_id)
            if visit is None:
                raise StoreError(StoreErrorCode.NOT_FOUND, "visit")
            if visit.his_visit_id is not None:
                if visit.his_visit_id != confirmation.his_visit_id:
                    raise StoreError(StoreErrorCode.CONFLICT, "visit confirmed twice with different ids")
                return
            now = self._store.now()
            visit.his_visit_id = confirmation.his_visit_id
            visit.his_patient_code = self._store.cipher.seal(visit.id, "his_patient_code", confirmation.patient_code)
            visit.confirmed_at = now
            if visit.state is VisitState.REGISTERED_LOCAL:
                visit.state = VisitState.CONFIRMED
                visit.queue_number = confirmation.number or visit.queue_number
                visit.room = visit.room if confirmation.room is None else confirmation.room
                visit.provisional = False
            for outbox in session.scalars(select(OutboxEntry).where(OutboxEntry.visit_id == visit.id)):
                if outbox.idempotency_key == visit.idempotency_key:
                    outbox.delivered_at = outbox.delivered_at or now
                    outbox.dead = False
                elif outbox.dead and outbox.last_error_code == NOT_REGISTERED:
                    outbox.next_attempt_at, outbox.dead = now, False
            for message in then if visit.state is VisitState.CONFIRMED else ():
                promise(self._store, session, visit.id, message, now)

    def registration_message(self, visit_id: str) -> str:
        """The payload of the call that registers a visit: personal data. Raises StoreError, NOT_FOUND."""
        with self._store.snapshot() as session:
            visit = session.get(Visit, visit_id)
            outbox = None if visit is None else registration_entry(session, visit)
            if outbox is None:
                raise StoreError(StoreErrorCode.NOT_FOUND, "registration")
            return self._store.cipher.unseal(visit_id, PAYLOAD_FIELD, outbox.payload)

    def registration_of(self, visit_id: str) -> RegistrationStanding:
        """Where a visit's registration stands. Raises StoreError, NOT_FOUND for an unknown visit."""
        with self._store.snapshot() as session:
            visit = session.get(Visit, visit_id)
            if visit is None:
                raise StoreError(StoreErrorCode.NOT_FOUND, "visit")
            outbox = registration_entry(session, visit)
            under_way = outbox is not None and not outbox.dead
            given_up = visit.his_visit_id is None and not under_way
            code = visit.his_patient_code
            if code is not None:
                code = self._store.cipher.unseal(visit.id, "his_patient_code", code)
            return RegistrationStanding(visit.his_visit_id, given_up, code or "")

    def _keep(self, session: Session, visit: Visit, portal: tuple[PortalEvidence, ...]) -> None:
        for evidence in portal:
            keep(self._store, session, visit.id, evidence)

    def _without_visit(self, session: Session, record: ReferralRecord, state: VisitState) -> Visit:
        visit = self._new_visit(record.kiosk_id, record.session_id, record.patient, record.evidence)
        visit.idempotency_key, visit.content_hmac = new_key(), ""
        visit.service_code = visit.service_name = visit.room = ""
        visit.queue_number, visit.provisional, visit.fee_dong = record.number, True, 0
        visit.state, visit.reason = state, record.reason
        session.add(visit)
        session.flush()
        return visit

    def _new_visit(self, kiosk_id: str, session_id: str, patient: PatientFields | None, evidence: Evidence) -> Visit:
        visit = Visit(id=new_key(), kiosk_id=kiosk_id, session_id=session_id, created_at=self._store.now())
        if patient is not None:
            seal = self._store.cipher.seal
            visit.full_name = seal(visit.id, "full_name", patient.full_name)
            visit.number = seal(visit.id, "number", patient.number)
            visit.birth_date = seal(visit.id, "birth_date", patient.birth_date)
            visit.sex = seal(visit.id, "sex", patient.sex)
        insurance, face = evidence.insurance, evidence.face
        visit.insurance_outcome = (insurance.outcome if insurance else InsuranceOutcome.NOT_ASKED).value
        visit.insurance_code = insurance.code if insurance else ""
        visit.insurance_verified = insurance is not None and insurance.verified
        visit.face_outcome = (face.outcome if face else FaceOutcome.NOT_DONE).value
        return visit

    def _log(
        self,
        session: Session,
        visit: Visit,
        patient: PatientFields | None,
        decision: Decision,
        reason: str,
        evidence: Evidence,
    ) -> match_log.Anchor:
        consent = evidence.consent
        if consent is not None and not _has_consent(session, visit.id, consent.given_at):
            session.add(
                Consent(
                    id=new_key(),
                    visit_id=visit.id,
                    text_version=consent.text_version,
                    text_sha256=consent.text_sha256,
                    choice=consent.choice,
                    language=consent.language,
                    given_at=consent.given_at,
                )
            )
        return match_log.append(
            session,
            kiosk_id=visit.kiosk_id,
            at=self._store.now(),
            session_id=visit.session_id,
            visit_id=visit.id,
            subject="" if patient is None else self._store.subject(patient.number),
            decision=decision,
            reason=reason,
            evidence=evidence,
        )


def registration_entry(session: Session, visit: Visit) -> OutboxEntry | None:
    """The outbox entry that registers a visit, among all of its entries: it carries the visit's own key."""
    return session.scalar(select(OutboxEntry).where(OutboxEntry.idempotency_key == visit.idempotency_key))


def _content(record: CheckInRecord) -> str:
    """What makes two requests under one key the same: what is sent, not how it was measured."""
    content: dict[str, JsonValue] = {
        "kiosk": record.kiosk_id,
        "session": record.session_id,
        "number": record.patient.number,
        "service": record.service.code,
        "fee": record.fee_dong,
        "kind": record.message.kind,
        "payload": recanonical(record.message.payload),
        "consent": time_text(record.evidence.consent.given_at) if record.evidence.consent else "",
    }
    if record.further:
        content["further"] = [[message.kind, recanonical(message.payload)] for message in record.further]
    return canonical_json(content)


def _replayed(session: Session, visit: Visit, digest: str) -> RecordedVisit:
    if visit.content_hmac != digest:
        raise StoreError(StoreErrorCode.CONFLICT, "idempotency key used with other content")
    return _proof(session, visit, Decision.CHECKED_IN)


def _proof(session: Session, visit: Visit, decision: Decision) -> RecordedVisit:
    of_visit = select(MatchLogEntry).where(MatchLogEntry.visit_id == visit.id, MatchLogEntry.decision == decision.value)
    entry = session.scalars(of_visit.order_by(MatchLogEntry.seq.desc()).limit(1)).one()
    outbox = registration_entry(session, visit)
    outbox_id = None if outbox is None else outbox.id
    key, at = visit.idempotency_key, visit.created_at
    return RecordedVisit(visit.id, key, outbox_id, entry.seq, entry.hash, at, replayed=True)


def _has_consent(session: Session, visit_id: str, given_at: datetime) -> bool:
    """A referral after a check-in tells of the same choice again."""
    same = select(Consent.id).where(Consent.visit_id == visit_id, Consent.given_at == given_at)
    return session.scalar(same) is not None


def withdraw(session: Session, visit: Visit) -> None:
    """Give up what the counter will do itself. Calls about money stay: what has arrived must be told or looked at."""
    for outbox in session.scalars(select(OutboxEntry).where(OutboxEntry.visit_id == visit.id)):
        # a refusal keeps its own code
        if outbox.kind != HIS_PAYMENT and outbox.delivered_at is None and not outbox.dead:
            outbox.dead, outbox.last_error_code = True, WITHDRAWN
