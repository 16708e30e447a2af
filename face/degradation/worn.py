"""What a person wears or holds before the face, and eyelids: drawn on a picture, in the face's own coordinates."""

import numpy as np

from face.degradation.axes import FaceAxes, Mask, blend, soften, to_bytes
from face.opencv import Image, Points, cv2

# Blue-green-red of cloth in full light: a surgical mask's blue and green, white, black, and fabric near skin's colour.
MASK_COLOURS = (
    (214.0, 190.0, 158.0),
    (190.0, 205.0, 165.0),
    (238.0, 238.0, 238.0),
    (42.0, 40.0, 40.0),
    (150.0, 170.0, 205.0),
)
_FRAME_COLOUR = (30.0, 28.0, 32.0)
_GLARE = (255.0, 255.0, 250.0)
# From the cheekbones over the nose's bridge, down the cheeks to the chin; x and y in eye distances.
_MASK_OUTLINE = [
    (-1.12, 0.42),
    (-0.70, 0.36),
    (-0.28, 0.24),
    (0.0, 0.16),
    (0.28, 0.24),
    (0.70, 0.36),
    (1.12, 0.42),
    (1.05, 1.10),
    (0.72, 1.62),
    (0.30, 1.84),
    (0.0, 1.88),
    (-0.30, 1.84),
    (-0.72, 1.62),
    (-1.05, 1.10),
]
# A lens about one eye's centre: half width and half height. The eyes are 63 mm apart, a lens is 50 x 34 mm.
_LENS = (0.40, 0.28)
_LENS_DROP = 0.04  # lenses hang a little below the eyes' centres
_RIM = 0.035


def mask(image: Image, landmarks: Points, colour: tuple[float, float, float] = MASK_COLOURS[0]) -> Image:
    """A mask from the nose's bridge to below the chin, with folds and a shadow under its upper edge."""
    axes = FaceAxes.of(landmarks)
    cloth = axes.polygon(image, _MASK_OUTLINE)
    x, y = axes.grid(*image.shape[:2])
    folds = 0.94 + 0.06 * np.cos(2 * np.pi * (y - 0.25 * x**2) / 0.34)
    round_off = 1 - 0.25 * np.clip(np.abs(x), 0, 1.2) ** 2
    light = _local_light(image, axes)
    shade = np.asarray(light * folds * round_off, dtype=np.float32)
    return blend(image, np.asarray(shade[:, :, None] * np.array(colour, dtype=np.float32)), cloth)


def glasses(image: Image, landmarks: Points) -> Image:
    """Dark-rimmed glasses with clear lenses."""
    axes = FaceAxes.of(landmarks)
    x, y = axes.grid(*image.shape[:2])
    rims = np.zeros(image.shape[:2], dtype=bool)
    for side in (-0.5, 0.5):
        outer = _in_lens(x - side, y, _RIM)
        rims |= outer & ~_in_lens(x - side, y, 0.0)
    bridge = (np.abs(x) < 0.5 - _LENS[0]) & (np.abs(y + 0.02 + 0.3 * x**2) < _RIM)
    temples = (np.abs(x) > 0.5 + _LENS[0]) & (np.abs(x) < 1.15) & (np.abs(y) < _RIM)
    drawn = np.asarray(rims | bridge | temples, dtype=np.float32)
    return blend(image, _FRAME_COLOUR, soften(drawn, 0.01 * axes.unit))


def glare(image: Image, landmarks: Points, coverage: float) -> Image:
    """Glasses whose lenses mirror a lamp: a white band over ``coverage`` of each lens, soft at its edge."""
    worn = glasses(image, landmarks)
    axes = FaceAxes.of(landmarks)
    x, y = axes.grid(*image.shape[:2])
    reflection = np.zeros(image.shape[:2], dtype=np.float32)
    half = coverage * (_LENS[0] + _LENS[1] / 2)
    for side in (-0.5, 0.5):
        slanted = (x - side) + 0.5 * (y - _LENS_DROP)
        reflection += (_in_lens(x - side, y, 0.0) & (np.abs(slanted) < half)).astype(np.float32)
    return blend(worn, _GLARE, soften(0.96 * reflection, 0.02 * axes.unit))


