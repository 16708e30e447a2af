"""What is measured on a face: plain numbers that may travel to the match log. Nothing heavy is imported here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees, from the face mesh. ``yaw`` > 0: towards the picture's right, ``pitch`` > 0: up, ``roll`` > 0: clockwise
    in the picture."""

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True)
class FaceQuality:
    """What was measured on one frame. ``score`` in [0, 1] ranks frames of one session and means nothing else.

    ``eye_distance``: pixels. ``bright_part``: 95th percentile of the face's grey values; ``around``: median grey value
    of what is behind; ``saturated``: part of the face at 250 or above. ``cover_colour`` and ``cover_light``:
    :func:`face.occlusion.covering`; ``lower_features`` and ``glare``: their namesakes there. ``sharpness``: see
    :class:`face.quality.Limits`; ``eyes_open``: mean eye aspect ratio.
    """

    eye_distance: float
    pose: Pose
    bright_part: float
    around: float
    saturated: float
    cover_colour: float
    cover_light: float
    lower_features: float
    glare: float
    sharpness: float
    eyes_open: float
    score: float
