"""What was seen on one frame, before anything is compared."""

from dataclasses import dataclass

from face.detect import DetectedFace
from face.measures import FaceQuality
from face.mesh import FaceMesh
from face.quality import Guidance


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """``guidance``: ``good`` or the first thing that is wrong. ``face``: the widest one. ``mesh``: there when that face
    is the only one that counts, and is one; ``quality``: when it also has a size to be measured."""

    guidance: Guidance
    face: DetectedFace | None
    mesh: FaceMesh | None
    quality: FaceQuality | None
