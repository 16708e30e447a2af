"""Is it one face all the time? Positions that a head can reach, one background behind it, and no long absence."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from face.opencv import Image, cv2
from face.pad.observation import Observation

LOST_MAX_S: Final = 0.7  # a turned head is lost by the detector for some frames


@dataclass(frozen=True, slots=True)
class _Place:
    timestamp: float
    x: float
    y: float
    eyes: float
    yaw: float
    roll: float


# What a head may do between two frames: at once (the detector's play), and per second. In eye distances (63 mm),
# degrees and logarithms of the scale. Fast heads: 1 m/s when somebody stands up, 300 degrees a second when startled.
_SHIFT: Final = (0.45, 12.0)
_TURN: Final = (18.0, 350.0)
_SCALE: Final = (0.15, 2.0)
_ELAPSED_MAX_S: Final = 0.35  # a longer absence allows no farther jump

_THUMBNAIL: Final = (32, 18)
_SAME_SCENE: Final = 0.5  # correlation of the background with that of the frame before
_CONTRAST_MIN: Final = 6.0  # grey levels; a bare wall looks like any other
_CELLS_MIN: Final = 120


class FaceTrack:
    """Fed every observation, and the times of frames without a face. Keeps a thumbnail of 32 x 18 pixels."""

    def __init__(self) -> None:
        self._anchor: _Place | None = None
        self._jumped: _Place | None = None
        self._scene: npt.NDArray[np.float32] | None = None
        self._face = np.zeros((_THUMBNAIL[1], _THUMBNAIL[0]), dtype=bool)
        self._scene_doubt = 0
        self._seen: float | None = None
        self._lost = False
        self._cut: str | None = None

    @property
    def cut(self) -> str | None:
        """``face_jumped``, ``scene_changed`` or None."""
        return self._cut

    @property
    def lost(self) -> bool:
        """The face was away for longer than a turn takes."""
        return self._lost

    def feed(self, observation: Observation) -> None:
        self.miss(observation.timestamp)
        self._seen = observation.timestamp
        self._follow(_place(observation))
        self._compare_scene(observation)

    def miss(self, timestamp: float) -> None:
        self._lost = self._lost or (self._seen is not None and timestamp - self._seen > LOST_MAX_S)

    def begin_again(self) -> None:
        """Before the first move a person may leave and come back; who it is, the embeddings say."""
        self._anchor = self._jumped = self._seen = None
        self._lost = False

    def close(self) -> None:
        if self._scene is not None:
            self._scene.fill(0)
        self._scene = None

    def _follow(self, place: _Place) -> None:
        """One odd frame is the detector's; a face that then stays where it jumped to is another one."""
        jumped, self._jumped = self._jumped, None
        if self._anchor is None or _reachable(self._anchor, place):
            self._anchor = place
        elif jumped is not None and _reachable(jumped, place):
            self._cut = self._cut or "face_jumped"
            self._anchor = place
        else:
            self._jumped = place

    def _compare_scene(self, observation: Observation) -> None:
        image = observation.image
        small = cv2.resize(image[::4, ::4], _THUMBNAIL, interpolation=cv2.INTER_AREA)
        scene = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
        small.fill(0)
        face = _person_cells(observation, image)
        if self._scene is not None:
            same = _correlation(self._scene, scene, ~(face | self._face))
            if same is not None and same < _SAME_SCENE:
                self._scene_doubt += 1
                if self._scene_doubt < 2:
                    return  # compare the next frame with the last undoubted one
                self._cut = self._cut or "scene_changed"
            self._scene.fill(0)
        self._scene_doubt = 0
        self._scene, self._face = scene, face


def _place(observation: Observation) -> _Place:
    mesh = observation.mesh
    x, y = observation.face.landmarks[:2].mean(axis=0)
    eyes = max(mesh.frontal_eye_distance, 1.0)
    return _Place(observation.timestamp, float(x), float(y), eyes, mesh.yaw, mesh.roll)


def _reachable(before: _Place, after: _Place) -> bool:
    elapsed = min(max(after.timestamp - before.timestamp, 0.0), _ELAPSED_MAX_S)

    def within(change: float, limit: tuple[float, float]) -> bool:
        return abs(change) <= limit[0] + limit[1] * elapsed

    return (
        within(math.hypot(after.x - before.x, after.y - before.y) / before.eyes, _SHIFT)
        and within(after.yaw - before.yaw, _TURN)
        and within(after.roll - before.roll, _TURN)
        and within(math.log(after.eyes / before.eyes), _SCALE)
    )


def _person_cells(observation: Observation, image: Image) -> npt.NDArray[np.bool_]:
    """Cells of the thumbnail that head, hair and shoulders cover: those move."""
    box = observation.face.box
    columns, rows = _THUMBNAIL
    across, down = columns / image.shape[1], rows / image.shape[0]
    cells = np.zeros((rows, columns), dtype=bool)

    def cover(left: float, right: float, top: float, bottom: float) -> None:
        """Sides in parts of the box."""
        first, last = (int((box.x + side * box.width) * across) for side in (left, right))
        upper, lower = (int((box.y + side * box.height) * down) for side in (top, bottom))
        cells[max(0, upper) : max(0, lower + 1), max(0, first) : max(0, last + 1)] = True

    cover(-0.4, 1.4, -0.5, 1.0)
    cover(-1.2, 2.2, 1.0, 10.0)
    return cells


def _correlation(
    before: npt.NDArray[np.float32], after: npt.NDArray[np.float32], cells: npt.NDArray[np.bool_]
) -> float | None:
    """None where there is nothing to compare: too little background, or a bare one."""
    a, b = before[cells], after[cells]
    if len(a) < _CELLS_MIN or min(float(a.std()), float(b.std())) < _CONTRAST_MIN:
        return None
    return float(np.corrcoef(a, b)[0, 1])
