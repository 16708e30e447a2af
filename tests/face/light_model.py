"""A small model of a lit face: seven patches under a room's light and a screen's, seen by a camera that adjusts itself.

It knows nothing of how the check works. Channel by channel a patch sends ``gain * balance * albedo * (room + screen)``;
the camera's exposure and white balance follow with a time constant, its noise is partly slow (a head that sways).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from face.pad.light_colours import LIGHT, LightColour
from face.pad.light_patches import LightSample

Values = npt.NDArray[np.float64]

PLACES: Values = np.array([[0, -0.7], [0, 0.3], [-0.5, 0.5], [0.5, 0.5], [-0.95, 0.6], [0.95, 0.6], [0, 1.5]])
"""Forehead, nose, cheeks, edges, chin; eye distances."""
FACING: Values = np.array([0.93, 0.97, 0.88, 0.88, 0.50, 0.50, 0.85])
"""Cosine of the angle between a patch's normal and the screen: the edges look 60 degrees away."""
FLAT: Values = np.full(7, 0.95)
ALBEDO: Values = np.array([0.55, 0.40, 0.32])
USUAL = (0.75, 0.78, 0.80)  # the kiosk's own pages


@dataclass(frozen=True)
class Lit:
    """``screen``: what a white screen adds to a patch that faces it, in parts of the room's light."""

    screen: float = 0.3
    facing: Values = field(default_factory=lambda: FACING)
    room: tuple[float, float, float] = (1.0, 1.0, 1.0)
    room_shade: Values = field(default_factory=lambda: np.ones(7))  # a lamp or a window at the side
    delay: float = 0.2
    noise: float = 0.003  # of a patch's mean, relative
    sway: float = 0.004
    balance_s: float = 2.0  # white balance follows with this time constant; its strength:
    balance_strength: float = 0.6
    behind: float = 0.1  # the background's share of the face's screen light
    emits: float = 0.0  # light of its own, in parts of the room's
    tone: Values = field(default_factory=lambda: np.ones(7))  # how bright a patch is, in parts of the usual skin
    glass: float = 0.0  # what a pane in front throws back of a white screen, in parts of full scale

    def samples(
        self,
        shown: Sequence[LightColour],
        *,
        seed: int,
        step_s: float = 0.5,
        fps: float = 15.0,
        start: float = 100.0,
        painted: Sequence[float] | None = None,
    ) -> list[LightSample]:
        """Frames from 0.3 s before the first colour until 0.8 s after the last; colours begin at ``start``.

        ``painted``: when each colour came on the screen, and when the usual page did again, of a screen that is late.
        """
        changes = np.array([start + step_s * k for k in range(len(shown) + 1)] if painted is None else painted)
        source = np.random.default_rng(seed)
        found: list[LightSample] = []
        balance = np.ones(3)
        slow = np.zeros((8, 3))
        for time in np.arange(start - 0.3, changes[-1] + 0.8, 1 / fps):
            time += source.uniform(0, 0.3 / fps)
            number = int(np.searchsorted(changes, time - self.delay, side="right")) - 1
            light = np.array(LIGHT[shown[number]] if 0 <= number < len(shown) else USUAL)
            room = np.array(self.room)[None, :] * np.append(self.room_shade, 1.0)[:, None]
            reach = np.append(self.facing, self.behind)[:, None] * self.screen
            patches = room + self.emits + reach * light
            grey = patches[7] / patches[7].mean()
            balance += (1 / fps / self.balance_s) * (grey**-self.balance_strength - balance)
            slow += 0.25 * (source.normal(0, self.sway, (8, 3)) * 2 - slow)
            tone = np.append(self.tone, 1.0)[:, None]
            seen = (
                (patches * ALBEDO * tone * 0.6 + self.glass * light)
                * balance
                * np.exp(slow + source.normal(0, self.noise, (8, 3)))
            )
            found.append(LightSample(float(time), seen[:7], PLACES, seen[7]))
        return found
