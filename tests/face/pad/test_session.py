"""Whole sessions: somebody does what is asked, or does not, and the evidence says so."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from random import Random

import numpy as np
import pytest

from face.mesh import FaceMesh
from face.pad.conductor import SCREEN_PATIENCE_S
from face.pad.evidence import PadCheck, PadResult, PadState, PadVerdict
from face.pad.light import LightAnalysis
from face.pad.light_colours import LightColour
from face.pad.moves import Move
from face.pad.policy import Mode, PadPolicy
from face.pad.script import ChallengeScript, TimedPrompt
from face.pad.session import PadSession
from tests.face.pad.performer import FRONT, Performer, Pose, person

# The performer has no picture of a face: what lives on pixels of skin is tested elsewhere.
POLICY = PadPolicy(light=Mode.OFF, plane=Mode.OFF, passive=Mode.OFF)
DONE = {
    Move.TURN_LEFT: Pose(yaw=16),
    Move.TURN_RIGHT: Pose(yaw=-16),
    Move.LOOK_UP: Pose(pitch=12),
    Move.COME_CLOSER: Pose(closer=1.25),
    Move.BLINK: Pose(lids=0.1),
}
Answer = Callable[[Move], Pose]


def obey(move: Move) -> Pose:
    return DONE[move]


def run(session: PadSession, performer: Performer, answer: Answer = obey, limit: int = 900) -> list[Move | None]:
    """Somebody who reads for 0.4 s, moves, and comes back. Returns the prompts in the order they appeared."""
    asked: list[Move | None] = []
    pose = FRONT
    for _ in range(limit):
        if session.done:
            return asked
        move = session.prompt.move
        if not asked or asked[-1] is not move:
            asked.append(move)
            path = []
            if move is not None:
                goal = answer(move)
                there, back = performer.glide(FRONT, goal, 0.35), performer.glide(goal, FRONT, 0.35)
                path = [FRONT] * 6 + there + [goal] * 2 + back
        pose = path.pop(0) if path else FRONT
        session.feed(performer.observation(pose))
    pytest.fail("the session never ended")


def session_for(performer: Performer, policy: PadPolicy = POLICY, seed: int = 1) -> PadSession:
    return PadSession(policy, lambda: performer.now, Random(seed))


@pytest.mark.parametrize("seed", range(6))
def test_who_does_what_is_asked_passes(front_mesh: FaceMesh, seed: int) -> None:
    performer = Performer(front_mesh)
    session = session_for(performer, seed=seed)
    asked = run(session, performer)
    evidence = session.evidence()
    assert evidence.verdict is PadVerdict.PASSED, evidence
    assert evidence.moves == tuple(move for move in asked if move is not None)
    assert len(evidence.moves) == 2
    assert any(move.is_turn for move in evidence.moves)
    assert session.progress == 1.0
    assert all(result.score is not None and result.score > 0.3 for result in evidence.results)


def test_a_still_picture_is_asked_twice_and_once_more_and_then_is_incomplete(performer: Performer) -> None:
    session = session_for(performer)
    asked = run(session, performer, lambda move: FRONT)
    evidence = session.evidence()
    assert evidence.verdict is PadVerdict.INCOMPLETE
    challenge = evidence.result(PadCheck.CHALLENGE)
    assert challenge is not None
    assert (challenge.state, challenge.reason) == (PadState.NOT_ASSESSED, "not_followed_in_time")
    assert len([move for move in asked if move is not None]) == 2, "one move and one in its place"


def test_a_move_not_followed_gets_another_one_in_its_place(performer: Performer) -> None:
    session = session_for(performer)
    first: list[Move] = []

    def late(move: Move) -> Pose:
        first.append(move)
        return FRONT if len(first) == 1 else DONE[move]

    run(session, performer, late)
    evidence = session.evidence()
    assert evidence.verdict is PadVerdict.PASSED
    assert len(evidence.moves) == 3
    assert evidence.moves[0] is not evidence.moves[1]


def test_a_recording_that_plays_its_own_moves_is_an_alarm(performer: Performer) -> None:
    def other(move: Move) -> Pose:
        return DONE[Move.TURN_RIGHT if move is not Move.TURN_RIGHT else Move.TURN_LEFT]

    session = session_for(performer)
    run(session, performer, other)
    evidence = session.evidence()
    assert evidence.verdict is PadVerdict.ALARM
    challenge = evidence.result(PadCheck.CHALLENGE)
    assert challenge is not None
    assert challenge.reason == "wrong_move"


def test_another_person_after_the_challenge_is_an_alarm(performer: Performer) -> None:
    session = session_for(performer)
    first = performer.who

    def swap(move: Move) -> Pose:
        performer.who = person(9)
        return DONE[move]

    run(session, performer, swap)
    evidence = session.evidence()
    assert not np.allclose(first, performer.who)
    assert evidence.verdict is PadVerdict.ALARM
    continuity = evidence.result(PadCheck.CONTINUITY)
    assert continuity is not None
    assert continuity.reason == "swapped_person"


def test_who_leaves_before_the_first_move_begins_again(performer: Performer) -> None:
    session = session_for(performer, replace(POLICY, light=Mode.ADVISORY))
    performer.perform(session, [FRONT] * 12)
    assert session.prompt.light is not None
    for _ in range(20):
        performer.now += performer.frame_s
        session.miss(performer.now)
    assert session.prompt.light is None
    run(session, performer)
    assert session.evidence().verdict is PadVerdict.PASSED


def test_who_leaves_among_the_moves_is_not_assessed(performer: Performer) -> None:
    session = session_for(performer)
    while session.prompt.move is None:
        session.feed(performer.observation(FRONT))
    for _ in range(400):
        performer.now += performer.frame_s
        session.miss(performer.now)
    assert session.done
    assert session.evidence().verdict is PadVerdict.INCOMPLETE


def test_the_colours_are_shown_one_by_one_never_faster_than_twice_a_second(performer: Performer) -> None:
    performer.frame_s = 0.13  # a slow camera
    session = session_for(performer, PadPolicy(light_steps=5))
    shown: list[tuple[float, LightColour | None]] = []
    while session.prompt.move is None:
        session.feed(performer.observation(FRONT))
        if not shown or shown[-1][1] is not session.prompt.light:
            shown.append((performer.now, session.prompt.light))
    colours = [colour for _, colour in shown if colour is not None]
    assert len(colours) == 5
    assert all(b[0] - a[0] >= 0.5 for a, b in pairwise(shown) if a[1] is not None)


LIT = replace(POLICY, light=Mode.ADVISORY)


class SlowScreen:
    """Paints a colour ``late`` seconds after it was asked for, never if None, and says so: like the kiosk's window."""

    def __init__(self, session: PadSession, performer: Performer, late: float | None) -> None:
        self._session, self._performer, self._late = session, performer, late
        self._asked: LightColour | None = None
        self._due: float | None = None
        self.painted: list[tuple[float, LightColour | None]] = []

    def frame(self) -> None:
        self._session.feed(self._performer.observation(FRONT))
        now, colour = self._performer.now, self._session.prompt.light
        if colour is not self._asked:
            self._asked, self._due = colour, None if self._late is None else now + self._late
        if self._due is not None and now >= self._due:
            self.painted.append((self._due, self._asked))
            self._session.light_shown(self._asked, self._due)
            self._due = None

    def until_the_first_move(self) -> None:
        while self._session.prompt.move is None:
            self.frame()
            assert self._performer.now < 130, "it goes on"


