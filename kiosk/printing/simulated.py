"""The simulated ticket printer: a TCP endpoint in a process of its own that turns ESC/POS into PNG files.

    python -m kiosk.printing.simulated --port 0 --out DIR

It prints one JSON line when ready (`{"ready": true, "host": …, "port": …}`), then takes one JSON object per line and
answers each with a line of its state:

    {"paper": "ok" | "low" | "out", "after_bands": 2}   {"cover": "open" | "closed"}
    {"power": "on" | "off"}   {"answers": "on" | "off"}   {"report": true}

It ends when its standard input ends, so it never outlives its owner.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from PIL import Image

from kiosk.printing.paper_printer import Paper, PaperPrinter

LOOPBACK = "127.0.0.1"
DEFAULT_WIDTH_PX = 576
_STOP_S = 5.0


class PrinterServer:
    """The printer on a socket. Lives in one event loop, so nothing is locked."""

    def __init__(self, out: Path, width_px: int) -> None:
        self._out = out
        self._tickets = 0
        self._printer = PaperPrinter(width_px, self._save)
        self._answers = True
        self._server: asyncio.Server | None = None
        self._port = 0
        self._lines: set[asyncio.StreamWriter] = set()
        self._line: asyncio.StreamWriter | None = None
        self._one_at_a_time = asyncio.Lock()

    async def start(self, port: int) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, port)
        self._port = int(self._server.sockets[0].getsockname()[1])
        return self._port

    async def stop(self) -> None:
        """Close the port and every line."""
        if self._server is not None:
            self._server.close()
            for line in tuple(self._lines):
                line.transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def control(self, command: dict[str, object]) -> dict[str, object]:
        """Do one command from the control line; the answer is the printer's state."""
        match command:
            case {"paper": str(paper)} if paper in tuple(Paper):
                bands = command.get("after_bands")
                self._printer.set_paper(Paper(paper), bands if isinstance(bands, int) else None)
            case {"cover": "open" | "closed" as cover}:
                self._printer.set_cover(is_open=cover == "open")
            case {"power": "off"}:
                self._printer.power_cut()
                await self.stop()
            case {"power": "on"}:
                if self._server is None:
                    await self.start(self._port)
            case {"answers": "on" | "off" as answers}:
                self._answers = answers == "on"
            case {"report": True}:
                pass
            case _:
                return {"error": "unknown command"}
        self._reply(self._printer.run())
        return {
            "tickets": self._tickets,
            "unknown_bytes": self._printer.unknown_bytes,
            "torn_off": self._printer.torn_off,
        }

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one line; a second one waits until the first is closed, as at a real printer."""
        self._lines.add(writer)
        try:
            async with self._one_at_a_time:
                self._line = writer
                try:
                    while data := await reader.read(4096):
                        self._reply(self._printer.feed(data))
                except ConnectionError:
                    pass  # the other side is gone, which is handled below like an orderly end
                finally:
                    self._line = None
                    self._printer.disconnected()
        finally:
            self._lines.discard(writer)
            writer.close()

    def _reply(self, answers: bytes) -> None:
        if answers and self._answers and self._line is not None:
            self._line.write(answers)

    def _save(self, ticket: Image.Image) -> None:
        self._tickets += 1
        path = self._out / f"ticket-{self._tickets:04d}.png"
        part = path.with_suffix(".part")
        ticket.save(part, format="PNG")
        os.replace(part, path)  # whoever lists the folder sees whole tickets only


async def serve(port: int, out: Path, width_px: int) -> None:
    """Run until standard input ends; tickets go to the folder `out`."""
    server = PrinterServer(out, width_px)
    bound = await server.start(port)
    commands: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read_commands() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(commands.put_nowait, line)
        loop.call_soon_threadsafe(commands.put_nowait, None)

    threading.Thread(target=read_commands, name="control", daemon=True).start()
    _say({"ready": True, "host": LOOPBACK, "port": bound})
    while (line := await commands.get()) is not None:
        try:
            command = json.loads(line)
        except ValueError:
            command = None
        _say(await server.control(command) if isinstance(command, dict) else {"error": "not a JSON object"})
    await server.stop()


def _say(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


class SimulatedPrinterError(Exception):
    """The simulated printer's process did not start, or ended."""


class SimulatedPrinter:
    """Owns a simulated printer's process. A context manager; safe to control from several threads."""

    def __init__(self, out: Path, *, width_px: int = DEFAULT_WIDTH_PX, command: Sequence[str] | None = None) -> None:
        """Start it. `command` replaces `python -m kiosk.printing.simulated` (a frozen program starts itself).

        Raises: SimulatedPrinterError.
        """
        self._out = out
        self._lock = threading.Lock()
        program = list(command or (sys.executable, "-m", "kiosk.printing.simulated"))
        self._process = subprocess.Popen(  # noqa: S603 — our own program
            [*program, "--port", "0", "--out", str(out), "--width", str(width_px)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            ready = self._read()
        except BaseException:
            self.close()
            raise
        self.host = str(ready["host"])
        self.port = int(ready["port"])

    def tickets(self) -> list[Path]:
        """The tickets cut so far, oldest first."""
        return sorted(self._out.glob("ticket-*.png"))

    def set_paper(self, paper: Literal["ok", "low", "out"], *, after_bands: int | None = None) -> None:
        """Change the roll; `after_bands` lets it end in the middle of the next ticket."""
        self._control({"paper": paper, "after_bands": after_bands})

    def set_cover(self, state: Literal["open", "closed"]) -> None:
        """Open or close the cover."""
        self._control({"cover": state})

    def set_power(self, state: Literal["on", "off"]) -> None:
        """Switch off (the port closes) or on again on the same port."""
        self._control({"power": state})

    def set_answers(self, state: Literal["on", "off"]) -> None:
        """Off: takes bytes and keeps silent, as a printer with a broken line does."""
        self._control({"answers": state})

    def unknown_bytes(self) -> int:
        """Bytes received that are no known command."""
        return int(self._control({"report": True})["unknown_bytes"])

    def torn_off(self) -> int:
        """Tickets begun that never got their cut."""
        return int(self._control({"report": True})["torn_off"])

    def close(self) -> None:
        """End the process; twice does no harm."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        with contextlib.suppress(BrokenPipeError):  # it is gone already
            stdin.close()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _control(self, command: dict[str, object]) -> dict[str, Any]:
        stdin = self._process.stdin
        assert stdin is not None
        with self._lock:
            try:
                stdin.write(json.dumps(command) + "\n")
                stdin.flush()
            except (OSError, ValueError):
                raise SimulatedPrinterError("the simulated printer is not running") from None
            return self._read()

    def _read(self) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout is not None
        line = stdout.readline()
        if not line:
            raise SimulatedPrinterError("the simulated printer's process ended")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise SimulatedPrinterError(str(answer["error"]))
        return answer


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the process."""
    parser = argparse.ArgumentParser(prog="kiosk.printing.simulated")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--width", type=int, default=DEFAULT_WIDTH_PX)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the owner decides when this ends
    options.out.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(options.port, options.out, options.width))


if __name__ == "__main__":
    main()
