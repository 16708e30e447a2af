"""What the simulated hospital system remembers, in a file when it must survive a restart."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from his_adapter.simulation.state_file import StateFile


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True)


class Patient(_Row):
    """A patient file."""

    code: str
    name: str
    birth: int
    citizen_number: str
    no_day: bool = False


class Visit(_Row):
    """A registered visit and the request that made it."""

    key: str
    fingerprint: str
    treatment: str
    patient: str
    service: str
    room: str
    floor: str
    order: int
    ahead: int | None
    price: int
    insured: bool
    verified: bool
    face_verified: bool
    priority: bool
    day: str


class Booking(_Row):
    """An appointment; `treatment` is the visit that checked it in, empty before."""

    code: str
    citizen_number: str
    name: str
    birth: int
    service: str
    at: int
    treatment: str = ""


class CoverageNote(_Row):
    """What the portal said of a visit's insurance after it was registered."""

    key: str
    fingerprint: str
    treatment: str
    verified: bool
    code: str


class Payment(_Row):
    """A transfer that was told, and the receipt it got; none for one that a cashier has to settle."""

    key: str
    fingerprint: str
    treatment: str
    order: str
    transfer: str
    amount: int
    verdict: str
    exact: bool
    at: int
    receipt: str


class Change(_Row):
    """What one request has changed: new rows, and rows that stand in the place of those with the same code or key."""

    patients: tuple[Patient, ...] = ()
    visits: tuple[Visit, ...] = ()
    payments: tuple[Payment, ...] = ()
    bookings: tuple[Booking, ...] = ()
    coverage_notes: tuple[CoverageNote, ...] = ()


class HisState:
    """Everything, in the order in which it came and found without searching; change it with `keep` alone."""

    def __init__(self, path: Path | None = None) -> None:
        self.patients: dict[str, Patient] = {}
        self.bookings: dict[str, Booking] = {}
        """By their codes; the others by their idempotency keys."""
        self.visits: dict[str, Visit] = {}
        self.payments: dict[str, Payment] = {}
        self.coverage_notes: dict[str, CoverageNote] = {}
        self._by_number: defaultdict[str, list[str]] = defaultdict(list)
        self._by_treatment: dict[str, str] = {}
        self._by_transfer: dict[str, str] = {}
        self._seen: Counter[tuple[str, str]] = Counter()
        self._priority: Counter[tuple[str, str]] = Counter()
        self._file = StateFile(path)
        for line in self._file.lines():
            self._apply(Change.model_validate_json(line))

    def keep(self, change: Change) -> None:
        """Take a change over: on disk before this returns, all of it or nothing. Raises OSError."""
        self._file.add(change.model_dump_json(exclude_defaults=True))
        self._apply(change)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def patients_with(self, citizen_number: str) -> Sequence[Patient]:
        """Every file with a citizen number."""
        return [self.patients[code] for code in self._by_number.get(citizen_number, ())]

    def by_treatment(self, treatment: str) -> Visit | None:
        """The visit with the hospital's own id."""
        key = self._by_treatment.get(treatment)
        return None if key is None else self.visits[key]

    def payment_by_transfer(self, transfer: str) -> Payment | None:
        """The payment with a bank's transfer."""
        key = self._by_transfer.get(transfer)
        return None if key is None else self.payments[key]

    def seen_in(self, room: str, day: str) -> int:
        """How many visits a room has on a day."""
        return self._seen[room, day]

    def priority_in(self, room: str, day: str) -> int:
        """How many of them go first."""
        return self._priority[room, day]

    def _apply(self, change: Change) -> None:
        for patient in change.patients:
            if patient.code not in self.patients:
                self._by_number[patient.citizen_number].append(patient.code)
            self.patients[patient.code] = patient
        for visit in change.visits:
            if visit.key not in self.visits:
                self._by_treatment[visit.treatment] = visit.key
                self._seen[visit.room, visit.day] += 1
                self._priority[visit.room, visit.day] += visit.priority
            self.visits[visit.key] = visit
        for payment in change.payments:
            self._by_transfer[payment.transfer] = payment.key
            self.payments[payment.key] = payment
        self.bookings |= {booking.code: booking for booking in change.bookings}
        self.coverage_notes |= {note.key: note for note in change.coverage_notes}