def reported(performer: Performer, policy: PadPolicy = LIT) -> PadSession:
    return PadSession(policy, lambda: performer.now, Random(1), reports_light=True)


@pytest.mark.parametrize("late", [0.0, 0.3, 1.2])
def test_a_colours_time_begins_when_it_is_on_the_screen(performer: Performer, late: float) -> None:
    session = reported(performer)
    screen = SlowScreen(session, performer, late)
    screen.until_the_first_move()
    for _ in range(25):
        screen.frame()
    assert len([colour for _, colour in screen.painted if colour is not None]) == LIT.light_steps
    assert screen.painted[-1][1] is None
    spacing = [b[0] - a[0] for a, b in pairwise(screen.painted)]
    assert min(spacing) >= LIT.light_step_s + late - 1e-9, "each its whole time, never more than two changes a second"


def test_a_screen_that_paints_nothing_is_not_waited_for_twice(performer: Performer) -> None:
    session = reported(performer)
    began = performer.now
    SlowScreen(session, performer, None).until_the_first_move()
    assert performer.now - began < SCREEN_PATIENCE_S + 1.5
    session.light_shown(LightColour.MINT, performer.now)  # now it comes
    light = session.evidence().result(PadCheck.LIGHT)
    assert light is not None
    assert (light.state, light.reason) == (PadState.NOT_ASSESSED, "screen_too_slow")
    run(session, performer)
    assert session.evidence().verdict is PadVerdict.PASSED, "the other checks have not suffered"


