"""Alignment: the face turned, scaled and cropped so that its five points lie where the embedder learned them.

The same crop as InsightFace's ``norm_crop``, which is what SFace and the ArcFace family were trained on. It is written
out here, ten lines of linear algebra, because importing ``insightface`` for it costs a worker 0.7 s and tens of
megabytes of SciPy and scikit-image; ``tests/face/test_align.py`` holds the two against each other.
"""

import numpy as np
import numpy.typing as npt

from face.opencv import Image, Points, cv2

SIZE = 112
# The ArcFace reference points for a 112 x 112 crop: eye, eye, nose, mouth corner, mouth corner.
REFERENCE: Points = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    dtype=np.float32,
)
REFERENCE_EYE_DISTANCE = float(np.hypot(*(REFERENCE[1] - REFERENCE[0])))


def align(image: Image, landmarks: Points) -> Image:
    """Return the 112 x 112 crop (blue-green-red) of the face with these landmarks (5 x 2, pixels of ``image``)."""
    matrix = similarity(landmarks, REFERENCE)
    return np.asarray(cv2.warpAffine(image, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR), dtype=np.uint8)


def similarity(source: Points, target: Points) -> npt.NDArray[np.float64]:
    """The 2 x 3 similarity (rotation, uniform scale, shift) from ``source`` to ``target`` with least squared error.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", PAMI 13(4), 1991.
    """
    a, b = source.astype(np.float64), target.astype(np.float64)
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    covariance = (b - mean_b).T @ (a - mean_a) / len(a)
    u, singular, vt = np.linalg.svd(covariance)
    sign = np.array([1.0, 1.0 if np.linalg.det(u @ vt) > 0 else -1.0])
    rotation = u @ np.diag(sign) @ vt
    variance = max(float((a - mean_a).var(axis=0).sum()), np.finfo(np.float64).tiny)
    scale = float(singular @ sign) / variance
    return np.column_stack([scale * rotation, mean_b - scale * rotation @ mean_a])
