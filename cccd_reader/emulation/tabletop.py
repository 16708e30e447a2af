"""The table that a patient's card lies on: a card process, and the hands that place and pull cards.

The process is a child of this one and ends with it, because its standard input closes. So a card lives apart from the
reader it is read by, as in life; nothing but APDUs passes between them.
"""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.emulation.faults import Fault, PullInFile, fault_to_json
from cccd_reader.emulation.vpcd import SlotState, SlotStatus
from cccd_reader.transport.socket import DEFAULT_PORT

CLOSE_TIMEOUT_S = 5.0


class CardTabletop:
    """Cards on the virtual reader at `port` and `port + 1`. All methods may be called from any thread.

    `command` starts the card process, for programs that are no Python installation; `--host` and `--port` are added.
    Every method raises `EmulationError`: process_gone when the card process has ended, and what each says.
    """

    def __init__(self, port: int = DEFAULT_PORT, *, command: Sequence[str] | None = None) -> None:
        chosen = command or (sys.executable, "-m", "cccd_reader.emulation", "emulate")
        self._guard = threading.Lock()
        self._process = subprocess.Popen(  # noqa: S603 - our own module, or what our caller starts it with
            [*chosen, "--host", "127.0.0.1", "--port", str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,  # an interrupt from the keyboard is for this process to act on
        )
        try:
            self._receive()
        except EmulationError:
            self.close()
            raise

    def place(self, image: Path, slot: int = 0) -> SlotState:
        """Lays a card down, and waits shortly until a reader has it. Raises bad_image, slot_occupied."""
        return _status(self._ask({"command": "place", "slot": slot, "image": str(image)})).state

    def pull(self, slot: int = 0) -> None:
        """Takes the card away, if there is one."""
        self._ask({"command": "pull", "slot": slot})

    def pull_when(self, file: str = "DG2", after_bytes: int = 0, slot: int = 0) -> None:
        """The card leaves by itself when a read of `file` would reach beyond its first `after_bytes`."""
        self.arm(PullInFile(file, after_bytes), slot)

    def arm(self, fault: Fault, slot: int = 0) -> None:
        """Any other fault, for the card that lies there or for the next one."""
        self._ask({"command": "fault", "slot": slot, "fault": fault_to_json(fault)})

    def status(self) -> tuple[SlotStatus, ...]:
        return tuple(_status(slot) for slot in self._ask({"command": "status"})["slots"])

    def close(self) -> None:
        """Ends the card process; its cards leave the reader. May be called twice."""
        process = self._process
        with self._guard:
            assert process.stdin is not None
            assert process.stdout is not None
            with contextlib.suppress(OSError):
                process.stdin.close()
            try:
                process.wait(CLOSE_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()

    def __enter__(self) -> "CardTabletop":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        with self._guard:
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(json.dumps(request, ensure_ascii=False) + "\n")
                self._process.stdin.flush()
            except (OSError, ValueError) as error:
                raise EmulationError(EmulationErrorCode.PROCESS_GONE, "the card process has ended") from error
            reply = self._receive()
        if not reply["ok"]:
            raise EmulationError(EmulationErrorCode(reply["error"]), reply["detail"], field=reply["field"])
        return reply

    def _receive(self) -> Mapping[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise EmulationError(EmulationErrorCode.PROCESS_GONE, "the card process has ended")
        reply: Mapping[str, Any] = json.loads(line)
        return reply


def _status(slot: Mapping[str, Any]) -> SlotStatus:
    return SlotStatus(SlotState(slot["state"]), slot["apdus"], slot["left_by_fault"])
