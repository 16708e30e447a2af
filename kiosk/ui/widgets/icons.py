"""Icons and illustrations: SVG files drawn for this product, tinted where they are one-coloured."""

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.ui.theme import Colour

INK = "#000000"
"""The colour the one-coloured files are drawn in; it is replaced by the tint."""


@lru_cache(maxsize=256)
def _renderer(path: Path, tint: str | None) -> QSvgRenderer:
    source = path.read_text("utf-8")
    if tint is not None:
        source = source.replace(INK, tint)
    renderer = QSvgRenderer(QByteArray(source.encode()))
    if not renderer.isValid():
        raise ValueError(f"not a drawable SVG: {path}")
    return renderer


class Icons:
    """The folder of drawings. A missing file is a packaging bug and raises FileNotFoundError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def paint(self, painter: QPainter, name: str, area: QRectF, tint: Colour | None = None) -> None:
        """Draw the icon `name` into `area`, keeping its aspect ratio."""
        renderer = self.renderer(name, tint)
        size = renderer.defaultSize().scaled(area.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF(0, 0, size.width(), size.height())
        target.moveCenter(area.center())
        renderer.render(painter, target)

    def renderer(self, name: str, tint: Colour | None = None) -> QSvgRenderer:
        """The drawing itself."""
        return _renderer(self._folder / f"{name}.svg", tint.value if tint else None)

    def pixmap(self, name: str, size: int, tint: Colour | None = None) -> QPixmap:
        """A square picture, for places that take nothing else."""
        picture = QPixmap(size, size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, name, QRectF(0, 0, size, size), tint)
        painter.end()
        return picture


class IconView(QWidget):
    """One icon of fixed size in a layout."""

    def __init__(self, icons: Icons, name: str, size: int, tint: Colour) -> None:
        super().__init__()
        self._icons, self._name, self._tint = icons, name, tint
        self.setFixedSize(size, size)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        self._icons.paint(painter, self._name, QRectF(self.rect()), self._tint)
        painter.end()


class Illustration(QWidget):
    """A drawing that takes the room that is left, between `least` and `most` pixels high."""

    def __init__(self, icons: Icons, name: str, least: int, most: int) -> None:
        super().__init__()
        self._icons, self._name = icons, name
        self.setMinimumHeight(least)
        self.setMaximumHeight(most)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(self.minimumHeight(), self.minimumHeight())

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._icons.paint(painter, self._name, QRectF(self.rect()))
        painter.end()
