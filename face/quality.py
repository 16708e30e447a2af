"""Is this frame good enough to compare, and if not, which one thing should the person do?"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from face.align import REFERENCE_EYE_DISTANCE
from face.detect import DetectedFace
from face.measures import FaceQuality, Pose
from face.mesh import FaceMesh
from face.occlusion import covering, glare, lower_features
from face.opencv import Image, cv2
from face.surround import light_around


class Guidance(StrEnum):
    """At most one is on the screen. In order of precedence: what makes the later ones meaningless comes first.

    Light comes before all that is read from the face's pixels, a mask before the pose, which it disturbs.
    """

    NO_FACE = "no_face"
    TWO_FACES = "two_faces"
    TOO_FAR = "too_far"
    TOO_NEAR = "too_near"
    BACK_LIT = "back_lit"  # the face is dark against what is behind it
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    MASK = "mask"  # nose and mouth are covered
    TURN_TO_CAMERA = "turn_to_camera"
    BLURRED = "blurred"
    GLARE = "glare"  # light mirrored in glasses covers an eye
    EYES_CLOSED = "eyes_closed"
    HOLD_STILL = "hold_still"
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
    # Before a window (median grey value beside and above the head from ``window_min`` on) a face counts as dark sooner:
    # darkest-skinned portraits 95 before a wall of 173 to 219. A window that takes 65 % of the face's light and leaves
    # it 49 to 80 has 243 and more, one that takes half and leaves it 60 to 105 at most 239 (17 people, simulated).
    back_lit_below: float = 80.0
    window_min: float = 240.0
    saturated_max: float = 0.12  # part of the face at 250 or above; portraits have none
    # Variance of the smoothed face's second derivative, along x or along y, whichever is less, over that of what is
    # finer than a cheek: contrast, skin tone and light from one side cancel out, a face shaken in one direction only
    # is found too, and the sensor's noise is not taken for detail. 26 people, simulated, with the score against their
    # chip picture: normal 0.13 to 0.45, poor 0.11 to 0.33, side light that leaves the far cheek 5 % 0.12 to 0.48 (score
    # 0.75 and more); out of focus by 4.5 % of the eye distance 0.05 to 0.14 (0.71 and more), by 8 % 0.02 to 0.05 (0.46
    # to 0.60); smeared over 25 % 0.03 to 0.15 (0.50 to 0.65), over 36 % 0.02 to 0.11 (0.28 to 0.43; 85 % below).
    sharpness_min: float = 0.09
    # Red over blue of the lower face against the upper one, logarithm: bare faces, bearded ones and those of poor light
    # among them, at most 0.09; surgical masks in blue, green, white and grey at least 0.15 (simulated, 34 people).
    cover_colour_max: float = 0.12
    # How much darker, logarithm: bare faces at most 0.30, black masks 0.6 to 1.6, in poor light some have less.
    cover_light_max: float = 0.42
    # Of nostrils and lips: 306 bare faces, 102 of poor light among them, 0.21 to 0.57; under a mask 0.06 to 0.21, 95 %
    # of them below 0.13 (simulated). It finds masks in colours of skin.
    lower_features_min: float = 0.16
    # Part of an eye's surroundings at 245 or above: bare faces 0; a stripe that leaves the eye free 0.05 to 0.11, a
    # lens that mirrors over most of its width 0.63 to 0.93 (simulated).
    glare_max: float = 0.2
    # Mean eye aspect ratio: bare faces 0.16 to 0.35, in poor light 0.14 to 0.35, with glasses 0.21 to 0.33; eyes drawn
    # shut 0.04 to 0.21, three quarters of them below the limit (simulated). Narrow eyes must not be told to open.
    eyes_open_min: float = 0.13
    # Eye distances a second; 3 is about 19 cm/s.
    speed_max: float = 3.0
    # Mean grey of a whole frame in which no face was found.
    dark_frame: float = 30.0
    bright_frame: float = 240.0


_SKIN = np.s_[20:105, 25:87]  # of the aligned face: forehead to chin, cheek to cheek, no hair, no background
_SMOOTH = 1.0  # pixels of the aligned face
_SHADING = 8.0  # likewise: slower changes are light and shadow, not features


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
    skin = grey[_SKIN]
    pose = Pose(mesh.yaw, mesh.pitch, mesh.roll)
    cover_colour, cover_light = covering(image, face.box, mesh)
    sharpness = _sharpness(grey)
    quality = FaceQuality(
        eye_distance=face.eye_distance,
        pose=pose,
        bright_part=float(np.percentile(skin, 95)),
        around=light_around(image, face.box),
        saturated=float((skin >= 250).mean()),
        cover_colour=cover_colour,
        cover_light=cover_light,
        lower_features=lower_features(aligned),
        glare=glare(aligned),
        sharpness=sharpness,
        eyes_open=sum(mesh.eye_openness) / 2,
        score=_rank(face.eye_distance, pose, sharpness, limits),
    )
    return advise(quality, limits), quality


def advise(quality: FaceQuality, limits: Limits) -> Guidance:
    """``good`` or the first thing that is wrong, in the precedence of :class:`Guidance`."""
    pose = quality.pose
    dim = quality.bright_part < limits.back_lit_below
    turned = max(abs(pose.yaw) / limits.yaw_max, abs(pose.pitch) / limits.pitch_max, abs(pose.roll) / limits.roll_max)
    blurred = quality.sharpness < limits.sharpness_min
    covered = quality.cover_colour > limits.cover_colour_max or quality.cover_light > limits.cover_light_max
    # Of a face that is turned or blurred the features may be missing for that reason.
    featureless = quality.lower_features < limits.lower_features_min and turned <= 1 and not blurred
    faults = {
        Guidance.BACK_LIT: dim and quality.around > limits.window_min,
        Guidance.TOO_DARK: quality.bright_part < limits.bright_part_min,
        Guidance.TOO_BRIGHT: quality.saturated > limits.saturated_max,
        Guidance.MASK: covered or featureless,
        Guidance.TURN_TO_CAMERA: turned > 1,
        Guidance.BLURRED: blurred,
        Guidance.GLARE: quality.glare > limits.glare_max,
        Guidance.EYES_CLOSED: quality.eyes_open < limits.eyes_open_min,
    }
    return next((fault for fault, present in faults.items() if present), Guidance.GOOD)


def _sharpness(grey: npt.NDArray[np.uint8]) -> float:
    smooth = np.asarray(cv2.GaussianBlur(grey.astype(np.float32), (0, 0), _SMOOTH), dtype=np.float32)
    features = (smooth - cv2.GaussianBlur(smooth, (0, 0), _SHADING))[_SKIN]
    return _detail(smooth[_SKIN]) / max(float(features.var()), 1.0)


def _detail(grey: npt.NDArray[np.float32]) -> float:
    """The weaker of the two directional second derivatives' variances, over a distance of two pixels."""
    across = grey[:, 4:] - 2 * grey[:, 2:-2] + grey[:, :-4]
    down = grey[4:] - 2 * grey[2:-2] + grey[:-4]
    return float(min(across.var(), down.var()))


def _rank(eye_distance: float, pose: Pose, sharpness: float, limits: Limits) -> float:
    """Larger, straighter and sharper is better, each up to where more no longer helps the embedder."""
    size = min(1.0, eye_distance / (2 * limits.eye_distance_min))
    straight = max(0.0, 1.0 - abs(pose.yaw) / limits.yaw_max) * 0.5 + 0.5
    sharp = min(1.0, sharpness / (3 * limits.sharpness_min))
    return size * straight * sharp
