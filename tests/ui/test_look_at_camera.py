"""The face screen while a move is asked for and while it lights the face: one instruction, in place, readable."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from kiosk.flow.events import CounterPressed
from kiosk.flow.model import Model
from kiosk.flow.screens import LookAtCamera
from kiosk.flow.values import FaceGuidance, FaceMove, Language, ScreenLight
from kiosk.ui.gallery import sample_frame, settle
from kiosk.ui.screens_face import LookAtCameraView
from kiosk.ui.theme import LIGHTS
from kiosk.ui.widgets.camera import CameraView
from kiosk.ui.widgets.label import TextLabel
from kiosk.ui.window import KioskWindow


def page(window: KioskWindow) -> LookAtCameraView:
    settle()
    return next(each for each in window.findChildren(LookAtCameraView) if each.isVisible())


def camera(window: KioskWindow) -> CameraView:
    return next(each for each in page(window).findChildren(CameraView))


def words(window: KioskWindow) -> list[str]:
    return [label.text() for label in page(window).findChildren(TextLabel)]


@pytest.fixture
def looking(window: KioskWindow, sample: Callable[..., Model]) -> Callable[..., KioskWindow]:
    """The window on the face screen with some of its fields changed."""

    def show(**changes: object) -> KioskWindow:
        model = sample("look-at-camera")
        assert isinstance(model.screen, LookAtCamera)
        window.render(replace(model, screen=replace(model.screen, **changes)))  # type: ignore[arg-type]
        settle()
        return window

    return show


@pytest.mark.parametrize("move", FaceMove)
def test_a_move_is_the_only_instruction(looking: Callable[..., KioskWindow], move: FaceMove) -> None:
    window = looking(move=move, guidance=FaceGuidance.TURN_TO_CAMERA)
    assert camera(window).advice_rect().isEmpty(), "no advice beside it"
    assert "Nhìn vào khung tròn" not in words(window)
    assert camera(window).accessibleDescription() in words(window), "what is read is also spoken"
    assert camera(window).frame_rect().contains(camera(window).sign_rect())


def test_left_is_the_patients_own_left(looking: Callable[..., KioskWindow]) -> None:
    for move, said in ((FaceMove.TURN_LEFT, "trái"), (FaceMove.TURN_RIGHT, "phải")):
        view = camera(looking(move=move))
        assert said in view.accessibleDescription()
        left_of_face = view.sign_rect().center().x() < view.oval().center().x()
        assert left_of_face is (move is FaceMove.TURN_LEFT)


def test_the_signs_of_all_moves_differ(looking: Callable[..., KioskWindow]) -> None:
    pictures = [bytes(camera(looking(move=move)).grab().toImage().constBits()) for move in FaceMove]
    assert len(set(pictures)) == len(FaceMove)


@pytest.mark.parametrize("light", ScreenLight)
def test_the_screen_shines_around_the_face_and_nowhere_on_it(
    looking: Callable[..., KioskWindow], light: ScreenLight
) -> None:
    window = looking(light=light, guidance=FaceGuidance.GOOD)
    window.show_frame(sample_frame("look"))
    settle()
    assert "Xin nhìn vào màn hình" in words(window)
    shown = window.grab().toImage()
    lit = sum(
        shown.pixelColor(x, y) == LIGHTS[light] for x in range(0, shown.width(), 8) for y in range(0, shown.height(), 8)
    )
    assert lit / (shown.width() // 8 * (shown.height() // 8)) > 0.5, "more than half of the screen"
    view = camera(window)
    face = view.mapTo(window, view.oval().center().toPoint())
    assert shown.pixelColor(face) == QColor("#D9C2AC"), "the face itself is shown as it is"


def test_what_disturbs_is_said_while_the_screen_shines(looking: Callable[..., KioskWindow]) -> None:
    window = looking(light=ScreenLight.MINT, guidance=FaceGuidance.TOO_FAR)
    assert not camera(window).advice_rect().isEmpty()
    assert "Xin nhìn vào màn hình" not in words(window)


def test_the_page_is_plain_again_afterwards(looking: Callable[..., KioskWindow]) -> None:
    before = looking().grab().toImage()
    looking(light=ScreenLight.ORCHID, guidance=FaceGuidance.GOOD)
    looking(move=FaceMove.LOOK_UP)
    assert looking().grab().toImage() == before


def test_prompts_neither_rebuild_the_page_nor_move_what_is_on_it(looking: Callable[..., KioskWindow]) -> None:
    window = looking()
    first, place = page(window), camera(window).geometry()
    for prompt in ({"light": light} for light in ScreenLight):
        looking(guidance=FaceGuidance.GOOD, **prompt)
        assert (page(window), camera(window).geometry()) == (first, place)
    for move in FaceMove:
        looking(move=move)
        assert (page(window), camera(window).geometry()) == (first, place)


@pytest.fixture
def painting(window: KioskWindow, qtbot: QtBot) -> KioskWindow:
    """The window on the platform's screen, where Qt composes what it paints."""
    window.hide()
    window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, on=False)
    with qtbot.waitExposed(window):
        window.show()
    return window


