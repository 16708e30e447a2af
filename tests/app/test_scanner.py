"""Scans from beside the camera: when they count, and how one that types is told from a person."""

import itertools
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from cccd_reader.scanner import IDLE
from kiosk.app.keyboard_scanner import KeyboardScanner
from kiosk.app.run import scanner_config
from kiosk.app.services.scanner import ScannerService
from kiosk.flow import events, initial, step
from kiosk.flow.delays import Delays
from kiosk.flow.screens import GiveKey, Welcome
from kiosk.flow.values import FaultCode
from kiosk.settings import SettingsError, parse
from kiosk.workers.messages import CodeScanned, WorkerDown, WorkerUp
from kiosk.workers.scanner import ScannerConfig

CARD = "001198990123||Nguyễn Thị Lan|14031998|Nữ|Số 4, Phố Năm|01082024||||"


class Desk:
    """A flow without devices, and the codes that reach it."""

    def __init__(self):
        self.model = initial(Delays())
        self.used = []
        self.scans = ScannerService(lambda: self.model, self.dispatch, lambda *used: self.used.append(used))

    def dispatch(self, event):
        self.model = step(self.model, event).model


def test_a_scan_begins_the_visit_as_a_touch_would():
    desk = Desk()
    assert isinstance(desk.model.screen, Welcome)
    desk.scans.on_message(CodeScanned(CARD))
    assert isinstance(desk.model.screen, GiveKey)
    assert desk.used == [(desk.model.session, CARD)]
    assert "001198990123" not in repr(CodeScanned(CARD))


def test_a_scan_counts_only_while_somebody_is_asked_for_a_code():
    desk = Desk()
    desk.dispatch(events.StartPressed())
    desk.scans.use(CARD)
    desk.dispatch(events.KeyReady(desk.model.session))
    desk.scans.use(CARD)
    assert desk.used == [(desk.model.session, CARD)]


def test_a_refused_scan_leaves_the_patient_where_they_are():
    desk = Desk()
    desk.scans.use("https://example.vn")
    desk.dispatch(events.KeyRefused(desk.model.session, FaultCode.QR_NOT_A_CARD))
    assert desk.model.screen.problem is FaultCode.QR_NOT_A_CARD
    desk.scans.use(CARD)
    assert len(desk.used) == 2


def test_a_scanner_that_goes_away_stops_nobody():
    desk = Desk()
    desk.scans.on_message(WorkerDown("scanner", permanent=False, reason="gone"))
    desk.scans.on_message(WorkerUp("scanner", 0.1))
    assert isinstance(desk.model.screen, Welcome)


EXAMPLE = (Path(__file__).parents[2] / "docs" / "kiosk.example.toml").read_text("utf-8")


def test_only_a_serial_scanner_needs_a_port_and_a_worker():
    def settings(scanner):
        return parse(EXAMPLE.replace('kind = "camera"', scanner), Path("kiosk.toml"))

    assert scanner_config(settings('kind = "camera"')) is None
    assert scanner_config(settings('kind = "keyboard"')) is None
    assert scanner_config(settings('kind = "serial"\nport = "/dev/ttyACM0"')) == ScannerConfig("/dev/ttyACM0", 9600)
    with pytest.raises(SettingsError) as caught:
        settings('kind = "serial"')
    assert "scanner" in str(caught.value)
    assert "port" in str(caught.value)


@pytest.fixture
def keyboard(qtbot):
    """A window with a text field, a scanner that listens to it, and the time of its key strokes."""
    field = QLineEdit()
    qtbot.addWidget(field)
    heard, wanted = [], [True]
    scanner = KeyboardScanner(field, heard.append, lambda: wanted[0])
    scanner.install()
    field.show()
    qtbot.waitExposed(field)
    field.setFocus()
    clock = itertools.count(1000, 5)

    def press(text, gap=0, *, repeated=False):
        at = next(clock)
        for _ in range(gap // 5):
            at = next(clock)
        key = Qt.Key.Key_Return if text == "\r" else Qt.Key.Key_unknown
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, text, repeated)
        event.setTimestamp(at)
        QCoreApplication.sendEvent(field.windowHandle(), event)

    yield field, heard, press, wanted
    QCoreApplication.instance().removeEventFilter(scanner)


def test_a_scanner_that_types_is_heard_and_presses_nothing(keyboard):
    field, heard, press, _ = keyboard
    pressed = []
    field.returnPressed.connect(lambda: pressed.append(True))
    for character in CARD + "\r":
        press(character)
    assert heard == [CARD]
    assert pressed == []
    assert field.text() in ("", CARD[0]), "only the first stroke could be anybody's"


def test_a_person_who_types_is_left_alone(keyboard):
    field, heard, press, _ = keyboard
    for character in "an\r":
        press(character, gap=200)
    assert heard == []
    assert field.text() == "an"


def test_a_scan_without_an_end_is_heard_after_a_silence(keyboard, qtbot):
    _, heard, press, _ = keyboard
    for character in CARD:
        press(character)
    assert heard == []
    qtbot.waitUntil(lambda: heard == [CARD], timeout=60_000)
    assert IDLE < 1


def test_a_key_that_is_held_down_is_no_scanner(keyboard):
    field, heard, press, _ = keyboard
    for _ in range(30):
        press("a", repeated=True)
    assert heard == []
    assert field.text() == "a" * 30


def test_a_form_takes_a_scan_as_it_is_typed(keyboard):
    field, heard, press, wanted = keyboard
    wanted[0] = False
    for character in CARD + "\r":
        press(character)
    assert heard == []
    assert field.text() == CARD
