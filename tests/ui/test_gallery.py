"""The gallery: one PNG per screen, language, orientation and text size."""

from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from kiosk.flow.values import Language
from kiosk.ui.gallery import SIZES, draw_gallery, file_name


@pytest.mark.parametrize("screen", ["thank-you", "admin-pin"])
def test_a_screen_is_drawn_in_both_orientations_and_languages(
    tmp_path: Path, assets: Path, qapp: QApplication, screen: str
) -> None:
    written = draw_gallery(tmp_path, assets, only=f"{screen}.png", sizes=(False,))
    expected = {file_name(orientation, language, screen, large=False) for orientation in SIZES for language in Language}
    assert {path.name for path in written if screen in path.name} == expected
    for orientation, (width, height) in SIZES.items():
        image = QImage(str(tmp_path / file_name(orientation, Language.VI, screen, large=False)))
        assert (image.width(), image.height()) == (width, height)


def test_the_same_model_gives_the_same_picture(tmp_path: Path, assets: Path, qapp: QApplication) -> None:
    for folder in ("one", "two"):
        draw_gallery(tmp_path / folder, assets, only="portrait-vi-consent.png", sizes=(False,))
    one, two = (QImage(str(tmp_path / folder / "portrait-vi-consent.png")) for folder in ("one", "two"))
    assert one == two
    assert not one.isNull()


def test_large_text_is_in_the_file_name() -> None:
    assert file_name("portrait", Language.EN, "welcome", large=True) == "portrait-en-large-welcome.png"
