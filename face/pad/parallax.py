"""Does a set of tracked points move like a plane or like a head?

A flat picture, however it is moved and tilted, moves by one homography, and a bent one by a homography plus a smooth
bulge. A head shows more: the tip of the nose runs ahead of the eye sockets by depth times the sine of the turn. So the
motion is explained by three things at once - any homography, any bulge of second degree, and the relief that a head
has - and the question is how much of that relief is needed: about 1 for a head, about 0 for a picture.

Plane plus parallax: Irani and Anandan, "Parallax Geometry of Pairs of Points for 3D Scene Analysis", ECCV 1996; for
faces De Marsico et al., "Moving Face Spoofing Detection via 3D Projective Invariants", ICB 2012.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_HOMOGRAPHY: Final = 8
_BULGE: Final = 3
_ROUNDS: Final = 8
_HUBER: Final = 1.5


@dataclass(frozen=True, slots=True)
class Relief:
    """``share`` of the head's relief in the motion, with its standard error.

    ``flat_residual`` is what the best homography leaves unexplained, ``expected`` the part of a head's relief that no
    homography and no bulge could explain; both root mean squares in eye distances.
    """

    share: float
    error: float
    flat_residual: float
    expected: float


def measure_relief(first: Array, now: Array, depth: Array, shift: Array) -> Relief:
    """``first``, ``now``: N x 2, the points before and after the turn; ``depth``: N, how far behind the front of the
    face a head has them; all in eye distances, the face's middle at the origin. ``shift``: 2, the way a point one eye
    distance farther off moves: the third column of the turn's rotation.

    Raises ``ValueError`` for fewer points than unknowns.
    """
    count = len(first)
    if 2 * count <= _HOMOGRAPHY + _BULGE + 1:
        raise ValueError("too few points")
    plane = _homography_columns(first, now)
    bulge = _bulge_columns(first, shift)
    relief = (depth[:, None] * shift[None, :]).reshape(-1, 1)
    target = now.reshape(-1)
    solution, weights = _robust(np.hstack([plane, bulge, relief]), target)
    root = np.sqrt(weights)[:, None]
    nuisance = np.hstack([plane, bulge]) * root
    alone = relief * root - nuisance @ np.linalg.lstsq(nuisance, relief * root, rcond=None)[0]
    power = float((alone**2).sum())
    unexplained = (target - np.hstack([plane, bulge, relief]) @ solution) * root[:, 0]
    freedom = max(1.0, float(weights.sum()) - _HOMOGRAPHY - _BULGE - 1)
    variance = float((unexplained**2).sum()) / freedom
    flat, flat_weights = _robust(plane, target)
    left = (target - plane @ flat) ** 2
    return Relief(
        share=float(solution[-1]),
        error=float(np.sqrt(variance / max(power, 1e-12))),
        flat_residual=float(np.sqrt((left * flat_weights).sum() / max(flat_weights.sum(), 1e-9))),
        expected=float(np.sqrt(power / max(float(weights.sum()), 1e-9))),
    )


def tilt_of(first: Array, now: Array) -> tuple[float, Array]:
    """How far a plane would have to be tilted (degrees) to move the points like this, and which way (unit vector).

    From the foreshortening of the best affine map: needs no model of a face. The sign of the way is not determined.
    """
    ones = np.ones((len(first), 1))
    columns: Array = np.kron(np.hstack([first, ones]), np.eye(2)).astype(np.float64)
    solution, _ = _robust(columns, now.reshape(-1), rounds=3)
    affine = solution.reshape(3, 2)[:2].T
    left, stretch, _ = np.linalg.svd(affine)
    short = float(stretch[1] / max(stretch[0], 1e-9))
    return float(np.degrees(np.arccos(min(1.0, short)))), left[:, 1] * float(stretch[0])


def _homography_columns(first: Array, now: Array) -> Array:
    """The linear form: now * (g x + h y + 1) = a x + b y + c."""
    x, y = first[:, 0], first[:, 1]
    columns = np.zeros((len(first), 2, _HOMOGRAPHY))
    for row, start in ((0, 0), (1, 3)):
        columns[:, row, start], columns[:, row, start + 1], columns[:, row, start + 2] = x, y, 1.0
        columns[:, row, 6], columns[:, row, 7] = -x * now[:, row], -y * now[:, row]
    return columns.reshape(-1, _HOMOGRAPHY)


def _bulge_columns(first: Array, shift: Array) -> Array:
    """A paper bent any way has a depth of about second degree, seen along the way that depth moves."""
    x, y = first[:, 0], first[:, 1]
    shapes = np.stack([x * x, x * y, y * y], axis=1)
    return np.asarray((shapes[:, None, :] * shift[None, :, None]).reshape(-1, _BULGE))


def _robust(columns: Array, target: Array, rounds: int = _ROUNDS) -> tuple[Array, Array]:
    """Least squares with Huber's weights, one per point: eyes roll, lips speak, and some tracks slip."""
    weights: Array = np.ones(len(target))
    solution: Array = np.zeros(columns.shape[1])
    for _ in range(rounds):
        root = np.sqrt(weights)
        solution = np.asarray(np.linalg.lstsq(columns * root[:, None], target * root, rcond=None)[0], dtype=np.float64)
        miss = np.linalg.norm((target - columns @ solution).reshape(-1, 2), axis=1)
        scale = max(1.4826 * float(np.median(miss)), 1e-6)
        weights = np.repeat(np.minimum(1.0, _HUBER * scale / np.maximum(miss, 1e-9)), 2)
    return solution, weights
