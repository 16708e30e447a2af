"""The dev dock: plain signals, outside the product, and no touch of a patient."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from kiosk.flow.model import Model
from kiosk.ui.dock import DevDock
from kiosk.ui.gallery import settle
from kiosk.ui.window import KioskWindow


@pytest.fixture
def dock(make_window: Callable[..., KioskWindow], sample: Callable[..., Model]) -> DevDock:
    window = make_window(1920, 1080, dock=True)
    window.render(sample("welcome"))
    settle()
    assert window.dock is not None
    return window.dock


@pytest.mark.parametrize(
    ("button", "signal", "arguments"),
    [
        ("dock-place", "card_placed", ["hung"]),
        ("dock-second", "second_card_placed", ["hung"]),
        ("dock-code", "code_shown", ["hung"]),
        ("dock-pull", "card_pulled", []),
        ("dock-pay", "pay_now", []),
    ],
)
def test_a_button_sends_its_signal(dock: DevDock, qtbot: QtBot, button: str, signal: str, arguments: list[str]) -> None:
    cards = dock.findChild(QComboBox, "dock-card")
    assert isinstance(cards, QComboBox)
    cards.setCurrentIndex(cards.findData("hung"))
    pressed = dock.findChild(QPushButton, button)
    assert isinstance(pressed, QPushButton)
    with qtbot.waitSignal(getattr(dock, signal)) as sent:
        pressed.click()
    assert sent.args == arguments


@pytest.mark.parametrize("link", ["portal", "his", "bank"])
def test_a_link_is_cut_and_mended(dock: DevDock, qtbot: QtBot, link: str) -> None:
    box = dock.findChild(QCheckBox, f"dock-cut-{link}")
    assert isinstance(box, QCheckBox)
    for on in (True, False):
        with qtbot.waitSignal(dock.link_cut) as sent:
            box.click()
        assert sent.args == [link, on]


def test_the_paper_is_emptied(dock: DevDock, qtbot: QtBot) -> None:
    box = dock.findChild(QCheckBox, "dock-paper")
    assert isinstance(box, QCheckBox)
    with qtbot.waitSignal(dock.paper_emptied) as sent:
        box.click()
    assert sent.args == [True]


def test_anybody_can_stand_before_the_camera(dock: DevDock, qtbot: QtBot) -> None:
    subjects = dock.findChild(QComboBox, "dock-subject")
    assert isinstance(subjects, QComboBox)
    assert [subjects.itemData(index) for index in range(subjects.count())] == ["nobody", "lan", "hung", "two", "other"]
    with qtbot.waitSignal(dock.subject_chosen) as sent:
        subjects.activated.emit(0)
    assert sent.args == ["nobody"]


def test_a_picture_of_the_cards_holder_is_held_up(dock: DevDock, qtbot: QtBot) -> None:
    cards, attacks = dock.findChild(QComboBox, "dock-card"), dock.findChild(QComboBox, "dock-attack")
    assert isinstance(cards, QComboBox)
    assert isinstance(attacks, QComboBox)
    cards.setCurrentIndex(cards.findData("hung"))
    pressed = dock.findChild(QPushButton, "dock-attack-show")
    assert isinstance(pressed, QPushButton)
    for attack in ("print", "replay", "swapped"):
        attacks.setCurrentIndex(attacks.findData(attack))
        with qtbot.waitSignal(dock.attack_shown) as sent:
            pressed.click()
        assert sent.args == [attack, "hung"]


def test_it_says_that_the_devices_are_simulated_and_is_no_part_of_the_patients_area(
    dock: DevDock, seen: Any, qtbot: QtBot
) -> None:
    assert any(label.text() == "Thiết bị mô phỏng" for label in dock.findChildren(QLabel))
    button = dock.findChild(QPushButton, "dock-place")
    assert isinstance(button, QPushButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert (seen.touches, seen.events) == (0, [])


def test_without_simulated_devices_there_is_no_dock(window: KioskWindow) -> None:
    assert window.dock is None
    assert window.findChild(DevDock) is None


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080), (1280, 800)])
def test_no_switch_of_the_dock_is_cut(
    make_window: Callable[..., KioskWindow], sample: Callable[..., Model], size: tuple[int, int]
) -> None:
    window = make_window(*size, dock=True)
    window.render(sample("welcome"))
    settle()
    assert window.dock is not None
    assert window.dock.width() == size[0]
    for widget in (*window.dock.findChildren(QPushButton), *window.dock.findChildren(QCheckBox)):
        assert widget.width() >= widget.sizeHint().width(), widget.objectName()
        assert window.dock.rect().contains(widget.mapTo(window.dock, widget.rect().bottomRight())), widget.objectName()
