"""What the simulated HL7 hospital knows."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Patient:
    """A patient file."""

    code: str
    citizen_number: str
    name: str
    birth: str


@dataclass(slots=True)
class Visit:
    """A visit. `announced` is the number the kiosk gave it."""

    number: str
    announced: str
    patient: Patient
    service: str
    queue: int
    fee: int
    insured: bool
    verified: bool
    face_verified: bool
    priority: bool
    appointment: str
    residence: str
    card: str


@dataclass(slots=True)
class Payment:
    """A transfer that was told."""

    transfer: str
    visit: str
    order: str
    amount: int
    verdict: str
    receipt: str


@dataclass(slots=True)
class Booking:
    """An appointment. `visit` is set once it is checked in."""

    code: str
    citizen_number: str
    name: str
    birth: str
    service: str
    at: str
    visit: str = ""


@dataclass(slots=True)
class Told:
    """A message that was accepted: what it said, and the segments of the answer after MSA."""

    digest: str
    answer: list[str]


@dataclass(slots=True)
class Hl7State:
    """Everything, found by its numbers."""

    patients: dict[str, Patient] = field(default_factory=dict)  # by citizen number
    visits: dict[str, Visit] = field(default_factory=dict)  # by the hospital's number
    announced: dict[str, Visit] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)  # by the bank's transfer
    bookings: dict[str, Booking] = field(default_factory=dict)
    queues: Counter[str] = field(default_factory=Counter)
    told: dict[str, Told] = field(default_factory=dict)  # by control id

    def next_number(self, service: str) -> int:
        """A queue number."""
        self.queues[service] += 1
        return self.queues[service]

    def visit(self, number: str) -> Visit | None:
        """A visit by either number."""
        return self.visits.get(number) or self.announced.get(number)
