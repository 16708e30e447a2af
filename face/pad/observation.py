"""One frame in which one usable face was found, as the checks see it."""

from dataclasses import dataclass
from typing import Protocol

from face.detect import DetectedFace
from face.embed import Embedding
from face.opencv import Image, Points


class FaceMesh(Protocol):
    """What the checks read of a mesh; angles in degrees: left of the person, up and clockwise in the picture > 0."""

    @property
    def points(self) -> Points: ...
    @property
    def presence(self) -> float: ...
    @property
    def yaw(self) -> float: ...
    @property
    def pitch(self) -> float: ...
    @property
    def roll(self) -> float: ...
    @property
    def eye_openness(self) -> tuple[float, float]: ...
    @property
    def mouth_openness(self) -> float: ...
    @property
    def eye_distance(self) -> float: ...


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """Borrowed: valid while a check is fed with it. A check copies what it keeps and overwrites it when done.

    ``timestamp``: when the camera took the frame, seconds. ``embedding``: only of frames that are good for matching.
    """

    timestamp: float
    image: Image
    face: DetectedFace
    mesh: FaceMesh
    embedding: Embedding | None