def test_a_slow_camera_sees_enough_of_each_colour(performer: Performer) -> None:
    performer.frame_s = 0.24
    session = reported(performer)
    screen = SlowScreen(session, performer, 0.0)
    screen.until_the_first_move()
    colours = [at for at, _ in screen.painted]
    assert all(b - a >= 3 * performer.frame_s - 1e-9 for a, b in pairwise(colours))


def test_who_comes_back_does_not_make_the_screen_flicker(performer: Performer) -> None:
    session = reported(performer)
    screen = SlowScreen(session, performer, 0.0)
    while len(screen.painted) < 2:
        screen.frame()
    for _ in range(12):
        performer.now += performer.frame_s
        session.miss(performer.now)
    assert session.prompt.light is None
    gone = performer.now
    while session.prompt.light is None:
        screen.frame()
    assert performer.now - gone >= LIT.light_step_s - 2 * performer.frame_s


def test_without_reports_a_colour_counts_from_its_order(performer: Performer) -> None:
    session = session_for(performer, LIT)
    while session.prompt.light is None:
        session.feed(performer.observation(FRONT))
    session.light_shown(session.prompt.light, performer.now + 9.0)  # nobody said that it would come
    SlowScreen(session, performer, None).until_the_first_move()
    light = session.evidence().result(PadCheck.LIGHT)
    assert light is not None
    assert light.reason != "screen_too_slow"


def test_moves_and_colours_come_from_the_source_of_chance(front_mesh: FaceMesh) -> None:
    def asked(seed: int) -> tuple[Move, ...]:
        performer = Performer(front_mesh)
        session = session_for(performer, seed=seed)
        run(session, performer)
        return session.evidence().moves

    assert asked(3) == asked(3)
    assert len({asked(seed) for seed in range(8)}) > 3


def test_a_policy_that_is_off_asks_and_says_nothing(performer: Performer) -> None:
    session = session_for(performer, PadPolicy.named("off"))
    assert session.done
    assert session.evidence().verdict is PadVerdict.NOT_ASSESSED
    assert session.evidence().results == ()


def test_advisory_checks_run_to_the_end_and_decide_nothing(performer: Performer) -> None:
    session = session_for(performer, PadPolicy.named("advisory"))
    performer.noise = 0
    run(session, performer)
    evidence = session.evidence()
    assert evidence.verdict is PadVerdict.NOT_ASSESSED
    continuity = evidence.result(PadCheck.CONTINUITY)
    assert continuity is not None
    assert continuity.reason == "duplicate_frames"
    assert [result.check for result in evidence.results] == list(PadCheck)


def test_a_camera_that_sends_nothing_does_not_hold_the_session_for_ever(performer: Performer) -> None:
    session = session_for(performer)
    performer.perform(session, [FRONT] * 5)
    performer.now += POLICY.session_limit_s
    assert session.done
    assert session.evidence().verdict is PadVerdict.INCOMPLETE


def test_a_closed_session_says_so(performer: Performer) -> None:
    session = session_for(performer)
    performer.perform(session, [FRONT] * 5)
    session.close()
    with pytest.raises(ValueError, match="closed"):
        session.feed(performer.observation(FRONT))
    with pytest.raises(ValueError, match="closed"):
        session.miss(performer.now)
    with pytest.raises(ValueError, match="closed"):
        session.light_shown(None, performer.now)
    with pytest.raises(ValueError, match="closed"):
        session.evidence()


# --- recorded clips


SCRIPT = ChallengeScript(
    (
        TimedPrompt(0.0, None, None),
        TimedPrompt(1.0, Move.TURN_LEFT, None),
        TimedPrompt(3.0, None, None),
        TimedPrompt(4.0, Move.LOOK_UP, None),
        TimedPrompt(6.0, None, None),
    )
)


def clip(performer: Performer, first: Move, second: Move, begin: float = 0.5) -> list[Pose]:
    """Poses of a clip in which ``first`` was done ``begin`` seconds after the first prompt, and ``second`` likewise."""
    poses: list[Pose] = []
    for at, move in ((1.0, first), (4.0, second)):
        poses += [FRONT] * (round((at + begin) / performer.frame_s) - len(poses))
        goal = DONE[move]
        poses += performer.glide(FRONT, goal, 0.4) + [goal] * 4 + performer.glide(goal, FRONT, 0.4)
    return poses + [FRONT] * (round(7.0 / performer.frame_s) - len(poses))


