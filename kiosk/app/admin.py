"""The IT staff's screen: the PIN with its lock-out, the probes in a process of their own, the camera's preview."""

import math
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from kiosk.app.mainthread import Tasks
from kiosk.doctor import ProbeResult, Report
from kiosk.settings.pin import Lockout, PinOutcome, check_pin
from kiosk.settings.schema import Settings
from kiosk.ui.admin import AdminScreen, ProbeRow, ProbeState

DOCTOR_LIMIT_S = 40.0
"""Every probe has its own limit; this one is for a doctor that cannot even start."""


def doctor_command(settings_file: Path) -> list[str]:
    """The doctor as a process: it loads camera and models, which the window's process never does."""
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "kiosk"]
    return [*program, "doctor", str(settings_file), "--json"]


class AdminDesk:
    """Answers the admin screen's signals. `preview` turns the camera's picture on and off."""

    def __init__(
        self,
        screen: AdminScreen,
        settings: Settings,
        settings_file: Path,
        tasks: Tasks,
        preview: Callable[[bool], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._screen = screen
        self._hash = settings.admin.pin_hash
        self._command = doctor_command(settings_file)
        self._tasks = tasks
        self._preview = preview
        self._clock = clock
        self._lockout = Lockout()
        screen.pin_entered.connect(self._enter)
        screen.probe_requested.connect(self._probe)
        screen.closed.connect(lambda: self._preview(False))

    def _enter(self, pin: str) -> None:
        if self._hash is None:
            self._screen.pin_refused(0)  # no PIN was ever set: the screen stays closed
            return
        checked = check_pin(pin, self._hash.get_secret_value(), self._lockout, self._clock())
        self._lockout = checked.lockout
        if checked.outcome is PinOutcome.GRANTED:
            self._preview(True)
            self._screen.pin_accepted()
        else:
            self._screen.pin_refused(math.ceil(self._lockout.wait_s(self._clock())))

    def _probe(self) -> None:
        self._tasks.run(self._examine, then=self._show, failed=lambda error: self._no_report(type(error).__name__))

    def _examine(self) -> Report:
        done = subprocess.run(  # noqa: S603  (our own program)
            self._command, capture_output=True, text=True, timeout=DOCTOR_LIMIT_S, check=False
        )
        return Report.from_json(done.stdout)

    def _show(self, report: Report) -> None:
        self._screen.show_rows([_row(result) for result in report.results])

    def _no_report(self, reason: str) -> None:
        self._screen.show_rows([ProbeRow("doctor", ProbeState.FAIL, reason, 0.0)])


def _row(result: ProbeResult) -> ProbeRow:
    detail = f"{result.detail} → {result.advice_vi}" if result.advice_vi else result.detail
    return ProbeRow(result.name.value, ProbeState(result.state.value), detail, result.seconds)
