"""A portrait's eyes, shut in steps: the skin between brow and upper lid is drawn down over the eye."""

from typing import Final

import numpy as np

from face.opencv import Image, Points, cv2

# Upper and lower lid from corner to corner, and the fold below the brow, of MediaPipe's mesh (picture's left, right).
_UPPER: Final = ((33, 246, 161, 160, 159, 158, 157, 173, 133), (362, 398, 384, 385, 386, 387, 388, 466, 263))
_LOWER: Final = ((33, 7, 163, 144, 145, 153, 154, 155, 133), (362, 382, 381, 380, 374, 373, 390, 249, 263))
_BROW: Final = ((70, 63, 105, 66, 107), (336, 296, 334, 293, 300))

STEPS: Final = 8  # shut in eighths: a blink of 0.15 s is three frames
_BROW_MARGIN: Final = 0.25  # part of the way from brow to lid that stays in place
_LASHES: Final = 0.06  # the closed lid's edge reaches a little below the lower lid's, in eye widths


def shut_in_steps(portrait: Image, mesh: Points) -> tuple[Image, ...]:
    """``STEPS + 1`` copies of the portrait, the first as it is, the last with both eyes shut.

    Channels beside the first three go along. ``mesh``: 468 x 3 in the portrait's pixels.
    """
    return tuple(_shut(portrait, mesh, number / STEPS) if number else portrait for number in range(STEPS + 1))


def _shut(portrait: Image, mesh: Points, part: float) -> Image:
    shut = portrait.copy()
    for upper, lower, brow in zip(_UPPER, _LOWER, _BROW, strict=True):
        _shut_one(portrait, shut, mesh[list(upper), :2], mesh[list(lower), :2], mesh[list(brow), :2], part)
    return shut


def _shut_one(portrait: Image, shut: Image, upper: Points, lower: Points, brow: Points, part: float) -> None:
    left, right = round(float(upper[0, 0])), round(float(upper[-1, 0]))
    width = max(1, right - left)
    top = max(0, int(brow[:, 1].min()))
    bottom = min(portrait.shape[0], int(lower[:, 1].max() + 0.3 * width))
    columns = np.arange(max(0, left), min(portrait.shape[1], right + 1), dtype=np.float32)
    lid = np.interp(columns, upper[:, 0], upper[:, 1])
    floor = np.interp(columns, lower[:, 0], lower[:, 1])
    ceiling = np.interp(columns, brow[:, 0], brow[:, 1])
    ceiling = np.minimum(ceiling + _BROW_MARGIN * (lid - ceiling), lid - 1)
    # The lid's edge comes down to the lower lid and a little over it in the middle of the eye.
    bow = np.sin(np.pi * np.clip((columns - left) / width, 0, 1))
    edge = lid + part * (np.maximum(floor - lid, 0) + _LASHES * width * bow)
    rows = np.arange(top, bottom, dtype=np.float32)[:, None]
    drawn = ceiling + (rows - ceiling) * ((lid - ceiling) / np.maximum(edge - ceiling, 1e-3))
    source = np.where((rows > ceiling) & (rows <= edge), drawn, rows).astype(np.float32)
    across = np.broadcast_to(columns[None, :], source.shape).astype(np.float32)
    shut[top:bottom, int(columns[0]) : int(columns[-1]) + 1] = cv2.remap(portrait, across, source, cv2.INTER_LINEAR)
