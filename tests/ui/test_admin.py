"""The IT staff's screen: hidden gesture, PIN, probes, and a way back that nobody can forget."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot

from kiosk.flow.model import Model
from kiosk.ui.admin_pin import PinPad
from kiosk.ui.admin_tables import ProbeRow, ProbeState, ProbeTable
from kiosk.ui.gallery import PACKS, PROBES, sample_frame, settle
from kiosk.ui.widgets.camera import CameraView
from kiosk.ui.widgets.label import TextLabel
from kiosk.ui.window import KioskWindow


def press(window: KioskWindow, name: str) -> None:
    button = window.admin.findChild(QAbstractButton, name)
    assert button is not None
    assert isinstance(button, QAbstractButton)
    button.click()
    settle()


def words(window: KioskWindow) -> str:
    settle()
    return "\n".join(each.text() for each in window.admin.findChildren(TextLabel) if each.isVisible())


def tap_logo(window: KioskWindow, clock: Any, qtbot: QtBot, times: int, pause: float) -> None:
    logo = window.findChild(QWidget, "btn-logo")
    assert logo is not None
    for _ in range(times):
        qtbot.mousePress(logo, Qt.MouseButton.LeftButton)
        qtbot.mouseRelease(logo, Qt.MouseButton.LeftButton)
        clock.now += pause


def test_five_quick_taps_on_the_logo_ask_for_the_pin(
    window: KioskWindow, clock: Any, sample: Callable[..., Model], qtbot: QtBot
) -> None:
    window.render(sample("welcome"))
    tap_logo(window, clock, qtbot, times=5, pause=0.5)
    assert window.admin.isVisible()
    assert "mã PIN" in words(window)


def test_slow_or_few_taps_do_not(window: KioskWindow, clock: Any, sample: Callable[..., Model], qtbot: QtBot) -> None:
    window.render(sample("welcome"))
    tap_logo(window, clock, qtbot, times=9, pause=0.8)
    assert not window.admin.isVisible()
    clock.now += 10
    tap_logo(window, clock, qtbot, times=4, pause=0.1)
    assert not window.admin.isVisible()


def test_the_pin_goes_out_once_and_is_never_shown(
    window: KioskWindow, sample: Callable[..., Model], qtbot: QtBot
) -> None:
    window.render(sample("welcome"))
    window.open_admin()
    for digit in "20476":
        press(window, f"key-{digit}")
    press(window, "key-erase")
    assert "2047" not in words(window)
    assert "• • • •" in words(window)
    with qtbot.waitSignal(window.admin.pin_entered) as entered:
        press(window, "btn-pin-ok")
    assert entered.args == ["2047"]
    assert "•" not in words(window)


def test_a_refused_pin_rests_the_keys(window: KioskWindow, sample: Callable[..., Model]) -> None:
    window.render(sample("welcome"))
    window.open_admin()
    window.admin.pin_refused(15)
    assert "Thử lại sau 15 giây" in words(window)
    key = window.admin.findChild(QAbstractButton, "key-1")
    assert isinstance(key, QAbstractButton)
    assert not key.isEnabled()
    window.admin.pin_refused(0)
    assert "Mời nhập lại" in words(window)
    assert key.isEnabled()


def test_patients_screens_send_no_touch_while_staff_work(
    window: KioskWindow, seen: Any, sample: Callable[..., Model], qtbot: QtBot
) -> None:
    window.render(sample("welcome"))
    window.open_admin()
    settle()
    key = window.admin.findChild(QWidget, "key-1")
    assert key is not None
    qtbot.mouseClick(key, Qt.MouseButton.LeftButton)
    assert (seen.touches, seen.events) == (0, [])


def test_an_accepted_pin_asks_for_the_probes_and_shows_them(
    window: KioskWindow, sample: Callable[..., Model], qtbot: QtBot
) -> None:
    window.render(sample("welcome"))
    window.open_admin()
    with qtbot.waitSignal(window.admin.probe_requested):
        window.admin.pin_accepted()
    assert "Đang kiểm tra" in words(window)
    window.admin.show_rows(PROBES)
    shown = words(window)
    for row in PROBES:
        assert row.name in shown
        assert row.detail in shown
    assert "Cổng BHYT: Lỗi" in shown
    assert "Máy in: Lưu ý" in shown
    with qtbot.waitSignal(window.admin.probe_requested):
        press(window, "btn-probe-again")


def test_the_camera_shows_in_the_administration_and_nowhere_else(
    window: KioskWindow, sample: Callable[..., Model]
) -> None:
    window.render(sample("give-key-qr"))
    window.open_admin()
    window.admin.pin_accepted()
    window.show_frame(sample_frame("look"))
    settle()
    previews = window.findChildren(CameraView)
    assert [each.has_frame() for each in previews if window.admin.isAncestorOf(each)] == [True]
    assert not any(each.has_frame() for each in previews if not window.admin.isAncestorOf(each))


def test_rows_without_an_open_screen_change_nothing(window: KioskWindow, sample: Callable[..., Model]) -> None:
    window.render(sample("welcome"))
    window.admin.show_rows(PROBES)
    assert not window.admin.isVisible()


def test_closing_says_so_and_gives_the_kiosk_back(
    window: KioskWindow, seen: Any, sample: Callable[..., Model], qtbot: QtBot
) -> None:
    window.render(sample("welcome"))
    window.open_admin()
    with qtbot.waitSignal(window.admin.closed):
        press(window, "btn-admin-close")
    assert not window.admin.isVisible()
    start = window.button("btn-start")
    assert start is not None
    qtbot.mouseClick(start, Qt.MouseButton.LeftButton)
    assert len(seen.events) == 1


def test_many_probes_scroll_instead_of_shrinking(window: KioskWindow, sample: Callable[..., Model]) -> None:
    window.render(sample("welcome"))
    window.open_admin()
    window.admin.pin_accepted()
    window.admin.show_rows([ProbeRow(f"Mục {n}", ProbeState.OK, "x", 0.1) for n in range(40)])
    settle()
    table = window.admin.findChild(ProbeTable)
    assert isinstance(table, ProbeTable)
    assert table.verticalScrollBar().maximum() > 0


def test_the_packs_are_listed_with_licence_and_state(
    window: KioskWindow, sample: Callable[..., Model], qtbot: QtBot
) -> None:
    window.render(sample("welcome"))
    window.open_admin()
    window.admin.pin_accepted()
    window.admin.show_rows(PROBES)
    with qtbot.waitSignal(window.admin.packs_requested):
        press(window, "btn-packs")
    assert "Đang tìm" in words(window)
    window.admin.show_packs(PACKS)
    shown = words(window)
    for said in (
        "yunet-sface 2021dec-2: Dùng được",
        "Giấy phép: MIT, Apache-2.0",
        "Được dùng thương mại",
        "Không được dùng thương mại nếu bệnh viện không có giấy phép riêng",
        "Chưa có ngưỡng",
        "Chưa rõ có được dùng thương mại không",
        "từ lần khởi động sau",
    ):
        assert said in shown, said
    with qtbot.waitSignal(window.admin.probe_requested):
        press(window, "btn-packs-back")


def test_only_packs_that_may_decide_and_are_not_chosen_yet_can_be_chosen(
    window: KioskWindow, sample: Callable[..., Model], qtbot: QtBot
) -> None:
    window.render(sample("welcome"))
    window.open_admin()
    window.admin.pin_accepted()
    window.admin.show_packs(None)
    window.admin.show_packs(PACKS, "Đã ghi")
    buttons = [each.objectName() for each in window.admin.findChildren(QAbstractButton)]
    assert [name for name in buttons if name.startswith("btn-pack-")] == ["btn-pack-hospital-licensed"]
    assert "Đã ghi" in words(window)
    with qtbot.waitSignal(window.admin.pack_chosen) as chosen:
        press(window, "btn-pack-hospital-licensed")
    assert chosen.args == ["hospital-licensed"]


def test_no_late_answer_opens_what_the_pin_guards(window: KioskWindow, sample: Callable[..., Model]) -> None:
    """Staff leave while the probes run, and somebody else opens the screen before their answer comes."""
    window.render(sample("welcome"))
    window.open_admin()
    window.admin.pin_accepted()
    window.admin.leave()
    window.open_admin()
    asked = words(window)
    window.admin.show_rows(PROBES)
    window.admin.show_packs(None)
    window.admin.show_packs(PACKS)
    assert words(window) == asked
    assert window.admin.findChild(PinPad) is not None


def test_an_answer_to_another_page_changes_nothing(window: KioskWindow, sample: Callable[..., Model]) -> None:
    window.render(sample("welcome"))
    window.open_admin()
    window.admin.pin_accepted()
    press(window, "btn-packs")
    window.admin.show_packs(PACKS)
    window.admin.show_rows(PROBES)
    assert "yunet-sface" in words(window)
    press(window, "btn-packs-back")
    window.admin.show_packs(PACKS)
    assert "Đang kiểm tra" in words(window)


def test_packs_without_an_open_screen_change_nothing(window: KioskWindow, sample: Callable[..., Model]) -> None:
    window.render(sample("welcome"))
    window.admin.show_packs(PACKS)
    assert not window.admin.isVisible()
