"""How a simulated head is held, and what light falls on it."""

from dataclasses import dataclass
from typing import Final

from face.pad.light_colours import LIGHT, LightColour

USUAL_SCREEN: Final = 0.55  # a kiosk's page, light grey with dark text, in parts of the screen's white


@dataclass(frozen=True, slots=True)
class Pose3d:
    """Angles in degrees, relative to the portrait: ``yaw`` > 0 turns the nose to the picture's right (the person's own
    left), ``pitch`` > 0 looks up, ``roll`` > 0 is clockwise in the picture. ``scale`` 1.2: 1.2 times nearer to the
    lens. ``shift``: of the whole person, in frame pixels.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    scale: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class ScreenLight:
    """What the kiosk's screen shows (None: its usual page), and which part of all light on the face is the screen's
    when it is white: 0.12 in a bright hall, 0.3 in a dim corner.
    """

    colour: LightColour | None = None
    share: float = 0.2

    @property
    def rgb(self) -> tuple[float, float, float]:
        """The screen's light, linear, in parts of its white."""
        return (USUAL_SCREEN,) * 3 if self.colour is None else LIGHT[self.colour]
