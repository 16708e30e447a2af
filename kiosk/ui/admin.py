"""The IT staff's screen: a PIN, then every device's state with a camera preview, and the face model packs."""

from collections.abc import Sequence
from enum import Enum, auto

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtWidgets import QVBoxLayout, QWidget

from kiosk.ui.admin_pin import PinPad
from kiosk.ui.admin_tables import PackRow, PackTable, ProbeRow, ProbeTable
from kiosk.ui.texts import Phrases
from kiosk.ui.theme import Colour, TextRole, Theme
from kiosk.ui.widgets.boxes import Column, Line
from kiosk.ui.widgets.buttons import ActionButton, Kind
from kiosk.ui.widgets.camera import Aim, CameraView
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.icons import Icons
from kiosk.ui.widgets.label import label

PIN_IDLE_MS = 60_000
PROBES_IDLE_MS = 600_000
"""A forgotten administration screen must not keep patients from the kiosk."""


class _Page(Enum):
    """What is open. Answers take their time, and one that comes to another page is for nobody: not before the PIN."""

    NONE = auto()
    PIN = auto()
    PROBES = auto()
    PACKS = auto()


class AdminScreen(QWidget):
    """Covers the patient's area. The application checks the PIN, probes and chooses packs; this asks and shows."""

    pin_entered = Signal(str)
    probe_requested = Signal()
    packs_requested = Signal()
    pack_chosen = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(Colour.GROUND))
        self.setPalette(palette)
        self.setAutoFillBackground(True)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._open = _Page.NONE
        self._shown: QWidget | None = None
        self._pad: PinPad | None = None
        self._camera: CameraView | None = None
        self._theme: Theme | None = None
        self._say: Phrases | None = None
        self._icons: Icons | None = None
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.timeout.connect(self.leave)

    def ask_pin(self, theme: Theme, say: Phrases, icons: Icons) -> None:
        """Show the PIN pad."""
        self._theme, self._say, self._icons = theme, say, icons
        self._open = _Page.PIN
        self._camera = None
        pad = PinPad(theme, say, icons)
        pad.entered.connect(self.pin_entered)
        pad.closed.connect(self.leave)
        pad.typed.connect(lambda: self._idle.start(PIN_IDLE_MS))
        self._pad = pad
        self._replace(pad)
        self._idle.start(PIN_IDLE_MS)
        self.show()
        self.raise_()

    def pin_refused(self, seconds_left: int) -> None:
        """Say so; the pad rests for `seconds_left` seconds (0: try again at once)."""
        if self._pad is not None:
            self._pad.refuse(seconds_left)

    def pin_accepted(self) -> None:
        """Show the table's frame, still empty, and ask for the probes."""
        self._look_at_probes()

    def show_rows(self, rows: Sequence[ProbeRow]) -> None:
        """Show the results, if their page is still open; empty means that the probes are running."""
        theme, say, icons = self._theme, self._say, self._icons
        if theme is None or say is None or icons is None or self._open is not _Page.PROBES:
            return
        self._pad = None
        page, outer = _page(theme, say("admin.title"))
        panes = Column(theme.mm(7)) if theme.portrait else Line(theme.mm(7))
        panes.box.addWidget(self._preview(theme, say), 2)
        if rows:
            panes.box.addWidget(ProbeTable(theme, say, icons, rows), 3)
        else:
            panes.box.addWidget(_waiting(theme, say("admin.running")), 3)
        outer.addWidget(panes, 1)
        outer.addWidget(self._buttons(theme, say, icons, running=not rows))
        self._replace(page)
        self._idle.start(PROBES_IDLE_MS)

    def show_packs(self, rows: Sequence[PackRow] | None, note: str = "") -> None:
        """Show the face model packs, if their page is still open; `note` stands above them.

        None opens it, behind the PIN: they are being looked for.
        """
        theme, say, icons = self._theme, self._say, self._icons
        if rows is None and self._open is _Page.PROBES:
            self._open = _Page.PACKS
        if theme is None or say is None or icons is None or self._open is not _Page.PACKS:
            return
        self._pad = self._camera = None
        page, outer = _page(theme, say("admin.packs_title"))
        if note:
            outer.addWidget(label(theme, TextRole.BODY, note, Colour.ATTENTION_TEXT))
        if rows is None:
            outer.addWidget(_waiting(theme, say("admin.packs_running")), 1)
        else:
            outer.addWidget(PackTable(theme, say, icons, rows, self.pack_chosen.emit), 1)
            outer.addWidget(label(theme, TextRole.SMALL, say("admin.packs_note"), Colour.SECONDARY))
        row = Line(theme.mm(7))
        back = ActionButton(theme, icons, Kind.SECONDARY, "btn-packs-back", say("admin.packs_back"))
        back.clicked.connect(lambda _=False: self._look_at_probes())
        row.box.addWidget(back, 1)
        row.box.addWidget(self._close_button(theme, say, icons), 1)
        outer.addWidget(row)
        self._replace(page)
        self._idle.start(PROBES_IDLE_MS)

    def words(self, key: str, **values: object) -> str:
        """A text in the language of the screen; empty when it is closed."""
        return self._say(key, **values) if self._say is not None else ""

    def show_frame(self, frame: QImage) -> None:
        """The camera's picture, once the PIN was right."""
        if self._camera is not None:
            self._camera.set_frame(frame)

    def leave(self) -> None:
        """Close and forget what was shown."""
        self._idle.stop()
        self._open = _Page.NONE
        self._pad = self._camera = None
        self._replace(None)
        self.hide()
        self.closed.emit()

    def _preview(self, theme: Theme, say: Phrases) -> CameraView:
        self._camera = CameraView(theme, Aim.NOTHING, say("admin.camera"))
        return self._camera

    def _buttons(self, theme: Theme, say: Phrases, icons: Icons, *, running: bool) -> Line:
        row = Line(theme.mm(7))
        again = ActionButton(theme, icons, Kind.SECONDARY, "btn-probe-again", say("admin.again"))
        again.setEnabled(not running)
        again.clicked.connect(lambda _=False: self._look_at_probes())
        packs = ActionButton(theme, icons, Kind.SECONDARY, "btn-packs", say("admin.packs"))
        packs.clicked.connect(lambda _=False: self._look_for_packs())
        for button in (again, packs, self._close_button(theme, say, icons)):
            row.box.addWidget(button, 1)
        return row

    def _close_button(self, theme: Theme, say: Phrases, icons: Icons) -> ActionButton:
        close = ActionButton(theme, icons, Kind.PRIMARY, "btn-admin-close", say("action.close"))
        close.clicked.connect(lambda _=False: self.leave())
        return close

    def _look_for_packs(self) -> None:
        self.show_packs(None)
        self.packs_requested.emit()

    def _look_at_probes(self) -> None:
        self._open = _Page.PROBES
        self.show_rows(())
        self.probe_requested.emit()

    def _replace(self, widget: QWidget | None) -> None:
        old, self._shown = self._shown, widget
        if widget is not None:
            self._box.addWidget(widget)
        if old is not None:
            old.hide()
            old.deleteLater()


def _page(theme: Theme, title: str) -> tuple[QWidget, QVBoxLayout]:
    page = QWidget()
    outer = QVBoxLayout(page)
    outer.setContentsMargins(theme.margin, theme.mm(10), theme.margin, theme.mm(10))
    outer.setSpacing(theme.mm(7))
    outer.addWidget(label(theme, TextRole.LEAD, title))
    return page, outer


def _waiting(theme: Theme, words: str) -> Card:
    card = Card(theme)
    card.column.addWidget(label(theme, TextRole.BODY, words, Colour.SECONDARY))
    card.column.addStretch(1)
    return card
