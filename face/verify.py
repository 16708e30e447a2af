"""1:1 verification: one chip picture against one living person.

    verifier = Verifier(load_pack(directory), Policy(fmr="1e-5"), pad=PadPolicy.named("active"))
    with verifier.enrol(dg2_picture) as template, verifier.session(template, time.monotonic) as session:
        report = session.feed(image, timestamp)      # until report.decision is there

One verifier serves one thread. Pictures, crops and templates live in memory only and are overwritten when done with
(Law 91/2025/QH15, Art. 3 and 31: minimisation; a template is sensitive data, it can be inverted to a face).
"""

from random import Random, SystemRandom

import numpy as np

from face.align import SIZE, align
from face.decision import Outcome, Policy, Reason, Scores
from face.detect import Box, DetectedFace, Detector
from face.embed import Embedding, load_embedder
from face.errors import FaceError, FaceErrorCode
from face.measures import FaceQuality
from face.mesh import MeshModel
from face.models.pack import ModelPack
from face.opencv import Image, cv2
from face.pad.passive import PassiveAnalysis, load_passive_pad
from face.pad.policy import PadPolicy
from face.pad.script import ChallengeScript
from face.pad.session import PadSession
from face.picture import decode_picture
from face.quality import Guidance, Limits, check_face, check_frame
from face.session import Clock, FaceSession, FrameReport
from face.sight import Sight
from face.template import Template
from face.tight import detect_tight

__all__ = ["Clock", "FaceSession", "FrameReport", "Template", "Verifier"]

