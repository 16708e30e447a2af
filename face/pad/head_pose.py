"""Where the head points, how open the eyes are and how near the face is, relative to this person's own front."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from face.pad.observation import Observation

_WINDOW = 30  # readings the front is the median of: one or two seconds, so a blink or a glance changes nothing
_PLAUSIBLE = 25.0  # degrees: whoever looks farther away than that does not look straight


@dataclass(frozen=True, slots=True)
class Reading:
    """One frame: degrees, eye aspect ratios (picture's left, right), pixels between the eyes of the unturned face."""

    timestamp: float
    yaw: float
    pitch: float
    openness: tuple[float, float]
    scale: float


@dataclass(frozen=True, slots=True)
class Pose:
    """Against the front: ``yaw``, ``pitch`` in degrees, ``openness`` and ``closer`` as factors (1 = as at the front).

    ``openness`` is that of the wider eye: a wink is no blink.
    """

    timestamp: float
    yaw: float
    pitch: float
    openness: float
    closer: float

    def turned(self, turn: float, up: float) -> float:
        """The farthest of left, right and up, in parts of the angles that are asked for. Down is none of the moves."""
        return max(abs(self.yaw) / turn, self.pitch / up)


def read_pose(observation: Observation) -> Reading:
    mesh = observation.mesh
    return Reading(observation.timestamp, mesh.yaw, mesh.pitch, mesh.eye_openness, mesh.frontal_eye_distance)


class Front:
    """How the person looks straight: learned before the first move, followed a little from prompt to prompt."""

    def __init__(self) -> None:
        self._learned: deque[Reading] = deque(maxlen=_WINDOW)
        self._centre: Reading | None = None

    @property
    def frames(self) -> int:
        return len(self._learned)

    def learn(self, reading: Reading) -> None:
        if max(abs(reading.yaw), abs(reading.pitch)) <= _PLAUSIBLE:
            self._learned.append(reading)
            self._centre = _middle(self._learned)

    def recentre(self, still: Sequence[Reading], limit: float) -> None:
        """Take the last readings at rest as the front; never more than ``limit`` degrees from what was learned."""
        if not still or not self._learned:
            return
        first, now = _middle(self._learned), _middle(still)
        self._centre = Reading(
            now.timestamp,
            float(np.clip(now.yaw, first.yaw - limit, first.yaw + limit)),
            float(np.clip(now.pitch, first.pitch - limit, first.pitch + limit)),
            first.openness,  # a few frames may all lie within a blink
            now.scale,
        )

    def relative(self, reading: Reading) -> Pose | None:
        """None while nothing is learned."""
        if self._centre is None:
            return None
        pairs = zip(reading.openness, self._centre.openness, strict=True)
        return Pose(
            timestamp=reading.timestamp,
            yaw=reading.yaw - self._centre.yaw,
            pitch=reading.pitch - self._centre.pitch,
            openness=max(now / max(front, 1e-6) for now, front in pairs),
            closer=reading.scale / max(self._centre.scale, 1e-6),
        )


def _middle(readings: Sequence[Reading] | deque[Reading]) -> Reading:
    rows = np.array([(r.timestamp, r.yaw, r.pitch, *r.openness, r.scale) for r in readings])
    timestamp, yaw, pitch, left, right, scale = (float(value) for value in np.median(rows, axis=0))
    return Reading(timestamp, yaw, pitch, (left, right), scale)
