"""Where the light comes from and how much of it there is."""

import numpy as np

from face.degradation.axes import FaceAxes, Mask, soften, to_bytes
from face.opencv import Image, Points, cv2

_CHEEK = 1.1  # eye distances from the middle of an average face to its outline
_FLARE = 0.10  # of the window's light that the lens scatters over the whole picture
_WINDOW = (255.0, 250.0, 244.0)  # blue-green-red of overcast sky


def tone(image: Image, gamma: float) -> Image:
    """The tone curve ``v ** gamma`` on values in [0, 1]: above 1 darker in the middle, below 1 lighter."""
    curve = 255 * (np.arange(256) / 255) ** gamma
    return np.asarray(cv2.LUT(image, np.rint(curve).astype(np.uint8)), dtype=np.uint8)


def exposure(image: Image, gain: float) -> Image:
    """Every value times ``gain``, cut at white."""
    return np.asarray(cv2.convertScaleAbs(image, alpha=gain), dtype=np.uint8)


def side_light(image: Image, landmarks: Points, strength: float, *, from_left: bool) -> Image:
    """One cheek keeps its brightness, the other keeps ``1 - strength`` of it; evenly across the face's width."""
    x, y = FaceAxes.of(landmarks).grid(*image.shape[:2])
    # From the left cheek's outline (0) to the right's (1). The wall behind is lit evenly: beside and above the head
    # it comes back to half.
    beside = np.clip(np.maximum(np.abs(x) - _CHEEK, -_CHEEK - y) / (1.5 * _CHEEK), 0, 1)
    shade = 0.5 + np.clip(x / _CHEEK, -1, 1) / 2 * (1 - beside)
    if not from_left:
        shade = 1 - shade
    kept = np.asarray(1 - strength * shade, dtype=np.float32)
    return to_bytes(image * kept[:, :, None])


def back_light(image: Image, landmarks: Points, strength: float) -> Image:
    """A window behind the person: the background goes to white, the face loses ``strength`` of its light, flare veils
    everything."""
    person = person_mask(image, landmarks)[:, :, None]
    window = np.array(_WINDOW, dtype=np.float32)
    shadowed = image * np.float32(1 - strength)
    behind = image + (window - image) * np.float32(min(1.0, 1.4 * strength))
    scene = behind * (1 - person) + shadowed * person
    return to_bytes(scene + (window - scene) * np.float32(_FLARE * strength))


def person_mask(image: Image, landmarks: Points) -> Mask:
    """Head and shoulders as an average adult has them about these five points: hair and collar are guessed."""
    axes = FaceAxes.of(landmarks)
    x, y = axes.grid(*image.shape[:2])
    head = ((x / 1.35) ** 2 + ((y - 0.15) / 1.85) ** 2 < 1).astype(np.float32)
    slope = np.clip((y - 1.5) / 1.2, 0, 1)
    body = ((y > 1.2) & (np.abs(x) < 0.85 + 2.2 * slope)).astype(np.float32)
    return soften(np.maximum(head, body), 0.12 * axes.unit)
