"""The scripted patient: goes through the real window, presses the real buttons and photographs every screen."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from kiosk.app.report import SessionReport
from kiosk.app.slow_machine import slow_reasons
from kiosk.flow import Model
from kiosk.flow.screens import AtCounter, LookAtCamera, ShowTicket
from kiosk.flow.values import FaceGuidance, PrintState
from kiosk.simulation.world import Attack, SimulatedWorld
from kiosk.ui.window import KioskWindow

STEP_MS = 40
SERVICE_AWAY_S = 2.0
"""How long the smart card service stays dead after it was killed in the middle of a read."""
SETTLE_S = 0.25
"""A screen is photographed and acted on when it has stood this long, as a person would see it."""

IMPOSTOR = "impostor"
GENUINE_FOR_IMPOSTOR = ("duc", "minh")
"""Whose card the impostor carries, and whose face: same sex, near in age, the harder case."""


class DemoFault(StrEnum):
    """Faults a demonstration can be run with."""

    CARD_PULLED = "card-pulled"
    PCSCD_KILLED = "pcscd-killed"
    PORTAL_DOWN = "portal-down"
    HIS_DOWN = "his-down"
    PAPER_OUT = "paper-out"
    PRINT_ATTACK = "print-attack"
    REPLAY_ATTACK = "replay-attack"
    SWAPPED_PERSON = "swapped-person"


ATTACKS = {
    DemoFault.PRINT_ATTACK: Attack.PRINT,
    DemoFault.REPLAY_ATTACK: Attack.REPLAY,
    DemoFault.SWAPPED_PERSON: Attack.SWAPPED,
}
"""Somebody has another person's card and a picture of them, or their company."""


@dataclass(frozen=True, slots=True)
class Script:
    """Whose card, whose face, which fault, and how the key is given (BAC needs the QR: a number opens PACE only)."""

    card: str
    face: str
    fault: DemoFault | None
    use_qr: bool


@dataclass(frozen=True, slots=True)
class StepTime:
    screen: str
    seconds: float


