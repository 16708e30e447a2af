"""Loading the one font of the product. Its whole files carry every Vietnamese letter; web subsets would mix glyphs."""

from pathlib import Path

from PySide6.QtGui import QFontDatabase

from kiosk.ui.theme import FAMILY

FILES = ("BeVietnamPro-Regular.ttf", "BeVietnamPro-SemiBold.ttf", "BeVietnamPro-Bold.ttf")


def load_fonts(folder: Path) -> None:
    """Register the font files of `folder`, once per process. FileNotFoundError when one is missing or not a font."""
    if FAMILY in QFontDatabase.families():
        return
    for name in FILES:
        path = folder / name
        if not path.is_file() or QFontDatabase.addApplicationFont(str(path)) < 0:
            raise FileNotFoundError(f"font file missing or unreadable: {path}")
