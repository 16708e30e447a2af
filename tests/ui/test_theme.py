"""Millimetres, contrast, fonts, and the guard of the interpreter."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QFontDatabase, QFontInfo, QFontMetricsF

from face.pad.light_colours import RGB
from kiosk.flow.values import ScreenLight
from kiosk.ui.fonts import load_fonts
from kiosk.ui.theme import LARGE, LIGHTS, Colour, TextRole, Theme, Tone
from kiosk.ui.touch import TapGesture
from kiosk.ui.window import KioskWindow


def luminance(colour: QColor) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = (colour.redF(), colour.greenF(), colour.blueF())
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Colour | QColor, other: Colour | QColor) -> float:
    light, dark = sorted((luminance(QColor(one)), luminance(QColor(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_drawing_board_has_four_pixels_per_millimetre() -> None:
    assert Theme.of(1080, 1920).unit == pytest.approx(4.0)
    assert Theme.of(1920, 1080).unit == pytest.approx(4.0)
    assert Theme.of(2160, 3840).unit == pytest.approx(8.0)


def test_a_known_panel_gets_true_millimetres_and_a_small_one_shrinks_to_fit() -> None:
    assert Theme.of(1080, 1920, ppi=81.6).unit == pytest.approx(81.6 / 25.4)  # 27 inches
    assert Theme.of(1080, 1920, ppi=141.2).unit == pytest.approx(4.0)  # 15.6 inches: the board would not fit


def test_text_sizes_are_those_of_the_drawings() -> None:
    theme = Theme.of(1080, 1920)
    sizes = {role: theme.font(role).pixelSize() for role in TextRole}
    assert (sizes[TextRole.WELCOME], sizes[TextRole.TITLE], sizes[TextRole.LEAD]) == (92, 72, 42)
    assert (sizes[TextRole.BODY], sizes[TextRole.NOTE]) == (38, 32)
    assert min(sizes.values()) >= 26


def test_capital_letters_of_what_must_be_read_are_at_least_4_8_mm(window: KioskWindow) -> None:
    theme = Theme.of(1080, 1920)
    for role in (TextRole.WELCOME, TextRole.TITLE, TextRole.LEAD, TextRole.ACTION, TextRole.BODY, TextRole.STRONG):
        assert QFontMetricsF(theme.font(role)).capHeight() / theme.unit >= 4.8


def test_large_text_grows_by_a_quarter() -> None:
    normal, large = Theme.of(1080, 1920), Theme.of(1080, 1920, large=True)
    assert large.scale == LARGE
    assert large.font(TextRole.BODY).pixelSize() == round(normal.font(TextRole.BODY).pixelSize() * 1.25)
    assert large.font(TextRole.TITLE).pixelSize() > normal.font(TextRole.TITLE).pixelSize()


@pytest.mark.parametrize(
    ("words", "ground", "least"),
    [
        (Colour.TEXT, Colour.GROUND, 15.0),
        (Colour.SECONDARY, Colour.GROUND, 7.5),
        (Colour.SECONDARY, Colour.SURFACE, 7.5),
        (Colour.ON_PRIMARY, Colour.PRIMARY, 7.5),
        (Colour.ON_PRIMARY, Colour.PRESSED, 7.5),
        (Colour.PRIMARY, Colour.SURFACE, 7.5),
        (Colour.PRIMARY, Colour.GOOD_GROUND, 6.0),
        (Colour.DISABLED, Colour.DISABLED_GROUND, 4.0),
        (Colour.EDGE, Colour.SURFACE, 3.0),
        (Colour.ATTENTION, Colour.DARK, 4.0),
        *((tone.text, tone.ground, 5.0) for tone in Tone),
    ],
)
def test_words_stand_out_from_their_ground(words: Colour, ground: Colour, least: float) -> None:
    assert contrast(words, ground) >= least


def test_the_font_is_ours_in_three_weights(window: KioskWindow) -> None:
    theme = Theme.of(1080, 1920)
    for role in (TextRole.BODY, TextRole.STRONG, TextRole.TITLE):
        info = QFontInfo(theme.font(role))
        assert info.family().startswith("Be Vietnam Pro")
        assert info.weight() == theme.font(role).weight()
    assert "Be Vietnam Pro" in QFontDatabase.families()


def test_a_missing_font_stops_the_start(tmp_path: Path, window: KioskWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFontDatabase, "families", list)
    with pytest.raises(FileNotFoundError, match="BeVietnamPro-Regular"):
        load_fonts(tmp_path)


def test_five_taps_within_three_seconds_and_not_a_moment_longer() -> None:
    times = iter([0.0, 0.7, 1.4, 2.1, 3.0, 10.0, 10.8, 11.6, 12.4, 13.1])
    gesture = TapGesture(lambda: next(times))
    assert [gesture.tap() for _ in range(5)] == [False, False, False, False, True]
    assert [gesture.tap() for _ in range(5)] == [False, False, False, False, False]


def test_the_interpreter_survives_more_calls_than_none_has_references() -> None:
    """Without the guard Python 3.11 aborts after some ten thousand calls into PySide6 6.12."""
    code = (
        "import kiosk.ui\n"
        "from PySide6.QtCore import QObject\n"
        "thing = QObject()\n"
        "for _ in range(200_000): thing.setObjectName('x')\n"
        "print('alive')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "alive")


def test_the_screen_lights_are_those_that_the_camera_looks_for() -> None:
    assert {light.value: colour.getRgb()[:3] for light, colour in LIGHTS.items()} == {
        colour.value: rgb for colour, rgb in RGB.items()
    }


@pytest.mark.parametrize("light", ScreenLight)
def test_words_can_be_read_on_every_screen_light(light: ScreenLight) -> None:
    assert contrast(Colour.TEXT, LIGHTS[light]) >= 6.0
    assert contrast(Colour.PRIMARY, LIGHTS[light]) >= 3.0
