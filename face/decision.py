"""From the scores of good frames to one decision. Pure: no picture, no model, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from face.measures import FaceQuality
from face.models.pack import ModelHash
from face.pad.evidence import PadEvidence


class Outcome(StrEnum):
    MATCH = "match"
    NO_MATCH = "no_match"
    UNDECIDED = "undecided"  # never treated as a match; the patient goes to the counter


class Reason(StrEnum):
    ABOVE_THRESHOLD = "above_threshold"
    BELOW_THRESHOLD = "below_threshold"
    NEAR_THRESHOLD = "near_threshold"  # time over, and the score too close below the threshold to say no
    TOO_FEW_FRAMES = "too_few_frames"  # time over, and not enough good frames seen
    PAD_ALARM = "pad_alarm"  # the faces match, and a required check found signs of a presentation attack
    PAD_INCOMPLETE = "pad_incomplete"  # the faces match, and a required check could not be assessed in time


@dataclass(frozen=True, slots=True)
class Policy:
    """How sure is sure. The defaults follow NIST SP 800-63A-4 (FMR 1:10,000) and BSI TR-03121-3 (10 s to acquire)."""

    fmr: str = "1e-4"
    time_limit_s: float = 10.0
    # The fused score is the median over this many frames of the best quality. Frames are chosen by quality, not by
    # score: the best score of many would raise the false match rate with every frame.
    best_of: int = 5
    # With this many good frames a match is taken early if it is clear by ``margin``.
    early_frames: int = 3
    # 0.05 is about one decade of FMR for SFace (0.398, 0.456, 0.505 at 1e-3, 1e-4, 1e-5).
    margin: float = 0.05
    # A "no" needs this many good frames over this long: a genuine person gets the time to settle.
    reject_frames: int = 8
    reject_after_s: float = 3.0

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
    frames: Sequence[ScoredFrame], threshold: float, policy: Policy, seconds: float
) -> tuple[Outcome, Reason] | None:
    """The outcome after these frames at ``seconds`` since the session began, or None while it is open.

    At the time limit there always is an outcome: what is not certain is ``undecided``.
    """
    over = seconds >= policy.time_limit_s
    score = fuse(frames, policy.best_of)
    if score is None or len(frames) < policy.early_frames:
        return (Outcome.UNDECIDED, Reason.TOO_FEW_FRAMES) if over else None
    clear = score >= threshold + policy.margin
    if clear or (len(frames) >= policy.best_of and score >= threshold):
        return Outcome.MATCH, Reason.ABOVE_THRESHOLD
    settled = over or seconds - frames[0].seconds >= policy.reject_after_s
    if settled and len(frames) >= policy.reject_frames and score < threshold - policy.margin:
        return Outcome.NO_MATCH, Reason.BELOW_THRESHOLD
    if not over:
        return None
    enough = len(frames) >= policy.reject_frames
    return Outcome.UNDECIDED, Reason.NEAR_THRESHOLD if enough else Reason.TOO_FEW_FRAMES