class ScriptedPatient(QObject):
    """Acts on whatever screen stands there, until the welcome screen is back.

    `find_report` gives the ended session's report; `pending` how many calls wait in the outbox; `done` is called once
    with the path of the summary, or None when the patient got nowhere in `limit_s` seconds.
    """

    def __init__(
        self,
        window: KioskWindow,
        model: Callable[[], Model],
        world: SimulatedWorld,
        script: Script,
        out: Path,
        *,
        find_report: Callable[[], SessionReport | None],
        pending: Callable[[], int],
        done: Callable[[Path | None], None],
        limit_s: float = 150.0,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._model = model
        self._world = world
        self._script = script
        self._out = out
        self._find_report = find_report
        self._pending = pending
        self._done = done
        self._begun = time.monotonic()
        self._limit_s = limit_s
        self._name = ""
        self._since = self._begun
        self._steps: list[StepTime] = []
        self._acted = False
        self._started = False
        self._killed = False
        self._before_camera = False
        self._seen: set[str] = set()
        self._finished_at = 0.0
        self._queued = 0
        self.slow_because: tuple[str, ...] = ()
        """Once done: why the machine was too slow for the story (`kiosk.app.slow_machine`)."""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """Begin; the application's event loop must run."""
        self._out.mkdir(parents=True, exist_ok=True)
        self._timer.start(STEP_MS)  # first: whatever fails below, the limit of time ends the demonstration
        self._stand_before_the_camera()  # once beforehand: a person takes a second to draw for the first time
        self._world.show_nobody()
        if self._script.fault is DemoFault.PORTAL_DOWN:
            self._world.cut("portal")
        if self._script.fault is DemoFault.PAPER_OUT:
            self._world.paper("out")
        if self._script.fault is DemoFault.CARD_PULLED:
            self._world.pull_card_during("DG2")

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._begun > self._limit_s:
            self._timer.stop()
            self._done(None)
            return
        name = self._window.current_key()
        if name != self._name:
            if self._name and self._started:
                self._steps.append(StepTime(self._name, round(now - self._since, 3)))
            self._name, self._since, self._acted = name, now, False
        if now - self._since < SETTLE_S:
            return
        if not self._acted:
            self._photograph(name)
            self._acted = True
            self._arrive(name)
        self._linger(name, now)

    def _photograph(self, name: str) -> None:
        path = self._out / f"{len(self._steps):02d}-{name}.png"
        self._window.grab().save(str(path))

    def _press(self, name: str) -> None:
        button = self._window.button(name)
        assert button is not None, f"no button {name} on {self._name}"
        assert button.isVisible(), f"{name} is not visible"
        assert button.isEnabled(), f"{name} cannot be pressed"
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def _arrive(self, name: str) -> None:
        """What the patient does once when a screen appears."""
        match name:
            case "welcome" if not self._started:
                self._started = True
                self._begun = time.monotonic()
                self._press("btn-start")
            case "give-key-qr" if self._script.use_qr:
                self._world.show_card_qr(self._script.card)
            case "give-key-qr":
                self._press("btn-key-keypad")
            case "give-key-keypad":
                self._type_number()
            case "place-card":
                self._world.place_card(self._script.card)
            case "reading" if self._script.fault is DemoFault.PCSCD_KILLED and not self._killed:
                self._killed = True
                self._world.kill_pcscd()
                QTimer.singleShot(int(SERVICE_AWAY_S * 1000), self, self._world.start_pcscd)
            case "hold-card":
                self._world.place_card(self._script.card)
            case "confirm-identity":
                self._press("btn-confirm-yes")
            case "consent":
                self._press("btn-consent-yes")
            case "insurance":
                self._press("btn-continue")
            case "choose-service":
                self._choose()
            case "paying":
                self._world.pay()
            case "thank-you":
                self._world.show_nobody()
                self._world.pull_card()
            case _:
                pass

    def _linger(self, name: str, now: float) -> None:
        """What the patient waits for on a screen."""
        screen = self._model().screen
        if isinstance(screen, LookAtCamera):
            self._step_before_the_camera(name, screen)
        elif isinstance(screen, ShowTicket | AtCounter) and screen.printing is not PrintState.PRINTING:
            if not self._finished_at:
                self._photograph(f"{name}-printed")
                self._finished_at = now
                self._queued = self._pending()
                if self._script.fault is DemoFault.HIS_DOWN:
                    self._world.restore("his")
                self._press("btn-done")
        elif (
            self._finished_at and name in ("thank-you", "welcome", "out-of-service") and self._find_report() is not None
        ):
            self._leave(now)

    def _step_before_the_camera(self, name: str, screen: LookAtCamera) -> None:
        """Come into the picture once it is live; photograph the preview with a face in it, and every move asked for.

        Not while the screen lights the face: taking a picture holds up the window, and the colours keep a strict time.
        """
        if screen.guidance is FaceGuidance.STARTING:
            return
        if not self._before_camera:
            self._before_camera = True
            self._stand_before_the_camera()
            return
        shown = screen.move or ("live" if screen.progress > 0 else "")
        if shown and screen.light is None and shown not in self._seen:
            self._seen.add(shown)
            self._photograph(f"{name}-{shown.replace('_', '-')}")

    def _stand_before_the_camera(self) -> None:
        attack = ATTACKS.get(self._script.fault) if self._script.fault is not None else None
        if attack is None:
            self._world.show_person(self._script.face)
        else:
            self._world.show_attack(attack, self._script.face)

    def _leave(self, now: float) -> None:
        """Home again; a visit that waits in the outbox gets its time to be delivered."""
        if not self._pending() or now - self._finished_at > self._limit_s / 2:
            self._timer.stop()
            self._done(self._write())

    def _type_number(self) -> None:
        for digit in self._world.number_of(self._script.card):
            self._press(f"key-{digit}")
        self._press("btn-number-ok")

    def _choose(self) -> None:
        for button in self._window.findChildren(QAbstractButton):
            if button.objectName().startswith("service-") and button.isVisible():
                QTest.mouseClick(button, Qt.MouseButton.LeftButton)
                break
        else:
            self._acted = False  # the list is still loading
            return
        if self._script.fault is DemoFault.HIS_DOWN:
            self._world.cut("his")
        QTimer.singleShot(200, self, lambda: self._press("btn-continue"))

    def _write(self) -> Path:
        found = self._find_report()
        assert found is not None
        tickets = self._world.tickets()
        if tickets:
            (self._out / "ticket.png").write_bytes(tickets[-1].read_bytes())
        pending = self._pending()
        self.slow_because = slow_reasons(found)
        summary = found.as_dict() | {
            "machine_too_slow": bool(self.slow_because),
            "outbox": {"queued": self._queued, "pending": pending, "delivered": self._queued - pending},
            "seconds": {
                "total": round(self._finished_at - self._begun, 3),
                "steps": {f"{index:02d}-{step.screen}": step.seconds for index, step in enumerate(self._steps)},
            },
        }
        path = self._out / "summary.json"
        path.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", "utf-8")
        return path
