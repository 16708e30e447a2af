"""Finding the face on a picture that is nothing but a face.

The detector was trained on faces with something around them. Of 102 portraits cut to 0.6 of the face's own box and
640 pixels wide it misses 85; with a border of half the picture's size it finds all of them.
"""

from face.detect import Box, DetectedFace, Detector
from face.opencv import Image, cv2

_BORDER = 0.5  # of the picture's width and height, on each side; 0.25 still missed every second face cut to 0.5
_GREY = (127, 127, 127)


def detect_tight(detector: Detector, image: Image) -> tuple[DetectedFace, ...]:
    """Every face found, the widest first; with a grey border around the picture if there is none without.

    Positions are in pixels of ``image`` as given and may then lie beyond its edge.
    """
    faces = detector.detect(image)
    if faces:
        return faces
    height, width = image.shape[:2]
    down, across = round(height * _BORDER), round(width * _BORDER)
    bordered = cv2.copyMakeBorder(image, down, down, across, across, cv2.BORDER_CONSTANT, value=_GREY)
    try:
        return tuple(_shift(face, across, down) for face in detector.detect(bordered))  # type: ignore[arg-type]
    finally:
        bordered.fill(0)


def _shift(face: DetectedFace, across: int, down: int) -> DetectedFace:
    box = Box(face.box.x - across, face.box.y - down, face.box.width, face.box.height)
    return DetectedFace(box, face.landmarks - (across, down), face.score)
