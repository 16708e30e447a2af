"""Whose frames count: somebody else's, before or after the checks for a living person, must not make a match.

Faces are vectors here and frames noise (``tests/face/pad/performer.py``), so that it is exact who is seen when.
"""

from dataclasses import dataclass, field, replace
from random import Random
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from face.decision import Decision, Outcome, Policy, Reason, Scores
from face.detect import Box, DetectedFace
from face.embed import Embedding
from face.measures import FaceQuality
from face.measures import Pose as Angles
from face.mesh import FaceMesh
from face.opencv import Image
from face.pad.evidence import PadVerdict
from face.pad.observation import Observation
from face.pad.policy import Mode, PadPolicy
from face.pad.session import PadSession
from face.quality import Guidance, Limits
from face.session import FaceSession, FrameReport
from face.sight import Sight
from face.template import Template
from face.verify import Verifier
from tests.face.pad.performer import FRONT, Performer, Pose, person
from tests.face.pad.test_session import DONE

HOLDER = person(1)


def _stranger() -> Embedding:
    """Like the holder by 0.40: too little for a match, too much for a quick "no"."""
    other = person(9) - HOLDER * (person(9) @ HOLDER)
    return np.asarray(0.40 * HOLDER + (1 - 0.40**2) ** 0.5 * other / np.linalg.norm(other), dtype=np.float32)


STRANGER = _stranger()

# What lives on pixels of skin is tested elsewhere.
POLICY = PadPolicy(light=Mode.OFF, plane=Mode.OFF, passive=Mode.OFF)


@dataclass
class Stage:
    """A session, and who stands before it. ``good``: whether the quality gate lets the frame through; ``rank``: its
    rank. The stage is also the verifier: it knows what there is to see."""

    performer: Performer
    pad_policy: PadPolicy = POLICY
    policy: Policy = field(default_factory=Policy)
    limits: Limits = field(default_factory=Limits)
    scores: Scores = field(default_factory=lambda: Scores(0.575, 0.34))
    accept: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(extrapolated=False))
    model_hashes: tuple[()] = ()
    good: bool = True
    rank: float = 0.5
    decision: Decision | None = None

    def __post_init__(self) -> None:
        pad = PadSession(self.pad_policy, self._clock, Random(1))
        self._now: Observation | None = None
        self.pad = pad
        self.session = FaceSession(cast(Verifier, self), Template(HOLDER.copy(), ()), self._clock, pad)

    def _clock(self) -> float:
        return self.performer.now

    def see(self, image: Image, before: Box | None) -> Sight:
        assert self._now is not None
        angles = Angles(self._now.mesh.yaw, self._now.mesh.pitch, 0.0)
        quality = FaceQuality(80, angles, 120, 90, 0, 0, 0, 0.4, 0, 0.1, 0.25, self.rank)
        passed = self.good and self._now.embedding is not None
        return Sight(Guidance.GOOD if passed else Guidance.EYES_CLOSED, self._now.face, self._now.mesh, quality)

    def embed(self, image: Image, face: DetectedFace) -> Embedding:
        return self.performer.who.copy()

    def frame(self, pose: Pose = FRONT) -> FrameReport:
        self._now = self.performer.observation(pose)
        report = self.session.feed(self._now.image, self._now.timestamp)
        self.decision = report.decision
        return report

    def do_what_is_asked(self) -> None:
        """Until PAD is done: read for 0.4 s, move, come back."""
        for _ in range(40):
            while not self.pad.done and self.decision is None and self.pad.prompt.move is None:
                self.frame()
            if self.pad.done or self.decision is not None:
                return
            move = self.pad.prompt.move
            assert move is not None
            there = self.performer.glide(FRONT, DONE[move], 0.35)
            back = self.performer.glide(DONE[move], FRONT, 0.35)
            for pose in [FRONT] * 6 + there + [DONE[move]] * 2 + back:
                if not self.pad.done:
                    self.frame(pose)

    def until_decided(self, frames: int = 200) -> Decision:
        for _ in range(frames):
            if self.decision is not None:
                return self.decision
            self.frame()
        pytest.fail("the session never decided")


@pytest.fixture
def stage(front_mesh: FaceMesh) -> Stage:
    return Stage(Performer(front_mesh))


def test_the_holder_gets_through_this_stage(stage: Stage) -> None:
    stage.do_what_is_asked()
    decision = stage.until_decided()
    assert (decision.outcome, decision.pad.verdict) == (Outcome.MATCH, PadVerdict.PASSED)


def test_a_picture_held_up_after_the_checks_is_no_match(stage: Stage) -> None:
    """A living stranger passes every check, shows little to compare, and then holds up the holder's picture."""
    stage.performer.who, stage.rank = STRANGER, 0.1
    stage.do_what_is_asked()
    assert stage.decision is None, "PAD is done, and the comparison is open: now it matters who comes"
    assert stage.pad.evidence().verdict is PadVerdict.PASSED
    stage.performer.who, stage.rank = HOLDER, 0.9
    decision = stage.until_decided()
    assert decision.outcome is not Outcome.MATCH
    assert decision.reason is Reason.PAD_ALARM


def test_a_picture_shown_before_does_not_match_for_who_stands_there_afterwards(front_mesh: FaceMesh) -> None:
    """Even where a facility lets nothing but the moves decide: whoever makes them must be the one who matched."""
    only_light = replace(POLICY, challenge=Mode.OFF, continuity=Mode.OFF, light=Mode.ADVISORY)
    stage = Stage(Performer(front_mesh), only_light)
    while stage.session._match is None:
        stage.frame()
    stage.performer.now += 1.0
    stage.pad.miss(stage.performer.now)
    stage.performer.who = STRANGER
    assert stage.until_decided().outcome is not Outcome.MATCH


def test_moves_of_a_face_that_cannot_be_recognised_lead_to_no_further_move(stage: Stage) -> None:
    """The holder's picture at the front, a stranger with shut eyes for the moves: in between it must be the holder."""
    while stage.pad.prompt.move is None:
        stage.frame()
    stage.performer.who, stage.good = STRANGER, False
    first = stage.pad.prompt.move
    for pose in [FRONT] * 6 + stage.performer.glide(FRONT, DONE[first], 0.35) + [DONE[first]] * 2:
        stage.frame(pose)
    decision = stage.until_decided()
    assert decision.reason is Reason.PAD_INCOMPLETE
    assert decision.pad.moves == (first,)


def test_light_on_a_face_that_cannot_be_recognised_is_shown_anew(front_mesh: FaceMesh) -> None:
    stage = Stage(Performer(front_mesh), replace(POLICY, light=Mode.ADVISORY))
    stage.frame()
    stage.performer.who, stage.good = STRANGER, False
    for _ in range(30):
        stage.frame()
    assert stage.pad.prompt.light is None, "it was taken back"
    stage.performer.who, stage.good = HOLDER, True
    stage.frame()
    assert stage.pad.begun == 2
    stage.do_what_is_asked()
    decision = stage.until_decided()
    assert (decision.outcome, decision.pad.verdict) == (Outcome.MATCH, PadVerdict.PASSED)


def test_a_blink_takes_no_light_back(front_mesh: FaceMesh) -> None:
    stage = Stage(Performer(front_mesh), replace(POLICY, light=Mode.ADVISORY))
    for number in range(25):
        stage.good = number % 10 < 3
        stage.frame()
    assert stage.pad.begun == 1
