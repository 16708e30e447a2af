"""Who stands, or what is held, before the camera: something that is told the prompt and gives frames."""

from typing import Final, Protocol

from face.opencv import Image
from face.pad.light_colours import LightColour
from face.pad.moves import Move
from face.simulation.behaviour import Behaviour
from face.simulation.head import HeadModel
from face.simulation.pose import ScreenLight
from face.simulation.sensor import Sensor

SCREEN_LATENCY_S: Final = 0.07  # from the program to the panel and through the camera's exposure


class Performer(Protocol):
    """Times are seconds on one clock and do not go back."""

    def tell(self, move: Move | None, light: LightColour | None, at: float) -> None:
        """What the kiosk's screen asks for and shows from ``at`` on. May be told again and again."""

    def frame(self, at: float) -> Image:
        """What the camera sees at this time: a picture of the caller's own."""


class ScreenWatch:
    """The light that has reached the scene, a little after the program asked for it."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._told: list[tuple[float, LightColour | None]] = []
        self._colour: LightColour | None = None

    def tell(self, colour: LightColour | None, at: float) -> None:
        if colour is not (self._told[-1][1] if self._told else self._colour):
            self._told.append((at + SCREEN_LATENCY_S, colour))

    def at(self, seconds: float) -> ScreenLight:
        while self._told and self._told[0][0] <= seconds:
            self._colour = self._told.pop(0)[1]
        return ScreenLight(self._colour, self._share)


class Actor:
    """A living person who reads the prompts and follows them."""

    def __init__(self, head: HeadModel, behaviour: Behaviour, sensor: Sensor, *, share: float) -> None:
        """``share`` of the light on the face that is the screen's, see :class:`~face.simulation.pose.ScreenLight`."""
        self._head = head
        self._behaviour = behaviour
        self._sensor = sensor
        self._screen = ScreenWatch(share)

    def tell(self, move: Move | None, light: LightColour | None, at: float) -> None:
        self._behaviour.tell(move, at)
        self._screen.tell(light, at)

    def frame(self, at: float) -> Image:
        pose, lids = self._behaviour.at(at)
        image = self._head.render(pose, blink=lids, light=self._screen.at(at), gain=self._sensor.gain)
        return self._sensor.develop(image, at)
