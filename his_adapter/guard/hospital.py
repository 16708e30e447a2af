"""The guard of a hospital system."""

import time
from collections.abc import Callable
from datetime import date

from his_adapter.guard.breaker import BreakerPolicy
from his_adapter.guard.calls import GuardedAdapter
from his_adapter.guard.metrics import OutsideMetrics
from his_adapter.model import (
    Appointment,
    CoverageReport,
    PatientIdentity,
    PaymentReceipt,
    PaymentReport,
    Registration,
    RegistrationRequest,
    Service,
)
from his_adapter.ports import HospitalSystem

SYSTEM = "his"


class GuardedHospital(GuardedAdapter, HospitalSystem):
    """`HospitalSystem` over any other. With an open breaker every call raises OutsideFault UNREACHABLE at once."""

    def __init__(
        self,
        inner: HospitalSystem,
        metrics: OutsideMetrics,
        *,
        system: str = SYSTEM,
        policy: BreakerPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(inner, system, metrics, policy=policy, clock=clock)
        self._inner = inner

    def list_services(self) -> tuple[Service, ...]:
        """Departments open to a kiosk now; see the port."""
        return self._call("list_services", self._inner.list_services)

    def appointments(self, patient: PatientIdentity, day: date) -> tuple[Appointment, ...]:
        """The person's appointments of a day; see the port."""
        return self._call("appointments", lambda: self._inner.appointments(patient, day))

    def register(self, request: RegistrationRequest) -> Registration:
        """Register the visit; see the port."""
        return self._call("register", lambda: self._inner.register(request))

    def registration_by_key(self, idempotency_key: str) -> Registration | None:
        """The visit registered under a key; see the port."""
        return self._call("registration_by_key", lambda: self._inner.registration_by_key(idempotency_key))

    def report_coverage(self, report: CoverageReport) -> None:
        """Tell what the portal said of a visit's insurance; see the port."""
        self._call("report_coverage", lambda: self._inner.report_coverage(report))

    def record_payment(self, report: PaymentReport) -> PaymentReceipt:
        """Tell of money that arrived; see the port."""
        return self._call("record_payment", lambda: self._inner.record_payment(report))
