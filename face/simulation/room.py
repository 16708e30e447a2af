"""What the camera sees behind a person, and how the room's and the screen's light fall on things."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from face.opencv import Image, cv2
from face.simulation.light import decode, encode
from face.simulation.pose import ScreenLight
from face.simulation.sampling import Field, sample_image
from face.simulation.surface import View

Gain = tuple[float, float, float]  # of the camera, red, green, blue
PLAIN: Final[Gain] = (1.0, 1.0, 1.0)

_WALL_SHARE: Final = 0.15  # of the screen's light on the face: the wall is three times as far away
_AMBIENT_RELIEF: Final = 0.25  # how much of the room's light depends on where the surface faces
_ABOVE: Final = np.array([0.0, -0.45, 0.89], dtype=np.float32)  # a ceiling lamp before the person
_SCREEN: Final = np.array([0.0, 0.25, 0.97], dtype=np.float32)  # the screen is below its camera
_BAND: Final = 48  # rows worked on at a time: so much stays in the processor's cache


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """``wall``: H x W x 3, what is behind, lit by the room and the white screen."""

    wall: Image

    def behind(self, light: ScreenLight | None, gain: Gain) -> Image:
        """The empty room in this light."""
        tables = [
            encode(decode(np.arange(256, dtype=np.uint8).reshape(1, 256)) * np.float32(on_wall * own))[0]
            for on_wall, own in zip(wall_light(light), gain, strict=True)
        ]
        table = np.dstack([tables[2], tables[1], tables[0]]).reshape(1, 256, 3)
        return np.asarray(cv2.LUT(self.wall, table), dtype=np.uint8)


def wall_light(light: ScreenLight | None) -> Gain:
    """What the wall's colours are multiplied with: red, green, blue."""
    if light is None:
        return PLAIN
    red, green, blue = (1 - light.share * _WALL_SHARE * (1 - value) for value in light.rgb)
    return (red, green, blue)


def lambert(view: View, light: ScreenLight | None, gain: Gain) -> Field:
    """What each coarse cell's albedo is multiplied with, H x W x 3 (blue, green, red): Lambert's law.

    The picture has the light on it in which it was taken; of the room's light only what changes with the turn is added.
    """
    ambient = 1 + _AMBIENT_RELIEF * ((view.turned - view.still) @ _ABOVE)
    share, rgb = (light.share, light.rgb) if light is not None else (0.0, (0.0, 0.0, 0.0))
    facing = np.maximum(view.turned @ _SCREEN, 0) * view.near
    planes = [own * (ambient * (1 - share) + share * part * facing) for own, part in zip(gain, rgb, strict=True)]
    return np.asarray(np.dstack(planes[::-1]), dtype=np.float32)


def paint(frame: Image, view: View, texture: Image, albedo_light: Field, gloss: Field | None = None) -> None:
    """Draw the view of ``texture`` (H x W x 4: blue, green, red, alpha) into ``frame``, mixing as light mixes.

    Coarse fields, blue-green-red: ``albedo_light`` is what the texture's light is multiplied with, ``gloss`` what a
    smooth surface throws back beside it.
    """
    fine = view.spread(albedo_light)
    shine = view.spread(gloss) if gloss is not None else None
    for top in range(0, frame.shape[0], _BAND):
        rows = slice(top, top + _BAND)
        drawn = sample_image(texture, np.ascontiguousarray(view.pixels[rows]))
        colours, alpha = cv2.cvtColor(drawn, cv2.COLOR_BGRA2BGR), drawn[:, :, 3]
        if not alpha.any():
            continue
        behind = np.ascontiguousarray(frame[rows, view.columns])
        lit = cv2.multiply(decode(np.asarray(colours, dtype=np.uint8)), np.ascontiguousarray(fine[rows]))
        if shine is not None:
            lit = cv2.add(lit, np.ascontiguousarray(shine[rows]))
        if alpha.all() and int(alpha.min()) == 255:
            frame[rows, view.columns] = encode(np.asarray(lit, dtype=np.float32))
            continue
        room = decode(behind)
        part = cv2.cvtColor(alpha, cv2.COLOR_GRAY2BGR)
        mixed = cv2.add(room, cv2.multiply(cv2.subtract(lit, room), part, scale=1 / 255, dtype=cv2.CV_32F))
        frame[rows, view.columns] = encode(np.asarray(mixed, dtype=np.float32))
