"""Segments about the patient, the visit and the insurance (HL7 v2.5.1, chapters 3 and 6), from the model's values."""

from datetime import date, datetime

from his_adapter.hospital.hl7v2.head import PATIENT_CODE_LENGTH, digest, time_text
from his_adapter.hospital.hl7v2.message import NULL, Component, Field, Segment, one, segment
from his_adapter.hospital.hl7v2.settings import Authority, Hl7Settings
from his_adapter.model import (
    BirthDate,
    Coverage,
    Entitlement,
    PatientIdentity,
    Priority,
    Referral,
    RegistrationRequest,
    Service,
    Sex,
)

SEX = {Sex.MALE: "M", Sex.FEMALE: "F", Sex.UNKNOWN: "U"}  # table 0001
INSURED, SELF_PAYING = "BHYT", "VP"
"""PV1-20: health insurance, hospital fee (viện phí); table 0064 is the user's."""
OUTPATIENT, ROUTINE, TRANSFERRED = "O", "R", "4"  # tables 0004, 0007, 0023
PREGNANT = "B6"  # table 0009
URGENT, ELECTIVE = "2", "3"  # table 0217
VERIFIED, UNVERIFIED, REFUTED = "V", "U", "N"
"""IN1-45: the portal has confirmed the card, has not been heard, has said that the card does not hold."""
INSURER = "BHXH"


def patient_code(citizen_number: str) -> str:
    """Our own number of a patient, the same at every visit. Personal data: twelve digits can be tried through."""
    return digest("patient", citizen_number, PATIENT_CODE_LENGTH)


def day_text(day: date | None) -> str:
    """DT; empty for none."""
    return "" if day is None else day.strftime("%Y%m%d")


def birth_text(birth: BirthDate) -> str:
    """PID-7, as exact as it is known: YYYY, YYYYMM or YYYYMMDD (TS, 2.A.77)."""
    return birth.iso_text().replace("-", "")


def authority(value: Authority) -> Component:
    """HD as the subcomponents of an identifier."""
    return (value.namespace, value.oid, "ISO") if value.oid else (value.namespace,)


def identifier(
    number: str, given_by: Authority, kind: str, valid_from: date | None = None, valid_to: date | None = None
) -> Field:
    """CX with a type of table 0203."""
    return one(number, "", "", authority(given_by), kind, "", day_text(valid_from), day_text(valid_to))


def name(full_name: str) -> Field:
    """XPN. The first word is the family name and the rest is kept together: nobody can part middle names surely.

    XPN.11 F: family name first. XPN.7 L: the legal name.
    """
    family, _, given = full_name.partition(" ")
    return one(family, given, "", "", "", "", "L", "", "", "", "F")


def pid(settings: Hl7Settings, patient: PatientIdentity, card: Coverage | None, known_as: str = "") -> Segment:
    """PID. The citizen number is NI, an insurance card SB, our own number PI, the hospital's MR (`known_as`)."""
    ours = patient_code(patient.number)
    ids = identifier(patient.number, settings.citizen, "NI", patient.issued_on)
    if card is not None:
        ids += identifier(card.card_number, settings.insurance, "SB", card.valid_from, card.valid_to)
    ids += identifier(ours, settings.kiosk, "PI")
    if known_as not in ("", ours):
        ids += identifier(known_as, settings.patients, "MR")
    # XTN.1 is kept for receivers before version 2.5, XTN.12 has the number since
    phone = one(patient.phone, "PRN", "CP", *[""] * 8, patient.phone) if patient.phone else ()
    return segment(
        "PID",
        {
            1: "1",
            3: ids,
            5: name(patient.full_name),
            7: birth_text(patient.birth_date),
            8: SEX[patient.sex],
            11: one(patient.residence, "", "", "", "", "VNM", "H") if patient.residence else (),
            13: phone,
        },
    )


def nameless_pid(settings: Hl7Settings, visit: str) -> Segment:
    """PID of a message that needs no person: the visit number, and the unknown name of 3.4.2.5."""
    return segment(
        "PID", {1: "1", 3: identifier(visit, settings.kiosk, "VN"), 5: one(NULL) + one("", "", "", "", "", "", "U")}
    )


