"""Appointment: what was agreed for a day, and that the patient has come."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from his_adapter.clock import ZONE
from his_adapter.hospital.fhir.read import Node, code_of, concept_text, reference_to, refers_to
from his_adapter.hospital.fhir.settings import FhirSettings
from his_adapter.hospital.fhir.terms import Json
from his_adapter.model import Appointment, AppointmentState, Room

CHECKED_IN = frozenset({"arrived", "checked-in"})
STATES: Mapping[str, AppointmentState] = {
    "booked": AppointmentState.BOOKED,
    "arrived": AppointmentState.CHECKED_IN,
    "checked-in": AppointmentState.CHECKED_IN,
    "fulfilled": AppointmentState.OVER,
    "noshow": AppointmentState.OVER,
    "cancelled": AppointmentState.OVER,
}
"""Appointment.status. The others (proposed, pending, waitlist, entered-in-error) are nothing agreed."""


def day_query(patient: str, day: date) -> list[tuple[str, str]]:
    """The search for a patient's appointments of a day in the hospital's zone."""
    start = datetime.combine(day, time.min, ZONE)
    return [
        ("patient", patient),
        ("date", f"ge{start.isoformat()}"),
        ("date", f"lt{(start + timedelta(days=1)).isoformat()}"),
    ]


def is_of(node: Node, patient: str) -> bool:
    """Whether a patient takes part in an appointment. `patient` is a reference."""
    kind, _, identity = patient.partition("/")
    return any(refers_to(one.child("actor"), kind, identity) for one in node.children("participant"))


def read_appointment(node: Node, settings: FhirSettings) -> Appointment | None:
    """An agreed appointment; None for one that is not agreed or has no time. Raises Malformed."""
    state = STATES.get(node.need("status"))
    starts_at = node.moment("start")
    if state is None or starts_at is None:
        return None
    services = node.children("serviceType")
    codes = (code_of(one, settings.systems.service) for one in services)
    names = (concept_text(one) for one in services)
    actors = [one.child("actor") for one in node.children("participant")]
    return Appointment(
        appointment_id=node.need("id"),
        service_code=next((code for code in codes if code), ""),
        service_name=next((name for name in names if name), ""),
        starts_at=starts_at,
        state=state,
        clinician=_display(actors, "Practitioner", "PractitionerRole"),
        room=Room(place) if (place := _display(actors, "Location")) else None,
    )


def _display(actors: list[Node], *kinds: str) -> str:
    for actor in actors:
        target = reference_to(actor.text("reference"))
        kind = actor.text("type") or (target[0] if target else "")
        if kind in kinds and actor.words("display"):
            return actor.words("display")
    return ""


def checked_in(node: Node, settings: FhirSettings) -> Json:
    """The same appointment, its patient here. Everything else stays as the hospital wrote it."""
    return {**node.value, "status": settings.checked_in_status}
