"""Segments in the answers of the simulated HL7 hospital."""

from collections.abc import Mapping

from his_adapter.simulation.hl7_state import Booking, Visit
from his_adapter.simulation.hl7_text import written


def visit_segments(visit: Visit) -> list[str]:
    """A visit in an answer: who, what, and the queue number in ZQN."""
    pv1 = {1: "1", 2: "O", 10: visit.service, 19: visit.number, 46: str(visit.fee), 50: visit.announced}
    family, _, given = visit.patient.name.partition(" ")
    ids = f"{visit.patient.code}^^^HIS^MR~{visit.patient.citizen_number}^^^CCCD^NI"
    return [
        f"PID|1||{ids}||{written(family)}^{written(given)}||{visit.patient.birth}",
        "PV1|" + "|".join(pv1.get(place, "") for place in range(1, 51)),
        f"ZQN|{visit.queue:03d}",
    ]


def schedule_segments(booking: Booking, service: Mapping[str, object]) -> list[str]:
    """An appointment in an SQR^S25. `service` is its row of the departments."""
    family, _, given = booking.name.partition(" ")
    state = "Started" if booking.visit else "Booked"
    return [
        f"SCH||{booking.code}||||CHECKUP|||||^^^{booking.at}+0700|||||DESK||||DESK|||||{state}^^HL70278",
        f"PID|1||{booking.citizen_number}^^^CCCD^NI||{written(family)}^{written(given)}||{booking.birth}",
        "RGS|1",
        f"AIS|1||{booking.service}^{written(str(service.get('name_vi', '')))}",
        "AIP|1||BS1^BS.^MÔ PHỎNG",
        f"AIL|1||^{service.get('room', '')}^^^^^^{service.get('floor', '')}",
    ]
