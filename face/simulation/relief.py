"""The depth of a portrait, pixel by pixel: the face from its mesh, the rest of the head as a smooth bulge behind it."""

from typing import Final

import numpy as np
import numpy.typing as npt

from face.mesh_points import CHIN, FACE_OVAL, FOREHEAD
from face.opencv import Points, cv2
from face.simulation.sampling import Field

# In eye distances (63 mm in adults): the ears' plane behind the cheekbones, and the neck joint behind the eyes. Tragus
# to nose tip is about 120 mm, 1.9 eye distances, the nose itself 0.6.
RIM_DEPTH: Final = 0.55
# Steeper than this and a turn of 25 degrees would fold the picture over itself: one portrait has nothing behind a fold.
SLOPE_MAX: Final = 1.2
_BESIDE: Final = 0.1  # face widths about the mesh that its spline is worked out for


def face_depth(mesh: Points, grid_x: Field, grid_y: Field) -> Field:
    """Depth towards the camera at each grid cell, in pixels, zero at the oval's mean depth; NaN far from the face.

    A thin-plate spline through the mesh (Duchon 1977), so that it is smooth where the light is worked out from it.
    ``mesh``: 468 x 3. Good inside the face only.
    """
    scale = float(np.ptp(mesh[:, 0]))
    where = mesh[:, :2].astype(np.float64) / scale
    depth = -(mesh[:, 2].astype(np.float64) - mesh[list(FACE_OVAL), 2].mean()) / scale
    count = len(where)
    affine = np.column_stack([np.ones(count), where])
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _spline(where, where) + np.eye(count) * 1e-4  # a little smoothing: lips and lids are noisy
    system[:count, count:] = affine
    system[count:, :count] = affine.T
    weights = np.linalg.solve(system, np.concatenate([depth, np.zeros(3)]))
    low, high = mesh[:, :2].min(axis=0) - _BESIDE * scale, mesh[:, :2].max(axis=0) + _BESIDE * scale
    near = (grid_x > low[0]) & (grid_x < high[0]) & (grid_y > low[1]) & (grid_y < high[1])
    cells = np.column_stack([grid_x[near], grid_y[near]]).astype(np.float64) / scale
    values = _spline(cells, where) @ weights[:count] + np.column_stack([np.ones(len(cells)), cells]) @ weights[count:]
    field = np.full(grid_x.shape, np.nan, dtype=np.float32)
    field[near] = values * scale
    return field


def head_depth(mesh: Points, person: Field, grid_x: Field, grid_y: Field, eye_distance: float) -> Field:
    """Depth of everything: face, hair, ears, neck and shoulders (``person``: 1 where the portrait shows them).

    Outside the face the depth falls like a quarter ellipse from the oval's to the rim's where the head's outline is.
    """
    step = float(grid_x[0, 1] - grid_x[0, 0])
    outline = (mesh[list(FACE_OVAL), :2] - [grid_x[0, 0], grid_y[0, 0]]) / step
    oval = np.zeros(person.shape, np.uint8)
    cv2.fillPoly(oval, [np.rint(outline).astype(np.int32)], 1)
    inside = cv2.erode(oval, np.ones((3, 3), np.uint8))
    depth = face_depth(mesh, grid_x, grid_y)
    away, nearest = cv2.distanceTransformWithLabels(1 - inside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    table = np.zeros(int(nearest.max()) + 1, np.float32)
    table[nearest[inside > 0]] = depth[inside > 0]
    at_oval = cv2.blur(table[nearest], (5, 5))
    to_outline = cv2.distanceTransform((person > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    part = away / np.maximum(away + to_outline, 1e-3)
    rim = -RIM_DEPTH * eye_distance
    bulge = rim + (at_oval - rim) * np.sqrt(np.maximum(0.0, 1.0 - part**2))
    # Neck and shoulders stand behind the chin.
    chin, height = float(mesh[CHIN, 1]), float(mesh[CHIN, 1] - mesh[FOREHEAD, 1])
    below = np.clip((grid_y - chin) / (0.25 * height), 0, 1).astype(np.float32)
    bulge = bulge * (1 - below) + rim * below
    bulge = np.asarray(cv2.GaussianBlur(bulge.astype(np.float32), (0, 0), 2.5), dtype=np.float32)  # no furrows in hair
    soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 2.0)
    mixed = np.where(inside > 0, np.nan_to_num(depth) * soft + bulge * (1 - soft), bulge).astype(np.float32)
    return limit_slopes(np.asarray(cv2.GaussianBlur(mixed, (0, 0), 0.8), dtype=np.float32), step)


def limit_slopes(depth: Field, step: float) -> Field:
    """The depth with no slope above :data:`SLOPE_MAX`: what is too steep is filled up from below."""
    most = np.float32(SLOPE_MAX * step)
    filled = depth.copy()
    for _ in range(60):
        higher = np.maximum.reduce([np.roll(filled, shift, axis) for axis in (0, 1) for shift in (1, -1)]) - most
        if not (higher > filled + 1e-3).any():
            break
        filled = np.maximum(filled, higher)
    return filled


def normals(depth: Field, step: float) -> Field:
    """Unit normals, H x W x 3: x to the right, y down, z towards the camera."""
    dy, dx = np.gradient(depth, step)
    field = np.dstack([-dx, -dy, np.ones_like(depth)])
    return np.asarray(field / np.linalg.norm(field, axis=2, keepdims=True), dtype=np.float32)


def _spline(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    squared = np.maximum(((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2), 1e-12)
    return np.asarray(0.5 * squared * np.log(squared))
