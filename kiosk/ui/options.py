"""What the window needs to know from the configuration."""

from dataclasses import dataclass
from pathlib import Path

from kiosk.flow.values import Language


@dataclass(frozen=True, slots=True)
class DockPerson:
    """A simulated person of the dev dock: `key` is what the signals carry."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """The counter's names stand in a sentence: "quầy số 3", "counter 3".

    `ppi` None: the panel is taken for a 21.5-inch one.
    """

    facility_name_vi: str
    facility_name_en: str
    counter_name_vi: str
    counter_name_en: str
    assets_dir: Path
    fonts_dir: Path | None = None
    ppi: float | None = None
    show_dock: bool = False
    fullscreen: bool = True
    dock_people: tuple[DockPerson, ...] = ()
    mirror: bool = True

    @property
    def fonts(self) -> Path:
        """Folder of the font files."""
        return self.fonts_dir or self.assets_dir / "fonts"

    def facility_name(self, language: Language) -> str:
        """The hospital's name in the screen's language."""
        return self.facility_name_en if language is Language.EN else self.facility_name_vi

    def counter_name(self, language: Language) -> str:
        """Where people are sent, in the screen's language."""
        return self.counter_name_en if language is Language.EN else self.counter_name_vi
