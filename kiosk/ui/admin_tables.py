"""What IT staff read: the probes' results, and the face model packs to choose from."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QScroller, QWidget

from kiosk.ui.texts import Phrases
from kiosk.ui.theme import Colour, TextRole, Theme, Tone
from kiosk.ui.widgets.boxes import Column
from kiosk.ui.widgets.buttons import ActionButton, Kind
from kiosk.ui.widgets.card import RowCard
from kiosk.ui.widgets.icons import Icons, IconView
from kiosk.ui.widgets.label import label


class ProbeState(StrEnum):
    """Result of one probe."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """One line of the table. `seconds` is how long the probe took."""

    name: str
    state: ProbeState
    detail: str
    seconds: float


SIGNS = {
    ProbeState.OK: ("check", Tone.GOOD),
    ProbeState.WARN: ("alert", Tone.ATTENTION),
    ProbeState.FAIL: ("cross", Tone.BAD),
}


@dataclass(frozen=True, slots=True)
class PackRow:
    """One model pack. `problem` names the text that says why it may not decide; empty when it may.

    `commercial_use` None: not known.
    """

    name: str
    version: str
    problem: str
    licence: str
    commercial_use: bool | None
    selected: bool


class ScrollCard(QScrollArea):
    """A card of rows that a finger can drag."""

    def __init__(self, theme: Theme, rows: Iterable[QWidget]) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.LeftMouseButtonGesture)  # a finger drags
        bar = f"QScrollBar {{ background: transparent; width: {theme.mm(4)}px; }}"
        handle = f"QScrollBar::handle {{ background: {Colour.EDGE.value}; border-radius: {theme.mm(1.5)}px; }}"
        arrows = "QScrollBar::add-line, QScrollBar::sub-line { height: 0; }"
        self.verticalScrollBar().setStyleSheet(bar + handle + arrows)
        card = RowCard(theme)
        for row in rows:
            card.add(row)
        card.column.addStretch(1)
        self.setWidget(card)
        card.setAutoFillBackground(False)


class ProbeTable(ScrollCard):
    """One row per probe: sign, name, detail, seconds."""

    def __init__(self, theme: Theme, say: Phrases, icons: Icons, rows: Sequence[ProbeRow]) -> None:
        super().__init__(theme, [_probe(theme, say, icons, row) for row in rows])
        self.setObjectName("probes")


def _probe(theme: Theme, say: Phrases, icons: Icons, row: ProbeRow) -> QWidget:
    sign, tone = SIGNS[row.state]
    holder = QWidget()
    holder.setObjectName(f"probe-{row.name}")
    holder.setAccessibleName(f"{row.name}: {say(f'admin.{row.state}')}")
    box = QHBoxLayout(holder)
    box.setContentsMargins(0, theme.mm(2), 0, theme.mm(2))
    box.setSpacing(theme.mm(4))
    middle = Qt.AlignmentFlag.AlignVCenter
    box.addWidget(IconView(icons, sign, theme.mm(7), tone.text), 0, middle)
    words = Column()
    words.box.addWidget(label(theme, TextRole.NOTE_STRONG, f"{row.name}: {say(f'admin.{row.state}')}", tone.text))
    words.box.addWidget(label(theme, TextRole.SMALL, row.detail, Colour.SECONDARY))
    box.addWidget(words, 1)
    box.addWidget(label(theme, TextRole.SMALL, f"{row.seconds:.2f} s", Colour.SECONDARY), 0, middle)
    return holder


class PackTable(ScrollCard):
    """One row per pack: state, licence, whether it may be used commercially, and a button to choose it."""

    def __init__(
        self, theme: Theme, say: Phrases, icons: Icons, rows: Sequence[PackRow], choose: Callable[[str], None]
    ) -> None:
        super().__init__(theme, [_pack(theme, say, icons, row, choose) for row in rows])
        self.setObjectName("packs")


COMMERCIAL = {True: "admin.pack_commercial", False: "admin.pack_not_commercial", None: "admin.pack_commercial_unknown"}


def _pack(theme: Theme, say: Phrases, icons: Icons, row: PackRow, choose: Callable[[str], None]) -> QWidget:
    sign, tone = SIGNS[ProbeState.FAIL if row.problem else ProbeState.OK if row.commercial_use else ProbeState.WARN]
    state = say("admin.pack_unfit") if row.problem else say("admin.pack_ready")
    holder = QWidget()
    holder.setObjectName(f"pack-{row.name}")
    holder.setAccessibleName(f"{row.name}: {state}")
    box = QHBoxLayout(holder)
    box.setContentsMargins(0, theme.mm(3), 0, theme.mm(3))
    box.setSpacing(theme.mm(4))
    middle = Qt.AlignmentFlag.AlignVCenter
    box.addWidget(IconView(icons, sign, theme.mm(7), tone.text), 0, middle)
    words = Column()
    words.box.addWidget(
        label(theme, TextRole.NOTE_STRONG, f"{row.name} {row.version}".rstrip() + f": {state}", tone.text)
    )
    for text in (
        say(f"admin.pack_{row.problem}") if row.problem else "",
        say("admin.pack_licence", licence=row.licence or "?"),
        say(COMMERCIAL[row.commercial_use]),
    ):
        if text:
            words.box.addWidget(label(theme, TextRole.SMALL, text, Colour.SECONDARY))
    box.addWidget(words, 1)
    if row.selected:
        box.addWidget(label(theme, TextRole.NOTE_STRONG, say("admin.pack_selected"), Colour.GOOD), 0, middle)
    elif not row.problem:
        button = ActionButton(theme, icons, Kind.SECONDARY, f"btn-pack-{row.name}", say("admin.pack_choose"))
        button.setMaximumWidth(theme.mm(52))
        button.clicked.connect(lambda _=False: choose(row.name))
        box.addWidget(button, 0, middle)
    return holder
