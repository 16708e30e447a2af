"""Receivers that are not ours, each started for one test."""

import asyncio
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import hl7
import pytest
from hl7.mllp import HL7StreamReader, HL7StreamWriter, start_hl7_server

from his_adapter.hospital.hl7v2 import Hl7Hospital, Hl7Settings
from his_adapter.model import Room, Service

HERE = Path(__file__).parent
MODULES = HERE.parents[2] / ".peers" / "mllp" / "node_modules"
CODES = ("KTM", "AE", "AR", "AE-204", "AE-205", "AR-207", "WRONG", "CUT", "SILENT")
SERVICES = tuple(Service(code, "Tim mạch", "Cardiology", Room("203", "2"), 150_000, 50_600) for code in CODES)
LIMIT_S = 20.0


class SimpleHl7:
    """simple-hl7 in Node.js. `seen` waits for the next message that it understood."""

    def __init__(self) -> None:
        node = shutil.which("node")
        assert node, "Node.js is missing: `make test-peers` installs it"
        assert MODULES.is_dir(), "simple-hl7 is missing: `make test-peers` installs it"
        self._process = subprocess.Popen(
            [node, str(HERE / "peer.js")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "NODE_PATH": str(MODULES)},
        )
        self._watch = threading.Timer(LIMIT_S, self._process.kill)  # a peer that hangs fails its test
        self._watch.start()
        self.port = int(str(self.seen()["port"]))

    def seen(self) -> dict[str, object]:
        assert self._process.stdout is not None
        row: dict[str, object] = json.loads(self._process.stdout.readline())
        return row

    def close(self) -> None:
        self._watch.cancel()
        if self._process.returncode is None:
            self._process.communicate(timeout=LIMIT_S)


class PythonHl7:
    """python-hl7's own MLLP server in a thread."""

    def __init__(self) -> None:
        self.seen: list[hl7.Message] = []
        self.code = "AA"
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        started = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(started),))
        self._thread.start()
        assert started.wait(LIMIT_S)

    async def _serve(self, started: threading.Event) -> None:
        server = await start_hl7_server(self._talk, "127.0.0.1", 0, encoding="utf-8")
        self.port: int = server.sockets[0].getsockname()[1]
        started.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:  # whoever is still connected does not keep it
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await server.wait_closed()

    async def _talk(self, reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while not writer.is_closing():
                message = await reader.readmessage()
                self.seen.append(message)
                writer.writemessage(message.create_ack(self.code))
                await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()
            await writer.wait_closed()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()


HospitalMaker = Callable[..., Hl7Hospital]


@pytest.fixture
def hospital_at() -> Iterator[HospitalMaker]:
    made: list[Hl7Hospital] = []

    def make(port: int, timeout_s: float = LIMIT_S, **others: object) -> Hl7Hospital:
        made.append(Hl7Hospital(Hl7Settings("127.0.0.1", port, SERVICES, timeout_s=timeout_s, **others)))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def simple_hl7() -> Iterator[SimpleHl7]:
    peer = SimpleHl7()
    yield peer
    peer.close()


@pytest.fixture
def python_hl7() -> Iterator[PythonHl7]:
    peer = PythonHl7()
    yield peer
    peer.close()
