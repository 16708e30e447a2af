"""Rendering: the right page for every model, built only when needed, focus and privacy kept."""

import gc
from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from kiosk.flow import screens
from kiosk.flow.events import LanguageChosen, LargeTextChosen
from kiosk.flow.model import Model
from kiosk.flow.screens import GiveKey, LookAtCamera, Screen
from kiosk.flow.values import FaceGuidance, FaultCode, Honorific, Language
from kiosk.ui.formats import NBSP
from kiosk.ui.gallery import sample_frame, settle
from kiosk.ui.registry import VIEWS
from kiosk.ui.samples import Sample, faults, samples
from kiosk.ui.view import ScreenView
from kiosk.ui.widgets.buttons import PaintedButton
from kiosk.ui.widgets.camera import CameraView
from kiosk.ui.widgets.label import TextLabel
from kiosk.ui.window import KioskWindow


def words(window: KioskWindow) -> str:
    """Everything that can be read on the window now."""
    settle()
    shown = (label.text() for label in window.findChildren(TextLabel) if label.isVisible())
    return "\n".join(shown).replace(NBSP, " ")


def view(window: KioskWindow) -> ScreenView:
    settle()
    return next(each for each in window.findChildren(ScreenView) if each.isVisible())


def test_every_screen_of_the_flow_has_a_view_and_a_sample(every_sample: list[Sample]) -> None:
    assert set(VIEWS) == set(get_args(Screen))
    assert {type(each.model.screen) for each in every_sample} == set(get_args(Screen))


KEYS = {
    "welcome": "welcome",
    "out-of-service": "out-of-service",
    "give-key-qr-again": "give-key-qr",
    "give-key-keypad-wrong": "give-key-keypad",
    "place-card-two": "place-card",
    "reading": "reading",
    "hold-card-reader": "hold-card",
    "confirm-identity": "confirm-identity",
    "consent": "consent",
    "look-at-camera-again": "look-at-camera",
    "checking-insurance": "checking-insurance",
    "insurance-half": "insurance",
    "choose-service-paged": "choose-service",
    "registering": "registering",
    "paying": "paying",
    "ticket-paper-out": "ticket",
    "thank-you-take-card": "thank-you",
    "counter": "counter",
    "staff-called": "staff-called",
    "still-there": "still-there",
}


@pytest.mark.parametrize(("name", "key"), KEYS.items())
def test_the_window_tells_which_screen_it_shows(
    window: KioskWindow, sample: Callable[..., Model], name: str, key: str
) -> None:
    window.render(sample(name))
    assert window.current_key() == key


@pytest.mark.parametrize("each", list(faults()), ids=lambda each: each.name)
def test_every_fault_tells_why_and_where_to_go(window: KioskWindow, each: Sample) -> None:
    window.render(each.model)
    shown = words(window)
    assert "quầy số 3" in shown
    assert "Lý do" in shown
    window.render(replace(each.model, language=Language.EN))
    assert "counter 3" in words(window)


def test_rendering_twice_builds_nothing_twice(window: KioskWindow, every_sample: list[Sample]) -> None:
    for each in every_sample:
        window.render(each.model)
        first = view(window)
        window.render(each.model)
        assert view(window) is first, each.name


def test_a_tick_moves_the_clock_on_the_same_page(window: KioskWindow, sample: Callable[..., Model]) -> None:
    model = sample("paying")
    window.render(model)
    page = view(window)
    assert "4:32" in words(window)
    window.render(replace(model, now=model.now + 32.0))
    assert view(window) is page
    assert "4:00" in words(window)


def test_the_closing_countdown_and_the_ring_follow_the_clock(window: KioskWindow, sample: Callable[..., Model]) -> None:
    ticket = sample("ticket")
    window.render(replace(ticket, now=ticket.now + 11))
    assert "Màn hình đóng sau 10 giây" in words(window)


def test_the_card_leaving_does_not_rebuild_a_page_that_does_not_show_it(
    window: KioskWindow, sample: Callable[..., Model]
) -> None:
    """A finger may be down on a button just then."""
    for name in ("confirm-identity", "insurance", "choose-service", "consent"):
        model = sample(name)
        window.render(model)
        page = view(window)
        window.render(replace(model, card_present=not model.card_present))
        assert view(window) is page, name


def test_typed_digits_appear_without_a_new_page_and_the_last_one_allows_to_go_on(
    window: KioskWindow, sample: Callable[..., Model]
) -> None:
    model = sample("give-key-keypad")
    assert isinstance(model.screen, GiveKey)
    window.render(model)
    page = view(window)
    go_on = window.button("btn-number-ok")
    assert go_on is not None
    for length in range(8, 13):
        window.render(replace(model, screen=replace(model.screen, digits="001149000317"[:length])))
        assert go_on.isEnabled() == (length == 12)
    assert view(window) is page


