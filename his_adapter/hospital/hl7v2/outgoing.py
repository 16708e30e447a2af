"""The messages that are sent: ADT^A04, ADT^A08, DFT^P03, SQM^S25, QBP^ZV1 and NMQ^N01.

Checking in an appointment is ADT^A04 with the appointment in PV1-5: chapter 10 of version 2.5.1 has no event for an
arrival, and its updates (SIU) are the filler's to send.

Appointments are asked for by SQM^S25 (chapter 10): its answer, SQR^S25, is the only one of version 2.5.1 that carries
SCH with its resources. Query by parameter has no schedule query of its own before version 2.7; a site's own QBP^Q11
would be another one in every hospital. A visit is asked for by QBP^ZV1 of IHE ITI-22, since QBP^Q22 of the standard
(3.3.57) cannot ask by visit number.
"""

from datetime import date, datetime, time, timedelta

from his_adapter.clock import ZONE
from his_adapter.hospital.hl7v2 import segments
from his_adapter.hospital.hl7v2.head import (
    CONTROL_ID_LENGTH,
    TRANSACTION_ID_LENGTH,
    digest,
    message_head,
    time_text,
    visit_number,
)
from his_adapter.hospital.hl7v2.message import Message, Segment, one, segment
from his_adapter.hospital.hl7v2.settings import Hl7Settings
from his_adapter.model import CoverageReport, PatientIdentity, PaymentReport, RegistrationRequest, Service

MAX_APPOINTMENTS = "50"  # QRD-7: nobody has as many on one day
_DAY = timedelta(days=1)


def registration(settings: Hl7Settings, request: RegistrationRequest, service: Service) -> Message:
    """ADT^A04 (3.3.4)."""
    insured = not request.self_pay
    card = request.coverage if insured else None
    referral = request.referral
    parts = [
        message_head(
            settings, ("ADT", "A04", "ADT_A01"), _control_id("A04", request.idempotency_key), request.requested_at
        ),
        _event(settings, request.requested_at, request.kiosk_id),
        segments.pid(settings, request.patient, card),
    ]
    if card is not None:
        parts.append(segments.pd1(card))
    parts += [
        segments.pv1(settings, request, service, visit_number(request.idempotency_key)),
        segments.pv2(request.priority),
    ]
    if referral is not None and referral.diagnosis_code:
        parts.append(segments.dg1(referral))
    if insured:
        status = segments.VERIFIED if request.insurance_verified else segments.UNVERIFIED
        parts.append(segments.in1(settings, request.patient, card, status, request.requested_at, referral))
    entitlement = request.entitlement if insured else None
    parts.append(segments.zin(card, entitlement, face_verified=request.face_verified, referral=referral))
    return Message(tuple(parts))


def coverage_update(settings: Hl7Settings, report: CoverageReport) -> Message:
    """ADT^A08 (3.3.8): the insurance of a visit, once the portal has answered."""
    status = segments.VERIFIED if report.verified else segments.REFUTED
    parts = [
        message_head(settings, ("ADT", "A08", "ADT_A01"), _control_id("A08", report.idempotency_key), report.asked_at),
        _event(settings, report.asked_at),
        segments.pid(settings, report.patient, report.coverage, report.patient_code),
    ]
    if report.coverage is not None:
        parts.append(segments.pd1(report.coverage))
    parts += [
        segments.visit_pv1(settings, report.his_visit_id),
        segments.in1(settings, report.patient, report.coverage, status, report.asked_at),
        segments.zin(report.coverage, report.entitlement, result_code=report.result_code),
    ]
    return Message(tuple(parts))


def transaction_id(report: PaymentReport) -> str:
    """FT1-2: our number for a transfer, the same for the same key."""
    return digest("payment", report.idempotency_key, TRANSACTION_ID_LENGTH)


def payment(settings: Hl7Settings, report: PaymentReport) -> Message:
    """DFT^P03 (6.4.3): one payment (FT1-6 PY) for a visit, without anything about the person.

    FT1-7 is the verdict, FT1-11 the amount in đồng, FT1-30 the bank's transaction, NTE the order code in the QR.
    """
    amount = (str(report.amount_dong), "VND")
    money = segment(
        "FT1",
        {
            1: "1",
            2: transaction_id(report),
            4: time_text(report.received_at),
            6: "PY",
            7: one(report.verdict.value.upper(), "", "L"),
            10: "1",
            11: one(amount),
            30: report.provider_txn_id,
        },
    )
    return Message(
        (
            message_head(
                settings, ("DFT", "P03", "DFT_P03"), _control_id("P03", report.idempotency_key), report.received_at
            ),
            _event(settings, report.received_at),
            segments.nameless_pid(settings, report.his_visit_id),
            segments.visit_pv1(settings, report.his_visit_id),
            money,
            segment("NTE", {1: "1", 3: str(report.order_code)}),
        )
    )


def appointments_query(
    settings: Hl7Settings, patient: PatientIdentity, day: date, control_id: str, at: datetime
) -> Message:
    """SQM^S25 (chapter 10): booked slots (table 0048, SBK) of a patient on a day. QRD-4 is the control id too."""
    family, _, given = patient.full_name.partition(" ")
    who = one(patient.number, family, given, *[""] * 5, segments.authority(settings.citizen), "L", "", "", "NI")
    begin = datetime.combine(day, time(), ZONE)
    return Message(
        (
            message_head(settings, ("SQM", "S25", "SQM_S25"), control_id, at, query=True),
            segment(
                "QRD",
                {
                    1: time_text(at),
                    2: "R",
                    3: "I",
                    4: control_id,
                    7: one(MAX_APPOINTMENTS, "RD"),
                    8: who,
                    9: one("SBK", "Booked slots on the identified schedule", "HL70048"),
                    10: one("ALL", "", "L"),
                },
            ),
            segment(
                "QRF",
                {
                    1: settings.receiving_application,
                    2: time_text(begin),
                    3: time_text(begin + _DAY - timedelta(seconds=1)),
                },
            ),
        )
    )


def visit_query(settings: Hl7Settings, visit: str, control_id: str, at: datetime) -> Message:
    """QBP^ZV1^QBP_Q21 (IHE ITI TF-2, 3.22): the visit with a number. QPD-2 is the control id too."""
    return Message(
        (
            message_head(settings, ("QBP", "ZV1", "QBP_Q21"), control_id, at, query=True),
            segment("QPD", {1: settings.visit_query, 2: control_id, 3: one("@PV1.19.1", visit)}),
            segment("RCP", {1: "I", 2: one("2", "RD")}),
        )
    )


def clock_query(settings: Hl7Settings, control_id: str, at: datetime) -> Message:
    """NMQ^N01 (14.3.1): what time is it there? Nothing comes of it."""
    head = message_head(settings, ("NMQ", "N01", "NMQ_N01"), control_id, at, query=True)
    return Message((head, segment("NCK", {1: time_text(at)})))


def _control_id(event: str, key: str) -> str:
    return digest(event, key, CONTROL_ID_LENGTH)


def _event(settings: Hl7Settings, at: datetime, operator: str = "") -> Segment:
    return segment("EVN", {2: time_text(at), 5: operator, 6: time_text(at), 7: settings.sending_facility})
