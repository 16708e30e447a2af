"""What is measured on a face: plain numbers that may travel to the match log. Nothing heavy is imported here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pose:
    """From five points: no angles but proportions that grow with them. ``roll`` in degrees."""

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True)
class FaceQuality:
    """What was measured on one frame. ``score`` in [0, 1] ranks frames of one session and means nothing else."""

    eye_distance: float
    pose: Pose
    bright_part: float
    saturated: float
    sharpness: float
    score: float
