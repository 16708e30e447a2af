"""The IT staff's screen: the PIN, the probes in a process of their own, the picture; and the dev dock's wires."""

import json
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QAbstractButton

from face.models.registry import PackProblem
from kiosk import paths
from kiosk.app.admin import AdminDesk, program_command
from kiosk.app.dock import wire_dock
from kiosk.app.mainthread import MainThread, Tasks
from kiosk.doctor.packs import Choice, Pack, PackList
from kiosk.flow import initial
from kiosk.settings.load import parse
from kiosk.settings.pin import hash_pin
from kiosk.simulation.world import Attack
from kiosk.ui.dock import NOBODY, OTHER, TWO_PEOPLE, DevDock
from kiosk.ui.gallery import sample_options
from kiosk.ui.options import DockPerson
from kiosk.ui.widgets.label import TextLabel
from kiosk.ui.window import KioskWindow

PIN = "428190"
SETTINGS = """
[kiosk]
id = "k1"
facility_name_vi = "Bệnh viện"
facility_name_en = "Hospital"
facility_code = "01999"
[devices]
mode = "simulated"
"""
ADVICE = "Gọi cơ quan bảo hiểm"


def probe(name: str, state: str, detail: str, advice: str = "") -> dict:
    return {"name": name, "state": state, "detail": detail, "seconds": 0.1, "advice_vi": advice, "advice_en": advice}


REPORT = {"ok": False, "probes": [probe("printer", "ok", "ready"), probe("portal", "fail", "no answer", ADVICE)]}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def window(qtbot):
    made = KioskWindow(lambda event: None, sample_options(paths.assets()))
    qtbot.addWidget(made)
    made.resize(1080, 1920)
    made.render(initial())
    made.show()
    return made


@pytest.fixture
def tasks(qtbot):
    made = Tasks(MainThread())
    yield made
    made.close()


@pytest.fixture
def previews():
    return []


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def desk(window, tasks, previews, clock, tmp_path):
    file = tmp_path / "kiosk.toml"
    text = f'{SETTINGS}\n[admin]\npin_hash = "{hash_pin(PIN)}"\n'
    settings = parse(text, file)
    made = AdminDesk(window.admin, settings, file, tasks, previews.append, clock)
    code = f"print({json.dumps(REPORT)!r})"
    made._command = [sys.executable, "-c", code]
    window.open_admin()
    return made


def rows(window):
    names = ("probe-printer", "probe-portal")
    return [window.findChild(object, name) for name in names]


def test_the_right_pin_shows_probes_and_picture_and_leaving_stops_the_picture(desk, window, previews, qtbot):
    window.admin.pin_entered.emit(PIN)
    assert previews == [True]
    qtbot.waitUntil(lambda: None not in rows(window), timeout=20_000)
    assert ADVICE in " ".join(label.text() for label in window.admin.findChildren(TextLabel))
    window.admin.leave()
    assert previews == [True, False]


def test_wrong_pins_lock_for_longer_and_longer(desk, window, previews, clock):
    refused = []
    window.admin.pin_refused = refused.append
    for _ in range(6):
        window.admin.pin_entered.emit("111112")
    window.admin.pin_entered.emit(PIN)
    assert refused == [0, 0, 0, 0, 15, 15, 15], "while locked no PIN is looked at, not even the right one"
    assert previews == []
    clock.now = 15.0
    window.admin.pin_entered.emit(PIN)
    assert previews == [True]


def test_without_a_pin_the_screen_stays_closed(window, tasks, previews, tmp_path):
    file = tmp_path / "kiosk.toml"
    desk = AdminDesk(window.admin, parse(SETTINGS, file), file, tasks, previews.append)
    refused = []
    window.admin.pin_refused = refused.append
    window.admin.pin_entered.emit("")
    assert refused == [0]
    assert previews == []
    assert desk is not None


def test_a_doctor_that_cannot_answer_is_a_failed_row(desk, window, qtbot):
    desk._command = [sys.executable, "-c", "print('nonsense')"]
    window.admin.pin_entered.emit(PIN)
    qtbot.waitUntil(lambda: window.findChild(object, "probe-doctor") is not None, timeout=20_000)


