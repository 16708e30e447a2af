"""The IT staff's screen: the PIN with its lock-out, probes and packs in their own process, the camera's preview."""

import math
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from kiosk.app.mainthread import Tasks
from kiosk.doctor import ProbeResult, Report
from kiosk.doctor.packs import Choice, PackList
from kiosk.settings.pin import Lockout, PinOutcome, check_pin
from kiosk.settings.schema import Settings
from kiosk.ui.admin import AdminScreen
from kiosk.ui.admin_tables import PackRow, ProbeRow, ProbeState

log = structlog.get_logger(__name__)

DOCTOR_LIMIT_S = 40.0
"""Every probe has its own limit; this one is for a doctor that cannot even start."""


def program_command(name: str, settings_file: Path) -> list[str]:
    """A command of this program as a process: it loads camera and models, which the window's process never does."""
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "kiosk"]
    return [*program, name, str(settings_file), "--json"]


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
        self._command = program_command("doctor", settings_file)
        self._packs_command = program_command("packs", settings_file)
        self._tasks = tasks
        self._preview = preview
        self._clock = clock
        self._lockout = Lockout()
        screen.pin_entered.connect(self._enter)
        screen.probe_requested.connect(self._probe)
        screen.packs_requested.connect(lambda: self._packs(""))
        screen.pack_chosen.connect(self._packs)
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
        return Report.from_json(_output(self._command))

    def _show(self, report: Report) -> None:
        self._screen.show_rows([_row(result) for result in report.results])

    def _no_report(self, reason: str) -> None:
        self._screen.show_rows([ProbeRow("doctor", ProbeState.FAIL, reason, 0.0)])

    def _packs(self, choose: str) -> None:
        """List the packs, after writing the chosen one into the settings file if `choose` names one."""
        command = [*self._packs_command, "--choose", choose] if choose else self._packs_command
        self._screen.show_packs(None)
        self._tasks.run(
            lambda: PackList.from_json(_output(command)),
            then=lambda found: self._show_packs(found, choose),
            failed=lambda error: self._screen.show_packs((), type(error).__name__),
        )

    def _show_packs(self, found: PackList, name: str) -> None:
        rows = [
            PackRow(
                pack.name, pack.version, pack.problem, pack.licence, pack.commercial_use, pack.name == found.selected
            )
            for pack in found.packs
        ]
        note = ""
        if found.choice is not Choice.NONE:
            log.warning("face model pack chosen", pack=name, outcome=found.choice.value, detail=found.detail)
            note = self._screen.words(f"admin.choice_{found.choice}", name=name)
        self._screen.show_packs(rows, note)


def _output(command: list[str]) -> str:
    done = subprocess.run(  # noqa: S603  (our own program)
        command, capture_output=True, text=True, timeout=DOCTOR_LIMIT_S, check=False
    )
    return done.stdout


def _row(result: ProbeResult) -> ProbeRow:
    detail = f"{result.detail} → {result.advice_vi}" if result.advice_vi else result.detail
    return ProbeRow(result.name.value, ProbeState(result.state.value), detail, result.seconds)
