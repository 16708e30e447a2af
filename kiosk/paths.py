"""Where the files that ship with the product are: beside the code, or inside the stand-alone build."""

import sys
from pathlib import Path


def assets() -> Path:
    """The assets folder."""
    bundle = getattr(sys, "_MEIPASS", None)
    root = Path(bundle) if bundle else Path(__file__).resolve().parents[1]
    return root / "assets"


def people() -> Path:
    """The demonstration people."""
    return assets() / "people"


def fonts() -> Path:
    """Be Vietnam Pro."""
    return assets() / "fonts"


def models() -> Path:
    """The face model packs, a folder each."""
    return assets() / "models"