def test_the_doctor_is_this_program(tmp_path, monkeypatch):
    file = tmp_path / "kiosk.toml"
    assert program_command("doctor", file) == [sys.executable, "-m", "kiosk", "doctor", str(file), "--json"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert program_command("packs", file) == [sys.executable, "packs", str(file), "--json"]


PACK = Pack("licensed", "1", True, "", "", "signed", True, "onnxruntime", "/packs/licensed")


def answering(found: PackList, ask: str = "") -> list[str]:
    """In place of the doctor's process: prints the list, and fails if it is asked for something else."""
    code = f"import sys; assert sys.argv[1:] == {ask.split()!r}, sys.argv; print({found.to_json()!r})"
    return [sys.executable, "-c", code]


def test_a_pack_is_chosen_by_the_doctors_process_and_the_screen_says_when_it_counts(desk, window, qtbot):
    desk._packs_command = answering(PackList((PACK,), "yunet-sface"))
    window.admin.pin_accepted()
    window.admin.packs_requested.emit()
    qtbot.waitUntil(lambda: window.findChild(object, "btn-pack-licensed") is not None, timeout=20_000)
    desk._packs_command = answering(PackList((PACK,), "licensed", Choice.CHOSEN), "--choose licensed")
    window.findChild(QAbstractButton, "btn-pack-licensed").click()

    def told() -> bool:
        return "Khởi động lại kiosk" in " ".join(label.text() for label in window.admin.findChildren(TextLabel))

    qtbot.waitUntil(told, timeout=20_000)
    assert window.findChild(object, "btn-pack-licensed") is None, "it is the chosen one now"


@pytest.mark.parametrize("choice", [choice for choice in Choice if choice is not Choice.NONE])
def test_every_outcome_of_a_choice_has_words(desk, window, choice):
    window.admin.pin_accepted()
    window.admin.show_packs(None)
    desk._show_packs(PackList((PACK,), "licensed", choice), "licensed")
    shown = [label.text() for label in window.admin.findChildren(TextLabel)]
    assert window.admin.words(f"admin.choice_{choice}", name="licensed") in shown


@pytest.mark.parametrize("problem", PackProblem)
def test_every_problem_of_a_pack_has_words_and_no_button(desk, window, problem):
    window.admin.pin_accepted()
    window.admin.show_packs(None)
    desk._show_packs(PackList((replace(PACK, ok=False, problem=problem),), "yunet-sface"), "")
    shown = [label.text() for label in window.admin.findChildren(TextLabel)]
    assert window.admin.words(f"admin.pack_{problem}") in shown
    assert window.findChild(object, "btn-pack-licensed") is None


def test_a_doctor_without_packs_is_said(desk, window, qtbot):
    desk._packs_command = [sys.executable, "-c", "print('nonsense')"]
    window.admin.pin_accepted()
    window.admin.packs_requested.emit()
    qtbot.waitUntil(
        lambda: any("Error" in label.text() for label in window.admin.findChildren(TextLabel)), timeout=20_000
    )


class World:
    """Writes down what the dock asks for."""

    def __init__(self) -> None:
        self.asked = []

    def people(self):
        return (SimpleNamespace(id="lan"), SimpleNamespace(id="minh"))

    def __getattr__(self, name):
        return lambda *arguments: self.asked.append((name, *arguments))


def test_the_docks_switches_move_the_simulated_world(qtbot):
    dock = DevDock((DockPerson("lan", "Lan"), DockPerson("minh", "Minh")))
    qtbot.addWidget(dock)
    world = World()
    wire_dock(dock, world)
    dock.card_placed.emit("lan")
    dock.card_pulled.emit()
    dock.second_card_placed.emit("minh")
    dock.code_shown.emit("lan")
    for subject in (NOBODY, TWO_PEOPLE, OTHER, "lan"):
        dock.subject_chosen.emit(subject)
    dock.attack_shown.emit("print", "lan")
    dock.link_cut.emit("his", True)
    dock.link_cut.emit("his", False)
    dock.paper_emptied.emit(True)
    dock.paper_emptied.emit(False)
    dock.pay_now.emit()
    assert world.asked == [
        ("place_card", "lan"),
        ("pull_card",),
        ("place_second_card", "minh"),
        ("show_card_qr", "lan"),
        ("show_nobody",),
        ("show_two",),
        ("show_person", "minh"),
        ("show_person", "lan"),
        ("show_attack", Attack.PRINT, "lan"),
        ("cut", "his"),
        ("restore", "his"),
        ("paper", "out"),
        ("paper", "ok"),
        ("pay",),
    ]
