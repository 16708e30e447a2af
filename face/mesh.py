"""The face mesh: 468 points in space, and from them where the head points, how open the eyes are, how far away it is.

Google's MediaPipe face landmark model on OpenCV's engine: 2.5 ms a face on one thread. Coordinates are those of an
un-mirrored camera frame: x to the right, y down, z away from the camera.
"""

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from face.canonical_face import CANONICAL
from face.detect import Box
from face.eyes import EyeModel
from face.mesh_points import LEFT_EYE, LEFT_MOUTH, LOWER_LIP, POINTS, RIGHT_EYE, RIGHT_MOUTH, RIGID, UPPER_LIP, Group
from face.models.pack import ModelPack
from face.opencv import Image, Points, cv2

SIZE: Final = 192
# The model was trained on squares of 1.5 times the face's longer side (MediaPipe, face_landmark_front_cpu.pbtxt).
MARGIN: Final = 1.5
_MESH_LAYER: Final = "conv2d_20"
_PRESENCE_LAYER: Final = "conv2d_30"
_UPRIGHT_DEGREES: Final = 4.0
_RIGID: Final = list(RIGID)


@dataclass(frozen=True, slots=True, eq=False)
class FaceMesh:
    """One face in space.

    ``points``: 468 x 3 float32, x and y in pixels of the full frame (they may lie outside it), z in the same unit,
    smaller is nearer to the camera, zero at about the head's middle. ``presence``: probability in [0, 1] that the crop
    shows a face at all. Angles in degrees, against the mean face of people who look straight into a camera; the model
    sees no true depth, so they rank and compare well and are a few degrees off in absolute terms.
    """

    points: Points
    presence: float
    _rotation: npt.NDArray[np.float64] = field(init=False, repr=False)
    _scale: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.points.shape != (POINTS, 3):
            raise ValueError(f"a mesh has {POINTS} points in space")
        rotation, scale = kabsch(CANONICAL.astype(np.float64), self.points[_RIGID].astype(np.float64))
        object.__setattr__(self, "_rotation", rotation)
        object.__setattr__(self, "_scale", scale)

    @property
    def yaw(self) -> float:
        """Above 0: the nose moves to the picture's right, the person turns to their own left."""
        nose = -self._rotation[:, 2]
        return math.degrees(math.atan2(nose[0], -nose[2]))

    @property
    def pitch(self) -> float:
        """Above 0: the person looks up."""
        return math.degrees(math.asin(min(1.0, max(-1.0, float(self._rotation[1, 2])))))

    @property
    def roll(self) -> float:
        """Above 0: the head is tilted clockwise in the picture."""
        ear_to_ear = self._rotation[:, 0]
        return math.degrees(math.atan2(ear_to_ear[1], ear_to_ear[0]))

    @property
    def eye_distance(self) -> float:
        """Pixels between the eye centres as the camera sees them (IED of ISO/IEC 29794-5); shrinks with the turn."""
        left, right = (_middle(self.points, eye) for eye in (LEFT_EYE, RIGHT_EYE))
        return float(np.hypot(*(right - left)[:2]))

    @property
    def frontal_eye_distance(self) -> float:
        """Pixels between the eye centres if the head faced the camera: grows only when the person comes closer."""
        return self._scale

    @property
    def eye_openness(self) -> tuple[float, float]:
        """Eye aspect ratio of the picture's left and right eye: 0.20 to 0.32 open, 0.06 to 0.14 shut
        (:mod:`face.eyes`). Narrow eyes open are like wide ones half shut: compare with the person's own."""
        return _aspect_ratio(self.points, LEFT_EYE), _aspect_ratio(self.points, RIGHT_EYE)

    @property
    def mouth_openness(self) -> float:
        """Gap between the lips over the mouth's width: 0 shut."""
        gap = np.linalg.norm(self.points[UPPER_LIP] - self.points[LOWER_LIP])
        width = np.linalg.norm(self.points[LEFT_MOUTH] - self.points[RIGHT_MOUTH])
        return float(gap / max(float(width), 1e-6))


