"""The simulated HL7 hospital as a process: messages over MLLP, commands and inspection over HTTP."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from fastapi import FastAPI
from pydantic import TypeAdapter

from his_adapter.clock import ZONE
from his_adapter.simulation.commands import Answer, Book, Command, Fault, SetFault, System
from his_adapter.simulation.hl7_hospital import Hl7SimulatedHospital
from his_adapter.simulation.hl7_listener import Mishap, MllpListener
from his_adapter.simulation.listener import HOST
from his_adapter.simulation.process import Simulator

MISHAPS = {Fault.SLOW: Mishap.SILENT, Fault.HALF_OPEN: Mishap.DEAF, Fault.BAD_ANSWER: Mishap.BROKEN}
"""The faults of every system as they look over MLLP. DOWN stops the listener, HTTP_500 becomes AR with 207."""


class SetMishap(Command):
    """What goes wrong over MLLP alone."""

    mllp: Mishap


class Hl7Simulator(Simulator):
    """State in memory and, with a path, in a file. HTTP stays up whatever fails over MLLP."""

    system = System.HIS
    impossible = frozenset(set(Fault) - {Fault.NONE, Fault.DOWN, Fault.HTTP_500, *MISHAPS})

    def __init__(self, state: Path | None, *, port: int = 0, generous: bool = True) -> None:
        self._hospital = Hl7SimulatedHospital(state, generous=generous)
        self._listener = MllpListener(self._hospital.answer, port)
        self.app = self._build()

    async def open(self) -> Mapping[str, str]:
        """Listen for messages."""
        self._listener.up()
        return {"mllp": f"{HOST}:{self._listener.port}"}

    def commands(self) -> TypeAdapter[Command]:
        return TypeAdapter(SetFault | Book | SetMishap)

    def fault_changed(self, fault: Fault) -> Fault:
        self._hospital.busy = fault is Fault.HTTP_500
        if fault is Fault.DOWN:
            self._listener.down()
        else:
            self._listener.up()
            self._listener.begin(MISHAPS.get(fault, Mishap.NONE))
        return Fault.NONE

    async def obey(self, command: Command) -> Answer:
        if isinstance(command, SetMishap):
            self._listener.begin(command.mllp)
        if isinstance(command, Book):
            return Answer(ok=True, booked=self._book(command))
        return Answer(ok=True)

    async def close(self) -> None:
        self._listener.close()
        self._hospital.close()

    def _book(self, command: Book) -> str:
        """`birth` comes as yyyyMMddHHmmss, with 1 January for what is unknown."""
        birth = f"{command.birth:014d}"[:8]
        at = command.at.astimezone(ZONE).strftime("%Y%m%d%H%M%S")
        return self._hospital.book(command.book, command.name, birth, command.service, at)

    def _build(self) -> FastAPI:
        app = FastAPI(title="Simulated HL7 hospital", docs_url=None, redoc_url=None, openapi_url=None)
        state = self._hospital.state

        @app.get("/simulation/visits")
        async def visits() -> dict[str, object]:
            rows = [asdict(visit) for visit in list(state.visits.values())]
            return {"count": len(rows), "visits": rows, "patients": len(state.patients)}

        @app.get("/simulation/payments")
        async def payments() -> dict[str, object]:
            rows = [asdict(payment) for payment in list(state.payments.values())]
            return {"count": len(rows), "payments": rows}

        return app
