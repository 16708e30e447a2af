"""The rigid-plane test: during a turn, what is seen must not move like a flat picture, nor like a bent one.

The tracked pixels decide. The mesh only says where the head claims to point and which relief a head has there: for a
flat picture it makes both up, and the pixels contradict it.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from face.mesh import FaceMesh, kabsch
from face.mesh_points import RIGID
from face.pad.evidence import PadCheck, PadResult, PadState, not_assessed
from face.pad.feature_tracks import FeatureTracks
from face.pad.head_pose import Pose
from face.pad.moves import Move
from face.pad.observation import Observation
from face.pad.parallax import Array, Relief, measure_relief, tilt_of

_RIGID: Final = list(RIGID)
_NEIGHBOURS: Final = 4
_BEST: Final = 3  # frames of a turn that count: those that showed most


@dataclass(frozen=True, slots=True)
class PlaneLimits:
    """Measured on simulated heads and pictures (docs/face.md): heads have shares of 0.8 to 2, pictures -0.1 to 0.1."""

    # Degrees from the front, as the mesh sees it: tracking begins below the first, a turn is measured above the second.
    front: float = 4.0
    turned: float = 8.0
    # Degrees by which the pixels are foreshortened, whatever the mesh says: it hardly sees a flat picture tilt.
    tilted: float = 18.0
    points_min: int = 25
    # Root mean square, eye distances, of the relief that only a head shows; tracks are good to about 0.003.
    expected_min: float = 0.005
    # Share of a head's relief. Between the two nothing is said.
    flat_max: float = 0.25
    head_min: float = 0.40
    # A frame later than this after the one before it is not followed: pixels moved too far.
    gap_max_s: float = 0.4
    # A first frame is renewed after this: tracks creep.
    fresh_s: float = 1.0


class PlaneAnalysis:
    """Follows each turn that was asked for. Holds a grey crop of the face while one is awaited or under way."""

    def __init__(self, limits: PlaneLimits | None = None) -> None:
        self._limits = limits or PlaneLimits()
        self._tracks: FeatureTracks | None = None
        self._front: FaceMesh | None = None
        self._front_at = 0.0
        self._last = 0.0
        self._peak = 0.0
        self._peak_tilt = 0.0
        self._reliefs: list[Relief] = []  # of the turn under way
        self._turns: list[Relief] = []
        self._tilts: list[Relief] = []
        self._turned = False
        self._lost_points = False

    def feed(self, observation: Observation, pose: Pose | None, move: Move | None) -> None:
        """``pose`` against the person's front; ``move`` that is asked for now."""
        if pose is None:
            return
        now = observation.timestamp
        if self._tracks is not None and now - self._last > self._limits.gap_max_s:
            self._end_turn()
        self._last = now
        away = max(abs(pose.yaw), abs(pose.pitch))
        if self._tracks is not None:
            self._tracks.step(observation.image)
            self._look(observation.mesh, away)
        if away > self._limits.front:
            return
        if self._peak > 0 or move is None or not move.is_turn or now - self._front_at > self._limits.fresh_s:
            self._end_turn()
        if self._tracks is None and move is not None and move.is_turn:
            self._tracks, self._front = FeatureTracks(observation.image, observation.mesh), observation.mesh
            self._front_at = now

    def result(self) -> PadResult:
        """Reasons: ``relief_seen``; ``flat``; ``no_turn``, ``too_few_points``, ``too_little_relief``, ``unclear``."""
        turns = [*self._turns, *([_typical(self._reliefs)] if self._reliefs else [])]
        seen = turns or ([_typical(self._tilts)] if self._tilts else [])
        if not seen:
            reason = "too_few_points" if self._lost_points else "too_little_relief" if self._turned else "no_turn"
            return not_assessed(PadCheck.PLANE, reason)
        share = float(np.mean([turn.share for turn in seen]))
        error = max(turn.error for turn in seen) / len(seen) ** 0.5
        low, high = self._limits.flat_max, self._limits.head_min
        score = min(1.0, max(0.0, share / (2 * high)))
        if share <= low and share + 2 * error < high:
            return PadResult(PadCheck.PLANE, PadState.FAILED, score, "flat")
        if turns and share >= high:
            return PadResult(PadCheck.PLANE, PadState.SUCCESSFUL, score, "relief_seen")
        return not_assessed(PadCheck.PLANE, "unclear" if turns else "no_turn")

    def close(self) -> None:
        """Overwrite the crop and forget."""
        self._end_turn()
        self._turns.clear()
        self._tilts.clear()

    def _look(self, mesh: FaceMesh, away: float) -> None:
        assert self._tracks is not None
        assert self._front is not None
        self._turned = self._turned or away >= self._limits.turned
        if len(self._tracks) < self._limits.points_min:
            self._lost_points = self._lost_points or away >= self._limits.turned
            return
        eyes = max(self._front.frontal_eye_distance, 1.0)
        before, after = (points.astype(np.float64) for points in self._tracks.pairs())
        first, now = (before - self._tracks.centre) / eyes, (after - self._tracks.centre) / eyes
        if away >= self._limits.turned and away > self._peak:
            self._peak = away
            depth = depth_at(self._front, before) / eyes
            self._keep(self._reliefs, measure_relief(first, now, depth, _shift(self._front, mesh)))
        elif away < self._limits.turned:
            tilt, way = tilt_of(first, now)
            if tilt >= self._limits.tilted and tilt > self._peak_tilt:
                self._peak_tilt = tilt
                depth = depth_at(self._front, before) / eyes
                relief = measure_relief(first, now, depth, way * np.sin(np.radians(tilt)))
                self._keep(self._tilts, replace(relief, share=abs(relief.share)))

    def _keep(self, reliefs: list[Relief], relief: Relief) -> None:
        if relief.expected >= self._limits.expected_min:
            reliefs.append(relief)

    def _end_turn(self) -> None:
        if self._reliefs:
            self._turns.append(_typical(self._reliefs))
        self._reliefs, self._peak, self._front = [], 0.0, None
        if self._tracks is not None:
            self._tracks.close()
            self._tracks = None


def _typical(reliefs: list[Relief]) -> Relief:
    """The middle one of those that showed most."""
    best = sorted(reliefs, key=lambda relief: relief.expected)[-_BEST:]
    return sorted(best, key=lambda relief: relief.share)[len(best) // 2]


def _shift(front: FaceMesh, turned: FaceMesh) -> Array:
    """Which way, by the mesh, a point one eye distance behind the face has moved."""
    start, end = (mesh.points[_RIGID].astype(np.float64) for mesh in (front, turned))
    rotation, scale = kabsch(start, end)
    return np.asarray(scale * rotation[:2, 2])


def depth_at(mesh: FaceMesh, where: Array) -> Array:
    """The mesh's z at these pixels (N x 2), in pixels, from its nearest points weighted by nearness."""
    vertices = mesh.points.astype(np.float64)
    distance = np.linalg.norm(where[:, None, :] - vertices[None, :, :2], axis=2)
    nearest = np.argpartition(distance, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
    weight = 1.0 / (np.take_along_axis(distance, nearest, axis=1) + 1e-3)
    return np.asarray((vertices[nearest, 2] * weight).sum(axis=1) / weight.sum(axis=1))
