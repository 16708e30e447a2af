"""One effect alone on a frame, at a strength in the effect's own unit: what each does to quality and score."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from face.degradation import light, optics, sensor, worn
from face.degradation.place import place
from face.degradation.portrait import find_landmarks
from face.opencv import Image, Points

EYE_DISTANCE = 110.0  # pixels in the frame: a person who stands right


class Effect(StrEnum):
    NOISE = "noise"
    DEFOCUS = "defocus"
    MOTION_BLUR = "motion_blur"
    GAMMA = "gamma"
    DARK = "dark"
    OVER_BRIGHT = "over_bright"
    BACK_LIGHT = "back_light"
    SIDE_LIGHT = "side_light"
    TILT = "tilt"
    FAR = "far"
    NEAR = "near"
    GLASSES = "glasses"
    GLARE = "glare"
    MASK = "mask"
    CLOSED_EYES = "closed_eyes"
    HAND = "hand"


@dataclass(frozen=True, slots=True)
class EffectRange:
    """What an effect's strength means. ``mild``: a frame that must still do. ``severe``: one that must not."""

    unit: str
    mild: float
    severe: float


RANGES = {
    Effect.NOISE: EffectRange("grey values (sigma at middle grey)", 8, 40),
    Effect.DEFOCUS: EffectRange("pixels (sigma)", 1.2, 5),
    Effect.MOTION_BLUR: EffectRange("pixels (length)", 4, 28),
    Effect.GAMMA: EffectRange("exponent (above 1 is darker)", 1.3, 4),
    Effect.DARK: EffectRange("part of the light lost", 0.4, 0.88),
    Effect.OVER_BRIGHT: EffectRange("stops over", 0.3, 2.5),
    Effect.BACK_LIGHT: EffectRange("part of the face's light lost", 0.3, 0.8),
    Effect.SIDE_LIGHT: EffectRange("part of the light the far cheek loses", 0.35, 0.95),
    Effect.TILT: EffectRange("degrees clockwise", 8, 35),
    Effect.FAR: EffectRange("times the distance", 1.4, 3),
    Effect.NEAR: EffectRange("times the size", 1.3, 2.6),
    Effect.GLASSES: EffectRange("1: worn", 1, 1),
    Effect.GLARE: EffectRange("part of each lens that mirrors", 0.15, 0.8),
    Effect.MASK: EffectRange("1: worn", 1, 1),
    Effect.CLOSED_EYES: EffectRange("1: closed", 1, 1),
    Effect.HAND: EffectRange("1: over mouth and chin", 1, 1),
}

_ON_FRAME: dict[Effect, Callable[[Image, Points, float], Image]] = {
    Effect.DEFOCUS: lambda frame, _, strength: optics.defocus(frame, strength),
    Effect.GAMMA: lambda frame, _, strength: light.tone(frame, strength),
    Effect.DARK: lambda frame, _, strength: light.exposure(frame, 1 - strength),
    # Values are encoded: a stop, twice the light, is 2 ** (1 / 2.2) in them.
    Effect.OVER_BRIGHT: lambda frame, _, strength: light.exposure(frame, 2 ** (strength / 2.2)),
    Effect.BACK_LIGHT: light.back_light,
    Effect.GLASSES: lambda frame, points, _: worn.glasses(frame, points),
    Effect.GLARE: worn.glare,
    Effect.CLOSED_EYES: lambda frame, points, _: worn.closed_eyes(frame, points),
    Effect.HAND: lambda frame, points, _: worn.hand(frame, points),
}

_SENSOR_NOISE = 2.5  # in every frame: the effect is alone, the camera is not a perfect one


def apply(
    effect: Effect | None,
    image: Image,
    seed: int,
    *,
    strength: float | None = None,
    landmarks: Points | None = None,
) -> Image:
    """The person on ``image`` before the camera, all well but for one effect (None: all well). 720 x 1280 x 3.

    ``strength``: in the unit of ``RANGES``, by default the severe one. ``landmarks``: the portrait's five points, else
    the shipped detector finds them. Raises :class:`FaceError` (``no_face``).
    """
    points = find_landmarks(image) if landmarks is None else landmarks
    source = np.random.default_rng([seed, 2])
    from_left, angle = bool(source.integers(2)), float(source.uniform(0, 180))
    cloth = worn.MASK_COLOURS[source.integers(len(worn.MASK_COLOURS))]
    shift = (float(source.uniform(-60, 60)), float(source.uniform(-20, 20)))
    amount = 0.0
    if effect is not None:
        amount = RANGES[effect].severe if strength is None else strength
    distance, tilt = EYE_DISTANCE, 0.0
    match effect:
        case Effect.FAR:
            distance = EYE_DISTANCE / amount
        case Effect.NEAR:
            distance = EYE_DISTANCE * amount
        case Effect.TILT:
            tilt = amount
    frame, placed = place(image, points, distance, tilt, shift)
    match effect:
        case Effect.SIDE_LIGHT:
            frame = light.side_light(frame, placed, amount, from_left=from_left)
        case Effect.MASK:
            frame = worn.mask(frame, placed, cloth)
        case Effect.MOTION_BLUR:
            frame = optics.motion_blur(frame, amount, angle)
        case _ if effect in _ON_FRAME:
            frame = _ON_FRAME[effect](frame, placed, amount)
    sigma = amount if effect is Effect.NOISE else _SENSOR_NOISE
    return sensor.stream_jpeg(sensor.camera_noise(frame, sigma, source), 90)
