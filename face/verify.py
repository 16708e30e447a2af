"""1:1 verification: one chip picture against one living person.

    verifier = Verifier(load_pack(directory), Policy(fmr="1e-5"), pad=PadPolicy.named("active"))
    with verifier.enrol(dg2_picture) as template, verifier.session(template, time.monotonic) as session:
        report = session.feed(image, timestamp)      # until report.decision is there

One verifier serves one thread. Pictures, crops and templates live in memory only and are overwritten when done with
(Law 91/2025/QH15, Art. 3 and 31: minimisation; a template is sensitive data, it can be inverted to a face).
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random, SystemRandom
from types import TracebackType
from typing import Self

import numpy as np

from face.align import align
from face.decision import Decision, Outcome, Policy, Reason, ScoredFrame, best_frames, fuse, judge
from face.detect import Box, DetectedFace, Detector
from face.embed import Embedding, load_embedder
from face.errors import FaceError, FaceErrorCode
from face.measures import FaceQuality
from face.models.pack import ModelPack
from face.opencv import Image, cv2
from face.pad.evidence import NO_EVIDENCE
from face.pad.policy import PadPolicy
from face.pad.prompt import Prompt
from face.pad.script import ChallengeScript
from face.picture import decode_picture
from face.quality import Guidance, Limits, check_face, check_frame
from face.tight import detect_tight

Clock = Callable[[], float]

_STALE_S = 0.5  # an older position says nothing about the speed of a face


@dataclass(frozen=True, slots=True)
class FrameReport:
    """What one frame showed. ``decision`` is set once the session is decided, and stays.

    ``prompt``: what the person shall do and the screen shall show now. ``progress``: how far the session is, in [0, 1];
    it never goes back.
    """

    guidance: Guidance
    box: Box | None
    quality: FaceQuality | None
    decision: Decision | None
    prompt: Prompt
    progress: float


class Template:
    """The chip picture's embedding. ``close`` overwrites it."""

    def __init__(self, embedding: Embedding) -> None:
        self._embedding = embedding
        self._closed = False

    @property
    def embedding(self) -> Embedding:
        """Raises ``ValueError`` once closed: comparing with a wiped template would be a bug, not a no-match."""
        if self._closed:
            raise ValueError("the template is closed")
        return self._embedding

    def close(self) -> None:
        self._embedding.fill(0)
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


class Verifier:
    """Models loaded and warmed, on ``threads`` CPU threads (OpenCV's count is the whole process's).

    ``pad``: how a presentation attack is looked for; the named policy "active" if none is given.
    Raises :class:`FaceError` (``unknown_fmr``, ``model_refused``).
    """

    def __init__(
        self,
        pack: ModelPack,
        policy: Policy | None = None,
        limits: Limits | None = None,
        pad: PadPolicy | None = None,
        *,
        threads: int = 1,
    ) -> None:
        self.policy = policy or Policy()
        self.limits = limits or Limits()
        self.pad_policy = pad or PadPolicy.named("active")
        self.threshold = pack.threshold(self.policy.fmr).score
        self.model_hashes = pack.hashes
        cv2.setNumThreads(threads)
        self._detector = Detector(pack)
        self._embedder = load_embedder(pack, threads)
        self._warm()

    def enrol(self, picture: bytes) -> Template:
        """The template of the one face on a chip picture (JPEG, JP2, J2K).

        Raises :class:`FaceError`: ``bad_image``, ``no_face``, ``several_faces``. No quality gate: the chip holds the
        one picture there is.
        """
        image = decode_picture(picture)
        try:
            faces = detect_tight(self._detector, image)
            if not faces:
                raise FaceError(FaceErrorCode.NO_FACE, "no face found on the picture")
            if len(faces) > 1 and faces[1].box.width >= self.limits.second_face_min * faces[0].box.width:
                raise FaceError(FaceErrorCode.SEVERAL_FACES, f"{len(faces)} faces found on the picture")
            aligned = align(image, faces[0].landmarks)
            embedding = self._embedder.embed(aligned)
            aligned.fill(0)
            return Template(embedding)
        finally:
            image.fill(0)

    def session(
        self,
        template: Template,
        clock: Clock,
        *,
        random: Random | None = None,
        script: ChallengeScript | None = None,
    ) -> "FaceSession":
        """Begin comparing; the time limit runs from now. ``clock`` counts seconds and never goes back.

        ``random`` chooses the challenge; without it the operating system does, which nobody can foretell. ``script``:
        the challenge that a recorded clip was asked, in place of a new one.
        """
        return FaceSession(self, template, clock, random or SystemRandom(), script)

    def compare(self, first: Template, second: Template) -> float:
        """The cosine of two templates, in [-1, 1]."""
        return float(first.embedding @ second.embedding)

    def look(self, image: Image) -> tuple[Guidance, DetectedFace | None, FaceQuality | None, Embedding | None]:
        """One frame on its own: detect, check, and embed if it is good. The frame itself is the caller's."""
        faces = self._detector.detect(image)
        face = faces[0] if faces else None
        guidance = check_frame(image, faces, self.limits)
        if guidance is not None or face is None:
            return guidance or Guidance.NO_FACE, face, None, None
        aligned = align(image, face.landmarks)
        try:
            guidance, quality = check_face(face, aligned, self.limits)
            good = guidance is Guidance.GOOD
            return guidance, face, quality, self._embedder.embed(aligned) if good else None
        finally:
            aligned.fill(0)

    def _warm(self) -> None:
        """The first run allocates and plans; do it before a patient waits for it."""
        self._detector.detect(np.zeros((720, 1280, 3), dtype=np.uint8))
        self._embedder.embed(np.zeros((112, 112, 3), dtype=np.uint8))