def test_a_light_is_reported_when_it_has_been_painted_and_not_before(
    painting: KioskWindow, sample: Callable[..., Model], seen: Any, clock: Any, qtbot: QtBot
) -> None:
    model = sample("look-at-camera")
    clock.now = 5.0
    painting.render(model)
    qtbot.waitUntil(lambda: seen.lights == [(None, 5.0)])
    expected = [(None, 5.0)]
    for light in (ScreenLight.MINT, ScreenLight.ORCHID, None):
        clock.now += 1.0
        painting.render(replace(model, screen=replace(model.screen, light=light)))
        assert seen.lights == expected, "asked for, not yet painted"
        clock.now += 0.25  # what the paint takes
        expected.append((light, clock.now))
        qtbot.waitUntil(lambda: seen.lights == expected)
        painting.show_frame(sample_frame("look"))
        painting.render(replace(model, screen=replace(model.screen, light=light, progress=0.5)))
        settle()
        assert seen.lights == expected, "once"


def test_the_report_comes_after_the_whole_page_was_painted(
    painting: KioskWindow, sample: Callable[..., Model], seen: Any, qtbot: QtBot
) -> None:
    order: list[str] = []

    class Spy(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() is QEvent.Type.Paint:
                order.append(type(watched).__name__)
            return False

    model = sample("look-at-camera")
    painting.render(model)
    qtbot.waitUntil(lambda: len(seen.lights) == 1)
    spy = Spy()
    for widget in (page(painting), camera(painting)):
        widget.installEventFilter(spy)
    painting._on_light = lambda light, at: order.append(f"reported {light}")
    painting.render(replace(model, screen=replace(model.screen, light=ScreenLight.AZURE)))
    qtbot.waitUntil(lambda: "reported azure" in order)
    assert order[:3] == ["LookAtCameraView", "CameraView", "reported azure"]


def test_a_page_that_was_left_reports_nothing(
    painting: KioskWindow, sample: Callable[..., Model], seen: Any, qtbot: QtBot
) -> None:
    model = sample("look-at-camera")
    painting.render(model)
    qtbot.waitUntil(lambda: len(seen.lights) == 1)
    painting.render(replace(model, screen=replace(model.screen, light=ScreenLight.MINT)))
    page_before = next(each for each in painting.findChildren(LookAtCameraView))
    page_before.repaint()
    painting.render(sample("checking-insurance"))
    settle()
    assert len(seen.lights) == 1


def test_a_finger_that_was_down_when_the_prompt_came_still_reaches_the_counter(
    looking: Callable[..., KioskWindow], seen: Any
) -> None:
    button = looking(light=ScreenLight.AZURE).button("btn-counter")
    assert button is not None
    assert button.height() >= 20 * 4, "at least 20 mm"
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    looking(move=FaceMove.TURN_RIGHT)
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert seen.events == [CounterPressed()]


def test_who_cannot_move_is_told_of_the_other_way(window: KioskWindow, sample: Callable[..., Model]) -> None:
    for language, way in ((Language.VI, "Bỏ qua, ra quầy"), (Language.EN, "Skip, go to counter")):
        window.render(sample("look-at-camera-turn-left", language))
        button = window.button("btn-counter")
        assert button is not None
        assert button.text() == way
        assert any(way in each for each in words(window))