def closed_eyes(image: Image, landmarks: Points) -> Image:
    """Both upper lids drawn down: the skin above each eye is stretched over it and ends in a line of lashes."""
    axes = FaceAxes.of(landmarks)
    height, width = image.shape[:2]
    x, y = axes.grid(height, width)
    shift = np.zeros((height, width), dtype=np.float32)
    lids = np.zeros((height, width), dtype=np.float32)
    lashes = np.zeros((height, width), dtype=np.float32)
    for side in (-0.5, 0.5):
        across = (x - side) / _LID_HALF_WIDTH
        curve = np.clip(1 - across**2, 0, None)
        lower = _LID_LOWEST * np.sqrt(curve)  # the closed lid ends on the lower lid's curve
        upper = np.float32(_LID_CREASE)
        part = np.clip((y - upper) / np.maximum(lower - upper, 1e-3), 0, 1)
        inside = (np.abs(across) < 1) & (y > upper) & (y < lower)
        # All of the lid is taken from the strip between brow and lid crease.
        source = upper - _LID_STRIP * (1 - part)
        shift = np.where(inside, source - y, shift)
        lids = np.maximum(lids, inside.astype(np.float32))
        lashes = np.maximum(lashes, ((np.abs(across) < 0.95) & (np.abs(y - lower) < 0.018)).astype(np.float32))
    grid_x, grid_y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    map_x = np.asarray(grid_x + shift * axes.unit * axes.down[0], dtype=np.float32)
    map_y = np.asarray(grid_y + shift * axes.unit * axes.down[1], dtype=np.float32)
    skin = np.asarray(cv2.remap(image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)
    closed = blend(image, skin, soften(lids, 0.015 * axes.unit))
    dark = to_bytes(closed.astype(np.float32) * 0.35)
    return blend(closed, dark, soften(lashes, 0.008 * axes.unit))


_LID_HALF_WIDTH = 0.28  # an eye's opening is 30 mm wide where the eyes are 63 mm apart
_LID_LOWEST = 0.09  # the lower lid's lowest point below the eye's centre
_LID_CREASE = -0.12
_LID_STRIP = 0.05  # height of the skin that is stretched


def hand(image: Image, landmarks: Points) -> Image:
    """A hand held over mouth and chin, in the colour of the face: four fingers from the picture's lower right."""
    axes = FaceAxes.of(landmarks)
    skin = _cheek_colour(image, axes)
    covered = image
    for finger in range(4):
        y = 0.58 + 0.30 * finger
        outline = [(-0.72, y), (-0.80, y + 0.14), (-0.72, y + 0.28), (5.0, y + 1.7), (5.0, y + 1.38)]
        shape = axes.polygon(image, outline, soft=0.03)
        covered = blend(covered, (skin[0] * 0.72, skin[1] * 0.72, skin[2] * 0.72), soften(shape, 0.04 * axes.unit))
        covered = blend(covered, skin, axes.polygon(image, [(px, py + 0.03) for px, py in outline], soft=0.03) * 0.9)
    return covered


def _in_lens(x: Mask, y: Mask, wider: float) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Inside a lens with rounded corners about its eye's centre, ``wider`` eye distances larger on each side."""
    a, b = _LENS[0] + wider, _LENS[1] + wider
    return np.asarray((np.abs(x) / a) ** 3 + (np.abs(y - _LENS_DROP) / b) ** 3 < 1)


def _local_light(image: Image, axes: FaceAxes) -> Mask:
    """How bright the face is here, about 1 in full light: cloth before a face stands in the face's own light."""
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.float32)
    smooth = soften(grey, 0.5 * axes.unit)
    return np.asarray(np.clip(smooth / 150, 0.15, 1.1), dtype=np.float32)


def _cheek_colour(image: Image, axes: FaceAxes) -> tuple[float, float, float]:
    """The median colour of the two cheeks."""
    points = axes.pixels(
        [(side * 0.6 + dx, 0.55 + dy) for side in (-1, 1) for dx in (-0.08, 0, 0.08) for dy in (0, 0.1)]
    )
    height, width = image.shape[:2]
    places = np.rint(points).astype(int).clip(0, [width - 1, height - 1])
    blue, green, red = np.median(image[places[:, 1], places[:, 0]], axis=0)
    return float(blue), float(green), float(red)