# The chip holds the one picture there is, so only what makes a template meaningless is refused. Portraits of 120 x 160
# pixels and 4 kB (33 pixels between the eyes) still scored like their originals; a third less is no portrait any more.
PHOTO_EYE_DISTANCE_MIN = 20.0
# The mesh model's own probability that a face is there. Portraits: 1.00.
PRESENCE_MIN = 0.5


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
        self.accept = pack.accept_score(self.policy.fmr)
        self.reject = pack.reject_score()
        self.scores = Scores(self.accept.score, min(self.accept.score, self.reject.score))
        self.model_hashes = pack.hashes
        cv2.setNumThreads(threads)
        self._detector = Detector(pack)
        self._mesh = MeshModel(pack)
        self._embedder = load_embedder(pack, threads)
        self._passive = load_passive_pad(pack, threads)
        self._warm()

    @property
    def threshold(self) -> float:
        """From this score on it is a match."""
        return self.scores.accept

    def enrol(self, picture: bytes) -> Template:
        """The template of the one face on a chip picture (JPEG, JP2, J2K).

        Raises :class:`FaceError`: ``bad_image``, ``no_face``, ``several_faces``, ``photo_unusable``.
        """
        image = decode_picture(picture)
        try:
            face = self._only_face(image)
            aligned = align(image, face.landmarks)
            try:
                return Template(self._embedder.embed(aligned), self.model_hashes)
            finally:
                aligned.fill(0)
        finally:
            image.fill(0)

    def session(
        self,
        template: Template,
        clock: Clock,
        *,
        random: Random | None = None,
        script: ChallengeScript | None = None,
        reports_light: bool = False,
    ) -> FaceSession:
        """Begin comparing; the time limit runs from now. ``clock`` counts seconds and never goes back.

        ``random`` chooses the challenge; without it the operating system does, which nobody can foretell. ``script``:
        the challenge that a recorded clip was asked, in place of a new one. ``reports_light``: whoever shows the
        prompts calls :meth:`~face.session.FaceSession.light_shown` when a colour is on the screen; without, it counts
        as shown when it is asked for. Raises ``ValueError`` for a template of another pack.
        """
        template.must_be_of(self.model_hashes)
        passive = None if self._passive is None else PassiveAnalysis(self._passive)
        pad = PadSession(
            self.pad_policy,
            clock,
            random or SystemRandom(),
            script=script,
            passive=passive,
            reports_light=reports_light,
        )
        return FaceSession(self, template, clock, pad)

    def compare(self, first: Template, second: Template) -> float:
        """The cosine of two templates, in [-1, 1]. Raises ``ValueError`` for a template of another pack."""
        first.must_be_of(self.model_hashes)
        second.must_be_of(self.model_hashes)
        return float(first.embedding @ second.embedding)

    def classify(self, score: float) -> tuple[Outcome, Reason]:
        """What one score says by itself, of two pictures and without a living person."""
        if score >= self.scores.accept:
            return Outcome.MATCH, Reason.ABOVE_THRESHOLD
        if score < self.scores.reject:
            return Outcome.NO_MATCH, Reason.BELOW_THRESHOLD
        return Outcome.UNDECIDED, Reason.NEAR_THRESHOLD

    def see(self, image: Image, before: Box | None = None) -> Sight:
        """Look at one frame, without comparing it: detect, fit the mesh, check. The frame itself is the caller's.

        ``before``: where the face was in the frame before, which makes it quicker to find.
        """
        faces = self._detector.detect(image, before)
        face = faces[0] if faces else None
        guidance = check_frame(image, faces, self.limits)
        if face is None or guidance is Guidance.TWO_FACES:
            return Sight(guidance or Guidance.NO_FACE, face, None, None)
        mesh = self._mesh.fit(image, face.box)
        if mesh.presence < PRESENCE_MIN:
            return Sight(guidance or Guidance.NO_FACE, face, None, None)
        if guidance is not None:
            return Sight(guidance, face, mesh, None)
        aligned = align(image, face.landmarks)
        try:
            guidance, quality = check_face(image, face, mesh, aligned, self.limits)
            return Sight(guidance, face, mesh, quality)
        finally:
            aligned.fill(0)

    def embed(self, image: Image, face: DetectedFace) -> Embedding:
        """The unit vector of a face on this frame; the caller overwrites it when done."""
        aligned = align(image, face.landmarks)
        try:
            return self._embedder.embed(aligned)
        finally:
            aligned.fill(0)

    def look(self, image: Image) -> tuple[Guidance, DetectedFace | None, FaceQuality | None, Embedding | None]:
        """One frame on its own: look at it, and embed it if it is good."""
        sight = self.see(image)
        good = sight.guidance is Guidance.GOOD and sight.face is not None
        embedding = self.embed(image, sight.face) if good and sight.face is not None else None
        return sight.guidance, sight.face, sight.quality, embedding

    def _only_face(self, image: Image) -> DetectedFace:
        faces = detect_tight(self._detector, image)
        if not faces:
            raise FaceError(FaceErrorCode.NO_FACE, "no face found on the picture")
        if len(faces) > 1 and faces[1].box.width >= self.limits.second_face_min * faces[0].box.width:
            raise FaceError(FaceErrorCode.SEVERAL_FACES, f"{len(faces)} faces found on the picture")
        face = faces[0]
        if face.eye_distance < PHOTO_EYE_DISTANCE_MIN:
            detail = f"{face.eye_distance:.0f} pixels between the eyes, at least {PHOTO_EYE_DISTANCE_MIN:.0f}"
            raise FaceError(FaceErrorCode.PHOTO_UNUSABLE, detail)
        if self._mesh.fit(image, face.box, eyes=False).presence < PRESENCE_MIN:
            raise FaceError(FaceErrorCode.PHOTO_UNUSABLE, "what looks like a face has no features of one")
        return face

    def _warm(self) -> None:
        """The first run allocates and plans; do it before a patient waits for it."""
        frame = np.zeros((720, 1280, 3), dtype=np.uint8)
        near = Box(500.0, 200.0, 256.0, 320.0)
        self._detector.detect(
            frame, near
        )  # finds nothing there and looks on the whole copy too: both sizes are planned
        self._mesh.fit(frame, near)
        self._embedder.embed(np.zeros((SIZE, SIZE, 3), dtype=np.uint8))