def judged(performer: Performer, poses: list[Pose]) -> tuple[PadVerdict, str]:
    session = PadSession(POLICY, lambda: performer.now, Random(1), script=SCRIPT)
    performer.perform(session, poses)
    evidence = session.evidence()
    challenge = evidence.result(PadCheck.CHALLENGE)
    assert challenge is not None
    assert evidence.moves == (Move.TURN_LEFT, Move.LOOK_UP)
    return evidence.verdict, challenge.reason


def test_a_clip_is_judged_by_the_prompts_it_was_recorded_with(performer: Performer) -> None:
    assert judged(performer, clip(performer, Move.TURN_LEFT, Move.LOOK_UP)) == (PadVerdict.PASSED, "followed")


def test_a_clip_of_other_moves_does_not_pass(performer: Performer) -> None:
    assert judged(performer, clip(performer, Move.TURN_RIGHT, Move.TURN_RIGHT)) == (PadVerdict.ALARM, "wrong_move")


def test_a_clip_of_the_right_moves_in_the_wrong_order_does_not_pass(performer: Performer) -> None:
    assert judged(performer, clip(performer, Move.LOOK_UP, Move.TURN_LEFT))[0] is PadVerdict.ALARM


def test_a_clip_that_runs_ahead_of_the_prompts_does_not_pass(performer: Performer) -> None:
    verdict, reason = judged(performer, clip(performer, Move.TURN_LEFT, Move.LOOK_UP, begin=-0.2))
    assert verdict is not PadVerdict.PASSED
    assert reason in ("moved_before_prompt", "not_followed_in_time")


def reason(session: PadSession, check: PadCheck) -> str:
    result = session.evidence().result(check)
    assert result is not None
    return result.reason


def test_who_steps_in_when_everything_is_done_is_an_alarm(performer: Performer) -> None:
    session = session_for(performer)
    run(session, performer)
    assert session.evidence().verdict is PadVerdict.PASSED
    performer.who = person(9)
    performer.perform(session, [FRONT] * 2)
    assert session.evidence().verdict is PadVerdict.ALARM
    assert reason(session, PadCheck.CONTINUITY) == "swapped_person"


def test_who_goes_away_when_everything_is_done_is_not_seen_to_the_end(performer: Performer) -> None:
    session = session_for(performer)
    run(session, performer)
    performer.now += 0.8
    session.miss(performer.now)
    assert session.evidence().verdict is PadVerdict.INCOMPLETE
    assert reason(session, PadCheck.CONTINUITY) == "track_lost"


def test_the_order_in_which_a_lost_camera_comes_back_is_no_alarm(performer: Performer) -> None:
    session = session_for(performer)
    performer.perform(session, [FRONT] * 5)
    performer.now += 2.0
    session.lose(performer.now + 0.05)  # the frame that comes next was taken before we gave up waiting
    performer.perform(session, [FRONT] * 3)
    run(session, performer)
    assert session.evidence().verdict is PadVerdict.PASSED, session.evidence()


def test_times_that_go_back_under_the_light_are_an_alarm_and_end_nothing_else(performer: Performer) -> None:
    session = session_for(performer, replace(POLICY, light=Mode.ADVISORY))
    while session.prompt.light is None:
        session.feed(performer.observation(FRONT))
    performer.now -= 1.0
    session.feed(performer.observation(FRONT))
    assert session.done
    assert session.evidence().verdict is PadVerdict.ALARM
    assert reason(session, PadCheck.CONTINUITY) == "time_backwards"


def test_what_the_light_said_against_a_picture_stays_when_it_is_taken_away(
    performer: Performer, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_for(performer, replace(POLICY, light=Mode.REQUIRED))
    against = PadResult(PadCheck.LIGHT, PadState.FAILED, 0.0, "no_response")
    with monkeypatch.context() as patched:
        patched.setattr(LightAnalysis, "result", lambda self: against)
        performer.perform(session, [FRONT] * 20)
        performer.now += 1.0
        session.miss(performer.now)
    performer.perform(session, [FRONT] * 20)
    assert session.begun == 2
    assert session.evidence().verdict is PadVerdict.ALARM
    assert reason(session, PadCheck.LIGHT) == "no_response"
