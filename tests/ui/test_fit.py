"""Nothing is clipped, elided, squeezed or covered: every sample, both languages, orientations and text sizes."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from kiosk.flow.values import Language
from kiosk.ui.gallery import settle
from kiosk.ui.samples import Sample, faults, samples
from kiosk.ui.theme import TextRole, Theme
from kiosk.ui.widgets.buttons import ActionButton, PaintedButton
from kiosk.ui.widgets.camera import CameraView
from kiosk.ui.widgets.keypad import DigitBoxes
from kiosk.ui.widgets.label import TextLabel
from kiosk.ui.widgets.number import BigNumber
from kiosk.ui.widgets.tile import Tile
from kiosk.ui.window import KioskWindow

SIZES = {"portrait": (1080, 1920), "landscape": (1920, 1080)}
CASES = list(itertools.product(SIZES, Language, (False, True)))
LEAST_TOUCH_MM = 20.0
FAINT = 40  # of 255: the soft edge of a letter that just fits


def touches_edge(label: QWidget) -> bool:
    """Whether ink reaches the outermost pixels of the widget: then a tone mark or a letter is likely cut."""
    image = QImage(label.size(), QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    label.render(painter, QPoint(), renderFlags=QWidget.RenderFlag.DrawChildren)
    painter.end()
    last = image.height() - 1
    across = (alpha for y in (0, last) for alpha in bytes(image.constScanLine(y))[3::4])
    down = (image.pixelColor(image.width() - 1, y).alpha() for y in range(image.height()))
    return max((*across, *down)) > FAINT


def label_problems(label: TextLabel) -> Iterator[str]:
    """Measured apart from the label's own arithmetic: with Qt's metrics and with the pixels it paints."""
    metrics = QFontMetricsF(label.font())
    widest = max(metrics.horizontalAdvance(word) for word in label.text().replace("\n", " ").split(" "))
    if widest > label.width():
        yield f"a word of {label.text()!r} is wider than its label"
    flags = Qt.TextFlag.TextWordWrap.value
    needed = metrics.boundingRect(QRectF(0, 0, label.width(), 1e5), flags, label.text())
    if needed.height() > label.height() + 1:
        yield f"{label.text()!r} needs {needed.height()} px, has {label.height()}"
    if touches_edge(label):
        yield f"ink of {label.text()!r} reaches the edge"


def button_problems(button: PaintedButton) -> Iterator[str]:
    area = QRectF(button.rect())
    if button.text():
        words = button.text_rect()
        if not area.contains(words):
            yield f"{button.objectName()}: words {words} outside {area}"
        font = button.words_font(button.width()) if isinstance(button, ActionButton) else button.font()
        metrics = QFontMetricsF(font)
        flags = Qt.TextFlag.TextWordWrap.value
        needed = metrics.boundingRect(QRectF(0, 0, words.width() + 1, 1e5), flags, button.text())
        if needed.height() > area.height():
            yield f"{button.objectName()}: words need {needed.height()} px, button has {area.height()}"
    if isinstance(button, Tile) and button.note_rect().top() < button.text_rect().bottom() - 1:
        yield f"{button.objectName()}: the note covers the name"
    if isinstance(button, Tile) and button.text_rect().right() > button.sign_rect().left() + 1:
        yield f"{button.objectName()}: the name runs into the check sign"


def visible(window: KioskWindow, kind: type) -> list[QWidget]:
    return [each for each in window.findChildren(kind) if each.isVisible()]


def place(window: KioskWindow, widget: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def page_problems(window: KioskWindow, theme: Theme) -> Iterator[str]:
    whole = window.rect()
    labels = [each for each in visible(window, TextLabel) if each.text()]
    buttons = visible(window, PaintedButton)
    for label in labels:
        yield from label_problems(label)
    for button in buttons:
        yield from button_problems(button)
        if isinstance(button, ActionButton) and len(button.lines()) > 1:
            yield f"{button.objectName()}: the words {button.text()!r} wrap"
        if button.height() < LEAST_TOUCH_MM * theme.unit - 1:
            yield f"{button.objectName()} is only {button.height() / theme.unit:.1f} mm high"
    for widget in (*labels, *buttons):
        if not whole.contains(place(window, widget)):
            yield f"{widget.objectName() or widget.text()!r} leaves the window"
    if window.current_key() not in ("staff-called", "still-there"):  # an overlay covers its page on purpose
        places = [(each.text(), place(window, each)) for each in (*labels, *buttons)]
        for (one, here), (other, there) in itertools.combinations(places, 2):
            if here.intersects(there):
                yield f"{one!r} and {other!r} overlap"
    for camera in visible(window, CameraView):
        if not camera.advice_rect().isEmpty() and not camera.frame_rect().contains(camera.advice_rect()):
            yield "the advice leaves the picture"
    for boxes in visible(window, DigitBoxes):
        if boxes.boxes()[-1].right() > boxes.width() + 0.5:
            yield "the last digit's box is cut"
    for number in visible(window, BigNumber):
        if touches_edge(number):
            yield "the ticket's number reaches its edge"


def check(window: KioskWindow, every: list[Sample], size: tuple[int, int], *, large: bool) -> list[str]:
    theme = Theme.of(*size, large=large)
    problems: list[str] = []
    for sample in every:
        window.render(sample.model)
        settle()
        problems += [f"{sample.name}: {problem}" for problem in page_problems(window, theme)]
    return problems


@pytest.mark.parametrize(("orientation", "language", "large"), CASES)
def test_no_text_is_cut_and_nothing_overlaps(
    make_window: Callable[..., KioskWindow], orientation: str, language: Language, large: bool
) -> None:
    size = SIZES[orientation]
    assert check(make_window(*size), samples(language, large=large), size, large=large) == []


@pytest.mark.parametrize(("orientation", "language"), list(itertools.product(SIZES, Language)))
def test_every_fault_fits_as_a_reason(
    make_window: Callable[..., KioskWindow], orientation: str, language: Language
) -> None:
    size = SIZES[orientation]
    every = [replace(each, model=replace(each.model, language=language)) for each in faults()]
    assert check(make_window(*size), every, size, large=False) == []


@pytest.mark.parametrize("size", [(768, 1366), (1366, 768), (1280, 1024), (2160, 3840)])
def test_other_panels_fit_too(make_window: Callable[..., KioskWindow], size: tuple[int, int]) -> None:
    assert check(make_window(*size), samples(Language.VI), size, large=False) == []


def test_the_check_itself_sees_a_cut_tone_mark(qtbot: QtBot, window: KioskWindow) -> None:
    font = Theme.of(1080, 1920).font(TextRole.TITLE)
    label = TextLabel("NGUYỄN ẬU", font)
    qtbot.addWidget(label)
    label.resize(label.sizeHint())
    assert list(label_problems(label)) == []
    label.resize(label.width(), round(label.height() * 0.8))
    assert any("edge" in problem or "needs" in problem for problem in label_problems(label))
    label.resize(label.width() // 3, label.height() * 2)
    assert any("wider" in problem for problem in label_problems(label))


def test_lines_stand_at_least_1_3_em_apart(qtbot: QtBot, window: KioskWindow) -> None:
    font = Theme.of(1080, 1920).font(TextRole.BODY)
    one, two = TextLabel("Ễ", font), TextLabel("Ễ\nẬ", font)
    for label in (one, two):
        qtbot.addWidget(label)
    assert two.heightForWidth(500) - one.heightForWidth(500) >= 1.3 * font.pixelSize() - 1
