"""One person before the camera, from the first frame to the decision: comparison and PAD on the same frames.

The phases, which :class:`face.pad.session.PadSession` leads:

1. position - guidance until a frame is good;
2. straight - frames for the match are collected while the screen lights the face; a clear "no" ends the session here;
3. moves    - one after the other, the head coming back to the front in between;
4. front    - frames of the person who made the moves must match by themselves, then the decision is there.

With PAD off, 1 and 2 are all there is. The policy's time limit is for 1 and 2; the moves have limits of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from face.decision import Decision, Outcome, Reason, ScoredFrame, best_frames, conclude, fuse, judge
from face.detect import Box, DetectedFace
from face.embed import Embedding
from face.measures import FaceQuality
from face.opencv import Image
from face.pad.evidence import PadVerdict
from face.pad.light_colours import LightColour
from face.pad.observation import Observation
from face.pad.prompt import Prompt
from face.pad.session import PadSession
from face.quality import Guidance
from face.sight import Sight
from face.template import Template

if TYPE_CHECKING:
    from face.verify import Verifier

Clock = Callable[[], float]

FRONT_LIMIT_S = 2.0
"""So long may the frames after the last move take to match: the first one is often still a little turned or blurred."""
EMBED_EVERY_S = 0.25
"""Once the comparison is sure, this often a good frame is still embedded: that it stays the same person (PAD)."""

_STALE_S = 0.5  # an older position says nothing about the speed of a face

# While a move is asked for, these are what it looks like, or what it makes unavoidable.
_MOVING = frozenset(
    {
        Guidance.TURN_TO_CAMERA,
        Guidance.TOO_NEAR,
        Guidance.BLURRED,
        Guidance.HOLD_STILL,
        Guidance.EYES_CLOSED,
        Guidance.MASK,
        Guidance.GLARE,
    }
)


@dataclass(frozen=True, slots=True)
class FrameReport:
    """What one frame showed. ``decision`` is set once the session is decided, and stays.

    ``prompt``: what the person shall do and the screen shall show now; while it asks for a move, guidance is ``good``
    unless something hinders the move itself. ``progress``: how far the session is, in [0, 1]; it never goes back.
    """

    guidance: Guidance
    box: Box | None
    quality: FaceQuality | None
    decision: Decision | None
    prompt: Prompt
    progress: float


class FaceSession:
    """The frames of one person before the camera. Made by :meth:`face.verify.Verifier.session`."""

    def __init__(self, verifier: "Verifier", template: Template, clock: Clock, pad: PadSession) -> None:
        self._verifier = verifier
        self._template = template
        self._clock = clock
        self._started = clock()
        self._pad = pad
        self._frames: list[ScoredFrame] = []
        self._front: list[ScoredFrame] = []  # those since the last move, or since the face came back before any
        self._last_seen: tuple[float, DetectedFace] | None = None
        self._embedded_at: float | None = None
        self._asked = False  # a move was asked for
        self._returned = False  # the face was lost before any move, and came back
        self._match: tuple[Outcome, Reason] | None = None
        self._pad_done_at: float | None = None
        self._incomplete = False  # PAD was, when it was done
        self._progress = 0.0
        self._decision: Decision | None = None
        self._closed = False

    def feed(self, frame: Image, timestamp: float | None = None) -> FrameReport:
        """Look at a frame (H x W x 3, uint8, blue-green-red). Raises ``ValueError`` for another array or once closed.

        ``timestamp``: when the camera took it, on the session's clock; without it the frame counts as taken now.
        Guidance ``good`` means the frame counted, or that the person does what is asked. After the decision frames are
        looked at no more.
        """
        if self._closed:
            raise ValueError("the session is closed")
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or min(frame.shape[:2]) < 1:
            raise ValueError("a frame is H x W x 3 of uint8")
        if self._decision is not None:
            return self._report(Guidance.GOOD, None, None)
        now = self._clock() if timestamp is None else timestamp
        sight = self._verifier.see(frame, self._last_seen[1].box if self._last_seen else None)
        guidance = sight.guidance
        if guidance is Guidance.GOOD and sight.face is not None and self._moves(sight.face, now):
            guidance = Guidance.HOLD_STILL
        self._last_seen = (now, sight.face) if sight.face is not None else None
        embedding = self._compare(frame, sight, now) if guidance is Guidance.GOOD else None
        try:
            self._watch(frame, sight, embedding, now)
        finally:
            if embedding is not None:
                embedding.fill(0)
        self._settle(now)
        if self._pad.prompt.move is not None and guidance in _MOVING:
            guidance = Guidance.GOOD
        return self._report(guidance, sight.face.box if sight.face else None, sight.quality)

    def poll(self) -> Decision | None:
        """The decision, if there is one by now. Call it when no frame arrives: the time limits also end the session."""
        if self._decision is None and not self._closed:
            self._settle(self._clock())
        return self._decision

    def lose(self) -> None:
        """The camera is away: nobody is seen. Whoever is seen next is asked for the light again; moves are lost."""
        if self._decision is None and not self._closed:
            self._pad.lose(self._clock())
        self._last_seen = None

    def light_shown(self, colour: LightColour | None, at: float) -> None:
        """The screen has painted ``colour`` at ``at`` (the frames' clock); None: its usual picture.

        For sessions made with ``reports_light``; a report that is too late for anything is ignored.
        """
        if self._decision is None and not self._closed:
            self._pad.light_shown(colour, at)

    def close(self) -> None:
        """Forget positions and scores. The template belongs to whoever enrolled it."""
        self._closed = True
        self._pad.close()
        self._frames.clear()
        self._front.clear()
        self._last_seen = None

    def _compare(self, frame: Image, sight: Sight, now: float) -> Embedding | None:
        """Embed and score a good frame, if one is needed now."""
        if sight.face is None or sight.quality is None or not self._needs_frame(now):
            return None
        embedding = self._verifier.embed(frame, sight.face)
        self._embedded_at = now
        score = float(self._template.embedding @ embedding)
        scored = ScoredFrame(score, sight.quality.score, now - self._started, sight.quality)
        self._frames.append(scored)
        self._front.append(scored)
        return embedding

    def _needs_frame(self, now: float) -> bool:
        """All of them until the comparison is sure and at the front after moves; else now and then."""
        at_front = self._asked and self._pad.prompt.move is None
        if self._match is None or at_front or self._embedded_at is None:
            return True
        return now - self._embedded_at >= EMBED_EVERY_S

    def _watch(self, frame: Image, sight: Sight, embedding: Embedding | None, now: float) -> None:
        """Show the frame to PAD, and note what it asks for next. A frame that counts for the match is always shown."""
        done, begun = self._pad.done, self._pad.begun
        if sight.face is None or sight.mesh is None:
            self._pad.miss(now)
        else:
            self._pad.feed(Observation(now, frame, sight.face, sight.mesh, embedding))
        if not done and self._pad.prompt.move is not None:
            self._asked = True
            self._front.clear()
        elif 0 < begun < self._pad.begun:
            self._returned = True
            del self._front[:-1]  # the frame with which it began again is one of them

    def _settle(self, now: float) -> None:
        """Judge what there is, and decide if nothing is missing."""
        seconds = now - self._started
        policy = self._verifier.policy
        if self._pad_done_at is None and self._pad.done:
            self._pad_done_at = now
            self._incomplete = self._pad.evidence().verdict is PadVerdict.INCOMPLETE
        if self._match is None:
            self._match = judge(self._frames, self._verifier.scores, policy, seconds, over=self._is_over(now))
        if self._match is None:
            return
        if self._match[0] is Outcome.MATCH:
            if self._pad_done_at is None:
                return
            front = self._front_matches(now)
            if front is None:
                return
            if not front:
                self._match = Outcome.UNDECIDED, Reason.NEAR_THRESHOLD
        self._decide(self._match, seconds)

    def _is_over(self, now: float) -> bool:
        """The comparison's time: the policy's limit until a move is asked for, then a while after the last one."""
        if not self._asked:
            return now - self._started >= self._verifier.policy.time_limit_s
        return self._pad_done_at is not None and (self._pad_failed or now - self._pad_done_at >= FRONT_LIMIT_S)

    def _front_matches(self, now: float) -> bool | None:
        """Whether who stands there at the end is the person on the chip; None: wait for another frame."""
        if not (self._asked or self._returned) or self._pad_failed:
            return True  # all frames are of one stay before the camera, or PAD's verdict settles it
        score = fuse(self._front, self._verifier.policy.best_of)
        if score is not None and score >= self._verifier.scores.accept:
            return True
        return False if self._is_over(now) else None

    @property
    def _pad_failed(self) -> bool:
        """No further frame can change that. One that is unclear after PAD was done can be followed by a clear one."""
        return self._incomplete or (self._pad.done and self._pad.evidence().verdict is PadVerdict.ALARM)

    def _decide(self, match: tuple[Outcome, Reason], seconds: float) -> None:
        verifier = self._verifier
        evidence = self._pad.evidence()
        outcome, reason = conclude(match, evidence.verdict)
        self._decision = Decision(
            outcome=outcome,
            reason=reason,
            score=fuse(self._frames, verifier.policy.best_of),
            threshold=verifier.scores.accept,
            reject=verifier.scores.reject,
            fmr=verifier.policy.fmr,
            extrapolated=verifier.accept.extrapolated,
            frames=best_frames(self._frames, verifier.policy.best_of),
            frames_good=len(self._frames),
            seconds=seconds,
            model_hashes=verifier.model_hashes,
            pad=evidence,
        )

    def _report(self, guidance: Guidance, box: Box | None, quality: FaceQuality | None) -> FrameReport:
        if self._decision is not None:
            self._progress = 1.0
        else:
            collected = min(1.0, len(self._frames) / self._verifier.policy.best_of)
            # Without PAD the frames are all there is; with it they are its first part.
            part = collected if self._verifier.pad_policy.is_off else max(0.3 * collected, self._pad.progress)
            self._progress = max(self._progress, min(part, 0.99 if self._asked else 1.0))
        return FrameReport(guidance, box, quality, self._decision, self._pad.prompt, self._progress)

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
