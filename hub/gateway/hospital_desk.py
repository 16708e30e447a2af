"""The hospital system's calls as the gateway makes them for a kiosk, with the hub's numbers where it gives none."""

import threading
from collections.abc import Sequence
from dataclasses import replace

import structlog

from his_adapter.faults import OutsideFault
from his_adapter.model import Registration, Room, Service
from his_adapter.ports import HospitalSystem
from his_adapter.remote import wire
from hub.gateway.queue_numbers import QueueNumbers
from records.errors import StoreError

log = structlog.get_logger(__name__)


class HospitalDesk:
    """One method for each operation. They block, run on any thread, and raise OutsideFault."""

    def __init__(self, hospital: HospitalSystem, numbers: QueueNumbers) -> None:
        self._hospital = hospital
        self._numbers = numbers
        self._lock = threading.Lock()
        self._rooms: dict[str, Room] = {}

    def list_services(self, _: wire.Nothing) -> wire.Services:
        """Departments; their rooms are remembered, because a registration names only the department."""
        return wire.Services(services=self._listed())

    def appointments(self, question: wire.AppointmentsOf) -> wire.Appointments:
        """A person's appointments of a day."""
        return wire.Appointments(appointments=self._hospital.appointments(question.patient, question.day))

    def register(self, question: wire.Register) -> wire.Registered:
        """Register, and give a number when the hospital's system has given none."""
        request = question.request
        registration = self._hospital.register(request)
        if registration.ticket is None:
            registration = self._with_number(registration, request.idempotency_key, request.service_code)
        return wire.Registered(registration=registration)

    def registration_by_key(self, question: wire.ByKey) -> wire.Found:
        """Look a registration up, with the number it was given."""
        registration = self._hospital.registration_by_key(question.idempotency_key)
        if registration is not None and registration.ticket is None:
            try:
                registration = replace(registration, ticket=self._numbers.given(question.idempotency_key))
            except StoreError as error:
                log.error("queue number not read", code=error.code.value)
        return wire.Found(registration=registration)

    def report_coverage(self, question: wire.CoverageToTell) -> wire.Nothing:
        """Tell what the portal said."""
        self._hospital.report_coverage(question.report)
        return wire.Nothing()

    def record_payment(self, question: wire.PaymentToTell) -> wire.Receipt:
        """Tell of money."""
        return wire.Receipt(receipt=self._hospital.record_payment(question.report))

    def health(self, _: wire.Nothing) -> wire.HealthAnswer:
        """Whether the hospital's system answers the hub."""
        return wire.HealthAnswer(health=self._hospital.health())

    def _with_number(self, registration: Registration, key: str, service_code: str) -> Registration:
        """The visit exists: what goes wrong from here on costs it the number, and the kiosk's own stands."""
        try:
            room = self._room_of(service_code)
            return registration if room is None else replace(registration, ticket=self._numbers.give(key, room))
        except OutsideFault as fault:
            log.error("queue number not given", system=fault.system, code=fault.code.value)
        except StoreError as error:
            log.error("queue number not given", system="hub", code=error.code.value)
        return registration

    def _room_of(self, service_code: str) -> Room | None:
        with self._lock:
            known = self._rooms.get(service_code)
        if known is None:  # after a restart of the hub, before any kiosk has asked for the list
            self._listed()
            with self._lock:
                known = self._rooms.get(service_code)
        return known

    def _listed(self) -> tuple[Service, ...]:
        services = self._hospital.list_services()
        self._remember(services)
        return services

    def _remember(self, services: Sequence[Service]) -> None:
        """Departments that are closed now stay known: a registration of theirs may be under way."""
        with self._lock:
            self._rooms |= {service.code: service.room for service in services}
