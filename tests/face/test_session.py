"""Whole sessions with presentation attack detection: a simulated head that sees the prompts and does what they ask."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import numpy as np
import pytest

from face.decision import Decision, Outcome, Reason
from face.models.pack import ModelPack
from face.opencv import Image
from face.pad.evidence import PadCheck, PadState, PadVerdict
from face.pad.moves import Move
from face.pad.policy import Mode, PadPolicy
from face.pad.prompt import Prompt
from face.quality import Guidance
from face.session import FrameReport
from face.simulation.head import HeadModel
from face.simulation.pose import Pose3d, ScreenLight
from face.verify import Verifier

FRAME_S = 0.1
REACTION_S = 0.3
MOVE_S = 0.6  # from the front to the end of a move
POSES = {
    Move.TURN_LEFT: Pose3d(yaw=24),
    Move.TURN_RIGHT: Pose3d(yaw=-24),
    Move.LOOK_UP: Pose3d(pitch=17),
    Move.COME_CLOSER: Pose3d(scale=1.3),
}

# The relief of a simulated head is guessed from one portrait: what a screen's light and a turn show of it is tested
# where those checks are. Here it is the session's order of events.
POLICY = PadPolicy(plane=Mode.ADVISORY, light=Mode.ADVISORY)


@pytest.fixture(scope="module")
def verifier(pack: ModelPack) -> Verifier:
    return Verifier(pack, pad=POLICY)


@pytest.fixture(scope="module")
def heads(pack: ModelPack, people: Mapping[str, Any]) -> dict[str, HeadModel]:
    small = (640, 400)  # drawn and looked at four times faster
    return {name: HeadModel.from_portrait(people[name].live, pack, frame=small) for name in ("lan", "hung")}


@dataclass
class Actor:
    """Does what the prompt asks, after a moment, and goes back to the front when it asks no more."""

    head: HeadModel
    lazy: bool = False
    _move: Move | None = None
    _since: float = 0.0
    _source: np.random.Generator = field(default_factory=lambda: np.random.default_rng(5))

    def frame(self, prompt: Prompt, now: float) -> Image:
        if prompt.move is not self._move:
            self._move, self._since = prompt.move, now
        part = min(1.0, max(0.0, (now - self._since - REACTION_S) / MOVE_S))
        sway = tuple(self._source.normal(0, 1.0, 2))
        pose, blink = Pose3d(shift=(float(sway[0]), float(sway[1]))), 0.0
        if self._move is Move.BLINK and not self.lazy:
            blink = 1.0 if 0.3 < part < 0.9 else 0.0
        elif self._move is not None and not self.lazy:
            end = POSES[self._move]
            scale = 1 + (end.scale - 1) * part
            pose = Pose3d(end.yaw * part, end.pitch * part, 0.0, scale, pose.shift)
        still = self.head.render(pose, blink=blink, light=ScreenLight(prompt.light))
        noise = self._source.normal(0, 2.5, still.shape)
        return np.clip(np.rint(still + noise), 0, 255).astype(np.uint8)


@dataclass
class Film:
    """What a session said, frame by frame."""

    reports: list[FrameReport] = field(default_factory=list)

    @property
    def decision(self) -> Decision:
        found = self.reports[-1].decision
        assert found is not None
        return found

    @property
    def asked(self) -> list[Move]:
        moves = [report.prompt.move for report in self.reports]
        return [b for a, b in zip([None, *moves], moves, strict=False) if b is not None and b is not a]


def perform(verifier: Verifier, chip: bytes, actor: Actor, then: Actor | None = None) -> Film:
    """One session from the first frame to the decision. ``then``: who steps in when the last move was followed."""
    now, film, prompt = 100.0, Film(), Prompt(None, None, 0, 0)
    with verifier.enrol(chip) as template, verifier.session(template, lambda: now, random=Random(1)) as session:
        while len(film.reports) < 300:
            swapped = 0 < prompt.steps == prompt.step
            player = then if then is not None and swapped else actor
            report = session.feed(player.frame(prompt, now), now)
            film.reports.append(report)
            if report.decision is not None:
                return film
            prompt = report.prompt
            now += FRAME_S
    pytest.fail("the session never decided")


@pytest.fixture(scope="module")
def genuine(verifier: Verifier, people: Mapping[str, Any], heads: Mapping[str, HeadModel]) -> Film:
    return perform(verifier, people["lan"].chip, Actor(heads["lan"]))


def test_the_holder_who_follows_the_moves_is_a_match(genuine: Film) -> None:
    decision = genuine.decision
    assert (decision.outcome, decision.reason) == (Outcome.MATCH, Reason.ABOVE_THRESHOLD)
    assert decision.pad.verdict is PadVerdict.PASSED
    for check in (PadCheck.CHALLENGE, PadCheck.CONTINUITY):
        result = decision.pad.result(check)
        assert result is not None
        assert result.state is PadState.SUCCESSFUL
    assert decision.pad.moves == tuple(genuine.asked)
    assert len(genuine.asked) == POLICY.moves
    assert decision.score is not None
    assert decision.score > 0.8
    assert decision.frames_used == 5
    assert all(frame.measures is not None for frame in decision.frames)


def test_the_light_comes_before_the_moves_and_never_with_them(genuine: Film) -> None:
    lit = [number for number, report in enumerate(genuine.reports) if report.prompt.light is not None]
    moving = [number for number, report in enumerate(genuine.reports) if report.prompt.move is not None]
    assert lit
    assert max(lit) < min(moving)


def test_while_a_move_is_asked_for_nobody_is_told_to_look_straight(genuine: Film) -> None:
    moving = [report for report in genuine.reports if report.prompt.move is not None]
    assert {report.guidance for report in moving} == {Guidance.GOOD}
    turned = [abs(report.quality.pose.yaw) for report in moving if report.quality is not None]
    assert max(turned) > 10, "the test's person never turned"


def test_progress_only_grows_and_ends_at_the_whole(genuine: Film) -> None:
    progress = [report.progress for report in genuine.reports]
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    assert max(progress[:-1]) < 1.0
    assert len(set(progress)) > 4


def test_somebody_else_ends_at_the_front_before_any_move(
    verifier: Verifier, people: Mapping[str, Any], heads: Mapping[str, HeadModel]
) -> None:
    film = perform(verifier, people["lan"].chip, Actor(heads["hung"]))
    assert (film.decision.outcome, film.decision.reason) == (Outcome.NO_MATCH, Reason.BELOW_THRESHOLD)
    assert film.decision.seconds < 4.0
    assert len(film.asked) <= 1


def test_who_ignores_the_moves_is_undecided_never_a_stranger(
    pack: ModelPack, people: Mapping[str, Any], heads: Mapping[str, HeadModel]
) -> None:
    impatient = Verifier(pack, pad=replace(POLICY, move_limit_s=1.0, retries=0))
    film = perform(impatient, people["lan"].chip, Actor(heads["lan"], lazy=True))
    assert (film.decision.outcome, film.decision.reason) == (Outcome.UNDECIDED, Reason.PAD_INCOMPLETE)
    assert film.decision.score is not None
    assert film.decision.score >= film.decision.threshold


def test_who_steps_in_after_the_moves_is_not_let_through(
    verifier: Verifier, people: Mapping[str, Any], heads: Mapping[str, HeadModel]
) -> None:
    film = perform(verifier, people["lan"].chip, Actor(heads["lan"]), then=Actor(heads["hung"]))
    assert film.decision.outcome is Outcome.UNDECIDED
    assert film.decision.reason in {Reason.PAD_ALARM, Reason.PAD_INCOMPLETE, Reason.NEAR_THRESHOLD}
