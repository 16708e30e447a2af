"""What stands between the house and an adapter of any port: a circuit breaker, metrics and one log line per call.

A guard implements the port it guards, so nobody else knows whether there is one.
"""

from his_adapter.guard.breaker import BreakerPolicy, BreakerState, CircuitBreaker
from his_adapter.guard.checkin import GuardedCheckIn
from his_adapter.guard.hospital import GuardedHospital
from his_adapter.guard.metrics import OutsideMetrics
from his_adapter.guard.payment import GuardedPayment
from his_adapter.guard.portal import PORTAL_POLICY, GuardedPortal

__all__ = [
    "PORTAL_POLICY",
    "BreakerPolicy",
    "BreakerState",
    "CircuitBreaker",
    "GuardedCheckIn",
    "GuardedHospital",
    "GuardedPayment",
    "GuardedPortal",
    "OutsideMetrics",
]
