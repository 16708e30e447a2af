"""How open the eyes are: the lids' edges, found on a close crop of each eye.

The face mesh alone does not know: its lids follow the mean face. On 21 portraits whose lids were drawn shut
(:mod:`face.simulation.eyelids`) its eye aspect ratio stayed where it was, 0.24 to 0.23, while that of the lids found
here fell from 0.20-0.32 open to 0.06-0.14 shut, to at most 0.45 of each own open value. Google's MediaPipe iris
model (Ablavatski et al., "Real-time Pupil Tracking from Monocular Video", 2020) on OpenCV: 2.6 ms an eye on one
thread.
"""

from typing import Final

import numpy as np

from face.models.pack import ModelPack
from face.opencv import Image, Points, cv2

SIZE: Final = 64
# Side of the square crop over the distance of the eye's corners (MediaPipe, iris_landmark_landmarks_to_roi.pbtxt).
MARGIN: Final = 2.3
_CONTOUR_LAYER: Final = "output_eyes_contours_and_brows"
# The contour's first points in the numbering of the mesh: lower lid from the outer to the inner corner, then upper lid.
# The model knows the eye on the picture's left; the other one is shown to it mirrored.
_LEFT: Final = (33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173)
_RIGHT: Final = (263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398)
_INNER: Final = 8
_LIDS: Final = [number for number in range(len(_LEFT)) if number not in (0, _INNER)]  # without the corners


class EyeModel:
    """Puts the lids of a mesh where the eyes show them. One instance serves one thread."""

    def __init__(self, pack: ModelPack) -> None:
        self._net = cv2.dnn.readNetFromTFLite(str(pack.eyes_path), cv2.dnn.ENGINE_CLASSIC)

    def refine(self, image: Image, points: Points) -> None:
        """Overwrite x and y of the lids in ``points`` (468 x 3, pixels of ``image``). The eyes' corners and every z
        stay: they are what rotation is measured with."""
        for numbers, mirrored in ((_LEFT, False), (_RIGHT, True)):
            outer, inner = points[numbers[0], :2], points[numbers[_INNER], :2]
            contour = self._contour(image, outer, inner, mirrored)
            points[[numbers[place] for place in _LIDS], :2] = contour[_LIDS]

    def _contour(self, image: Image, outer: Points, inner: Points, mirrored: bool) -> Points:
        """The eye's outline, 16 x 2 pixels of ``image``, from a crop that is turned until its corners lie level."""
        across = (inner - outer) * np.float32(MARGIN / SIZE)  # one pixel of the crop to the right, in the frame
        down = np.array([-across[1], across[0]], dtype=np.float32) * np.float32(-1 if mirrored else 1)
        turn = np.column_stack([across, down])
        corner = (outer + inner) / 2 - turn @ np.full(2, SIZE / 2, dtype=np.float32)
        matrix = np.column_stack([turn, corner])
        crop = cv2.warpAffine(image, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        blob = cv2.dnn.blobFromImage(crop, 1 / 255, (SIZE, SIZE), swapRB=True)
        crop.fill(0)  # a copy of an eye is a part of a face
        self._net.setInput(blob)
        found = np.array(self._net.forward(_CONTOUR_LAYER), dtype=np.float32).reshape(-1, 3)[: len(_LEFT), :2]
        blob.fill(0)
        return np.asarray(found @ turn.T + corner, dtype=np.float32)
