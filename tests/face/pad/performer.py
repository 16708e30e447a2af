"""A person before the camera without pictures of one: a real mesh turned in space, and frames of nothing but noise."""

from dataclasses import dataclass, field, replace

import numpy as np

from face.detect import Box, DetectedFace
from face.embed import Embedding
from face.mesh import FaceMesh
from face.mesh_points import EYES
from face.opencv import Image, Points
from face.pad.observation import Observation
from face.pad.session import PadSession

HEIGHT, WIDTH = 180, 320
FRAME_S = 1 / 15


@dataclass(frozen=True)
class Pose:
    """Degrees; ``closer`` as a factor; ``lids`` 1 open, 0 shut."""

    yaw: float = 0.0
    pitch: float = 0.0
    closer: float = 1.0
    lids: float = 1.0
    x: float = 0.0  # eye distances aside


FRONT = Pose()
# Each frame gets another part of it: fresh noise for each would be most of the tests' time.
_NOISE = np.random.default_rng(3).normal(size=(HEIGHT + 256, WIDTH + 256, 1)).astype(np.float32).clip(-4, 4)


def rotation(yaw: float, pitch: float) -> np.ndarray:
    """Yaw and pitch as FaceMesh reads them: to the picture's right, and up."""
    y, p = np.radians([-yaw, pitch])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    return np.asarray(about_y @ about_x)


def turned(mesh: FaceMesh, pose: Pose) -> FaceMesh:
    points = mesh.points.astype(np.float64)
    for eye in EYES:
        lids = list(eye[1:3]) + list(eye[4:6])
        middle = points[list(eye)].mean(axis=0)
        points[lids] = middle + (points[lids] - middle) * [1, pose.lids, 1]
    centre = points.mean(axis=0)
    moved = (points - centre) @ rotation(pose.yaw, pose.pitch).T * pose.closer
    moved += centre + np.array([pose.x * mesh.eye_distance, 0, 0])
    return FaceMesh(moved.astype(np.float32), mesh.presence)


def person(seed: int) -> Embedding:
    vector = np.random.default_rng(seed).normal(size=128).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


@dataclass
class Performer:
    """Frames of one camera, one after the other. What a test wants to go wrong, it sets between two frames."""

    mesh: FaceMesh
    noise: float = 1.5
    now: float = 100.0
    frame_s: float = FRAME_S
    who: Embedding = field(default_factory=lambda: person(1))
    wall: Image = field(default_factory=lambda: _wall(1))
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))

    def image(self) -> Image:
        if self.noise == 0:
            return self.wall.copy()
        x, y = self.random.integers(0, 256), self.random.integers(0, 256)
        noise = _NOISE[y : y + HEIGHT, x : x + WIDTH] * self.noise
        return np.asarray(self.wall + np.rint(noise), dtype=np.uint8)  # the wall keeps clear of 0 and 255

    def observation(self, pose: Pose, image: Image | None = None) -> Observation:
        """The next frame. Only an unturned face is good for matching."""
        self.now += self.frame_s
        mesh = turned(self.mesh, pose)
        good = max(abs(pose.yaw), abs(pose.pitch)) < 8
        frame = self.image() if image is None else image
        return Observation(self.now, frame, _face(mesh), mesh, self.who.copy() if good else None)

    def glide(self, start: Pose, end: Pose, seconds: float) -> list[Pose]:
        """The poses on the way, ``end`` the last of them."""
        frames = max(1, round(seconds / self.frame_s))
        return [_between(start, end, (step + 1) / frames) for step in range(frames)]

    def perform(self, session: PadSession, poses: list[Pose]) -> None:
        for pose in poses:
            session.feed(self.observation(pose))


def _between(start: Pose, end: Pose, part: float) -> Pose:
    names = ("yaw", "pitch", "closer", "lids", "x")
    return replace(start, **{n: getattr(start, n) + (getattr(end, n) - getattr(start, n)) * part for n in names})


def _wall(seed: int) -> Image:
    """A room: dark and light areas, soft enough that no pixel depends on another's noise."""
    source = np.random.default_rng(seed)
    coarse = source.integers(40, 200, (6, 10, 3)).astype(np.float64)
    return np.asarray(np.kron(coarse, np.ones((HEIGHT // 6, WIDTH // 10, 1))), dtype=np.uint8)


def _face(mesh: FaceMesh) -> DetectedFace:
    left, top = mesh.points[:, :2].min(axis=0)
    right, bottom = mesh.points[:, :2].max(axis=0)
    landmarks: Points = np.stack([mesh.points[list(eye), :2].mean(axis=0) for eye in EYES] + [mesh.points[1, :2]] * 3)
    return DetectedFace(Box(float(left), float(top), float(right - left), float(bottom - top)), landmarks, 0.95)
