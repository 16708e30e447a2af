"""What the simulated hospital system remembers, in a file when it must survive a restart."""

import os
from pathlib import Path

from pydantic import BaseModel


class Patient(BaseModel):
    """A patient file."""

    code: str
    name: str
    birth: int
    citizen_number: str


class Visit(BaseModel):
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


class Booking(BaseModel):
    """An appointment; `treatment` is the visit that checked it in, empty before."""

    code: str
    citizen_number: str
    name: str
    birth: int
    service: str
    at: int
    treatment: str = ""


class CoverageNote(BaseModel):
    """What the portal said of a visit's insurance after it was registered."""

    key: str
    fingerprint: str
    treatment: str
    verified: bool
    code: str


class Payment(BaseModel):
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


class HisState(BaseModel):
    """Everything."""

    patients: list[Patient] = []
    visits: list[Visit] = []
    payments: list[Payment] = []
    bookings: list[Booking] = []
    coverage_notes: list[CoverageNote] = []

    def by_key(self, key: str) -> Visit | None:
        """The visit a key made."""
        return next((visit for visit in self.visits if visit.key == key), None)

    def by_treatment(self, treatment: str) -> Visit | None:
        """The visit with the hospital's own id."""
        return next((visit for visit in self.visits if visit.treatment == treatment), None)

    def payment_by_key(self, key: str) -> Payment | None:
        """The payment a key told of."""
        return next((payment for payment in self.payments if payment.key == key), None)

    def payment_by_transfer(self, transfer: str) -> Payment | None:
        """The payment with a bank's transfer."""
        return next((payment for payment in self.payments if payment.transfer == transfer), None)

    def booking(self, code: str) -> Booking | None:
        """The appointment with a code."""
        return next((booking for booking in self.bookings if booking.code == code), None)

    def coverage_note(self, key: str) -> CoverageNote | None:
        """What was told under a key."""
        return next((note for note in self.coverage_notes if note.key == key), None)

    def in_room(self, room: str, day: str) -> list[Visit]:
        """A room's visits of a day, in order."""
        return [visit for visit in self.visits if (visit.room, visit.day) == (room, day)]


class StateFile:
    """Loads and saves; a save is whole or not at all."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        known = path is not None and path.exists()
        self.state = HisState.model_validate_json(path.read_bytes()) if path is not None and known else HisState()

    def save(self) -> None:
        """Write before answering: what was answered survives."""
        if self._path is None:
            return
        beside = self._path.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(self.state.model_dump_json().encode())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
