"""The hospital system as the hub offers it."""

from datetime import date

from his_adapter.faults import OutsideFault
from his_adapter.model import (
    Appointment,
    CoverageReport,
    Health,
    PatientIdentity,
    PaymentReceipt,
    PaymentReport,
    Registration,
    RegistrationRequest,
    Service,
)
from his_adapter.ports import HospitalSystem
from his_adapter.remote import wire
from his_adapter.remote.connection import HubConnection
from his_adapter.remote.settings import RemoteSettings


class RemoteHospital(HospitalSystem):
    """`HospitalSystem` through a hub. Faults of the system behind it arrive as themselves, those of the way as "hub".

    Where that system gives no queue numbers, the hub does.
    """

    def __init__(self, settings: RemoteSettings) -> None:
        self._hub = HubConnection(settings)

    def list_services(self) -> tuple[Service, ...]:
        """Departments open to a kiosk now; see the port."""
        return self._hub.ask(wire.LIST_SERVICES, wire.Nothing()).services

    def appointments(self, patient: PatientIdentity, day: date) -> tuple[Appointment, ...]:
        """The person's appointments of a day; see the port."""
        return self._hub.ask(wire.APPOINTMENTS, wire.AppointmentsOf(patient=patient, day=day)).appointments

    def register(self, request: RegistrationRequest) -> Registration:
        """Register the visit; see the port."""
        return self._hub.ask(wire.REGISTER, wire.Register(request=request)).registration

    def registration_by_key(self, idempotency_key: str) -> Registration | None:
        """The visit registered under a key; see the port."""
        return self._hub.ask(wire.REGISTRATION_BY_KEY, wire.ByKey(idempotency_key=idempotency_key)).registration

    def report_coverage(self, report: CoverageReport) -> None:
        """Tell what the portal said of a visit's insurance; see the port."""
        self._hub.ask(wire.REPORT_COVERAGE, wire.CoverageToTell(report=report))

    def record_payment(self, report: PaymentReport) -> PaymentReceipt:
        """Tell of money that arrived; see the port."""
        return self._hub.ask(wire.RECORD_PAYMENT, wire.PaymentToTell(report=report)).receipt

    def health(self) -> Health:
        """Whether the system behind the hub answers; a fault of system "hub" when the hub itself does not."""
        try:
            return self._hub.ask(wire.HOSPITAL_HEALTH, wire.Nothing()).health
        except OutsideFault as fault:
            return Health(fault.system, fault.code, fault.detail)

    def close(self) -> None:
        """Release the connections."""
        self._hub.close()