def test_focus_survives_a_rebuild(window: KioskWindow, sample: Callable[..., Model], qtbot: QtBot) -> None:
    with qtbot.waitExposed(window):
        window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, on=False)
        window.hide()
        window.show()
    window.render(sample("welcome"))
    settle()
    window.activateWindow()
    button = window.button("btn-no-card")
    assert button is not None
    button.setFocus(Qt.FocusReason.TabFocusReason)
    window.render(sample("welcome", Language.EN))
    settle()
    rebuilt = window.button("btn-no-card")
    assert rebuilt is not button
    assert rebuilt is not None
    assert rebuilt.text() == "I have no card"
    assert window.focusWidget() is rebuilt


def test_the_language_switch_changes_every_word(window: KioskWindow, seen: Any, sample: Callable[..., Model]) -> None:
    window.render(sample("welcome"))
    assert "Đặt thẻ căn cước" in words(window)
    button = window.button("btn-lang-en")
    assert button is not None
    assert not button.isChecked()
    button.click()
    assert seen.events == [LanguageChosen(Language.EN)]
    assert not button.isChecked(), "only the flow's answer changes what is on"
    window.render(sample("welcome", Language.EN))
    assert "Place your citizen card" in words(window)
    assert "Saint Paul General Hospital" in words(window)
    switched = window.button("btn-lang-en")
    assert switched is not None
    assert switched.isChecked()


def test_large_text_grows_what_is_read_and_can_be_turned_off(
    window: KioskWindow, seen: Any, sample: Callable[..., Model]
) -> None:
    def size(text: str) -> int:
        settle()
        labels = [each for each in window.findChildren(TextLabel) if each.isVisible() and each.text() == text]
        return labels[0].font().pixelSize()

    name = "NGUYỄN T*** HƯỜNG"
    window.render(sample("confirm-identity"))
    normal = size(name)
    window.render(sample("confirm-identity", large=True))
    assert size(name) == pytest.approx(normal * 1.25, abs=1)
    button = window.button("btn-large-text")
    assert button is not None
    assert button.isChecked()
    button.click()
    assert seen.events == [LargeTextChosen(on=False)]


def test_the_person_is_addressed_by_sex_and_age(window: KioskWindow, sample: Callable[..., Model]) -> None:
    window.render(sample("confirm-identity"))
    assert "Đây có phải là bà không?" in words(window)
    window.render(sample("confirm-identity-proven"))
    assert "Đây có phải là ông không?" in words(window)
    window.render(sample("thank-you"))
    assert Honorific.GUEST.value in words(window)


def test_no_name_is_shown_in_full_and_no_number(window: KioskWindow) -> None:
    for each in samples():
        if each.model.patient.identity is not None:
            window.render(each.model)
            assert "001149000317" not in words(window), each.name
            assert "THỊ HƯỜNG" not in words(window), each.name


def test_the_chips_verdict_is_shown_as_it_is(window: KioskWindow, sample: Callable[..., Model]) -> None:
    window.render(sample("confirm-identity"))
    assert "chưa xác minh nơi cấp" in words(window)
    window.render(sample("confirm-identity-proven"))
    assert "chưa xác minh" not in words(window)


def test_printed_is_said_only_when_the_printer_said_so(window: KioskWindow, sample: Callable[..., Model]) -> None:
    window.render(sample("ticket-printing"))
    assert "Đang in phiếu" in words(window)
    assert "Xin lấy phiếu giấy" not in words(window)
    window.render(sample("ticket"))
    assert "Xin lấy phiếu giấy" in words(window)
    window.render(sample("ticket-paper-out"))
    assert "chụp lại số" in words(window)


