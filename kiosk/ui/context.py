"""What every screen is built with: sizes, words, drawings, and the way events leave."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt

from kiosk.flow.events import Event
from kiosk.flow.values import Language, ScreenLight
from kiosk.ui.texts import Phrases
from kiosk.ui.theme import Colour, TextRole, Theme, Tone
from kiosk.ui.widgets.buttons import ActionButton, Kind
from kiosk.ui.widgets.card import Pill, Row
from kiosk.ui.widgets.icons import Icons
from kiosk.ui.widgets.label import TextLabel, label


@dataclass(frozen=True, slots=True)
class UiContext:
    """One per combination of window size, language, text size and address."""

    theme: Theme
    say: Phrases
    icons: Icons
    emit: Callable[[Event], None]
    counter: str
    mirror: bool = True
    light_painted: Callable[[ScreenLight | None], None] = lambda _: None
    """The page is on the screen in this light now; None: as usual again."""

    @property
    def language(self) -> Language:
        """Language of the screen."""
        return self.say.language

    def text(
        self,
        role: TextRole,
        text: str,
        colour: Colour = Colour.TEXT,
        *,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    ) -> TextLabel:
        """A label in a text role."""
        return label(self.theme, role, text, colour, align=align)

    def row(self, name: str, value: str, tone: Tone = Tone.NEUTRAL) -> Row:
        """A row of a card."""
        return Row(self.theme, self.icons, name, value, tone)

    def pill(self, text: str, tone: Tone, icon: str | None = None, *, role: TextRole = TextRole.NOTE_STRONG) -> Pill:
        """A status."""
        signs = {Tone.GOOD: "check", Tone.ATTENTION: "alert", Tone.BAD: "alert", Tone.NEUTRAL: None}
        return Pill(self.theme, self.icons, text, tone, icon or signs[tone], role)

    def button(
        self, kind: Kind, name: str, text: str, event: Event, *, icon: str | None = None, arrow: bool = False
    ) -> ActionButton:
        """A button that emits `event` when it is pressed."""
        button = ActionButton(self.theme, self.icons, kind, name, text, icon=icon, arrow=arrow)
        button.clicked.connect(lambda _=False: self.emit(event))
        return button
