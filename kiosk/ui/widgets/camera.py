"""The live picture: square brackets for a code, an oval with a progress arc for a face."""

from enum import Enum, auto

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.ui.theme import Colour, TextRole, Theme
from kiosk.ui.widgets.icons import Icons
from kiosk.ui.widgets.typeset import draw, typeset

ASPECT = 0.92
"""Width to height of the picture's frame: a face and shoulders."""


class Aim(Enum):
    """What the patient is asked to bring into the frame."""

    CODE = "code"
    FACE = "face"
    NOTHING = "nothing"


class Side(Enum):
    """Where beside the face a sign stands. The screen's left is the left of whoever faces it, mirrored or not."""

    LEFT = auto()
    RIGHT = auto()
    ABOVE = auto()
    BELOW = auto()


SIGN_MM = 46.0
"""Diameter of a sign: seen without looking for it."""


class CameraView(QWidget):
    """Shows frames as they come, cut to the frame's shape. A face is mirrored, as people know it; a code is not.

    `icons` are needed for signs only.
    """

    def __init__(
        self, theme: Theme, aim: Aim, spoken: str, *, icons: Icons | None = None, mirrored: bool = True
    ) -> None:
        super().__init__()
        self._theme, self._aim, self._icons = theme, aim, icons
        self._mirrored = mirrored and aim is Aim.FACE
        self._sign: tuple[str, Side] | None = None
        self._light: QColor | None = None
        self._frame: QImage | None = None
        self._advice = ""
        self._progress = 0.0
        self._advice_font = theme.font(TextRole.ACTION)
        self.setAccessibleName(spoken)
        self.setMinimumSize(theme.mm(90), theme.mm(70))
        self.setMaximumHeight(theme.mm(246))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def set_frame(self, frame: QImage) -> None:
        """Show this frame; the image is shared, not copied."""
        self._frame = frame
        self.update()

    def has_frame(self) -> bool:
        """Whether a picture is being shown."""
        return self._frame is not None

    def set_advice(self, advice: str, progress: float, *, spoken: str | None = None) -> None:
        """One advice over the picture, and how far the check has come (0–1).

        `spoken` is for screen readers where the instruction stands elsewhere on the page.
        """
        self.setAccessibleDescription(spoken or advice)
        if (advice, progress) != (self._advice, self._progress):
            self._advice, self._progress = advice, progress
            self.update()

    def set_sign(self, icon: str | None, side: Side = Side.BELOW) -> None:
        """A large sign beside the face; None takes it away."""
        sign = None if icon is None else (icon, side)
        if sign != self._sign:
            self._sign = sign
            self.update()

    def set_light(self, light: QColor | None) -> None:
        """Everything but the face in this colour; None shows the whole picture again."""
        if light != self._light:
            self._light = light
            self.update()

    def frame_rect(self) -> QRectF:
        """Where the picture is."""
        height = min(self.height(), self.width() / ASPECT)
        width = min(self.width(), height * (ASPECT if self.width() < self.height() * 1.4 else 1.25))
        place = QRectF(0, 0, width, height)
        place.moveCenter(QRectF(self.rect()).center())
        return place

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        place = self.frame_rect()
        outline = QPainterPath()
        outline.addRoundedRect(place, self._theme.radius * 1.2, self._theme.radius * 1.2)
        painter.setClipPath(outline)
        self._paint_picture(painter, place)
        match self._aim:
            case Aim.FACE:
                self._paint_oval(painter, place)
            case Aim.CODE:
                self._paint_brackets(painter, place)
            case Aim.NOTHING:
                pass
        self._paint_sign(painter)
        self._paint_advice(painter, place)
        painter.end()

    def _paint_picture(self, painter: QPainter, place: QRectF) -> None:
        if self._frame is None or self._frame.isNull():
            shade = QLinearGradient(place.topLeft(), place.bottomLeft())
            shade.setColorAt(0, QColor("#53645E"))
            shade.setColorAt(1, QColor(Colour.DARK))
            painter.fillRect(place, shade)
            return
        size = self._frame.size()
        scale = max(place.width() / size.width(), place.height() / size.height())
        source = QRectF(0, 0, place.width() / scale, place.height() / scale)
        source.moveCenter(QRectF(self._frame.rect()).center())
        painter.save()
        if self._mirrored:
            painter.translate(2 * place.center().x(), 0)
            painter.scale(-1, 1)
        painter.drawImage(place, self._frame, source)
        painter.restore()

    def oval(self) -> QRectF:
        """The place for a face."""
        place = self.frame_rect()
        height = place.height() * 0.72
        oval = QRectF(0, 0, min(height * 0.8, place.width() * 0.72), height)
        oval.moveCenter(place.center())
        oval.moveTop(place.top() + place.height() * 0.08)
        return oval

    def _paint_oval(self, painter: QPainter, place: QRectF) -> None:
        oval = self.oval()
        veil = QPainterPath()
        veil.addRect(place)
        hole = QPainterPath()
        hole.addEllipse(oval)
        painter.fillPath(veil.subtracted(hole), self._light or QColor(20, 33, 30, 110))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(Colour.SURFACE), self._theme.unit * 3))
        painter.drawEllipse(oval)
        if self._progress > 0:
            pen = QPen(QColor(Colour.PRIMARY if self._light else Colour.ATTENTION), self._theme.unit * 5)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawArc(oval, 90 * 16, -round(360 * 16 * min(1.0, self._progress)))

    def sign_rect(self) -> QRectF:
        """Where the sign stands; empty without one. Left and right it takes the room beside the face's oval."""
        if self._sign is None:
            return QRectF()
        place, oval = self.frame_rect(), self.oval()
        edge = self._theme.unit * 2
        size = min(self._theme.unit * SIGN_MM, (oval.left() - place.left()) * 1.1)
        sign = QRectF(0, 0, size, size)
        sign.moveCenter(oval.center())
        match self._sign[1]:
            case Side.LEFT:
                sign.moveLeft(place.left() + edge)
            case Side.RIGHT:
                sign.moveRight(place.right() - edge)
            case Side.ABOVE:
                sign.moveTop(place.top() + edge)
            case Side.BELOW:
                sign.moveBottom(place.bottom() - edge)
        return sign

    def _paint_sign(self, painter: QPainter) -> None:
        if self._sign is None or self._icons is None:
            return
        disc = self.sign_rect()
        painter.setPen(QPen(QColor(Colour.PRIMARY), self._theme.unit * 1.2))
        painter.setBrush(QColor(Colour.SURFACE))
        painter.drawEllipse(disc)
        inset = disc.width() * 0.2
        self._icons.paint(painter, self._sign[0], disc.adjusted(inset, inset, -inset, -inset), Colour.PRIMARY)

    def _paint_brackets(self, painter: QPainter, place: QRectF) -> None:
        side = min(place.width(), place.height()) * 0.62
        square = QRectF(0, 0, side, side)
        square.moveCenter(place.center())
        arm = side * 0.22
        path = QPainterPath()
        for corner, along_x, along_y in (
            (square.topLeft(), 1, 1),
            (square.topRight(), -1, 1),
            (square.bottomRight(), -1, -1),
            (square.bottomLeft(), 1, -1),
        ):
            path.moveTo(corner.x() + along_x * arm, corner.y())
            path.lineTo(corner)
            path.lineTo(corner.x(), corner.y() + along_y * arm)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((Colour.TEXT, 4.4), (Colour.ATTENTION, 3.0)):
            pen = QPen(QColor(colour), self._theme.unit * width)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPath(path)

    def advice_rect(self) -> QRectF:
        """Where the advice stands; empty without one. Tests measure the words against it."""
        if not self._advice:
            return QRectF()
        place = self.frame_rect()
        pad_x, pad_y = self._theme.mm(8), self._theme.mm(3)
        block = typeset(self._advice, self._advice_font, place.width() * 0.92 - 2 * pad_x, balanced=True)
        badge = QRectF(0, 0, block.width + 2 * pad_x, block.height + 2 * pad_y)
        badge.moveCenter(place.center())
        badge.moveBottom(place.bottom() - place.height() * 0.04)
        return badge

    def _paint_advice(self, painter: QPainter, place: QRectF) -> None:
        badge = self.advice_rect()
        if badge.isEmpty():
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(Colour.SURFACE))
        painter.drawRoundedRect(badge, self._theme.radius, self._theme.radius)
        painter.setFont(self._advice_font)
        painter.setPen(QColor(Colour.TEXT))
        width = place.width() * 0.92 - 2 * self._theme.mm(8)
        block = typeset(self._advice, self._advice_font, width, balanced=True)
        draw(painter, block, badge, Qt.AlignmentFlag.AlignHCenter)