def test_both_answers_to_consent_look_alike(window: KioskWindow, sample: Callable[..., Model]) -> None:
    window.render(sample("consent"))
    settle()
    yes, no = window.button("btn-consent-yes"), window.button("btn-consent-no")
    assert yes is not None
    assert no is not None
    assert abs(yes.width() - no.width()) <= 1
    assert (yes.height(), yes.font()) == (no.height(), no.font())
    assert yes.mapToGlobal(yes.rect().topLeft()).x() > no.mapToGlobal(no.rect().topLeft()).x()
    colours = {button.grab().toImage().pixelColor(40, button.height() // 2).name() for button in (yes, no)}
    assert len(colours) == 1


def test_calling_staff_is_bottom_left_and_going_on_bottom_right(
    make_window: Callable[..., KioskWindow], sample: Callable[..., Model]
) -> None:
    for size in ((1080, 1920), (1920, 1080)):
        window = make_window(*size)
        for name, going_on in (("insurance", "btn-continue"), ("ticket", "btn-done"), ("paying", "btn-pay-later")):
            window.render(sample(name))
            settle()
            staff, main = window.button("btn-staff"), window.button(going_on)
            assert staff is not None
            assert main is not None
            every = [each for each in view(window).findChildren(QAbstractButton) if each.isVisible()]
            assert staff.x() == min(each.x() for each in every)
            right = [each.mapTo(window, each.rect().topRight()).x() for each in every]
            assert main.mapTo(window, main.rect().topRight()).x() == max(right)


def test_a_face_is_mirrored_and_a_code_is_not(window: KioskWindow, sample: Callable[..., Model]) -> None:
    frame = sample_frame("code")
    for x in range(frame.width() // 2):
        for y in range(0, frame.height(), 4):
            frame.setPixel(x, y, 0xFFFF0000)
            frame.setPixel(x, y + 1, 0xFFFF0000)
            frame.setPixel(x, y + 2, 0xFFFF0000)
            frame.setPixel(x, y + 3, 0xFFFF0000)
    for name, red_side in (("give-key-qr", "left"), ("look-at-camera", "right")):
        window.render(sample(name))
        window.show_frame(frame)
        settle()
        camera = next(each for each in window.findChildren(CameraView) if each.isVisible())
        image = camera.grab().toImage()
        place = camera.frame_rect()
        height = int(place.center().y() if name == "give-key-qr" else place.top() + place.height() * 0.6)
        left = image.pixelColor(int(place.left() + place.width() * 0.1), height)
        right = image.pixelColor(int(place.right() - place.width() * 0.1), height)
        redder = "left" if left.red() - left.green() > right.red() - right.green() else "right"
        assert redder == red_side, name


def test_a_picture_outlives_an_advice_but_not_its_screen(window: KioskWindow, sample: Callable[..., Model]) -> None:
    model = sample("look-at-camera")
    assert isinstance(model.screen, LookAtCamera)
    window.render(model)
    window.show_frame(sample_frame("look"))
    window.render(replace(model, screen=LookAtCamera(2, FaceGuidance.GOOD, 0.0, FaultCode.FACE_NOT_SEEN)))
    settle()
    again = next(each for each in window.findChildren(CameraView) if each.isVisible())
    assert again.has_frame()
    window.render(sample("checking-insurance"))
    window.render(model)
    settle()
    fresh = next(each for each in window.findChildren(CameraView) if each.isVisible())
    assert not fresh.has_frame()


def test_frames_without_a_preview_are_ignored(window: KioskWindow, sample: Callable[..., Model]) -> None:
    window.render(sample("welcome"))
    window.show_frame(sample_frame("look"))
    assert window.current_key() == "welcome"


def test_turning_the_panel_lays_the_page_out_anew(window: KioskWindow, sample: Callable[..., Model]) -> None:
    window.render(sample("insurance"))
    upright = view(window)
    window.resize(1920, 1080)
    settle()
    assert view(window) is not upright
    assert view(window).width() == 1920
    assert not view(window).ctx.theme.portrait


def test_an_overlay_leaves_the_page_beneath_as_it_is(window: KioskWindow, sample: Callable[..., Model]) -> None:
    model = sample("staff-called")
    window.render(replace(model, overlay=None))
    page = view(window)
    window.render(model)
    assert view(window) is page
    assert not page.isEnabled()
    window.render(replace(model, overlay=None))
    assert page.isEnabled()
    assert window.current_key() == "choose-service"


@pytest.mark.parametrize(("language", "counter"), [(Language.VI, "quầy số 3"), (Language.EN, "counter 3")])
def test_the_counter_is_named_in_the_screens_language(window: KioskWindow, language: Language, counter: str) -> None:
    model = Model(language=language)
    assert window._context(model, window._theme(model), Honorific.GUEST).counter == counter


def test_the_screens_module_is_covered_by_the_views() -> None:
    names = {kind.__name__ for kind in VIEWS}
    assert names == {each.__name__ for each in get_args(screens.Screen)}


def test_a_day_of_screens_leaves_nothing_behind(window: KioskWindow, every_sample: list[Sample]) -> None:
    """Pages that did not fit at first are tried and dropped; every one of them must die."""
    window.resize(1920, 1080)
    for each in every_sample:
        window.render(each.model)
        settle()
    gc.collect()
    before = count_views()
    for each in (*every_sample, *every_sample):
        window.render(each.model)
        settle()
    gc.collect()
    assert count_views() <= before


def count_views() -> int:
    return sum(isinstance(each, ScreenView) for each in gc.get_objects())


def test_only_the_keyboard_sees_a_focus_ring(window: KioskWindow, sample: Callable[..., Model], qtbot: QtBot) -> None:
    window.render(sample("confirm-identity"))
    settle()
    no, yes = window.button("btn-confirm-no"), window.button("btn-confirm-yes")
    assert isinstance(no, PaintedButton)
    assert isinstance(yes, PaintedButton)
    qtbot.mouseClick(no, Qt.MouseButton.LeftButton)
    QApplication.sendEvent(yes, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    assert not yes.focus_visible
    qtbot.keyClick(no, Qt.Key.Key_Tab)
    QApplication.sendEvent(yes, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    assert yes.focus_visible
    unfocused = yes.grab().toImage()
    yes.focus_visible = False
    assert yes.grab().toImage() != unfocused
