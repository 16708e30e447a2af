"""Finding the face on a portrait that is about to be degraded."""

from functools import cache
from pathlib import Path

from face.detect import Detector
from face.errors import FaceError, FaceErrorCode
from face.models.pack import load_pack
from face.opencv import Image, Points

_PACK = Path(__file__).resolve().parents[2] / "assets" / "models" / "yunet-sface"


def find_landmarks(image: Image) -> Points:
    """The five points (5 x 2, pixels) of the widest face. Raises :class:`FaceError` (``no_face``).

    Uses the shipped pack's detector, loaded at the first call. For one thread.
    """
    faces = _detector().detect(image)
    if not faces:
        raise FaceError(FaceErrorCode.NO_FACE, "no face found on the portrait")
    return faces[0].landmarks


@cache
def _detector() -> Detector:
    return Detector(load_pack(_PACK))
