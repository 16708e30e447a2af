"""The life of a simulated system's process: ready line, commands, and an end with its parent."""

import asyncio
import os
import sys
import threading
from typing import Protocol

from fastapi import FastAPI
from pydantic import TypeAdapter, ValidationError

from his_adapter.simulation.commands import Answer, Command, Fault, Ready, SetFault, System
from his_adapter.simulation.gate import Gate
from his_adapter.simulation.listener import Listener

PARENT_CHECK_S = 1.0
STUCK_LIMIT_S = 5.0


class Simulator(Protocol):
    """One system: its application and the commands beyond faults."""

    system: System
    app: FastAPI

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


def run(simulator: Simulator, port: int) -> None:
    """Serve until standard input closes or the parent has gone."""
    asyncio.run(_Process(simulator, port).run())


class _Process:
    def __init__(self, simulator: Simulator, port: int) -> None:
        self._simulator = simulator
        self._gate = Gate(simulator.app)
        self._listener = Listener(self._gate, port)
        self._stop = asyncio.Event()
        self._parent = os.getppid()

    async def run(self) -> None:
        await self._listener.up()
        _say(Ready(system=self._simulator.system, url=self._listener.url).model_dump_json())
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read_commands, args=(loop,), name="commands", daemon=True).start()
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
                answer = asyncio.run_coroutine_threadsafe(self._obey(line), loop).result()
                _say(answer.model_dump_json(exclude_none=True))
        loop.call_soon_threadsafe(self._stop.set)
        # a loop that is stuck must not keep the process alive
        end = threading.Timer(STUCK_LIMIT_S, os._exit, (1,))
        end.daemon = True
        end.start()

    async def _obey(self, line: bytes) -> Answer:
        try:
            command = self._simulator.commands().validate_json(line)
        except ValidationError as error:
            return Answer(ok=False, error="; ".join(item["msg"] for item in error.errors()))
        if not isinstance(command, SetFault):
            return await self._simulator.obey(command)
        left = self._simulator.fault_changed(command.fault)
        self._gate.set(left)
        if left is Fault.DOWN:
            await self._listener.down()
        else:
            await self._listener.up()
        return Answer(ok=True)

    def _watch_parent(self, loop: asyncio.AbstractEventLoop) -> None:
        """A forked sibling may hold our standard input open after the parent has died."""
        if os.getppid() == self._parent:
            loop.call_later(PARENT_CHECK_S, self._watch_parent, loop)
        else:
            self._stop.set()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
