"""A portrait put before the kiosk's camera: how far away, how tilted, where in the frame."""

import numpy as np

from face.degradation.axes import FaceAxes, Mask
from face.opencv import Image, Points, cv2

WIDTH, HEIGHT = 1280, 720
_FEATHER = 0.12  # of the portrait's width, over which its background fades into the wall


def place(
    portrait: Image, landmarks: Points, eye_distance: float, tilt: float = 0.0, shift: tuple[float, float] = (0, 0)
) -> tuple[Image, Points]:
    """The 1280 x 720 frame and the five points in it.

    ``eye_distance``: pixels in the frame. ``tilt``: degrees, clockwise in the picture, from how the portrait is.
    ``shift``: pixels that the point between the eyes lies off the frame's middle. A portrait with less detail than
    asked for is enlarged: such a frame is softer than a camera's.
    """
    axes = FaceAxes.of(landmarks)
    scale = eye_distance / axes.unit
    height, width = portrait.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Reduced by area first: the affine warp alone would skip pixels and alias.
    scaled = cv2.resize(portrait, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    to_scaled = np.array([size[0] / width, size[1] / height])
    eyes = axes.origin * to_scaled
    matrix = np.asarray(cv2.getRotationMatrix2D((float(eyes[0]), float(eyes[1])), -tilt, 1.0), dtype=np.float64)
    matrix[:, 2] += np.array([WIDTH / 2 + shift[0], HEIGHT / 2 + shift[1]]) - eyes
    frame = cv2.warpAffine(scaled, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.warpAffine(_fade(size), matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    wall = _wall(np.asarray(scaled, dtype=np.uint8))
    mixed = wall + (np.asarray(frame, dtype=np.float32) - wall) * np.asarray(seen, dtype=np.float32)[:, :, None]
    placed = (landmarks.astype(np.float64) * to_scaled) @ matrix[:, :2].T + matrix[:, 2]
    return np.rint(mixed).astype(np.uint8), placed.astype(np.float32)


def _fade(size: tuple[int, int]) -> Mask:
    """1 in the portrait, 0 at its left, right and upper edge; below it the body goes on."""
    width, height = size
    feather = max(1.0, _FEATHER * width)
    across = np.minimum(np.arange(width), np.arange(width)[::-1]) / feather
    down = np.arange(height) / feather
    fade = np.minimum(np.clip(across, 0, 1)[None, :], np.clip(down, 0, 1)[:, None])
    return np.asarray(fade, dtype=np.float32)


def _wall(portrait: Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """One colour: what the portrait shows along its edges above the shoulders."""
    upper, strip = portrait[: max(1, portrait.shape[0] // 3)], max(1, portrait.shape[1] // 20)
    edges = [upper[:strip].reshape(-1, 3), upper[:, :strip].reshape(-1, 3), upper[:, -strip:].reshape(-1, 3)]
    colour = np.median(np.concatenate(edges), axis=0).astype(np.float32)
    return np.broadcast_to(colour, (HEIGHT, WIDTH, 3))
