"""The colours of the screen-light challenge, and the order they are shown in.

A screen fills a third of a visitor's view, so its colours may harm: WCAG 2.2 success criterion 2.3.1 allows three
flashes a second and no flash to or from a saturated red (R / (R + G + B) of the linear values from 0.8 up). A flash is
two opposing changes, and the challenge changes colour at most twice a second, so it makes at most one. The reddest
colour here has 0.63. ``tests/face/test_light_colours.py`` computes both.

The colours are soft, for the eye's sake, and each takes another share of one or two primaries away from white. That
makes the light on the skin change its colour by more than a camera's automatic white balance moves in half a second.
"""

import random
from enum import StrEnum
from typing import Final

STEP_S: Final = 0.5
"""The shortest time a colour may stay: two changes a second."""


class LightColour(StrEnum):
    """What the kiosk's whole screen shows while it lights the face."""

    WHITE = "white"
    AMBER = "amber"
    AZURE = "azure"
    MINT = "mint"
    ORCHID = "orchid"


RGB: Final[dict[LightColour, tuple[int, int, int]]] = {
    LightColour.WHITE: (255, 255, 255),
    LightColour.AMBER: (255, 190, 80),
    LightColour.AZURE: (90, 170, 255),
    LightColour.MINT: (110, 255, 180),
    LightColour.ORCHID: (255, 130, 240),
}
"""Red, green, blue as the screen is told: sRGB, 0 to 255."""


def linear(value: float) -> float:
    """The light of one sRGB value (0 to 255), 0 to 1 (IEC 61966-2-1)."""
    part = value / 255
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)


LIGHT: Final[dict[LightColour, tuple[float, float, float]]] = {
    colour: (linear(red), linear(green), linear(blue)) for colour, (red, green, blue) in RGB.items()
}
"""Red, green, blue as light: what the screen adds to the room, in parts of its white."""


def random_sequence(source: random.Random, steps: int) -> tuple[LightColour, ...]:
    """``steps`` colours (1 or more), no two equal ones in a row; each of the 5 * 4**(steps - 1) is equally likely.

    A product passes ``random.SystemRandom``: whoever can foretell the sequence can film it.
    """
    if steps < 1:
        raise ValueError("a sequence has at least one step")
    shown = [source.choice(tuple(LightColour))]
    while len(shown) < steps:
        shown.append(source.choice([colour for colour in LightColour if colour is not shown[-1]]))
    return tuple(shown)
