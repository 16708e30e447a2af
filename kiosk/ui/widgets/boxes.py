"""Rows and columns as widgets.

No layout is put into a layout: a widget owns each, because nested layouts that Python still refers to have crashed
shiboken 6.12 on deletion (both sides believed to be the owner).
"""

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget


class Column(QWidget):
    """Widgets below each other; `box` is the layout."""

    def __init__(self, spacing: int = 0) -> None:
        super().__init__()
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(spacing)


class Line(QWidget):
    """Widgets beside each other; `box` is the layout."""

    def __init__(self, spacing: int = 0) -> None:
        super().__init__()
        self.box = QHBoxLayout(self)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(spacing)
