"""How much the patches of a face differ in their answer to the screen, beyond noise and beyond what a plane can do."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from face.pad.light_response import Fit, amplitude

Values = npt.NDArray[np.float64]

# Parts of the mean response per eye distance. A sheet half a metre before a screen and tilted by 30 degrees is 3 cm
# nearer at one cheek than at the nose, an eye distance away: with the distance squared that is 0.13.
_STEEPEST: Final = 0.15

# A patch with hair over it is noisy and counts less; below this error, in parts of the mean, all count alike.
_FLOOR: Final = 0.05

_MOST: Final = 2.5
_LEAST: Final = 0.2

_LEVEL: Final = 0.08  # a face so evenly bright tells skin and glass apart no more
_MIRROR: Final = -0.8
_MIRROR_SLOPE: Final = -0.5


@dataclass(frozen=True, slots=True)
class Relief:
    """Root mean square of the patches' responses about a plane, in parts of their mean, with its 95 % interval."""

    value: float
    low: float
    high: float


def shared(ratios: Values) -> Values:
    """How most patches move, frames x 2, about zero: the median, so that one patch beside the head decides nothing.

    Of the movements, not of the colours: the median of those would be one patch, the one of middling tint.
    """
    return np.asarray(np.median(ratios - ratios.mean(axis=0), axis=1))


def relief(ratios: Values, places: Values, found: Fit) -> Relief:
    """``ratios``: frames x patches x 2 (5 patches or more), ``places``: patches x 2.

    What all patches share (white balance, the pulse) is taken out before the noise is measured. A plane close to the
    screen is lit more on one side: such a slope over ``places`` is nobody's relief. Only a window makes a
    steeper one, on a head.
    """
    patches = ratios.shape[1]
    together = shared(ratios)
    measured = [amplitude(ratios[:, patch] - together, found.template, found.drift) for patch in range(patches)]
    mean = max(found.share, 1e-9)
    parts = np.array([value for value, _ in measured]) / mean
    noise = np.array([error for _, error in measured]) ** 2 / mean**2
    weights = 1 / (noise + _FLOOR**2)
    weights /= weights.sum()
    plane = np.column_stack([np.ones(patches), places])
    root = np.sqrt(weights)
    slope = np.linalg.lstsq(plane * root[:, None], parts * root, rcond=None)[0][1:]
    left = parts - places @ np.clip(slope, -_STEEPEST, _STEEPEST)
    left -= weights @ left
    degrees = patches - plane.shape[1]
    spread = float(weights @ left**2) * patches / degrees
    common = float(weights @ noise)
    # A sum of ``degrees`` squares about its expectation, to two standard deviations of a chi-square.
    swing = 2 * np.sqrt(2 / degrees)
    value = max(0.0, spread - common)
    low = max(0.0, value - swing * np.sqrt(common**2 + 2 * common * value))
    high = value + swing * np.sqrt(common**2 + 2 * common * value)
    return Relief(float(np.sqrt(value)), float(np.sqrt(low)), float(np.sqrt(high)))


def responses(ratios: Values, found: Fit) -> Values:
    """The screen's share of the light on each patch, in parts of the room's: ``ratios`` frames x patches x 2."""
    return np.array([amplitude(ratios[:, patch], found.template, found.drift)[0] for patch in range(ratios.shape[1])])


def disagree(response: Values) -> bool:
    """Whether a patch answers as no skin of the same head does: it lies beside the head, on a frame or on a hand.

    Simulated heads: 0.37 to 1.5 of the median; beside a window 0.3 to 1.6. The chin of a video whose lower edge is
    there, and with it the hand that holds the tablet: 2 to 80.
    """
    middle = float(np.median(response))
    return middle <= 0 or float(response.max()) > _MOST * middle or float(response.min()) < _LEAST * middle


def like_a_mirror(response: Values, brightness: Values) -> bool:
    """Whether the patches answer as glass over a picture does: the darker a patch, the more in proportion.

    Skin throws back a part of the screen's light, so its brightness cancels out of the response; glass adds the same
    reflection everywhere, and the response goes with one over the brightness. That makes a spread that looks like
    relief. ``response``, ``brightness``: one value a patch. Simulated screens: correlation of the logarithms -0.99 to
    -0.82, slope -0.8 to -2.3; simulated heads -0.30 to 0.92. A head lit strongly from one side comes near a mirror.
    """
    floor = 0.05 * max(float(np.median(response)), 1e-9)
    logs = np.log(np.maximum(response, floor)), np.log(np.maximum(brightness, 1e-6))
    spread = float(logs[1].std())
    if spread < _LEVEL:
        return False
    together = float(np.corrcoef(*logs)[0, 1])
    return together <= _MIRROR and together * float(logs[0].std()) / spread <= _MIRROR_SLOPE
