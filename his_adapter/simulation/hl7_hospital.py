"""The simulated hospital behind MLLP: takes each control id once, keeps patients, visits, appointments and payments.

Without `generous` it answers updates with the standard's plain acknowledgement and knows no queries, as an old system
does. With it, its answers to ADT^A04 also hold PID, PV1 and ZQN (the queue number), those to DFT^P03 a ZPR with the
receipt number, and it answers SQM^S25, QBP^ZV1 and NMQ^N01.
"""

import hashlib
import json
import threading
import tomllib
from dataclasses import asdict
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from importlib import resources
from pathlib import Path

from his_adapter.clock import now
from his_adapter.simulation.hl7_segments import schedule_segments, visit_segments
from his_adapter.simulation.hl7_state import Booking, Hl7State, Patient, Payment, Told, Visit
from his_adapter.simulation.hl7_text import Heard, written
from his_adapter.simulation.state_file import StateFile

MESSAGE, BOOKING = "message", "booking"


class Refusal(Exception):
    """AE or AR, with a condition of table 0357 and the place at fault."""

    def __init__(self, condition: str, place: str, code: str = "AE") -> None:
        super().__init__(condition)
        self.condition, self.place, self.code = condition, place, code


class Hl7SimulatedHospital:
    """Answers one message at a time. The state file holds what was taken, message by message: all else follows."""

    def __init__(self, path: Path | None = None, *, generous: bool = True) -> None:
        """Raises OSError or ValueError when the state file cannot be read."""
        text = resources.files(__package__).joinpath("departments.toml").read_text("utf-8")
        self._services = {row["code"]: row for row in tomllib.loads(text)["service"]}
        self._generous = generous
        self._file = StateFile(path)
        self._lock = threading.Lock()
        self._sent = 0
        self.busy = False
        self.state = Hl7State()
        for line in self._file.lines():
            kind, entry = json.loads(line)
            if kind == BOOKING:
                self._take_booking(Booking(**json.loads(entry)))
            else:
                self._take(Heard(entry.encode()), entry)

    def book(self, citizen_number: str, name: str, birth: str, service: str, at: str) -> str:
        """An appointment for somebody; its number. `birth` and `at` as HL7 writes them."""
        with self._lock:
            booking = Booking(f"LH{len(self.state.bookings) + 1:08d}", citizen_number, name, birth, service, at)
            self._file.add(json.dumps([BOOKING, json.dumps(asdict(booking))]))
            self._take_booking(booking)
        return booking.code

    def close(self) -> None:
        """Close the state file."""
        self._file.close()

    def answer(self, content: bytes) -> list[bytes]:
        """The frames that answer a message."""
        with self._lock:
            try:
                heard = Heard(content)
            except ValueError:
                return [self._reply("ACK^^ACK", ["MSA|AR|", "ERR||MSH^1|100^^HL70357|E"])]
            return self._frames(heard, content.decode("utf-8"))

    def _frames(self, heard: Heard, text: str) -> list[bytes]:
        event, control_id = heard.text("MSH", 9, 2), heard.text("MSH", 10)
        stored = [self._reply(f"ACK^{event}^ACK", [f"MSA|CA|{control_id}"])] if heard.text("MSH", 15) == "AL" else []
        if heard.kind.startswith("ACK^"):
            return []
        try:
            kind, body = self._respond(heard, text)
        except Refusal as refusal:
            kind = f"ACK^{event}^ACK"
            code = refusal.code if heard.text("MSH", 16) != "NE" else refusal.code.replace("A", "C", 1)
            body = [f"MSA|{code}|{control_id}", f"ERR||{refusal.place}|{refusal.condition}^^HL70357|E"]
            stored = stored if heard.text("MSH", 16) != "NE" else []
        else:
            body = [f"MSA|AA|{control_id}", *body]
            if heard.text("MSH", 16) == "NE":
                return stored
        return [*stored, self._reply(kind, body)]

    def _respond(self, heard: Heard, text: str) -> tuple[str, list[str]]:
        """Message type and segments after MSA. Raises Refusal."""
        if self.busy:
            raise Refusal("207", "", "AR")
        if not heard.text("MSH", 12).startswith("2."):
            raise Refusal("203", "MSH^1^12", "AR")
        match heard.kind:
            case "SQM^S25" if self._generous:
                return "SQR^S25^SQR_S25", self._schedule(heard)
            case "QBP^ZV1" if self._generous:
                return "RSP^ZV2^RSP_ZV2", self._found_visit(heard)
            case "NMQ^N01" if self._generous:
                return "NMR^N01^NMR_N01", [f"NCK|{now():%Y%m%d%H%M%S%z}"]
            case "ADT^A04" | "ADT^A08" | "DFT^P03":
                return f"ACK^{heard.text('MSH', 9, 2)}^ACK", self._update(heard, text)
            case _:
                raise Refusal("200", "MSH^1^9", "AR")

    def _update(self, heard: Heard, text: str) -> list[str]:
        told = self.state.told.get(heard.text("MSH", 10))
        if told is None:
            self._check(heard)
            self._file.add(json.dumps([MESSAGE, text]))
            return self._take(heard, text)
        if told.digest != _digest(text):
            raise Refusal("205", "MSH^1^10")
        return ["ERR||MSH^1^10|205^^HL70357|I", *told.answer] if self._generous else []

    def _check(self, heard: Heard) -> None:
        """Raises Refusal for what must not be taken; what passes can be taken without a word."""
        if not heard.text("MSH", 10):
            raise Refusal("101", "MSH^1^10")
        number = heard.text("PV1", 19)
        if heard.kind != "ADT^A04":
            if self.state.visit(number) is None:
                raise Refusal("204", "PV1^1^19")
            if heard.kind == "DFT^P03":
                self._check_payment(heard)
            return
        if heard.text("PV1", 10) not in self._services:
            raise Refusal("103", "PV1^1^10")
        if not number or self.state.visit(number) is not None:
            raise Refusal("205" if number else "101", "PV1^1^19")
        citizen = heard.identifier("NI")
        if not citizen:
            raise Refusal("101", "PID^1^3")
        known = self.state.patients.get(citizen)
        if known is not None and not _is_same(known, _name(heard), heard.text("PID", 7)):
            raise Refusal("205", "PID^1^5")
        if appointment := heard.text("PV1", 5):
            booking = self.state.bookings.get(appointment)
            if booking is None or booking.visit or booking.citizen_number != citizen:
                raise Refusal("204", "PV1^1^5")

    def _check_payment(self, heard: Heard) -> None:
        if heard.text("FT1", 11, 1, 1, 2) != "VND" or not heard.text("FT1", 11).isdigit():
            raise Refusal("102", "FT1^1^11")
        known = self.state.payments.get(heard.text("FT1", 30))
        if known is not None and (known.amount, known.order) != (int(heard.text("FT1", 11)), heard.text("NTE", 3)):
            raise Refusal("205", "FT1^1^30")

    def _take(self, heard: Heard, text: str) -> list[str]:
        """Do what a checked message says; the segments after MSA."""
        match heard.kind:
            case "ADT^A04":
                answer = self._take_visit(heard)
            case "ADT^A08":
                visit = self.state.visit(heard.text("PV1", 19))
                assert visit is not None
                visit.verified, visit.card = heard.text("IN1", 45) == "V", heard.text("IN1", 36)
                answer = []
            case _:
                answer = self._take_payment(heard)
        self.state.told[heard.text("MSH", 10)] = Told(_digest(text), answer)
        return answer

    def _take_booking(self, booking: Booking) -> None:
        self.state.bookings[booking.code] = booking

    def _take_visit(self, heard: Heard) -> list[str]:
        state, citizen = self.state, heard.identifier("NI")
        patient = state.patients.get(citizen)
        if patient is None:
            patient = Patient(f"BN{len(state.patients) + 1:08d}", citizen, _name(heard), heard.text("PID", 7))
            state.patients[citizen] = patient
        announced, service = heard.text("PV1", 19), heard.text("PV1", 10)
        visit = Visit(
            number=f"V{len(state.visits) + 1:08d}" if self._generous else announced,
            announced=announced,
            patient=patient,
            service=service,
            queue=state.next_number(service),
            fee=self._fee(heard),
            insured=heard.text("PV1", 20) == "BHYT",
            verified=heard.text("IN1", 45) == "V",
            face_verified=heard.text("ZIN", 6) == "Y",
            priority=heard.text("PV2", 25) == "2",
            appointment=heard.text("PV1", 5),
            residence=heard.text("PID", 11),
            card=heard.text("IN1", 36),
        )
        state.visits[visit.number] = state.announced[announced] = visit
        if visit.appointment:
            state.bookings[visit.appointment].visit = visit.number
        return visit_segments(visit) if self._generous else []

    def _take_payment(self, heard: Heard) -> list[str]:
        transfer = heard.text("FT1", 30)
        payment = self.state.payments.get(transfer)
        if payment is None:
            exact = heard.text("FT1", 7) == "EXACT"
            visit = self.state.visit(heard.text("PV1", 19))
            assert visit is not None
            payment = Payment(
                transfer=transfer,
                visit=visit.number,
                order=heard.text("NTE", 3),
                amount=int(heard.text("FT1", 11)),
                verdict=heard.text("FT1", 7),
                receipt=f"BL{len(self.state.payments) + 1:08d}" if exact else "",
            )
            self.state.payments[transfer] = payment
        return [f"ZPR|{payment.receipt}"] if self._generous else []

    def _fee(self, heard: Heard) -> int:
        """The patient's share; the full price as long as nobody has confirmed the insurance."""
        service = self._services[heard.text("PV1", 10)]
        try:
            percent = Decimal(heard.text("ZIN", 3) or 0)
        except InvalidOperation:
            percent = Decimal(0)
        if heard.text("IN1", 25) != "Y" or not percent:
            return int(service["price"])
        return int((service["insured_price"] * (100 - percent) / 100).to_integral_value(rounding=ROUND_HALF_UP))

    def _found_visit(self, heard: Heard) -> list[str]:
        """QBP^ZV1 by visit number. QPD-3: ``@PV1.19.1^number``."""
        head = [f"QAK|{heard.text('QPD', 2)}|", f"QPD|{written(heard.text('QPD', 1))}|{heard.text('QPD', 2)}"]
        if heard.text("QPD", 3) != "@PV1.19.1":
            return [head[0] + "AE", head[1]]
        visit = self.state.visit(heard.text("QPD", 3, 2))
        if visit is None:
            return [head[0] + "NF", head[1]]
        return [head[0] + "OK", head[1], *visit_segments(visit)]

    def _schedule(self, heard: Heard) -> list[str]:
        """SQM^S25: the bookings of QRD-8's person from QRF-2 to QRF-3."""
        begin, end = heard.text("QRF", 2)[:14], heard.text("QRF", 3)[:14]
        rows = []
        for booking in self.state.bookings.values():
            if booking.citizen_number == heard.text("QRD", 8) and begin <= booking.at <= end:
                rows += schedule_segments(booking, self._services.get(booking.service, {}))
        return [f"QAK|{heard.text('QRD', 4)}|{'OK' if rows else 'NF'}", *rows]

    def _reply(self, kind: str, segments: list[str]) -> bytes:
        self._sent += 1
        msh = f"MSH|^~\\&|HIS|SIM|TIEPDON||{now():%Y%m%d%H%M%S}||{kind}|SIM{self._sent}|P|2.5.1||||||UNICODE UTF-8"
        return "".join(f"{segment}\r" for segment in (msh, *segments)).encode()


def _name(heard: Heard) -> str:
    return f"{heard.text('PID', 5)} {heard.text('PID', 5, 2)}".strip()


def _is_same(patient: Patient, name: str, birth: str) -> bool:
    """Whether a file with the number is this person's; either may know the birth date shortened."""
    agree = patient.birth.startswith(birth) or birth.startswith(patient.birth)
    return patient.name.casefold() == name.casefold() and agree


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
