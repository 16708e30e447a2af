"""The departments that a patient can choose from: the hospital's list, the last one it gave, today's appointments."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from his_adapter.clock import ZONE
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import (
    Appointment,
    AppointmentState,
    CoverageAnswer,
    PatientIdentity,
    Service,
    patient_share,
)
from his_adapter.ports import HospitalSystem
from kiosk.flow import values

log = structlog.get_logger(__name__)

SERVICES = TypeAdapter(tuple[Service, ...])
APPOINTMENTS_PATIENCE_S = 2.0
"""How long a patient who sees no departments yet waits for the appointments after the departments have come."""


class Departments:
    """Asks the hospital, off the main thread. `file` keeps the last list for a day without an answer."""

    def __init__(self, hospital: HospitalSystem, file: Path, now: Callable[[], datetime]) -> None:
        self._hospital = hospital
        self._file = file
        self._now = now

    def for_patient(self, patient: PatientIdentity | None) -> tuple[tuple[Service, ...], tuple[Appointment, ...]]:
        """Departments, and the patient's appointments as far as they come in time: those alone keep nobody."""
        asking = ThreadPoolExecutor(1, thread_name_prefix="appointments")
        asked = asking.submit(self._appointments, patient)
        asking.shutdown(wait=False)
        services = self._services()
        try:
            return services, asked.result(APPOINTMENTS_PATIENCE_S)
        except TimeoutError:
            log.warning("appointments not known", code=OutsideFaultCode.TIMEOUT.value)
            return services, ()

    def _appointments(self, patient: PatientIdentity | None) -> tuple[Appointment, ...]:
        if patient is None:
            return ()
        try:
            return self._hospital.appointments(patient, self._now().date())
        except OutsideFault as fault:
            log.warning("appointments not known", code=fault.code.value)
            return ()

    def _services(self) -> tuple[Service, ...]:
        try:
            services = self._hospital.list_services()
        except OutsideFault as fault:
            log.warning("services from the last known list", code=fault.code.value)
            return self._last_known()
        self._remember(services)
        return services

    def _remember(self, services: tuple[Service, ...]) -> None:
        part = self._file.with_suffix(".part")
        try:
            part.write_bytes(SERVICES.dump_json(services))
            os.replace(part, self._file)
        except OSError as error:  # a convenience for a bad day; today's patient has the list
            log.warning("services not remembered", error=type(error).__name__)

    def _last_known(self) -> tuple[Service, ...]:
        try:
            known = SERVICES.validate_json(self._file.read_bytes())
        except (OSError, ValidationError):
            return ()
        # nobody knows the queues now
        return tuple(replace(service, waiting=None) for service in known)


def shown(service: Service, answer: CoverageAnswer | None) -> values.Service:
    """A department as a screen shows it, with the patient's price where that is certain."""
    certain = answer is not None and answer.fault is None
    price = fee(service, answer, self_pay=False) if certain else None
    return values.Service(
        service.code, service.name_vi, service.name_en, service.room.name, service.room.floor, service.waiting, price
    )


def booked(appointments: tuple[Appointment, ...], offered: tuple[values.Service, ...]) -> tuple[values.Service, ...]:
    """What can still be checked in, at departments a kiosk may register for; the rest is for the counter to see."""
    by_code = {service.code: service for service in offered}
    return tuple(
        replace(
            by_code[one.service_code],
            appointment=one.appointment_id,
            time=f"{one.starts_at.astimezone(ZONE):%H:%M}",
            room=one.room.name if one.room else by_code[one.service_code].room,
            floor=one.room.floor if one.room else by_code[one.service_code].floor,
        )
        for one in appointments
        if one.state is AppointmentState.BOOKED and one.service_code in by_code
    )


def fee(service: Service, answer: CoverageAnswer | None, *, self_pay: bool) -> int:
    """What the patient pays, whole đồng."""
    return patient_share(service, None if answer is None or self_pay else answer.entitlement)