def pd1(card: Coverage) -> Segment:
    """PD1-3, the facility the patient is registered at (maDKBD). XON.10: XON.3 is a number and loses zeros."""
    facility = one(card.registered_facility_name, *[""] * 5, "FI", "", "", card.registered_facility_code)
    return segment("PD1", {3: facility})


def pv1(settings: Hl7Settings, request: RegistrationRequest, service: Service, visit: str) -> Segment:
    """PV1 of a visit. PV1-5 is the appointment that is checked in; PV1-10 the service."""
    room = service.room
    appointment = identifier(request.appointment_id, settings.patients, "") if request.appointment_id else ()
    return segment(
        "PV1",
        {
            1: "1",
            2: OUTPATIENT,
            3: one(room.code, room.name, "", "", "", "", "", room.floor),
            4: ROUTINE,
            5: appointment,
            10: service.code,
            14: TRANSFERRED if request.referral is not None else "",
            15: PREGNANT if request.priority is Priority.PREGNANCY else "",
            19: identifier(visit, settings.kiosk, "VN"),
            20: SELF_PAYING if request.self_pay else INSURED,
            44: time_text(request.requested_at),
        },
    )


def visit_pv1(settings: Hl7Settings, visit: str) -> Segment:
    """PV1 that only names a visit."""
    return segment("PV1", {1: "1", 2: OUTPATIENT, 19: identifier(visit, settings.kiosk, "VN")})


def pv2(priority: Priority) -> Segment:
    """PV2-25 priority; PV2-7 says why (table 0130 is the user's)."""
    first = priority is not Priority.NONE
    return segment("PV2", {7: priority.value.upper() if first else "", 25: URGENT if first else ELECTIVE})


def dg1(referral: Referral) -> Segment:
    """The diagnosis on the transfer slip, a working one."""
    return segment("DG1", {1: "1", 3: one(referral.diagnosis_code, referral.diagnosis_name, "I10"), 6: "W"})


def in1(
    settings: Hl7Settings,
    patient: PatientIdentity,
    card: Coverage | None,
    status: str,
    asked_at: datetime,
    referral: Referral | None = None,
) -> Segment:
    """IN1. Without a card the citizen number in IN1-49 stands for it. IN1-14 is the transfer slip."""
    slip: Field = ()
    if referral is not None:
        source = f"{referral.facility_code} {referral.facility_name}".strip()
        slip = one(referral.number, day_text(referral.issued_on), source)
    return segment(
        "IN1",
        {
            1: "1",
            2: one(INSURED, "Bảo hiểm y tế", "L"),
            3: one(INSURER, "", "", authority(settings.insurance)),
            12: day_text(card.valid_from) if card else "",
            13: day_text(card.valid_to) if card else "",
            14: slip,
            16: name(card.holder_name if card and card.holder_name else patient.full_name),
            17: one("SEL", "Self", "HL70063"),
            18: birth_text(patient.birth_date),
            25: "Y" if status == VERIFIED else "N",
            29: "" if status == UNVERIFIED else time_text(asked_at),
            35: f"{card.benefit_code}{card.benefit_level}" if card else "",
            36: card.card_number if card else "",
            45: status,
            49: identifier(patient.number, settings.citizen, "NI"),
        },
    )


def zin(
    card: Coverage | None,
    entitlement: Entitlement | None,
    *,
    face_verified: bool | None = None,
    referral: Referral | None = None,
    result_code: str = "",
) -> Segment:
    """What Vietnamese insurance needs and no field of the standard has.

    ZIN-1 set id, 2 MA_DOITUONG_KCB, 3 per cent the fund pays, 4 date five continuous years are reached, 5 maKV, 6 face
    compared with the chip (Y, N), 7 last day of the transfer slip, 8 maKetQua of the portal.
    """
    face = {True: "Y", False: "N", None: ""}[face_verified]
    return segment(
        "ZIN",
        {
            1: "1",
            2: entitlement.object_code if entitlement else "",
            3: str(entitlement.payable_percent) if entitlement else "",
            4: day_text(card.five_year_date) if card else "",
            5: card.area if card else "",
            6: face,
            7: day_text(referral.valid_until) if referral else "",
            8: result_code,
        },
    )
