"""What the pipeline sees on a living picture, in numbers: for whoever sets up a camera. Nothing is kept."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from face.align import align
from face.camera import Frame
from face.detect import DetectedFace, Detector
from face.embed import load_embedder
from face.measures import FaceQuality
from face.mesh import FaceMesh, MeshModel
from face.models.pack import ModelPack
from face.opencv import Image, cv2
from face.quality import Guidance
from face.verify import Verifier

_TIMED_EVERY = 10  # frames: timing each step by itself repeats its work
_FPS_FRAMES = 30


@dataclass(frozen=True, slots=True)
class StepTimes:
    """Milliseconds, None until measured."""

    detect: float | None = None
    mesh: float | None = None
    embed: float | None = None
    whole: float | None = None  # one frame through the pipeline, as it goes


@dataclass(frozen=True, slots=True, eq=False)
class LiveNumbers:
    """Of one frame. ``mesh`` and ``quality`` None: no face, or none large enough to be measured."""

    size: tuple[int, int]
    fps: float | None
    dropped: int
    guidance: Guidance
    face: DetectedFace | None
    mesh: FaceMesh | None
    quality: FaceQuality | None
    times: StepTimes


class LiveView:
    """Feed it frames as they come. Raises :class:`~face.errors.FaceError` (``model_refused``)."""

    def __init__(self, pack: ModelPack, verifier: Verifier, timer: Callable[[], float] = time.perf_counter) -> None:
        self._verifier = verifier
        self._detector, self._mesh = Detector(pack), MeshModel(pack)
        self._embedder = load_embedder(pack, 1)
        self._timer = timer
        self._stamps: deque[float] = deque(maxlen=_FPS_FRAMES)
        self._count = 0
        self._times = StepTimes()

    def look(self, frame: Frame, dropped: int = 0) -> LiveNumbers:
        """``dropped``: frames that nobody had time for, as the camera counts them."""
        self._stamps.append(frame.timestamp)
        began = self._timer()
        guidance, face, quality, embedding = self._verifier.look(frame.image)
        whole = 1000 * (self._timer() - began)
        if embedding is not None:
            embedding.fill(0)
        mesh = None if face is None else self._mesh.fit(frame.image, face.box)
        if self._count % _TIMED_EVERY == 0 and face is not None:
            self._times = self._time(frame.image, face, whole)
        self._count += 1
        return LiveNumbers(
            size=(frame.image.shape[1], frame.image.shape[0]),
            fps=self._fps(),
            dropped=dropped,
            guidance=guidance,
            face=face,
            mesh=mesh,
            quality=quality,
            times=self._times,
        )

    def _time(self, image: Image, face: DetectedFace, whole: float) -> StepTimes:
        began = self._timer()
        self._detector.detect(image)
        found = self._timer()
        self._mesh.fit(image, face.box)
        fitted = self._timer()
        aligned = align(image, face.landmarks)
        self._embedder.embed(aligned).fill(0)
        embedded = self._timer()
        aligned.fill(0)
        return StepTimes(1000 * (found - began), 1000 * (fitted - found), 1000 * (embedded - fitted), whole)

    def _fps(self) -> float | None:
        span = self._stamps[-1] - self._stamps[0]
        return (len(self._stamps) - 1) / span if span > 0 else None


def lines(numbers: LiveNumbers) -> tuple[str, ...]:
    """For the picture's corner; ASCII, as OpenCV's letters are."""
    times, mesh, quality = numbers.times, numbers.mesh, numbers.quality
    found = [
        f"{numbers.size[0]}x{numbers.size[1]}  {_number(numbers.fps, 1)} fps  dropped {numbers.dropped}",
        f"guidance {numbers.guidance}",
    ]
    if mesh is not None:
        left, right = mesh.eye_openness
        pose = f"yaw {mesh.yaw:+.0f}  pitch {mesh.pitch:+.0f}  roll {mesh.roll:+.0f}"
        found.append(f"{pose}  presence {mesh.presence:.2f}")
        eyes = f"eyes {mesh.eye_distance:.0f} px apart, open {left:.2f} {right:.2f}"
        found.append(f"{eyes}  mouth {mesh.mouth_openness:.2f}")
    if quality is not None:
        found.append(
            f"quality {quality.score:.2f}  sharp {quality.sharpness:.3f}  bright {quality.bright_part:.0f}"
            f"  saturated {quality.saturated:.2f}"
        )
    found.append(
        f"ms: detect {_number(times.detect)}  mesh {_number(times.mesh)}  embed {_number(times.embed)}"
        f"  frame {_number(times.whole)}"
    )
    return tuple(found)


def draw(image: Image, numbers: LiveNumbers) -> Image:
    """The picture mirrored, as people expect of a screen, with box, mesh and numbers. A copy: the caller wipes it."""
    canvas = image.copy()
    if numbers.face is not None:
        box = numbers.face.box
        corner, other = (round(box.x), round(box.y)), (round(box.x + box.width), round(box.y + box.height))
        colour = (80, 200, 80) if numbers.guidance is Guidance.GOOD else (60, 160, 255)
        cv2.rectangle(canvas, corner, other, colour, 2)
    if numbers.mesh is not None:
        for x, y in np.round(numbers.mesh.points[:, :2]).astype(int):
            cv2.circle(canvas, (int(x), int(y)), 1, (230, 230, 230), -1)
    canvas = np.ascontiguousarray(canvas[:, ::-1])
    texts = lines(numbers)
    canvas[: 24 + 28 * len(texts), :620] //= 3  # letters are readable on anything dark
    for row, line in enumerate(texts):
        cv2.putText(canvas, line, (16, 32 + 28 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.65, (255, 255, 255), 1, cv2.LINE_AA)
    return canvas


def _number(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
