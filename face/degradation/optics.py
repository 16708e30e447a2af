"""What the lens and the shutter do to a picture."""

import numpy as np

from face.opencv import Image, cv2


def defocus(image: Image, sigma: float) -> Image:
    """Blurred with a Gaussian of ``sigma`` pixels."""
    if sigma <= 0:
        return image
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), dtype=np.uint8)


def motion_blur(image: Image, length: float, angle: float) -> Image:
    """Smeared evenly over ``length`` pixels along ``angle`` (degrees; 0: sideways, 90: up and down)."""
    if length <= 0:
        return image
    size = 2 * int(np.ceil(length / 2)) + 3
    kernel = np.zeros((size, size), dtype=np.float32)
    # Sixteen samples a pixel, each spread over its four neighbours: a path of any length and angle.
    along = (np.arange(int(16 * length) + 1) / 16 - length / 2)[:, None]
    places = size // 2 + along * [[np.cos(np.radians(angle)), np.sin(np.radians(angle))]]
    base = np.floor(places).astype(int)
    part = places - base
    for dx in (0, 1):
        for dy in (0, 1):
            weight = np.abs(1 - dx - part[:, 0]) * np.abs(1 - dy - part[:, 1])
            np.add.at(kernel, (base[:, 1] + dy, base[:, 0] + dx), weight.astype(np.float32))
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), dtype=np.uint8)
