"""A picture on something flat, or bent like a sheet of paper, that is held before the camera."""

from typing import Final

import numpy as np

from face.simulation.relief import normals
from face.simulation.surface import GRID, Relief, Size, Surface, grid

DISTANCE: Final = 9.5  # eye distances from the lens, as a person stands


def held(
    size: Size,
    *,
    frame: Size,
    centre: tuple[float, float],
    eye_distance: float,
    bend: float = 0.0,
    upright: bool = True,
) -> Surface:
    """A sheet of ``size`` pixels about ``centre`` of the frame.

    ``bend``: 1 / radius of the cylinder it is bent to, in 1 / eye distances, its middle towards the camera; 0.2 is a
    radius of 31 cm. ``upright``: the cylinder's axis. It turns about its middle, where the hands hold it.
    """
    grid_x, grid_y = grid(size)
    across = (grid_x - size[0] / 2) if upright else (grid_y - size[1] / 2)
    depth = np.asarray(-0.5 * bend / eye_distance * across**2, dtype=np.float32)
    relief = Relief(depth, normals(depth, GRID), np.ones_like(depth))
    return Surface(
        relief,
        frame=frame,
        size=size,
        offset=(centre[0] - size[0] / 2, centre[1] - size[1] / 2),
        joint=(centre[0], centre[1], 0.0),
        distance=DISTANCE * eye_distance,
    )
