"""The handle on a simulated camera's process, for the kiosk's development dock, the demo and the tests."""

import contextlib
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from face.pad.light_colours import LightColour
from face.pad.moves import Move
from face.simulation.commands import (
    Answer,
    Command,
    Prompt,
    Ready,
    ShowBack,
    ShowBlack,
    ShowCutIn,
    ShowDark,
    ShowFrozen,
    ShowGone,
    ShowNobody,
    ShowPerson,
    ShowPrint,
    ShowQr,
    ShowReplay,
    ShowTwo,
)

COMMAND = (sys.executable, "-m", "face.simulation")
START_LIMIT_S = 30.0
ANSWER_LIMIT_S = 30.0  # a person is drawn for the first time in a second, on a busy machine in ten


class StageError(RuntimeError):
    """The simulated camera did not start, died, or refused a command."""


class CameraStage:
    """Starts the process and decides who stands before the lens. ``url`` is the ``camera.source`` to use.

    Each method returns once the camera shows it. ``command`` replaces ``python -m face.simulation`` where there is no
    such interpreter, as in a frozen build.
    """

    def __init__(self, people: Path, *, port: int = 0, seed: int = 0, command: Sequence[str] = COMMAND) -> None:
        arguments = [*command, "--people", str(people), "--port", str(port), "--seed", str(seed)]
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self._buffer = b""
        self._writing = threading.Lock()
        try:
            self.url = Ready.model_validate_json(self._line(START_LIMIT_S)).url
        except BaseException:
            self.close()
            raise

    def show_nobody(self) -> None:
        self._tell(ShowNobody())

    def show_person(self, person: str) -> None:
        """The person's live picture, moving a little. Raises :class:`StageError` for an unknown id."""
        self._tell(ShowPerson(id=person))

    def show_two(self, left: str, right: str) -> None:
        self._tell(ShowTwo(ids=(left, right)))

    def show_qr(self, text: str, holder: str | None = None) -> None:
        """A card with this text in its QR code, held by ``holder`` or by nobody in view."""
        self._tell(ShowQr(text=text, id=holder))

    def show_dark(self, person: str) -> None:
        self._tell(ShowDark(id=person))

    def show_black(self) -> None:
        self._tell(ShowBlack())

    def show_print(self, person: str) -> None:
        """Somebody holds up a printed portrait of this person."""
        self._tell(ShowPrint(id=person))

    def show_replay(self, person: str) -> None:
        """A video of this person on a screen."""
        self._tell(ShowReplay(id=person))

    def swap_person(self, first: str, second: str, *, after_moves: int = 2) -> None:
        """The first person until so many moves were asked for and are over (0: until the first one is asked for), then
        the second one."""
        self._tell(ShowCutIn(ids=(first, second), after_moves=after_moves))

    def prompt(self, move: str | None = None, light: str | None = None) -> None:
        """Tell whoever stands there what the kiosk's screen asks for (``face.pad.moves.Move``; None: look straight) and
        shows (``face.pad.light_colours.LightColour``; None: its usual page). They follow it as people do.

        Waits for nothing: call it from any thread, as often as the screen changes. Raises ``ValueError`` for an unknown
        move or colour; a process that has ended is told nothing.
        """
        command = Prompt(move=Move(move) if move else None, light=LightColour(light) if light else None)
        with contextlib.suppress(BrokenPipeError, ValueError), self._writing:
            self._send(command)

    def freeze(self) -> None:
        """The same picture again and again, until something is shown."""
        self._tell(ShowFrozen())

    def gone(self) -> None:
        """Unplug the camera."""
        self._tell(ShowGone())

    def back(self) -> None:
        """Plug it in again."""
        self._tell(ShowBack())

    def close(self) -> None:
        """End the process: closing its standard input is enough; a hung one is killed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.close()
            self._process.wait(timeout=5)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        finally:
            self._process.stdout.close()

    def _tell(self, command: Command) -> None:
        try:
            with self._writing:
                self._send(command)
        except BrokenPipeError:
            raise StageError("the simulated camera's process has ended") from None
        answer = Answer.model_validate_json(self._line(ANSWER_LIMIT_S))
        if not answer.ok:
            raise StageError(answer.error or "refused")

    def _send(self, command: Command) -> None:
        """Call with ``_writing`` held: two half lines would be one bad one."""
        assert self._process.stdin is not None
        self._process.stdin.write(command.model_dump_json().encode() + b"\n")

    def _line(self, limit: float) -> bytes:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        until = time.monotonic() + limit
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise StageError(f"no answer from the simulated camera in {limit:.0f} s")
            part = os.read(descriptor, 65536)
            if not part:
                raise StageError(f"the simulated camera's process has ended ({self._process.wait(timeout=5)})")
            self._buffer += part
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
