"""The kiosk's one window: shows a model, sends events, lets camera frames through."""

import itertools
import time
from collections.abc import Callable, Hashable
from dataclasses import replace

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QImage, QPalette, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QBoxLayout, QLayout, QVBoxLayout, QWidget

from kiosk.flow.events import Event, LanguageChosen, LargeTextChosen, Touched
from kiosk.flow.model import Model
from kiosk.flow.values import Honorific, Language, ScreenLight
from kiosk.ui.admin import AdminScreen
from kiosk.ui.context import UiContext
from kiosk.ui.dock import DevDock
from kiosk.ui.fonts import load_fonts
from kiosk.ui.options import WindowOptions
from kiosk.ui.overlays import OverlayView, overlay_for
from kiosk.ui.registry import VIEWS
from kiosk.ui.texts import Texts
from kiosk.ui.theme import LARGE, Colour, Theme
from kiosk.ui.touch import TapGesture, TouchFilter
from kiosk.ui.view import ScreenView
from kiosk.ui.widgets.header import Header, LanguageSwitch, SwitchButton
from kiosk.ui.widgets.icons import Icons

SHRINKS = (1.0, 0.9, 0.8, 0.7, 0.6)
"""How far empty space and titles give way before a page would be squeezed."""
SCALES = (LARGE, 1.12, 1.0)
"""Large text is as large as the fullest page allows, and never smaller than normal text."""


class Stage(QWidget):
    """The patient's area: header, page, overlay. The dev dock is outside."""

    def __init__(self, on_resize: Callable[[], None]) -> None:
        super().__init__()
        self._on_resize = on_resize
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(Colour.GROUND))
        self.setPalette(palette)
        self.setAutoFillBackground(True)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._on_resize()


