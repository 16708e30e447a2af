"""What a hospital's answers say of visits and appointments. Tolerant: what is missing stays unknown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise

from his_adapter.clock import ZONE, everywhere
from his_adapter.hospital.hl7v2.message import Message, MessageError, Segment, part
from his_adapter.model import Appointment, AppointmentState, BirthDate, PatientIdentity, Room, nfc

FOUND, NOTHING = "OK", "NF"
"""QAK-2 (table 0208); AE and AR are refusals."""

STATES = {
    "booked": AppointmentState.BOOKED,
    "overbook": AppointmentState.BOOKED,
    "started": AppointmentState.CHECKED_IN,
    "arrived": AppointmentState.CHECKED_IN,  # not in the standard, and common
    "complete": AppointmentState.OVER,
    "cancelled": AppointmentState.OVER,
    "dc": AppointmentState.OVER,
    "deleted": AppointmentState.OVER,
    "noshow": AppointmentState.OVER,
}
"""SCH-25 (table 0278). Pending, waitlisted and blocked ones are no appointments yet."""

MAX_FEE_DONG = 10**12
_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(?:\.\d{1,4})?([+-]\d{4})?")
_WHOLE = re.compile(r"(\d{1,13})(?:\.0*)?")


@dataclass(frozen=True, slots=True)
class SeenVisit:
    """A visit in an answer. Empty texts, and None, for what it does not say.

    `proposed` is the number that the visit was announced with, where the hospital has given it another one.
    """

    number: str = ""
    proposed: str = ""
    patient_code: str = field(default="", repr=False)
    service_code: str = ""
    balance_dong: int | None = None


def visit_in(message: Message) -> SeenVisit:
    """PV1-19 and PV1-50, the MR of PID-3, PV1-10 and PV1-46 of the first patient and visit; nothing in a plain ACK."""
    pid, pv1 = message.first("PID"), message.first("PV1")
    return SeenVisit(
        number=pv1.text(19) if pv1 else "",
        proposed=pv1.text(50) if pv1 else "",
        patient_code=next((number for number, kind in _identifiers(pid) if kind == "MR"), "") if pid else "",
        service_code=pv1.text(10) if pv1 else "",
        balance_dong=_dong(pv1.text(46)) if pv1 else None,
    )


def query_status(message: Message) -> str:
    """QAK-2. Raises MessageError when the answer is none to a query."""
    qak = message.first("QAK")
    if qak is None:
        raise MessageError("the answer to a query has a QAK")
    return qak.text(2)


def appointments_in(message: Message, patient: PatientIdentity, day: date) -> tuple[Appointment, ...]:
    """The schedules of an SQR^S25 that are surely this person's and on this day, earliest first.

    A schedule counts only with a PID that has the citizen number, the name and the birth date: a hospital that ignores
    the question's filter would otherwise show one patient another one's appointments. Raises MessageError for one that
    is theirs and cannot be read.
    """
    found = []
    for schedule in _schedules(message):
        pid = schedule.first("PID")
        if pid is None or not is_same_person(pid, patient):
            continue
        appointment = _appointment(schedule)
        if appointment is not None and appointment.starts_at.astimezone(ZONE).date() == day:
            found.append(appointment)
    return tuple(sorted(found, key=lambda one: (one.starts_at, one.appointment_id)))


def is_same_person(pid: Segment, patient: PatientIdentity) -> bool:
    """Whether PID-3, PID-5 and PID-7 are the patient's. File and card may know a birth date to different parts."""
    if patient.number not in {number for number, kind in _identifiers(pid) if kind in ("NI", "")}:
        return False
    known = BirthDate.parse(pid.text(7)[:8])
    if known is None or not known.agrees_with(patient.birth_date):
        return False
    return patient.full_name.casefold() in _spellings(pid)


def _spellings(pid: Segment) -> set[str]:
    """PID-5, whichever way the hospital has parted a Vietnamese name into XPN's family, given and further names."""
    family, given, further = (pid.text(5, component) for component in (1, 2, 3))
    orders = ((family, given, further), (family, further, given), (given, further, family))
    return {nfc(" ".join(order)).casefold() for order in orders}


def moment(text: str) -> datetime:
    """TS with at least its minute; without a zone it is ours. Raises MessageError."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise MessageError("a time is YYYYMMDDHHMM at least")
    *numbers, zone = match.groups()
    year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
    try:
        found = everywhere(datetime(year, month, day, hour, minute, second, tzinfo=_zone(zone) if zone else ZONE))
    except ValueError:
        found = None
    if found is None:
        raise MessageError("there is no such time")
    return found


def _zone(text: str) -> timezone:
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[3:]))
    return timezone(-offset if text[0] == "-" else offset)


def _identifiers(pid: Segment) -> list[tuple[str, str]]:
    return [(part(one, 1), part(one, 5)) for one in pid.field(3)]


def _dong(text: str) -> int | None:
    match = _WHOLE.fullmatch(text)
    return int(match[1]) if match and int(match[1]) <= MAX_FEE_DONG else None


def _schedules(message: Message) -> Iterator[Message]:
    begins = [index for index, segment in enumerate(message.segments) if segment.name == "SCH"]
    for begin, end in pairwise([*begins, len(message.segments)]):
        yield Message(message.segments[begin:end])


def _appointment(schedule: Message) -> Appointment | None:
    """None for what is no appointment: another state, or a slot without a number."""
    sch = schedule.head
    state = STATES.get(sch.text(25).casefold())
    number = sch.text(2) or sch.text(1)
    if state is None or not number:
        return None
    service, person, place = schedule.first("AIS"), schedule.first("AIP"), schedule.first("AIL")
    tq1 = schedule.first("TQ1")
    starts = sch.text(11, 4) or (tq1.text(7) if tq1 else "") or (service.text(4) if service else "")
    return Appointment(
        appointment_id=number,
        service_code=service.text(3) if service else "",
        service_name=nfc(service.text(3, 2)) if service else "",
        starts_at=moment(starts),
        state=state,
        clinician=nfc(f"{person.text(3, 2)} {person.text(3, 3)}") if person else "",
        room=_room(place) if place else None,
    )


def _room(ail: Segment) -> Room | None:
    """AIL-3: point of care, room, floor."""
    name = ail.text(3, 2) or ail.text(3, 1)
    return Room(nfc(name), nfc(ail.text(3, 8)), ail.text(3, 1)) if name else None