class FaceSession:
    """The frames of one person before the camera. Made by :meth:`Verifier.session`."""

    def __init__(
        self,
        verifier: Verifier,
        template: Template,
        clock: Clock,
        random: Random,
        script: ChallengeScript | None,
    ) -> None:
        self._verifier = verifier
        self._template = template
        self._clock = clock
        self._started = clock()
        self._frames: list[ScoredFrame] = []
        self._last_seen: tuple[float, DetectedFace] | None = None
        self._decision: Decision | None = None
        self._closed = False

    def feed(self, frame: Image, timestamp: float | None = None) -> FrameReport:
        """Look at a frame (H x W x 3, uint8, blue-green-red). Raises ``ValueError`` for another array or once closed.

        ``timestamp``: when the camera took it, on the session's clock; without it the frame counts as taken now.

        Guidance ``good`` means the frame counted. After the decision frames are looked at no more.
        """
        if self._closed:
            raise ValueError("the session is closed")
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or min(frame.shape[:2]) < 1:
            raise ValueError("a frame is H x W x 3 of uint8")
        if self.poll() is not None:
            return self._report(Guidance.GOOD, None, None)
        now = self._clock() if timestamp is None else timestamp
        guidance, face, quality, embedding = self._verifier.look(frame)
        if guidance is Guidance.GOOD and face is not None and self._moves(face, now):
            guidance = Guidance.HOLD_STILL
        if guidance is Guidance.GOOD and embedding is not None and quality is not None:
            score = float(self._template.embedding @ embedding)
            self._frames.append(ScoredFrame(score, quality.score, now - self._started, quality))
        if embedding is not None:
            embedding.fill(0)
        self._last_seen = (now, face) if face is not None else None
        self.poll()
        return self._report(guidance, face.box if face else None, quality)

    def poll(self) -> Decision | None:
        """The decision, if there is one by now. Call it when no frame arrives: the time limit also ends the session."""
        if self._decision is None and not self._closed:
            seconds = self._clock() - self._started
            policy = self._verifier.policy
            verdict = judge(self._frames, self._verifier.threshold, policy, seconds)
            if verdict is not None:
                self._decision = self._decide(*verdict, seconds)
        return self._decision

    def close(self) -> None:
        """Forget positions and scores. The template belongs to whoever enrolled it."""
        self._closed = True
        self._frames.clear()
        self._last_seen = None

    def _report(self, guidance: Guidance, box: Box | None, quality: FaceQuality | None) -> FrameReport:
        prompt = Prompt(move=None, light=None, step=0, steps=0)
        done = len(self._frames) / self._verifier.policy.best_of
        progress = 1.0 if self._decision is not None else min(1.0, done)
        return FrameReport(guidance, box, quality, self._decision, prompt, progress)

    def _decide(self, outcome: Outcome, reason: Reason, seconds: float) -> Decision:
        policy = self._verifier.policy
        return Decision(
            outcome=outcome,
            reason=reason,
            score=fuse(self._frames, policy.best_of),
            threshold=self._verifier.threshold,
            reject=self._verifier.threshold - policy.margin,
            fmr=policy.fmr,
            extrapolated=False,
            frames=best_frames(self._frames, policy.best_of),
            frames_good=len(self._frames),
            seconds=seconds,
            model_hashes=self._verifier.model_hashes,
            pad=NO_EVIDENCE,
        )

    def _moves(self, face: DetectedFace, now: float) -> bool:
        if self._last_seen is None:
            return False
        before, last = self._last_seen
        elapsed = now - before
        if not 0 < elapsed <= _STALE_S:
            return False
        shift = face.landmarks[:2].mean(axis=0) - last.landmarks[:2].mean(axis=0)
        return float(np.hypot(*shift)) / face.eye_distance / elapsed > self._verifier.limits.speed_max

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
