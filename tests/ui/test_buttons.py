"""Each button emits exactly its own event, and every press says that somebody is here."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel
from pytestqt.qtbot import QtBot

from kiosk.flow import events as e
from kiosk.flow.events import Event
from kiosk.flow.model import Model
from kiosk.flow.values import KeyMode, Language
from kiosk.ui.samples import Sample
from kiosk.ui.window import KioskWindow

BUTTONS: list[tuple[str, str, Event]] = [
    ("welcome", "btn-start", e.StartPressed()),
    ("welcome", "btn-no-card", e.NoCardPressed()),
    ("welcome", "btn-staff", e.StaffPressed()),
    ("welcome", "btn-lang-en", e.LanguageChosen(Language.EN)),
    ("welcome", "btn-lang-vi", e.LanguageChosen(Language.VI)),
    ("welcome", "btn-large-text", e.LargeTextChosen(True)),
    ("out-of-service", "btn-counter", e.CounterPressed()),
    ("give-key-qr", "btn-key-keypad", e.KeyModeChosen(KeyMode.KEYPAD)),
    ("give-key-qr", "btn-cancel", e.CancelPressed()),
    ("give-key-qr", "btn-counter", e.CounterPressed()),
    ("give-key-keypad", "btn-key-qr", e.KeyModeChosen(KeyMode.QR)),
    ("give-key-keypad", "key-erase", e.DigitErased()),
    ("give-key-keypad-full", "btn-number-ok", e.NumberEntered()),
    *(("give-key-keypad", f"key-{digit}", e.DigitPressed(digit)) for digit in "0123456789"),
    ("place-card", "btn-counter", e.CounterPressed()),
    ("place-card", "btn-cancel", e.CancelPressed()),
    ("reading", "btn-cancel", e.CancelPressed()),
    ("reading", "btn-counter", e.CounterPressed()),
    ("hold-card", "btn-counter", e.CounterPressed()),
    ("hold-card", "btn-cancel", e.CancelPressed()),
    ("confirm-identity", "btn-confirm-yes", e.IdentityConfirmed()),
    ("confirm-identity", "btn-confirm-no", e.IdentityDenied()),
    ("consent", "btn-consent-yes", e.ConsentGiven()),
    ("consent", "btn-consent-no", e.ConsentRefused()),
    ("consent", "btn-cancel", e.CancelPressed()),
    ("look-at-camera", "btn-counter", e.CounterPressed()),
    ("look-at-camera", "btn-cancel", e.CancelPressed()),
    ("checking-insurance", "btn-cancel", e.CancelPressed()),
    ("checking-insurance", "btn-counter", e.CounterPressed()),
    ("insurance", "btn-continue", e.InsuranceAccepted()),
    ("insurance-half", "btn-continue", e.InsuranceAccepted()),
    ("insurance-exempt", "btn-continue", e.InsuranceAccepted()),
    ("insurance-self-pay", "btn-continue", e.InsuranceAccepted()),
    ("insurance-self-pay", "btn-counter", e.CounterPressed()),
    ("insurance-unverified", "btn-continue", e.InsuranceAccepted()),
    ("insurance-check", "btn-counter", e.CounterPressed()),
    ("choose-service", "service-K02", e.ServiceSelected("K02")),
    ("choose-service", "btn-continue", e.ServiceConfirmed()),
    ("choose-service-paged", "btn-next-page", e.ServicePageTurned(1)),
    ("choose-service-last-page", "btn-prev-page", e.ServicePageTurned(0)),
    ("registering", "btn-staff", e.StaffPressed()),
    ("paying", "btn-pay-later", e.PayLaterPressed()),
    ("paying-preparing", "btn-pay-later", e.PayLaterPressed()),
    ("ticket", "btn-done", e.DonePressed()),
    ("thank-you", "btn-done", e.DonePressed()),
    ("counter", "btn-done", e.DonePressed()),
    ("staff-called", "btn-overlay-close", e.OverlayClosed()),
    ("staff-called", "btn-counter", e.CounterPressed()),
    ("still-there", "btn-overlay-close", e.OverlayClosed()),
    ("still-there", "btn-cancel", e.CancelPressed()),
]


@pytest.mark.parametrize(("screen", "name", "event"), BUTTONS, ids=[f"{screen}:{name}" for screen, name, _ in BUTTONS])
def test_a_press_emits_its_event_once(
    window: KioskWindow, seen: Any, sample: Callable[..., Model], qtbot: QtBot, screen: str, name: str, event: Event
) -> None:
    window.render(sample(screen))
    button = window.button(name)
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert seen.events == [event]
    assert seen.touches == 1


@pytest.mark.parametrize(
    ("screen", "name"),
    [
        ("give-key-keypad", "btn-number-ok"),
        ("give-key-keypad-checking", "btn-number-ok"),
        ("give-key-keypad-checking", "key-1"),
        ("choose-service-paged", "btn-continue"),
        ("choose-service-paged", "btn-prev-page"),
        ("choose-service-last-page", "btn-next-page"),
    ],
)
def test_what_cannot_be_done_yet_is_disabled(
    window: KioskWindow, seen: Any, sample: Callable[..., Model], qtbot: QtBot, screen: str, name: str
) -> None:
    window.render(sample(screen))
    button = window.button(name)
    assert button is not None
    assert not button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert seen.events == []


def test_every_button_of_every_screen_has_a_name_and_words_for_a_screen_reader(
    window: KioskWindow, every_sample: list[Sample]
) -> None:
    for each in every_sample:
        window.render(each.model)
        for button in window.findChildren(QAbstractButton):
            if button.isVisible():
                assert button.objectName(), each.name
                assert button.accessibleName(), (each.name, button.objectName())


def test_staff_can_be_called_from_every_screen(window: KioskWindow, every_sample: list[Sample]) -> None:
    for each in every_sample:
        window.render(each.model)
        if each.model.overlay is None:
            assert window.button("btn-staff") is not None, each.name


def test_a_touch_beside_every_button_is_a_touch_too(
    window: KioskWindow, seen: Any, sample: Callable[..., Model], qtbot: QtBot
) -> None:
    window.render(sample("consent"))
    words = next(each for each in window.findChildren(QLabel) if each.isVisible() and "khuôn mặt" in each.text())
    qtbot.mouseClick(words, Qt.MouseButton.LeftButton)
    assert (seen.touches, seen.events) == (1, [])


def test_one_press_travelling_through_the_parents_counts_once(
    window: KioskWindow, seen: Any, sample: Callable[..., Model]
) -> None:
    window.render(sample("consent"))
    words = next(each for each in window.findChildren(QLabel) if each.isVisible())
    point = QPointF(4, 4)
    press = QMouseEvent(
        QEvent.Type.MouseButtonPress,
        point,
        point,
        Qt.MouseButton.LeftButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    press.setTimestamp(4711)
    for receiver in (words, words.parentWidget()):
        QApplication.sendEvent(receiver, press)
    assert seen.touches == 1


def test_the_keyboard_works_as_well(window: KioskWindow, seen: Any, sample: Callable[..., Model]) -> None:
    window.render(sample("confirm-identity"))
    button = window.button("btn-confirm-yes")
    assert button is not None
    button.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert seen.events == [e.IdentityConfirmed()]
    assert seen.touches == 1


def test_an_overlay_hides_the_buttons_beneath(window: KioskWindow, sample: Callable[..., Model]) -> None:
    window.render(sample("staff-called"))
    assert window.button("btn-continue") is None
    beneath = window.findChild(QAbstractButton, "btn-continue")
    assert beneath is not None
    assert not beneath.isEnabled()


def test_the_overlay_over_a_ticket_offers_no_counter(window: KioskWindow, sample: Callable[..., Model]) -> None:
    """There the visit is registered, and a button that does nothing would only confuse."""
    window.render(sample("staff-called-ticket"))
    assert window.button("btn-counter") is None
    assert window.button("btn-overlay-close") is not None
