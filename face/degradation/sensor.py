"""What the sensor and the camera's own processing do to a picture."""

import numpy as np
import numpy.typing as npt

from face.degradation.axes import to_bytes
from face.opencv import Image, cv2

_MIDDLE = 128
# Share of the variance at middle grey that grows with the light (shot noise); the rest is constant (read noise).
_SHOT_PART = 0.7
_ENCODING_GAMMA = 2.2
# Of full light: below it a camera's curve no longer steepens, so noise is at most 1.5 times what it is at middle grey.
_TOE = 0.05


def camera_noise(image: Image, sigma: float, source: np.random.Generator) -> Image:
    """Shot and read noise of ``sigma`` grey values at middle grey, more in the shadows as the encoding stretches them.

    Independent in every pixel and channel, as in an unprocessed picture: a camera's own denoising makes it softer.
    """
    if sigma <= 0:
        return image
    normal = source.standard_normal(image.shape, dtype=np.float32)
    return to_bytes(image + normal * noise_by_grey(sigma)[image])


def noise_by_grey(sigma: float) -> npt.NDArray[np.float32]:
    """The noise's standard deviation for each of the 256 grey values."""
    light = (np.arange(256) / 255) ** _ENCODING_GAMMA
    middle = light[_MIDDLE]
    in_light = np.sqrt(_SHOT_PART * light / middle + 1 - _SHOT_PART)
    slope = np.maximum(light, _TOE) ** (1 / _ENCODING_GAMMA - 1) / middle ** (1 / _ENCODING_GAMMA - 1)
    return np.asarray(sigma * in_light * slope, dtype=np.float32)


def stream_jpeg(image: Image, quality: int) -> Image:
    """Through the JPEG that a USB camera sends its frames as (MJPEG), at ``quality`` of libjpeg's scale."""
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), dtype=np.uint8)
