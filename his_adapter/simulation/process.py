"""The life of a simulated system's process: ready line, commands, and an end with its parent."""

import asyncio
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar, Protocol

from fastapi import FastAPI
from pydantic import TypeAdapter, ValidationError

from his_adapter.simulation.commands import Answer, Command, Fault, Ready, SetFault, System
from his_adapter.simulation.control import Control
from his_adapter.simulation.gate import Gate
from his_adapter.simulation.listener import Listener

PARENT_CHECK_S = 1.0
STUCK_LIMIT_S = 5.0


class Simulator(Protocol):
    """One system: its application and the commands beyond faults."""

    system: System
    app: FastAPI
    impossible: ClassVar[frozenset[Fault]] = frozenset({Fault.BAD_SIGNATURE, Fault.EXPIRED_TOKEN})
    """Faults that this system has no place for; they are refused."""

    async def open(self) -> Mapping[str, str]:
        """Begin to listen otherwise than over HTTP, when it does: addresses by name, for the ready line."""
        return {}

    def commands(self) -> TypeAdapter[Command]:
        """Reads the commands this system knows, `SetFault` among them."""
        ...

    def fault_changed(self, fault: Fault) -> Fault:
        """Told of every fault; returns what is left to the gate."""
        ...

    async def obey(self, command: Command) -> Answer:
        """Carry out a command that is not `SetFault`."""
        ...

    async def close(self) -> None:
        """Release what it holds."""
        ...


def run(simulator: Simulator, port: int, *, stay: bool = False) -> None:
    """Serve until standard input closes or the parent has gone; with `stay`, until the process is ended."""
    asyncio.run(_Process(simulator, port, stay=stay).run())


class _Process:
    def __init__(self, simulator: Simulator, port: int, *, stay: bool) -> None:
        self._simulator = simulator
        self._gate = Gate(simulator.app)
        self._listener = Listener(Control(self._gate, self._obey_request), port)
        self._stay = stay
        self._stop = asyncio.Event()
        self._recovery: asyncio.TimerHandle | None = None
        self._recovering: asyncio.Task[None] | None = None
        self._parent = os.getppid()

    async def run(self) -> None:
        addresses = await self._simulator.open()
        await self._listener.up()
        ready = Ready(system=self._simulator.system, url=self._listener.url, addresses=dict(addresses))
        _say(ready.model_dump_json(exclude_defaults=True))
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read_commands, args=(loop,), name="commands", daemon=True).start()
        if not self._stay:
            self._watch_parent(loop)
        await self._stop.wait()
        self._gate.set(Fault.NONE)
        await self._listener.close()
        await self._simulator.close()

    def _read_commands(self, loop: asyncio.AbstractEventLoop) -> None:
        buffer = b""
        while part := os.read(sys.stdin.fileno(), 65_536):
            buffer += part
            while b"\n" in buffer:
                line, _, buffer = buffer.partition(b"\n")
                answer = asyncio.run_coroutine_threadsafe(self._obey_line(line), loop).result()
                _say(answer.model_dump_json(exclude_defaults=True))
        if self._stay:
            return
        loop.call_soon_threadsafe(self._stop.set)
        # a loop that is stuck must not keep the process alive
        end = threading.Timer(STUCK_LIMIT_S, os._exit, (1,))
        end.daemon = True
        end.start()

    async def _obey_line(self, line: bytes) -> Answer:
        answer, afterwards = await self._obey(line)
        if afterwards is not None:
            await afterwards()
        return answer

    async def _obey_request(self, body: bytes) -> tuple[Answer, Callable[[], Awaitable[None]] | None]:
        return await self._obey(body, over_http=True)

    async def _obey(
        self, line: bytes, *, over_http: bool = False
    ) -> tuple[Answer, Callable[[], Awaitable[None]] | None]:
        try:
            command = self._simulator.commands().validate_json(line)
        except ValidationError as error:
            return Answer(ok=False, error="; ".join(item["msg"] for item in error.errors())), None
        if not isinstance(command, SetFault):
            return await self._simulator.obey(command), None
        if command.fault in self._simulator.impossible:
            return Answer(ok=False, error=f"nothing here can fail like this: {command.fault}"), None
        if command.fault is Fault.DOWN and over_http and command.seconds is None:
            return Answer(ok=False, error="down needs seconds: nobody could end it over HTTP"), None
        if self._recovery is not None:
            self._recovery.cancel()
            self._recovery = None
        left = self._simulator.fault_changed(command.fault)
        self._gate.set(left, command.milliseconds)
        if command.seconds is not None:
            self._recovery = asyncio.get_running_loop().call_later(command.seconds, self._recover)
        if left is Fault.DOWN:
            self._listener.deafen()  # before the answer: whoever has heard it is refused
        return Answer(ok=True), self._listen_or_not

    async def _listen_or_not(self) -> None:
        await (self._listener.down() if self._gate.fault is Fault.DOWN else self._listener.up())

    def _recover(self) -> None:
        self._recovery = None
        self._gate.set(self._simulator.fault_changed(Fault.NONE))
        self._recovering = asyncio.create_task(self._listener.up())

    def _watch_parent(self, loop: asyncio.AbstractEventLoop) -> None:
        """A forked sibling may hold our standard input open after the parent has died."""
        if os.getppid() == self._parent:
            loop.call_later(PARENT_CHECK_S, self._watch_parent, loop)
        else:
            self._stop.set()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
