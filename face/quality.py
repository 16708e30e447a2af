"""Is this frame good enough to compare, and if not, which one thing should the person do?"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from face.align import REFERENCE_EYE_DISTANCE
from face.detect import DetectedFace
from face.measures import FaceQuality, Pose
from face.mesh import FaceMesh
from face.opencv import Image, cv2


class Guidance(StrEnum):
    """At most one is on the screen. In order of precedence: what makes the later ones meaningless comes first."""

    NO_FACE = "no_face"
    TWO_FACES = "two_faces"
    TOO_FAR = "too_far"
    TOO_NEAR = "too_near"
    TURN_TO_CAMERA = "turn_to_camera"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BACK_LIT = "back_lit"  # the face is dark against what is behind it
    BLURRED = "blurred"
    HOLD_STILL = "hold_still"
    MASK = "mask"  # mouth and chin are covered
    GLARE = "glare"  # light mirrored in glasses covers an eye
    EYES_CLOSED = "eyes_closed"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Limits:
    """The quality gate. Where a figure was measured: 102 studio portraits of 51 adults (Face Research Lab London Set,
    DeBruine & Jones 2017), as they are and blurred, noised and darkened step by step."""

    # The embedder sees 35 px between the eyes; from 1.5 times that the crop is never an enlargement of a coarse face.
    eye_distance_min: float = 1.5 * REFERENCE_EYE_DISTANCE
    # The detector's box (hairline to chin) as part of the frame's height. Above it the head leaves the picture.
    face_height_max: float = 0.70
    # A second face counts from this part of the first one's width: people who wait stand farther back.
    second_face_min: float = 0.5
    # Degrees, as the mesh sees them (:class:`face.mesh.FaceMesh`; of a head turned by 30 it sees 20 to 26). Portraits
    # looking straight ahead: yaw -7 to 6, pitch -12 to 9, roll -5 to 5; with a mask on, yaw to 12 and pitch to 18.
    yaw_max: float = 20.0
    pitch_max: float = 20.0
    roll_max: float = 20.0
    # The 95th percentile of the face's grey values, not the mean, and low: the darkest-skinned portraits have 95, and
    # 62 in poor side light, and must pass with room to spare. At a fifth of the light faces have 19 to 42.
    bright_part_min: float = 50.0
    saturated_max: float = 0.12  # part of the face at 250 or above; portraits have none
    # Variance of the second derivative, along x or along y, whichever is less, over the variance of the aligned face:
    # contrast and skin tone cancel out, and a face shaken in one direction only is found too. Portraits 0.08 to 0.43;
    # blurred with sigma = 2 % of the eye distance 0.014 to 0.05, with 3 % 0.005 to 0.02; shaken over 13 % the same.
    sharpness_min: float = 0.018
    # Mean eye aspect ratio.
    eyes_open_min: float = 0.12
    # Eye distances a second; 3 is about 19 cm/s.
    speed_max: float = 3.0
    # Mean grey of a whole frame in which no face was found.
    dark_frame: float = 30.0
    bright_frame: float = 240.0


def check_frame(image: Image, faces: tuple[DetectedFace, ...], limits: Limits) -> Guidance | None:
    """The checks that need no aligned face. ``faces`` widest first. None: go on with the first face."""
    if not faces:
        grey = float(image[::8, ::8].mean())
        if grey < limits.dark_frame:
            return Guidance.TOO_DARK
        return Guidance.TOO_BRIGHT if grey > limits.bright_frame else Guidance.NO_FACE
    face = faces[0]
    if len(faces) > 1 and faces[1].box.width >= limits.second_face_min * face.box.width:
        return Guidance.TWO_FACES
    if face.eye_distance < limits.eye_distance_min:
        return Guidance.TOO_FAR
    if face.box.height > limits.face_height_max * image.shape[0]:
        return Guidance.TOO_NEAR
    return None


def check_face(
    image: Image, face: DetectedFace, mesh: FaceMesh, aligned: Image, limits: Limits
) -> tuple[Guidance, FaceQuality]:
    """The checks on one face, its mesh and its aligned crop. ``good`` or the first thing that is wrong."""
    grey = np.asarray(cv2.cvtColor(aligned, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    skin = grey[20:105, 25:87]  # forehead to chin, cheek to cheek: no hair, no background
    pose = Pose(mesh.yaw, mesh.pitch, mesh.roll)
    sharpness = _detail(skin.astype(np.float32)) / max(float(skin.var()), 1.0)
    quality = FaceQuality(
        eye_distance=face.eye_distance,
        pose=pose,
        bright_part=float(np.percentile(skin, 95)),
        saturated=float((skin >= 250).mean()),
        sharpness=sharpness,
        eyes_open=sum(mesh.eye_openness) / 2,
        score=_rank(face.eye_distance, pose, sharpness, limits),
    )
    return advise(quality, limits), quality


def advise(quality: FaceQuality, limits: Limits) -> Guidance:
    """``good`` or the first thing that is wrong, in the precedence of :class:`Guidance`."""
    pose = quality.pose
    turned = abs(pose.yaw) > limits.yaw_max or abs(pose.pitch) > limits.pitch_max
    if turned or abs(pose.roll) > limits.roll_max:
        return Guidance.TURN_TO_CAMERA
    if quality.bright_part < limits.bright_part_min:
        return Guidance.TOO_DARK
    if quality.saturated > limits.saturated_max:
        return Guidance.TOO_BRIGHT
    if quality.sharpness < limits.sharpness_min:
        return Guidance.BLURRED
    if quality.eyes_open < limits.eyes_open_min:
        return Guidance.EYES_CLOSED
    return Guidance.GOOD


def _detail(grey: npt.NDArray[np.float32]) -> float:
    """The weaker of the two directional second derivatives' variances."""
    across = grey[:, 2:] - 2 * grey[:, 1:-1] + grey[:, :-2]
    down = grey[2:] - 2 * grey[1:-1] + grey[:-2]
    return float(min(across.var(), down.var()))


def _rank(eye_distance: float, pose: Pose, sharpness: float, limits: Limits) -> float:
    """Larger, straighter and sharper is better, each up to where more no longer helps the embedder."""
    size = min(1.0, eye_distance / (2 * limits.eye_distance_min))
    straight = max(0.0, 1.0 - abs(pose.yaw) / limits.yaw_max) * 0.5 + 0.5
    sharp = min(1.0, sharpness / (4 * limits.sharpness_min))
    return size * straight * sharp
