"""A living person before the kiosk's camera, made from a portrait: placed, lit, blurred, noised, sent as MJPEG.

Simulated: a portrait is flat, its pose and expression stay what they are, and years of ageing are not included.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from face.degradation.light import side_light, tone
from face.degradation.optics import defocus, motion_blur
from face.degradation.place import place
from face.degradation.portrait import find_landmarks
from face.degradation.sensor import camera_noise, stream_jpeg
from face.opencv import Image, Points

Span = tuple[float, float]  # drawn evenly between the two


class Level(StrEnum):
    NORMAL = "normal"  # a kiosk set up well, a person who follows the guidance
    POOR = "poor"  # still to be accepted: far, dim, lit from one side
    WORST = "worst"  # not to be accepted, and not to be called a stranger either


@dataclass(frozen=True, slots=True)
class Conditions:
    """The spans one level draws from. Lengths in pixels of the 1280 x 720 frame, noise in grey values."""

    eye_distance: Span
    tilt: Span  # degrees, to either side
    defocus: Span  # sigma
    motion: Span  # length of the smear
    noise: Span  # sigma at middle grey
    gamma: Span  # above 1 is darker
    side_light: Span  # part of the light the far cheek loses
    jpeg_quality: int


CONDITIONS = {
    # 0.5 to 0.7 m before a 60-degree lens.
    Level.NORMAL: Conditions(
        eye_distance=(90, 130),
        tilt=(0, 3),
        defocus=(0.4, 0.8),
        motion=(0, 1),
        noise=(2, 4),
        gamma=(0.95, 1.05),
        side_light=(0, 0.15),
        jpeg_quality=90,
    ),
    Level.POOR: Conditions(
        eye_distance=(60, 80),
        tilt=(0, 8),
        defocus=(1.0, 1.4),
        motion=(0, 3),
        noise=(7, 9),
        gamma=(1.2, 1.4),
        side_light=(0.25, 0.45),
        jpeg_quality=80,
    ),
    # A face of 80 to 130 pixels: 1 to 1.7 m away. Every fourth is as large as the quality gate asks for.
    Level.WORST: Conditions(
        eye_distance=(36, 58),
        tilt=(0, 12),
        defocus=(1.4, 1.8),
        motion=(1, 4),
        noise=(14, 18),
        gamma=(1.5, 1.7),
        side_light=(0.5, 0.7),
        jpeg_quality=60,
    ),
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What one seed drew: one person standing there once."""

    eye_distance: float
    tilt: float
    defocus: float
    motion: float
    motion_angle: float
    noise: float
    gamma: float
    side_light: float
    from_left: bool
    shift: tuple[float, float]
    jpeg_quality: int


def draw(level: Level, seed: int) -> Circumstances:
    """The circumstances of this seed at this level."""
    spans, source = CONDITIONS[level], np.random.default_rng([seed, 0])
    return Circumstances(
        eye_distance=source.uniform(*spans.eye_distance),
        tilt=source.uniform(*spans.tilt) * source.choice([-1.0, 1.0]),
        defocus=source.uniform(*spans.defocus),
        motion=source.uniform(*spans.motion),
        motion_angle=source.uniform(0, 180),
        noise=source.uniform(*spans.noise),
        gamma=source.uniform(*spans.gamma),
        side_light=source.uniform(*spans.side_light),
        from_left=bool(source.integers(2)),
        shift=(source.uniform(-80, 80), source.uniform(-40, 40)),
        jpeg_quality=spans.jpeg_quality,
    )


def degrade(image: Image, level: Level, seed: int, *, landmarks: Points | None = None) -> Image:
    """One frame (720 x 1280 x 3, blue-green-red) of the person on ``image``. Same arguments, same frame.

    ``landmarks``: the portrait's five points, else the shipped detector finds them. Raises :class:`FaceError`
    (``no_face``).
    """
    return next(frames(image, level, seed, 1, landmarks=landmarks))


def frames(image: Image, level: Level, seed: int, count: int, *, landmarks: Points | None = None) -> Iterator[Image]:
    """``count`` frames of one stay: the same circumstances, another sway and other noise in each. See ``degrade``."""
    points = find_landmarks(image) if landmarks is None else landmarks
    what = draw(level, seed)
    for number in range(count):
        yield _frame(image, points, what, np.random.default_rng([seed, 1, number]))


def _frame(image: Image, points: Points, what: Circumstances, source: np.random.Generator) -> Image:
    # A standing person sways by a few millimetres; the smear's length and direction change with it.
    sway = 0.04 * what.eye_distance
    shift = (what.shift[0] + source.normal(0, sway), what.shift[1] + source.normal(0, sway))
    smear, angle = what.motion * source.uniform(0.5, 1.5), what.motion_angle + source.uniform(-30, 30)
    frame, placed = place(image, points, what.eye_distance, what.tilt + source.normal(0, 0.5), shift)
    frame = side_light(frame, placed, what.side_light, from_left=what.from_left)
    frame = tone(frame, what.gamma)
    frame = motion_blur(defocus(frame, what.defocus), smear, angle)
    return stream_jpeg(camera_noise(frame, what.noise, source), what.jpeg_quality)
