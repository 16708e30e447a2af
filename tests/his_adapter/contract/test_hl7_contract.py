"""The hospital contract over HL7 v2 and the simulated HL7 hospital: one that answers all it can, and a plain one."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from his_adapter.clock import ZONE
from his_adapter.hospital.hl7v2 import AckMode, Hl7Hospital, Hl7Settings, Place
from his_adapter.model import PatientIdentity, Room, Service
from his_adapter.simulation.hl7_hospital import Hl7SimulatedHospital
from his_adapter.simulation.hl7_listener import Mishap, MllpListener
from tests.his_adapter.contract.hospital_bench import Cannot, SeenVisit, Trouble
from tests.his_adapter.contract.hospital_contract import HospitalContract

SERVICES = (
    Service("KTM", "Tim mạch", "Cardiology", Room("203", "2"), 150_000, 50_600),
    Service("KMAT", "Mắt", "Eyes", Room("305", "3"), 150_000, 50_600),
)
NO_ACCOUNTS = "MLLP has none: who may connect is the network's and TLS's to say"


class Hl7Bench:
    """A hospital that answers queries and adds its numbers to its acknowledgements."""

    cannot: Mapping[Cannot, str] = {Cannot.ACCOUNT: NO_ACCOUNTS}
    service, other_service = "KTM", "KMAT"
    generous = True
    settings: Mapping[str, object] = {
        "appointments": True,
        "visit_query": "IHE PDVQ Query",
        "queue_number": Place.of("ZQN-1"),
        "receipt_number": Place.of("ZPR-1"),
    }

    def __init__(self, path: Path) -> None:
        self.path = path
        self.made: list[Hl7Hospital] = []
        self.start()

    def start(self, port: int = 0) -> None:
        self.hospital = Hl7SimulatedHospital(self.path, generous=self.generous)
        self.listener = MllpListener(self.hospital.answer, port)
        self.listener.up()

    def adapter(self, timeout_s: float = 8.0) -> Hl7Hospital:
        settings = Hl7Settings("127.0.0.1", self.listener.port, SERVICES, timeout_s=timeout_s, **self.settings)  # type: ignore[arg-type]
        self.made.append(Hl7Hospital(settings))
        return self.made[-1]

    def visits(self) -> Sequence[SeenVisit]:
        return [
            SeenVisit(
                visit_id=visit.number,
                citizen_number=visit.patient.citizen_number,
                name=visit.patient.name,
                service_code=visit.service,
                insured=visit.insured,
                verified=visit.verified,
            )
            for visit in self.hospital.state.visits.values()
        ]

    def paid(self, visit_id: str) -> Sequence[int]:
        return [one.amount for one in self.hospital.state.payments.values() if one.visit == visit_id]

    def book(self, patient: PatientIdentity, service: str, at: datetime) -> str:
        birth = patient.birth_date.iso_text().replace("-", "")
        moment = at.astimezone(ZONE).strftime("%Y%m%d%H%M%S")
        return self.hospital.book(patient.number, patient.full_name, birth, service, moment)

    def trouble(self, kind: Trouble | None) -> None:
        if kind is Trouble.DOWN:
            self.listener.down()
            return
        self.listener.up()
        mishap = {None: Mishap.NONE, Trouble.SILENT: Mishap.SILENT, Trouble.BROKEN: Mishap.BROKEN}
        self.listener.begin(mishap[kind])

    def restart(self) -> None:
        port = self.listener.port
        self.stop()
        self.start(port)

    def stop(self) -> None:
        self.listener.close()
        self.hospital.close()

    def close(self) -> None:
        for adapter in self.made:
            adapter.close()
        self.stop()


class PlainBench(Hl7Bench):
    """A hospital that takes updates and answers with MSH, MSA and ERR, as the standard has it."""

    cannot: Mapping[Cannot, str] = {
        Cannot.ACCOUNT: NO_ACCOUNTS,
        Cannot.QUEUE: "the standard's acknowledgement has no place for a queue number",
        Cannot.APPOINTMENTS: "it answers no schedule queries",
        Cannot.LOOK_UP: "it answers no visit queries; the same message again is safe instead",
        Cannot.RECEIPT: "the standard's acknowledgement has no place for a receipt number",
    }
    generous = False
    settings: Mapping[str, object] = {}


class CommittingBench(PlainBench):
    """One in enhanced mode: it says first that it has stored a message, and then what came of it."""

    settings: Mapping[str, object] = {"ack_mode": AckMode.BOTH}


class _Story(HospitalContract):
    kind: type[Hl7Bench]

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[Hl7Bench]:  # type: ignore[override]
        bench = self.kind(tmp_path / "journal")
        yield bench
        bench.close()


class TestHl7(_Story):
    """Everything the standard and IHE have, and a hospital's own segments."""

    kind = Hl7Bench


class TestPlainHl7(_Story):
    """Nothing but the standard's acknowledgement."""

    kind = PlainBench


class TestCommittingHl7(_Story):
    """Enhanced acknowledgement."""

    kind = CommittingBench
