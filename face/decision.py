"""From the scores of good frames to one decision. Pure: no picture, no model, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from face.measures import FaceQuality
from face.models.pack import ModelHash
from face.pad.evidence import PadEvidence, PadVerdict


class Outcome(StrEnum):
    MATCH = "match"
    NO_MATCH = "no_match"
    UNDECIDED = "undecided"  # never treated as a match; the patient goes to the counter


class Reason(StrEnum):
    ABOVE_THRESHOLD = "above_threshold"
    BELOW_THRESHOLD = "below_threshold"
    NEAR_THRESHOLD = "near_threshold"  # time over, and the score lies between a "no" and a match
    TOO_FEW_FRAMES = "too_few_frames"  # time over, and not enough good frames seen
    PAD_ALARM = "pad_alarm"  # a required check found signs of a presentation attack
    PAD_INCOMPLETE = "pad_incomplete"  # the faces match, and a required check could not be assessed in time


@dataclass(frozen=True, slots=True)
class Scores:
    """The two scores a session is judged by, from the pack's calibration: ``accept`` >= ``reject``."""

    accept: float
    reject: float

    def __post_init__(self) -> None:
        if not self.accept >= self.reject:
            raise ValueError("accept >= reject")


@dataclass(frozen=True, slots=True)
class Policy:
    """How sure is sure.

    ``fmr`` names a false match rate of the pack's calibration: ten times stricter than NIST SP 800-63A-4 asks for
    (1:10,000), and kept inside one sex and ethnic group (:class:`face.models.calibration.Calibration`). The time limit
    is that of BSI TR-03121-3 for an acquisition.
    """

    fmr: str = "1e-5"
    time_limit_s: float = 10.0
    # The fused score is the median over this many frames of the best quality. Frames are chosen by quality, not by
    # score: the best score of many would raise the false match rate with every frame.
    best_of: int = 5
    # With this many good frames a match is taken early if it is clear by ``margin``.
    early_frames: int = 3
    # 0.05 is about one decade of FMR for SFace (0.398, 0.456, 0.505 at 1e-3, 1e-4, 1e-5). Every look at the score but
    # one asks for it, see ``judge``.
    margin: float = 0.05
    # A "no" needs this many good frames over this long: a genuine person gets the time to settle, and the light of the
    # screen that falls on the face meanwhile (four colours of half a second) to pass.
    reject_frames: int = 8
    reject_after_s: float = 2.0

    def __post_init__(self) -> None:
        if not 1 <= self.early_frames <= self.best_of <= self.reject_frames:
            raise ValueError("1 <= early_frames <= best_of <= reject_frames")
        if self.margin < 0 or not 0 < self.reject_after_s <= self.time_limit_s:
            raise ValueError("margin >= 0 and 0 < reject_after_s <= time_limit_s")


@dataclass(frozen=True, slots=True)
class ScoredFrame:
    """One good frame: cosine with the chip picture in [-1, 1], quality rank in [0, 1], seconds since the session began.

    ``measures``: what the rank was made from, for the record; the decision looks at the rank alone.
    """

    score: float
    quality: float
    seconds: float
    measures: FaceQuality | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict with everything an auditor needs to judge it. ``score`` is None when no good frame was seen.

    ``threshold`` and ``reject``: a match from the one on, a "no" below the other. ``fmr``: the false match rate that
    ``threshold`` stands for; ``extrapolated`` says that no data reached so far and the pack's slope was followed.
    ``frames``: the frames the score was made from, with their quality. ``frames_good``: all that counted.
    """

    outcome: Outcome
    reason: Reason
    score: float | None
    threshold: float
    reject: float
    fmr: str
    extrapolated: bool
    frames: tuple[ScoredFrame, ...]
    frames_good: int
    seconds: float
    model_hashes: tuple[ModelHash, ...]
    pad: PadEvidence

    @property
    def frames_used(self) -> int:
        return len(self.frames)


def fuse(frames: Sequence[ScoredFrame], best_of: int) -> float | None:
    """The median score of the ``best_of`` frames of highest quality: one odd frame changes nothing."""
    best = best_frames(frames, best_of)
    return float(median(frame.score for frame in best)) if best else None


def best_frames(frames: Sequence[ScoredFrame], best_of: int) -> tuple[ScoredFrame, ...]:
    """The ``best_of`` frames of highest quality, the best first; of equal ones the earlier."""
    return tuple(sorted(frames, key=lambda frame: frame.quality, reverse=True)[:best_of])


def judge(
    frames: Sequence[ScoredFrame], scores: Scores, policy: Policy, seconds: float, *, over: bool
) -> tuple[Outcome, Reason] | None:
    """The outcome after these frames at ``seconds`` since the session began, or None while it is open.

    Call it after every good frame. When the time is ``over`` there always is an outcome: what is not certain is
    ``undecided``.

    A session that asks again and again whether the score is high enough gives an impostor as many tries. So the plain
    ``accept`` counts at one look alone, when ``best_of`` frames are there; every earlier and later look asks for
    ``margin`` more. ``tests/face/test_fusion.py`` shows that a session so keeps the false match rate of one frame.
    """
    score = fuse(frames, policy.best_of)
    if score is None or len(frames) < policy.early_frames:
        return (Outcome.UNDECIDED, Reason.TOO_FEW_FRAMES) if over else None
    wanted = scores.accept if len(frames) == policy.best_of else scores.accept + policy.margin
    if score >= wanted:
        return Outcome.MATCH, Reason.ABOVE_THRESHOLD
    settled = over or seconds - frames[0].seconds >= policy.reject_after_s
    if settled and len(frames) >= policy.reject_frames and score < scores.reject:
        return Outcome.NO_MATCH, Reason.BELOW_THRESHOLD
    if not over:
        return None
    enough = len(frames) >= policy.best_of
    return Outcome.UNDECIDED, Reason.NEAR_THRESHOLD if enough else Reason.TOO_FEW_FRAMES


def conclude(match: tuple[Outcome, Reason], pad: PadVerdict) -> tuple[Outcome, Reason]:
    """The outcome of comparison and presentation attack detection together: who is not the person on the chip stays
    so, and signs of an attack weigh more than a score that says too little."""
    if match[0] is Outcome.NO_MATCH:
        return match
    if pad is PadVerdict.ALARM:
        return Outcome.UNDECIDED, Reason.PAD_ALARM
    if pad is PadVerdict.INCOMPLETE and match[0] is Outcome.MATCH:
        return Outcome.UNDECIDED, Reason.PAD_INCOMPLETE
    return match
