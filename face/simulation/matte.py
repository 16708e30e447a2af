"""Who is person and who is wall on a portrait."""

from typing import Final

import numpy as np
import numpy.typing as npt

from face.opencv import Image, Points, cv2

_WORK: Final = 256  # pixels; the edge is softened afterwards in the full picture
_ROUNDS: Final = 3
_LIKE_WALL: Final = 14  # grey values; the studio wall is that even, skin and hair are 40 and more away from it


def person_matte(portrait: Image, mesh: Points) -> npt.NDArray[np.float32]:
    """H x W, 1 on the person, 0 on the background, soft between. GrabCut (Rother, Kolmogorov, Blake 2004)."""
    height, width = portrait.shape[:2]
    scale = _WORK / max(height, width)
    shrunk = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    small = np.asarray(shrunk, dtype=np.uint8)
    face = mesh[:, :2] * scale
    rows, columns = np.mgrid[: small.shape[0], : small.shape[1]]
    centre, (wide, tall) = face.mean(axis=0), np.ptp(face, axis=0)
    middle = np.hypot((columns - centre[0]) / wide, (rows - centre[1]) / tall)
    shoulders = (rows > centre[1] + 1.0 * tall) & (np.abs(columns - centre[0]) < 0.8 * wide)
    mask = np.full(small.shape[:2], cv2.GC_PR_BGD, np.uint8)
    mask[(middle < 1.0) | (rows > centre[1] + 0.9 * tall)] = cv2.GC_PR_FGD
    far = (middle > 1.6) & (rows < centre[1] + 0.7 * tall)
    mask[far] = cv2.GC_BGD
    mask[(middle < 0.5) | shoulders] = cv2.GC_FGD
    cv2.setRNGSeed(1)  # GrabCut seeds its colour clusters from OpenCV's generator
    empty = (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.grabCut(small, mask, None, *empty, _ROUNDS, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    person = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    person = np.asarray(cv2.morphologyEx(person, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), dtype=np.uint8)
    _, labels = cv2.connectedComponents(person)
    biggest = labels[min(int(centre[1]), labels.shape[0] - 1), min(int(centre[0]), labels.shape[1] - 1)]
    person = (labels == biggest).astype(np.uint8)
    # Gaps between hair and neck hold wall, but belong to neither of GrabCut's two colour clouds for sure.
    wall = background_of(small, person)
    like_wall = np.abs(small.astype(np.int16) - wall).max(axis=2) < _LIKE_WALL
    inner = np.zeros_like(person)
    cv2.fillConvexPoly(inner, cv2.convexHull(np.rint(face).astype(np.int32)), 1)
    person[like_wall & (inner == 0)] = 0
    person = np.asarray(cv2.medianBlur(person, 3), dtype=np.uint8)
    soft = cv2.GaussianBlur(person.astype(np.float32), (0, 0), 1.0)
    return np.asarray(np.clip(cv2.resize(soft, (width, height)), 0, 1), dtype=np.float32)


def without_background(portrait: Image, matte: npt.NDArray[np.float32]) -> Image:
    """The portrait with the person's own colours drawn on outwards, so that a soft edge mixes in none of the wall."""
    sure = matte > 0.95
    _, nearest = cv2.distanceTransformWithLabels(
        (~sure).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    table = np.zeros((int(nearest.max()) + 1, 3), np.uint8)
    table[nearest[sure]] = portrait[sure]
    spread = np.asarray(cv2.blur(table[nearest], (7, 7)), dtype=np.uint8)
    return np.where(sure[:, :, None], portrait, spread).astype(np.uint8)


def background_of(picture: Image, person: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """The wall behind, H x W x 3: for each row the mean colour of what is not person, smooth from row to row.

    Rows that show no wall take the colour of the nearest one above.
    """
    free = 1 - cv2.dilate(person, np.ones((9, 9), np.uint8))
    count = free.sum(axis=1)
    known = np.flatnonzero(count > 0.1 * picture.shape[1])
    if not len(known):
        return np.full(picture.shape, 200, np.float32)
    means = (picture[known] * free[known][:, :, None]).sum(axis=1) / count[known][:, None]
    nearest = np.clip(np.searchsorted(known, np.arange(picture.shape[0]), side="right") - 1, 0, None)
    rows = cv2.blur(means[nearest][:, None].astype(np.float32), (1, max(3, picture.shape[0] // 12)))
    return np.repeat(np.asarray(rows, dtype=np.float32), picture.shape[1], axis=1)
