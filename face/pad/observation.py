"""One frame in which one usable face was found, as the checks see it."""

from dataclasses import dataclass

from face.detect import DetectedFace
from face.embed import Embedding
from face.mesh import FaceMesh
from face.opencv import Image


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