class MeshModel:
    """Fits the mesh to a detected face. One instance serves one thread.

    Raises :class:`face.errors.FaceError` (``model_refused``) when OpenCV cannot load the file.
    """

    def __init__(self, pack: ModelPack) -> None:
        # OpenCV's new graph engine returns the mesh without the presence flag; the classic one gives any layer by name.
        self._net = cv2.dnn.readNetFromTFLite(str(pack.mesh_path), cv2.dnn.ENGINE_CLASSIC)
        self._eyes = EyeModel(pack)

    def fit(self, image: Image, box: Box, *, eyes: bool = True) -> FaceMesh:
        """The mesh of the face in ``box`` (pixels of ``image``, H x W x 3 uint8, blue-green-red).

        ``eyes`` False saves 5 ms; :attr:`FaceMesh.eye_openness` then says nothing about this face.
        """
        mesh = self._fit(image, box, 0.0)
        # The model draws tilted faces upright: 20 degrees come out as 12. Looked at upright it sees all of it.
        if abs(mesh.roll) >= _UPRIGHT_DEGREES:
            mesh = self._fit(image, box, mesh.roll)
        if eyes:
            self._eyes.refine(image, mesh.points)
        return mesh

    def _fit(self, image: Image, box: Box, tilt: float) -> FaceMesh:
        """Through a square crop about the box's middle, turned clockwise by ``tilt`` degrees."""
        scale = MARGIN * max(box.width, box.height) / SIZE
        angle = math.radians(tilt)
        cos, sin = scale * math.cos(angle), scale * math.sin(angle)
        turn = np.array([[cos, -sin], [sin, cos]], dtype=np.float32)  # from the crop to the frame
        middle = np.array([box.x + box.width / 2, box.y + box.height / 2], dtype=np.float32)
        corner = middle - turn @ np.full(2, SIZE / 2, dtype=np.float32)
        matrix = np.column_stack([turn, corner])
        crop = cv2.warpAffine(image, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        blob = cv2.dnn.blobFromImage(crop, 1 / 255, (SIZE, SIZE), swapRB=True)
        crop.fill(0)  # a copy of a face is a face
        self._net.setInput(blob)
        mesh, presence = self._net.forward([_MESH_LAYER, _PRESENCE_LAYER])
        blob.fill(0)
        points = np.array(mesh, dtype=np.float32).reshape(POINTS, 3)
        points[:, :2] = points[:, :2] @ turn.T + corner
        points[:, 2] *= scale
        return FaceMesh(points, _probability(float(np.asarray(presence).reshape(-1)[0])))


def kabsch(source: npt.NDArray[np.float64], target: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], float]:
    """The rotation (3 x 3) and the scale that bring ``source`` onto ``target`` (N x 3) with least squared error.

    Kabsch 1976, with Umeyama's scale (PAMI 13(4), 1991). The middles are taken out first.
    """
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    u, singular, vt = np.linalg.svd(b.T @ a)
    sign = np.array([1.0, 1.0, 1.0 if np.linalg.det(u @ vt) > 0 else -1.0])
    spread = max(float((a**2).sum()), np.finfo(np.float64).tiny)
    return u @ np.diag(sign) @ vt, float(singular @ sign) / spread


def _probability(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))


def _middle(points: Points, eye: Group) -> Points:
    return np.asarray((points[eye[0]] + points[eye[3]]) / 2)


def _aspect_ratio(points: Points, eye: Group) -> float:
    outer, upper_outer, upper_inner, inner, lower_inner, lower_outer = points[list(eye)]
    height = np.linalg.norm(upper_outer - lower_outer) + np.linalg.norm(upper_inner - lower_inner)
    return float(height / max(2 * float(np.linalg.norm(outer - inner)), 1e-6))
