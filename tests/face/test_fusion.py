"""Many frames must not be many tries: a session's false match rate against that of one frame, on simulated scores.

Impostor scores are simulated as they are measured: from person to person the upper tail falls by a decade every 0.0535
(SFace between FMR 1e-3 and 1e-5), and the frames of one person scatter about that person's own score. A frame's quality
is drawn with no regard to its score, as the pipeline chooses it. The sums are importance sampled: what is laid out
evenly counts with the tail's density, so that a rate of 1e-6 needs a thousand sessions and not billions.
"""

import math
from dataclasses import dataclass

import numpy as np
import pytest

from face.decision import Outcome, Policy, Reason, ScoredFrame, Scores, fuse, judge

DECADE = 0.0535
SCORES = Scores(accept=0.575, reject=0.345)
POLICY = Policy()
FRAME_S = 0.1
FRAMES = 40  # what a session sees in four seconds
LOW, HIGH = SCORES.accept - 0.45, SCORES.accept + 0.10


@dataclass(frozen=True)
class Rates:
    """False match rates in units of the rate at ``accept`` without any scatter."""

    single: float
    session: float


def simulate(scatter: float, persistence: float, sessions: int = 2500, seed: int = 4) -> Rates:
    """``scatter``: standard deviation of a person's frames; ``persistence``: correlation of one frame with the next."""
    source = np.random.default_rng(seed)
    base = np.linspace(LOW, HIGH, sessions)
    weight = np.exp(-math.log(10) / DECADE * (base - SCORES.accept)) * math.log(10) / DECADE * (HIGH - LOW) / sessions
    noise = source.normal(0, 1, (sessions, FRAMES))
    for number in range(1, FRAMES):
        noise[:, number] = persistence * noise[:, number - 1] + math.sqrt(1 - persistence**2) * noise[:, number]
    scores = base[:, None] + scatter * noise
    quality = source.uniform(0, 1, (sessions, FRAMES))
    single = float((weight[:, None] * (scores >= SCORES.accept)).sum() / FRAMES)
    matched = [run(row, ranks) for row, ranks in zip(scores, quality, strict=True)]
    return Rates(single, float((weight * matched).sum()))


def run(scores: np.ndarray, quality: np.ndarray) -> bool:
    """One session, judged after every frame as the pipeline does it."""
    seen: list[ScoredFrame] = []
    for number, (score, rank) in enumerate(zip(scores, quality, strict=True)):
        seen.append(ScoredFrame(float(score), float(rank), number * FRAME_S))
        verdict = judge(seen, SCORES, POLICY, number * FRAME_S, over=False)
        if verdict is not None:
            return verdict[0] is Outcome.MATCH
    return False


@pytest.mark.parametrize("scatter", [0.01, 0.02, 0.03, 0.05])
@pytest.mark.parametrize("persistence", [0.0, 0.8])
def test_a_session_matches_falsely_no_more_often_than_one_frame(scatter: float, persistence: float) -> None:
    rates = simulate(scatter, persistence)
    assert rates.single > 0.9, "the simulated tail does not reach the threshold"
    assert 0.3 < rates.session <= rates.single * 1.02  # 2 %: the sampling's own error


def test_the_best_score_of_many_would_raise_it() -> None:
    """The check can fail: a session that matched on its best frame, which is what this policy does not do."""
    source = np.random.default_rng(1)
    base = source.uniform(LOW, HIGH, 4000)
    weight = np.exp(-math.log(10) / DECADE * (base - SCORES.accept)) * math.log(10) / DECADE * (HIGH - LOW) / 4000
    scores = base[:, None] + source.normal(0, 0.03, (4000, FRAMES))
    single = float((weight[:, None] * (scores >= SCORES.accept)).sum() / FRAMES)
    best = float((weight * (scores.max(axis=1) >= SCORES.accept)).sum())
    assert best > 2 * single


def test_two_of_five_frames_may_say_what_they_like() -> None:
    """The median's breakdown point: the score stays among the other three."""
    source = np.random.default_rng(2)
    for _ in range(200):
        good = source.uniform(0.75, 0.85, 3)
        odd = source.uniform(-1, 1, 2)
        mixed = [ScoredFrame(float(score), 0.5, 0.0) for score in source.permutation(np.concatenate([good, odd]))]
        score = fuse(mixed, 5)
        assert score is not None
        assert good.min() <= score <= good.max()


def test_a_match_by_a_hair_is_taken_at_one_look_only() -> None:
    hair = SCORES.accept + POLICY.margin / 2
    rising = [ScoredFrame(0.5, 0.5, 0.0)] * 5
    assert judge(rising, SCORES, POLICY, 0.5, over=False) is None
    better = rising + [ScoredFrame(hair, 0.9, 0.5)] * 5
    assert judge(better, SCORES, POLICY, 1.0, over=False) is None
    assert judge(better, SCORES, POLICY, 10.0, over=True) == (Outcome.UNDECIDED, Reason.NEAR_THRESHOLD)
    clear = rising + [ScoredFrame(SCORES.accept + POLICY.margin, 0.9, 0.5)] * 5
    assert judge(clear, SCORES, POLICY, 1.0, over=False) == (Outcome.MATCH, Reason.ABOVE_THRESHOLD)
