"""Pictures of every screen for docs/screens: `make screens`. Reduced to 64 colours, which flat screens do not show.

With a part of a file name as argument only those pictures are drawn anew.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image

from kiosk import paths
from kiosk.ui.gallery import main as draw_gallery

FOLDER = Path(__file__).parent / "screens"
COLOURS = 64
OVERVIEW = ("welcome", "reading", "look-at-camera", "insurance", "paying", "ticket")
OVERVIEW_WIDTH = 300
GAP = 16


def main(only: str = "") -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob(f"*{only}*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as drawn:
        draw_gallery([drawn, "--normal", "--only", only, "--assets", str(paths.assets())])
        for picture in sorted(Path(drawn).glob("*.png")):
            with Image.open(picture) as image:
                image.convert("RGB").quantize(COLOURS).save(FOLDER / picture.name, optimize=True)
    overview().save(FOLDER / "overview.png", optimize=True)


def overview() -> Image.Image:
    """Six screens side by side for the README."""
    pictures = []
    for name in OVERVIEW:
        with Image.open(FOLDER / f"portrait-vi-{name}.png") as image:
            height = OVERVIEW_WIDTH * image.height // image.width
            pictures.append(image.convert("RGB").resize((OVERVIEW_WIDTH, height), Image.Resampling.LANCZOS))
    width = len(pictures) * (OVERVIEW_WIDTH + GAP) + GAP
    sheet = Image.new("RGB", (width, pictures[0].height + 2 * GAP), "#C9D4CF")
    for place, picture in enumerate(pictures):
        sheet.paste(picture, (GAP + place * (OVERVIEW_WIDTH + GAP), GAP))
    return sheet.quantize(256)


if __name__ == "__main__":
    main(*sys.argv[1:2])
