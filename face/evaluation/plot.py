"""Histograms and the DET curve as a PNG, drawn with Pillow: a plotting library would be too much for one picture."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from face.evaluation.experiment import Experiment

if TYPE_CHECKING:
    from PIL import ImageDraw

_SCALE = 2  # drawn larger and reduced: Pillow's lines are not smooth
WIDTH, HEIGHT = 1280, 620
_INK, _GRID, _PAPER = (40, 40, 40), (222, 222, 222), (255, 255, 255)
_GENUINE, _IMPOSTOR, _MARK = (0, 114, 178), (213, 94, 0), (110, 110, 110)  # told apart by colour-blind people too
_DECADES = (-5, 0)


@dataclass(frozen=True, slots=True)
class _Axes:
    """A rectangle of the picture (left, top, right, bottom) and the values at its edges."""

    area: tuple[int, int, int, int]
    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        left, top, right, bottom = self.area
        across = min(1.0, max(0.0, (x - self.x[0]) / (self.x[1] - self.x[0])))
        up = min(1.0, max(0.0, (y - self.y[0]) / (self.y[1] - self.y[0])))
        return (left + across * (right - left)) * _SCALE, (bottom - up * (bottom - top)) * _SCALE


def draw(result: Experiment) -> bytes:
    """A PNG of 1280 x 620 pixels. A curve that no comparison was made for is left out."""
    from PIL import Image, ImageDraw

    canvas = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE), _PAPER)
    pen = ImageDraw.Draw(canvas)
    _histograms(pen, result)
    _det(pen, result)
    if result.settings.simulated:
        _text(pen, (WIDTH - 40, 16), "simulated pictures", anchor="rt", colour=_IMPOSTOR)
    out = io.BytesIO()
    canvas.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _histograms(pen: "ImageDraw.ImageDraw", result: Experiment) -> None:
    sides = ((result.histogram.genuine, _GENUINE, "genuine"), (result.histogram.impostor, _IMPOSTOR, "impostor"))
    edges = result.histogram.edges
    seen = [index for counts, _, _ in sides for index, count in enumerate(counts) if count] or [0, len(edges) - 2]
    low, high = edges[max(0, min(seen) - 2)], edges[min(len(edges) - 1, max(seen) + 3)]
    top = max((max(counts) / max(1, sum(counts)) for counts, _, _ in sides), default=1.0) or 1.0
    axes = _Axes((70, 70, 610, 540), (low, high), (0.0, 1.1 * top))
    _text(pen, (70, 24), "Scores, each kind as a share of its own comparisons", size=17)
    first = math.ceil(low * 5) / 5
    for tick in [round(first + 0.2 * step, 1) for step in range(round((high - first) / 0.2) + 1)]:
        if low <= tick <= high:
            _line(pen, [axes.at(tick, 0), axes.at(tick, 1.1 * top)], _GRID)
            _text(pen, _place(axes.at(tick, 0), 0, 8), f"{tick:.1f}", anchor="mt")
    for part in range(5):
        share = top * part / 4
        _line(pen, [axes.at(low, share), axes.at(high, share)], _GRID)
        _text(pen, _place(axes.at(low, share), -8, 0), f"{100 * share:.0f} %", anchor="rm")
    for row, (counts, colour, name) in enumerate(sides):
        _steps(pen, axes, edges, counts, colour)
        _text(pen, (90, 84 + 24 * row), f"{name}: {sum(counts)}", colour=colour)
    if result.policy is not None:
        marks = ((result.policy.at.accept, "accept"), (result.policy.at.reject, "no match below"))
        for row, (score, name) in enumerate(marks):
            if low <= score <= high:
                _line(pen, [axes.at(score, 0), axes.at(score, 1.1 * top)], _MARK, dashed=True)
                # The two names stand away from each other, or they would meet on a narrow axis.
                anchor = "lt" if row == 0 else "rt"
                _text(
                    pen, _place(axes.at(score, 1.1 * top), 6 if row == 0 else -6, 4), name, anchor=anchor, colour=_MARK
                )
    _text(pen, (340, 580), "cosine score", anchor="mt")


def _steps(
    pen: "ImageDraw.ImageDraw", axes: _Axes, edges: Sequence[float], counts: Sequence[int], colour: tuple[int, int, int]
) -> None:
    total = sum(counts)
    if not total:
        return
    points = []
    for left, right, count in zip(edges[:-1], edges[1:], counts, strict=True):
        if axes.x[0] <= left and right <= axes.x[1] + 1e-9:
            points += [axes.at(left, count / total), axes.at(right, count / total)]
    _line(pen, points, colour, width=2)


def _det(pen: "ImageDraw.ImageDraw", result: Experiment) -> None:
    """Both axes logarithmic; a rate of 0, or below the axis, is drawn at its end."""
    axes = _Axes((730, 70, 1240, 540), _DECADES, _DECADES)
    _text(pen, (730, 24), "Detection error trade-off", size=17)
    for decade in range(_DECADES[0], _DECADES[1] + 1):
        name = "1" if decade == 0 else f"1e{decade}"
        _line(pen, [axes.at(decade, _DECADES[0]), axes.at(decade, _DECADES[1])], _GRID)
        _line(pen, [axes.at(_DECADES[0], decade), axes.at(_DECADES[1], decade)], _GRID)
        _text(pen, _place(axes.at(decade, _DECADES[0]), 0, 8), name, anchor="mt")
        _text(pen, _place(axes.at(_DECADES[0], decade), -8, 0), name, anchor="rm")
    _line(pen, [axes.at(_DECADES[0], _DECADES[0]), axes.at(0, 0)], _GRID, dashed=True)
    _line(pen, [axes.at(_decade(point.fmr), _decade(point.fnmr)) for point in result.det], _GENUINE, width=3)
    if result.equal_error is not None:
        x, y = axes.at(*[_decade(result.equal_error.rate)] * 2)
        radius = 4 * _SCALE
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=_IMPOSTOR)
        _text(pen, _place((x, y), 10, -4), f"EER {100 * result.equal_error.rate:.2g} %", anchor="lb", colour=_IMPOSTOR)
    _text(pen, (985, 580), "false match rate (0 is drawn at the edge)", anchor="mt")
    _text(pen, (662, 48), "false non-match rate")


def _decade(rate: float) -> float:
    return math.log10(rate) if rate > 0 else _DECADES[0]


def _place(at: tuple[float, float], right: float, down: float) -> tuple[float, float]:
    return at[0] / _SCALE + right, at[1] / _SCALE + down


def _text(
    pen: "ImageDraw.ImageDraw",
    at: tuple[float, float],
    text: str,
    *,
    anchor: str = "lt",
    colour: tuple[int, int, int] = _INK,
    size: int = 14,
) -> None:
    from PIL import ImageFont

    font = ImageFont.load_default(size * _SCALE)
    pen.text((at[0] * _SCALE, at[1] * _SCALE), text, fill=colour, font=font, anchor=anchor)


def _line(
    pen: "ImageDraw.ImageDraw",
    points: Sequence[tuple[float, float]],
    colour: tuple[int, int, int],
    *,
    width: int = 1,
    dashed: bool = False,
) -> None:
    if len(points) < 2:
        return
    if not dashed:
        pen.line(list(points), fill=colour, width=width * _SCALE, joint="curve")
        return
    (x0, y0), (x1, y1) = points[0], points[-1]
    pieces = max(1, round(math.hypot(x1 - x0, y1 - y0) / (6 * _SCALE)))
    for piece in range(0, pieces, 2):
        a, b = piece / pieces, min(1.0, (piece + 1) / pieces)
        ends = [(x0 + a * (x1 - x0), y0 + a * (y1 - y0)), (x0 + b * (x1 - x0), y0 + b * (y1 - y0))]
        pen.line(ends, fill=colour, width=width * _SCALE)