class KioskWindow(QWidget):
    """Renders models and emits events; it decides nothing.

    `emit` is called in the Qt thread, and so is `on_light`: when the face screen has been painted in a new light (None:
    as usual again), with the time. `clock` is monotonic seconds, for that and for the hidden gesture.
    """

    def __init__(
        self,
        emit: Callable[[Event], None],
        options: WindowOptions,
        *,
        on_light: Callable[[ScreenLight | None, float], None] = lambda _light, _at: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        load_fonts(options.fonts)
        self.setObjectName("kiosk")
        self.setWindowTitle("Tiếp Đón")
        self._emit, self._options = emit, options
        self._on_light, self._clock = on_light, clock
        self._texts = Texts.load(options.assets_dir / "translations")
        self._icons = Icons(options.assets_dir / "icons")
        self._model: Model | None = None
        self._header: Header | None = None
        self._header_shape: Hashable = None
        self._view: ScreenView | None = None
        self._view_shape: Hashable = None
        self._overlay: OverlayView | None = None
        self._overlay_shape: Hashable = None
        self._frame: QImage | None = None
        self._gesture = TapGesture(clock)
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        # a full-screen window never bargains about its size: no page may ask for more room than there is
        self._box.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._stage = Stage(self._resized)
        self._box.addWidget(self._stage, 1)
        self.dock: DevDock | None = None
        if options.show_dock:
            self.dock = DevDock(options.dock_people)
            self._box.addWidget(self.dock)
        self.admin = AdminScreen(self._stage)
        self.admin.hide()
        self._touches = TouchFilter(self._stage, self._touched)
        application = QApplication.instance()
        assert application is not None, "a window needs its QApplication first"
        application.installEventFilter(self._touches)

    def sizeHint(self) -> QSize:
        return QSize(1080, 1920)

    def present(self) -> None:
        """Show the window, over the whole screen where the configuration says so."""
        if self._options.fullscreen:
            self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
            self.setGeometry(self.screen().geometry())  # a kiosk may run without a window manager to do it
            self.showFullScreen()
        else:
            self.show()

    def render(self, model: Model) -> None:  # type: ignore[override]
        """Show `model`. Builds a page only when what it shows has changed in kind; a Tick moves clocks alone.

        The name shadows QWidget.render (painting onto a device), which nobody needs of this window: `grab` remains.
        """
        self._model = model
        theme = self._theme(model)
        focus = self._focused()
        self._show_header(model, theme)
        self._show_view(model, theme)
        self._show_overlay(model, theme)
        self._restore_focus(focus)

    def show_frame(self, frame: QImage) -> None:
        """A camera frame, for the preview that is on screen, if one is. It is kept only as long as that screen."""
        if self.admin.isVisible():
            self.admin.show_frame(frame)
        elif self._view is not None:
            self._frame = frame
            self._view.show_frame(frame)

    def current_key(self) -> str:
        """The name of what is on top: an overlay's, else the screen's."""
        if self._overlay is not None:
            return self._overlay.KEY
        assert self._model is not None, "nothing was rendered yet"
        return VIEWS[type(self._model.screen)].key_for(self._model)

    def button(self, name: str) -> QAbstractButton | None:
        """The button of this object name that a finger would reach: an overlay covers the page beneath."""
        layers: tuple[QWidget | None, ...] = (self._overlay,) if self._overlay else (self._view, self._header)
        for layer in layers:
            found = layer.findChild(QAbstractButton, name) if layer is not None else None
            if isinstance(found, QAbstractButton):
                return found
        return None

    def _theme(self, model: Model) -> Theme:
        return Theme.of(self._stage.width(), self._stage.height(), self._options.ppi, large=model.large_text)

    def _context(self, model: Model, theme: Theme, honorific: Honorific) -> UiContext:
        say = self._texts.bind(model.language, honorific)
        counter = self._options.counter_name(model.language)
        return UiContext(
            theme, say, self._icons, self._emit, counter, self._options.mirror, light_painted=self._light_painted
        )

    def _light_painted(self, light: ScreenLight | None) -> None:
        self._on_light(light, self._clock())

    def _show_header(self, model: Model, theme: Theme) -> None:
        shape = (theme, model.language)
        if shape == self._header_shape:
            return
        self._header_shape = shape
        ctx = self._context(model, theme, Honorific.GUEST)
        header = Header(
            theme,
            self._icons,
            facility=self._options.facility_name(model.language),
            tagline=ctx.say("header.tagline"),
            switches=self._switches(ctx, model),
            on_logo=self._logo_tapped,
        )
        old, self._header = self._header, header
        self._stage.column.insertWidget(0, header)
        header.show()
        _retire(old)

    def _switches(self, ctx: UiContext, model: Model) -> tuple[QWidget, ...]:
        large = SwitchButton(
            ctx.theme,
            "btn-large-text",
            ctx.say("header.large"),
            on=model.large_text,
            icon=(self._icons, "text-size"),
        )
        large.clicked.connect(lambda _=False, on=not model.large_text: self._emit(LargeTextChosen(on)))
        halves = []
        for language, spoken in ((Language.VI, "header.vietnamese"), (Language.EN, "header.english")):
            half = SwitchButton(
                ctx.theme,
                f"btn-lang-{language}",
                ctx.say(spoken),
                on=model.language is language,
                text=language.upper(),
            )
            half.clicked.connect(lambda _=False, language=language: self._emit(LanguageChosen(language)))
            halves.append(half)
        return large, LanguageSwitch(ctx.theme, (halves[0], halves[1]))

    def _show_view(self, model: Model, theme: Theme) -> None:
        kind = VIEWS[type(model.screen)]
        key = kind.key_for(model)
        shape = (theme, model.language, model.honorific, key, kind.shape(model))
        if shape != self._view_shape or self._view is None:
            if self._view is None or self._view.objectName() != key:
                self._frame = None  # a picture of a person does not outlive its screen
            self._view_shape = shape
            old, self._view = self._view, self._fitting(kind, model, theme)
            self._view.setObjectName(key)
            if self._frame is not None:
                self._view.show_frame(self._frame)
            self._stage.column.addWidget(self._view, 1)
            self._view.show()
            _retire(old)
        self._view.refresh(model)

    def _fitting(self, kind: type[ScreenView], model: Model, theme: Theme) -> ScreenView:
        room = theme.height - theme.header_height
        tried: ScreenView | None = None
        for scale, shrink in itertools.product((each for each in SCALES if each <= theme.scale), SHRINKS):
            _retire(tried)  # Qt must free it: its buttons' connections keep it alive for Python
            tight = replace(theme, scale=scale, shrink=shrink)
            tried = kind(self._context(model, tight, model.honorific), model)
            tried.refresh(model)
            if tried.needed_height(theme.width) <= room and tried.needed_width() <= theme.width:
                break
        assert tried is not None, "there is at least one size to try"
        return tried

    def _show_overlay(self, model: Model, theme: Theme) -> None:
        kind = type(model.overlay)
        shape = (theme, model.language, model.honorific, kind, type(model.screen))
        if shape != self._overlay_shape:
            self._overlay_shape = shape
            old = self._overlay
            self._overlay = overlay_for(self._context(model, theme, model.honorific), model, self._stage)
            _retire(old)
            if self._overlay is not None:
                self._overlay.setGeometry(self._stage.rect())
                self._overlay.show()
            self.admin.raise_()
        if self._view is not None:
            self._view.setEnabled(self._overlay is None)
        if self._overlay is not None:
            self._overlay.refresh(model)

    def _focused(self) -> tuple[str, Qt.FocusReason] | None:
        widget = self.focusWidget()
        if widget is None or not widget.objectName() or self.admin.isVisible():
            return None
        visible = getattr(widget, "focus_visible", False)
        return widget.objectName(), Qt.FocusReason.TabFocusReason if visible else Qt.FocusReason.OtherFocusReason

    def _restore_focus(self, focus: tuple[str, Qt.FocusReason] | None) -> None:
        if focus is None or self.admin.isVisible():
            return
        widget = self.button(focus[0])
        if widget is not None and not widget.hasFocus() and widget.isEnabled():
            widget.setFocus(focus[1])

    def _touched(self) -> None:
        if not self.admin.isVisible():
            self._emit(Touched())

    def _logo_tapped(self) -> None:
        if self._gesture.tap() and self._model is not None:
            self.open_admin()

    def open_admin(self) -> None:
        """Ask for the PIN. The application answers the signals of `admin`."""
        assert self._model is not None, "nothing was rendered yet"
        theme = Theme.of(self._stage.width(), self._stage.height(), self._options.ppi)
        say = self._texts.bind(self._model.language, Honorific.GUEST)
        self.admin.setGeometry(self._stage.rect())
        self.admin.ask_pin(theme, say, self._icons)

    def _resized(self) -> None:
        if self.dock is not None:
            self.dock.arrange(self.width())
        self.admin.setGeometry(self._stage.rect())
        if self._overlay is not None:
            self._overlay.setGeometry(self._stage.rect())
        if self._model is not None:
            self.render(self._model)


def _retire(widget: QWidget | None) -> None:
    """Take a widget off the screen now; it dies when the present event has been handled."""
    if widget is not None:
        widget.hide()
        widget.deleteLater()
