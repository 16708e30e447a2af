"""The rigid-plane test: during a turn, what is seen must not move like a flat picture, nor like a bent one.

The tracked pixels decide. The mesh only says where the head claims to point and which relief a head has there: for a
flat picture it makes both up, and the pixels contradict it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from face.mesh import FaceMesh, kabsch
from face.mesh_points import RIGID
from face.pad.evidence import PadCheck, PadResult, PadState, not_assessed
from face.pad.feature_tracks import FeatureTracks
from face.pad.head_pose import Pose
from face.pad.moves import Move
from face.pad.observation import Observation
from face.pad.parallax import Array, Relief, measure_relief

_RIGID: Final = list(RIGID)
_NEIGHBOURS: Final = 4
_BEST: Final = 3  # frames of a turn that count: those that showed most


@dataclass(frozen=True, slots=True)
class PlaneLimits:
    # Degrees from the front: tracking begins below the first and is measured above the second.
    front: float = 4.0
    turned: float = 8.0
    points_min: int = 25
    # Root mean square, eye distances, of the relief that only a head shows; tracks are good to about 0.003.
    expected_min: float = 0.005
    # Share of a head's relief. Between the two nothing is said.
    flat_max: float = 0.25
    head_min: float = 0.40
    # A frame later than this after the one before it is not followed: pixels moved too far.
    gap_max_s: float = 0.4


class PlaneAnalysis:
    """Follows each turn that was asked for. Holds two grey crops of the face while one is under way."""

    def __init__(self, limits: PlaneLimits | None = None) -> None:
        self._limits = limits or PlaneLimits()
        self._tracks: FeatureTracks | None = None
        self._front: FaceMesh | None = None
        self._last = 0.0
        self._peak = 0.0
        self._reliefs: list[Relief] = []  # of the turn under way
        self._turns: list[Relief] = []
        self._turned = False
        self._lost_points = False

    def feed(self, observation: Observation, pose: Pose | None, move: Move | None) -> None:
        """``pose`` against the person's front; ``move`` that is asked for now."""
        if pose is None:
            return
        away = max(abs(pose.yaw), abs(pose.pitch))
        late = observation.timestamp - self._last > self._limits.gap_max_s
        self._last = observation.timestamp
        if self._tracks is not None and late:
            self._end_turn()
        if away <= self._limits.front:
            self._end_turn()
            if move is not None and move.is_turn:
                self._tracks, self._front = FeatureTracks(observation.image, observation.mesh), observation.mesh
        elif self._tracks is not None:
            self._tracks.step(observation.image)
            if away >= self._limits.turned and away > self._peak:
                self._peak, self._turned = away, True
                self._measure(observation.mesh)

    def result(self) -> PadResult:
        """Reasons: ``relief_seen``; ``flat``; ``no_turn``, ``too_few_points``, ``too_little_relief``, ``unclear``."""
        turns = [*self._turns, *([self._summary()] if self._reliefs else [])]
        if not turns:
            reason = "too_few_points" if self._lost_points else "too_little_relief" if self._turned else "no_turn"
            return not_assessed(PadCheck.PLANE, reason)
        share = float(np.mean([turn.share for turn in turns]))
        error = max(turn.error for turn in turns) / len(turns) ** 0.5
        low, high = self._limits.flat_max, self._limits.head_min
        score = min(1.0, max(0.0, (share - low / 2) / (2 * high - low / 2)))
        if share >= high:
            return PadResult(PadCheck.PLANE, PadState.SUCCESSFUL, score, "relief_seen")
        if share <= low and share + 2 * error < high:
            return PadResult(PadCheck.PLANE, PadState.FAILED, score, "flat")
        return not_assessed(PadCheck.PLANE, "unclear")

    def close(self) -> None:
        """Overwrite the crops and forget."""
        self._end_turn()
        self._turns.clear()

    def _measure(self, mesh: FaceMesh) -> None:
        assert self._tracks is not None
        assert self._front is not None
        if len(self._tracks) < self._limits.points_min:
            self._lost_points = True
            return
        eyes = max(self._front.frontal_eye_distance, 1.0)
        before, after = (points.astype(np.float64) for points in self._tracks.pairs())
        depth = depth_at(self._front, before) / eyes
        start, end = (m.points[_RIGID].astype(np.float64) for m in (self._front, mesh))
        rotation, scale = kabsch(start, end)
        centre = self._tracks.centre
        relief = measure_relief((before - centre) / eyes, (after - centre) / eyes, depth, scale * rotation[:2, 2])
        if relief.expected >= self._limits.expected_min:
            self._reliefs.append(relief)

    def _summary(self) -> Relief:
        best = sorted(self._reliefs, key=lambda relief: relief.expected)[-_BEST:]
        return sorted(best, key=lambda relief: relief.share)[len(best) // 2]

    def _end_turn(self) -> None:
        if self._reliefs:
            self._turns.append(self._summary())
        self._reliefs, self._peak, self._front = [], 0.0, None
        if self._tracks is not None:
            self._tracks.close()
            self._tracks = None


def depth_at(mesh: FaceMesh, where: Array) -> Array:
    """The mesh's z at these pixels (N x 2), in pixels, from its nearest points weighted by nearness."""
    vertices = mesh.points.astype(np.float64)
    distance = np.linalg.norm(where[:, None, :] - vertices[None, :, :2], axis=2)
    nearest = np.argpartition(distance, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
    weight = 1.0 / (np.take_along_axis(distance, nearest, axis=1) + 1e-3)
    return np.asarray((vertices[nearest, 2] * weight).sum(axis=1) / weight.sum(axis=1))
