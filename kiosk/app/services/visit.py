"""Departments, registration and referrals. A visit is on disk before anybody else hears of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import structlog

from his_adapter.faults import OutsideFaultCode
from his_adapter.model import (
    Appointment,
    Priority,
    QueueTicket,
    Registration,
    RegistrationRequest,
    Service,
)
from his_adapter.ports import HospitalSystem
from kiosk.app.delivery import OutboxDelivery, registration_message
from kiosk.app.evidence import consent_evidence, evidence_of, portal_evidence
from kiosk.app.mainthread import Tasks
from kiosk.app.patient import patient_fields, patient_identity
from kiosk.app.recheck import CardRecheck
from kiosk.app.services.departments import Departments, booked, fee, shown
from kiosk.app.session import PatientSession, SessionHolder
from kiosk.flow import Model, effects, events, values
from kiosk.flow.values import CoverageOutcome, FaceOutcome, FaultCode
from records.errors import StoreError
from records.evidence import ConsentChoice
from records.journal import Journal
from records.reading import entries_since
from records.store import Store
from records.values import CheckInRecord, OutboxMessage, ReferralRecord, ServiceChoice, new_key

log = structlog.get_logger(__name__)

PROVISIONAL_PREFIX = "T"  # "tạm": the kiosk's own number until the hospital's is known
REFERRAL_PREFIX = "Q"  # "quầy"
REFUSALS = {
    OutsideFaultCode.DUPLICATE_PATIENT: FaultCode.DUPLICATE_PATIENT,
    OutsideFaultCode.REJECTED: FaultCode.REGISTRATION_REFUSED,
    OutsideFaultCode.CONFLICT: FaultCode.REGISTRATION_REFUSED,
}


class VisitService:
    """Answers ListServices, Register, SettleLocally, RecordReferral and RecordDeparture."""

    def __init__(
        self,
        store: Store,
        hospital: HospitalSystem,
        delivery: OutboxDelivery,
        tasks: Tasks,
        dispatch: Callable[[events.Event], None],
        holder: SessionHolder,
        *,
        kiosk_id: str,
        services_file: Path,
        consent_text: Callable[[Model], str],
        now: Callable[[], datetime],
        recheck: CardRecheck | None = None,
    ) -> None:
        self._store = store
        self._recheck = recheck
        self._journal = Journal(store)
        self._departments = Departments(hospital, services_file, now)
        self._delivery = delivery
        self._tasks = tasks
        self._dispatch = dispatch
        self._holder = holder
        self._kiosk_id = kiosk_id
        self._consent_text = consent_text
        self._now = now
        self._recorded: dict[int, values.Visit] = {}

    # departments

    def list_services(self, effect: effects.ListServices) -> None:
        """The hospital's list; when it does not answer, the last list it gave."""
        session = effect.session
        patient = self._holder.of(session)
        readout = None if patient is None else patient.readout
        self._tasks.run(
            lambda: self._departments.for_patient(None if readout is None else patient_identity(readout.citizen)),
            then=lambda offers: self._services_answer(session, *offers),
            failed=lambda _: self._dispatch(events.ServicesListed(session, ())),
        )

    def _services_answer(
        self, session: int, services: tuple[Service, ...], appointments: tuple[Appointment, ...]
    ) -> None:
        patient = self._holder.of(session)
        if patient is None:
            return
        patient.services = services
        offered = tuple(shown(service, patient.coverage) for service in services)
        self._dispatch(events.ServicesListed(session, (*booked(appointments, offered), *offered)))

    # registration

    def register(self, effect: effects.Register, model: Model) -> None:
        """Record the visit, then tell the hospital."""
        session = effect.session
        patient = self._holder.of(session)
        if patient is None or patient.readout is None:
            return
        service = next(service for service in patient.services if service.code == effect.service)
        request = self._request(patient, model, service, effect)
        fields = patient_fields(patient.readout.citizen)
        assert fields is not None, "checked when the chip was read"
        patient.chosen = service

        def record(number: str) -> CheckInRecord:
            return CheckInRecord(
                kiosk_id=self._kiosk_id,
                session_id=patient.session_id,
                patient=fields,
                service=ServiceChoice(service.code, service.name_vi, service.room.name),
                number=number,
                fee_dong=fee(service, patient.coverage, self_pay=effect.self_pay),
                message=registration_message(request),
                evidence=evidence_of(patient, model),
                idempotency_key=request.idempotency_key,
                further=self._further(request, model),
                portal=portal_evidence(patient, model, self._now()),
            )

        self._tasks.run(
            lambda: self._record_and_tell(session, record, service),
            then=lambda answer: self._registered(session, *answer),
            failed=lambda _: self._registered(session, "", FaultCode.STORE_FAILED),
        )

    def _request(
        self, patient: PatientSession, model: Model, service: Service, effect: effects.Register
    ) -> RegistrationRequest:
        assert patient.readout is not None
        self_pay = effect.self_pay
        answer, identity = patient.coverage, model.patient.identity
        shown = model.patient.coverage
        return RegistrationRequest(
            idempotency_key=new_key(),
            patient=patient_identity(patient.readout.citizen),
            service_code=service.code,
            kiosk_id=self._kiosk_id,
            requested_at=self._now(),
            coverage=None if answer is None or self_pay else answer.coverage,
            entitlement=None if answer is None or self_pay else answer.entitlement,
            self_pay=self_pay,
            priority=Priority.AGE if identity is not None and identity.has_priority else Priority.NONE,
            insurance_verified=shown is not None and shown.outcome is CoverageOutcome.VALID,
            face_verified=model.patient.face is FaceOutcome.MATCH,
            appointment_id=effect.appointment,
        )

    def _further(self, request: RegistrationRequest, model: Model) -> tuple[OutboxMessage, ...]:
        """Admitted with an unverified card: the portal is asked again later (Decree 188/2025/ND-CP, Art. 38.2)."""
        shown = model.patient.coverage
        unverified = shown is not None and shown.outcome is CoverageOutcome.UNVERIFIED
        if self._recheck is None or request.self_pay or not unverified:
            return ()
        return (self._recheck.message(request.patient),)

    def _record_and_tell(
        self, session: int, record: Callable[[str], CheckInRecord], service: Service
    ) -> tuple[str, values.Visit | FaultCode]:
        """On a task's thread. The visit's id and what became of it."""
        try:
            number = self._next_number(PROVISIONAL_PREFIX)
            recorded = self._journal.record_check_in(record(number))
        except StoreError as error:
            log.error("visit not recorded", code=error.code.value)
            return "", FaultCode.STORE_FAILED
        local = values.Visit(number, service.room.name, service.room.floor, None, 0, provisional=True)
        self._recorded = {session: local}
        try:
            answer = self._delivery.deliver_visit(recorded.visit_id)
        except StoreError as error:
            # the visit is on disk; only the note about its delivery failed, and the outbox will repeat the call
            log.error("delivery not noted", code=error.code.value)
            return recorded.visit_id, local
        match answer:
            case Registration(ticket=None):  # this hospital system gives no numbers: the kiosk's own stands
                return recorded.visit_id, replace(local, fee_dong=answer.fee_dong, provisional=False)
            case Registration(ticket=QueueTicket() as ticket):
                return recorded.visit_id, values.Visit(
                    ticket.number,
                    ticket.room.name,
                    ticket.room.floor,
                    ticket.people_ahead,
                    answer.fee_dong,
                    provisional=False,
                )
            case code if code in REFUSALS:
                return recorded.visit_id, REFUSALS[code]
            case _:
                return recorded.visit_id, local

    def _next_number(self, prefix: str) -> str:
        midnight = self._now().replace(hour=0, minute=0, second=0, microsecond=0)
        return f"{prefix} {entries_since(self._store, self._kiosk_id, midnight) + 1:03d}"

    def _registered(self, session: int, visit_id: str, answer: values.Visit | FaultCode) -> None:
        patient = self._holder.of(session)
        if patient is not None:
            patient.visit_id = visit_id
        if isinstance(answer, FaultCode):
            self._dispatch(events.RegistrationFailed(session, answer))
        else:
            self._dispatch(events.VisitRegistered(session, answer))

    def settle_locally(self, effect: effects.SettleLocally) -> None:
        """The hospital takes too long: the recorded visit is enough for the patient."""
        local = self._recorded.get(effect.session)
        if local is not None:
            self._dispatch(events.VisitRegistered(effect.session, local))

    # consent and referral

    def note_consent(self, session: int, model: Model) -> None:
        """Keep the proof of the choice when it is made; it is recorded with the visit or the referral."""
        patient = self._holder.of(session)
        if patient is None or patient.consent is not None or model.patient.consent is None:
            return
        choice = ConsentChoice.ACCEPTED if model.patient.consent else ConsentChoice.DECLINED
        patient.consent = consent_evidence(self._consent_text(model), model.language, choice, self._now())

    def refer(self, effect: effects.RecordReferral, model: Model) -> None:
        """Record that a person takes over. Even when the disk fails the patient gets a slip, without a number."""
        session = effect.session
        patient = self._holder.of(session)
        if patient is None:
            return
        self.note_consent(session, model)
        fields = patient_fields(patient.readout.citizen) if patient.readout else None
        evidence = evidence_of(patient, model)
        portal = portal_evidence(patient, model, self._now())

        def work() -> str:
            number = self._next_number(REFERRAL_PREFIX)
            self._journal.record_referral(
                ReferralRecord(
                    self._kiosk_id, patient.session_id, effect.reason.value, fields, evidence, number, portal
                )
            )
            return number

        self._tasks.run(
            work,
            then=lambda number: self._referred(session, number),
            failed=lambda _: self._referred(session, ""),
        )

    def depart(self, effect: effects.RecordDeparture, model: Model) -> None:
        """Record what was compared although the patient leaves. `model` is the one that still holds the patient."""
        patient = self._holder.of(effect.session)
        if patient is None:
            return
        fields = patient_fields(patient.readout.citizen) if patient.readout else None
        record = ReferralRecord(
            self._kiosk_id,
            patient.session_id,
            effect.reason.value,
            fields,
            evidence_of(patient, model),
            portal=portal_evidence(patient, model, self._now()),
        )
        self._tasks.run(lambda: self._journal.record_departure(record), then=lambda _: None, failed=lambda _: None)

    def _referred(self, session: int, number: str) -> None:
        patient = self._holder.of(session)
        if patient is not None:
            patient.referral_number = number
            self._dispatch(events.ReferralRecorded(session, number))
