"""What the head must do, when, and what speaks against it."""

import pytest

from face.mesh import FaceMesh
from face.pad.challenge import Asked, ChallengeAnalysis
from face.pad.evidence import PadState
from face.pad.moves import Move
from tests.face.pad.performer import FRONT, Performer, Pose

LEFT, RIGHT, UP = Pose(yaw=16), Pose(yaw=-16), Pose(pitch=12)
DONE = {
    Move.TURN_LEFT: LEFT,
    Move.TURN_RIGHT: RIGHT,
    Move.LOOK_UP: UP,
    Move.COME_CLOSER: Pose(closer=1.25),
    Move.BLINK: Pose(lids=0.2),
}


class Stage:
    """A challenge and the person in front of it."""

    def __init__(self, performer: Performer, required: int = 1) -> None:
        self.performer = performer
        self.challenge = ChallengeAnalysis(required, 5.0)
        self.pose = FRONT
        self.rest(0.6)

    def rest(self, seconds: float) -> None:
        self.go(self.pose, seconds)

    def go(self, pose: Pose, seconds: float = 0.4) -> None:
        for step in self.performer.glide(self.pose, pose, seconds):
            self.challenge.feed(self.performer.observation(step))
        self.pose = pose

    def ask(self, move: Move | None) -> None:
        self.challenge.ask(move, self.performer.now)


@pytest.mark.parametrize("move", Move)
def test_a_move_after_its_prompt_is_followed(performer: Performer, move: Move) -> None:
    stage = Stage(performer)
    stage.ask(move)
    stage.rest(0.5)
    assert stage.challenge.asked is Asked.WAITING
    stage.go(DONE[move])
    stage.rest(0.2)
    stage.go(FRONT)
    assert stage.challenge.asked is Asked.FOLLOWED
    result = stage.challenge.result()
    assert (result.state, result.reason) == (PadState.SUCCESSFUL, "followed")
    assert result.score is not None
    assert result.score > 0.4


@pytest.mark.parametrize("offset", [Pose(yaw=7, pitch=-9), Pose(yaw=-8, pitch=6)])
def test_angles_count_from_the_persons_own_front(front_mesh: FaceMesh, offset: Pose) -> None:
    """A camera above and beside the screen sees everybody turned."""
    performer = Performer(front_mesh)
    stage = Stage(performer)
    stage.challenge = ChallengeAnalysis(1, 5.0)
    stage.pose = offset
    stage.rest(0.6)
    stage.ask(Move.TURN_LEFT)
    stage.rest(0.4)
    stage.go(Pose(yaw=offset.yaw + 9, pitch=offset.pitch))
    stage.rest(0.3)
    assert stage.challenge.asked is Asked.WAITING, "9 degrees are not a turn"
    stage.go(Pose(yaw=offset.yaw + 15, pitch=offset.pitch))
    stage.rest(0.3)
    assert stage.challenge.asked is Asked.FOLLOWED


def test_sooner_is_better_than_later_and_too_late_is_no_failure(front_mesh: FaceMesh) -> None:
    scores = []
    for wait in (0.4, 3.5):
        stage = Stage(Performer(front_mesh))
        stage.ask(Move.TURN_RIGHT)
        stage.rest(wait)
        stage.go(RIGHT)
        stage.rest(0.2)
        scores.append(stage.challenge.result().score or 0.0)
    assert scores[0] > scores[1] > 0.3
    stage = Stage(Performer(front_mesh))
    stage.ask(Move.TURN_RIGHT)
    stage.rest(5.2)
    stage.go(RIGHT)
    assert stage.challenge.asked is Asked.LATE
    assert (stage.challenge.result().state, stage.challenge.result().reason) == (
        PadState.NOT_ASSESSED,
        "not_followed_in_time",
    )


def test_left_and_right_may_be_mixed_up_once_but_not_twice(performer: Performer) -> None:
    stage = Stage(performer)
    stage.ask(Move.TURN_LEFT)
    stage.rest(0.4)
    stage.go(RIGHT)
    stage.rest(0.3)
    assert stage.challenge.asked is Asked.WAITING
    stage.go(FRONT)
    stage.rest(0.2)
    assert not stage.challenge.failed
    stage.go(LEFT)
    stage.rest(0.2)
    assert stage.challenge.result().reason == "followed_after_wrong_move"
    assert stage.challenge.result().state is PadState.SUCCESSFUL
    stage.go(FRONT)
    stage.rest(0.3)
    stage.ask(Move.LOOK_UP)
    stage.rest(0.4)
    stage.go(LEFT)
    stage.rest(0.3)
    assert stage.challenge.failed
    assert (stage.challenge.result().state, stage.challenge.result().reason) == (PadState.FAILED, "wrong_move")


def test_a_move_that_had_begun_before_its_prompt_does_not_count(performer: Performer) -> None:
    stage = Stage(performer)
    halfway = Pose(yaw=7)
    stage.go(halfway, 0.15)
    stage.ask(Move.TURN_LEFT)
    stage.go(LEFT, 0.15)
    stage.rest(0.3)
    assert stage.challenge.asked is Asked.WAITING
    stage.go(FRONT)
    stage.rest(0.3)
    stage.go(LEFT)
    stage.rest(0.2)
    assert stage.challenge.result().reason == "followed_after_moved_before_prompt"


def test_nobody_reads_and_turns_within_a_tenth_of_a_second(performer: Performer) -> None:
    stage = Stage(performer)
    stage.ask(Move.TURN_LEFT)
    stage.go(LEFT, 2 * performer.frame_s)
    stage.rest(0.5)
    assert stage.challenge.asked is Asked.WAITING


def test_glances_that_nobody_asked_for_cost_score_and_four_of_them_the_session(performer: Performer) -> None:
    stage = Stage(performer)
    for glance in (LEFT, RIGHT, LEFT):
        stage.go(glance, 0.3)
        stage.rest(0.2)
        stage.go(FRONT, 0.3)
        stage.rest(0.3)
        assert not stage.challenge.failed
    stage.go(RIGHT, 0.3)
    stage.rest(0.2)
    assert stage.challenge.failed


def test_looking_down_is_no_move(performer: Performer) -> None:
    stage = Stage(performer)
    for _ in range(5):
        stage.go(Pose(pitch=-20), 0.3)
        stage.go(FRONT, 0.3)
        stage.rest(0.2)
    assert not stage.challenge.failed


def test_coming_closer_is_no_blink(performer: Performer) -> None:
    stage = Stage(performer)
    stage.ask(Move.BLINK)
    stage.rest(0.4)
    stage.go(Pose(closer=1.3))
    stage.go(FRONT)
    assert stage.challenge.asked is Asked.WAITING


def test_the_lids_of_a_turned_head_are_not_judged(performer: Performer) -> None:
    """Seen from the side an eye looks half shut."""
    stage = Stage(performer)
    stage.ask(Move.BLINK)
    stage.rest(0.4)
    stage.go(Pose(yaw=14))
    stage.go(Pose(yaw=14, lids=0.2), 0.2)
    stage.go(Pose(yaw=14), 0.2)
    stage.go(FRONT)
    assert stage.challenge.asked is Asked.WAITING


def test_eyes_that_stay_shut_are_no_blink(performer: Performer) -> None:
    stage = Stage(performer)
    stage.ask(Move.BLINK)
    stage.rest(0.4)
    stage.go(DONE[Move.BLINK], 0.2)
    stage.rest(2.0)
    stage.go(FRONT, 0.2)
    assert stage.challenge.asked is Asked.WAITING


def test_the_head_must_come_back_before_the_next_move_counts(performer: Performer) -> None:
    """A head that stays turned from the first prompt is not what the second asks for."""
    stage = Stage(performer, required=2)
    stage.ask(Move.TURN_LEFT)
    stage.rest(0.4)
    stage.go(LEFT)
    stage.rest(0.2)
    stage.ask(None)
    stage.rest(0.4)
    assert not stage.challenge.at_front
    stage.ask(Move.TURN_LEFT)
    stage.rest(1.0)
    assert stage.challenge.asked is Asked.WAITING
    assert stage.challenge.result().state is PadState.NOT_ASSESSED


def test_without_a_prompt_nothing_is_assessed(performer: Performer) -> None:
    stage = Stage(performer)
    assert stage.challenge.result().reason == "no_moves_asked"
    stage.ask(Move.BLINK)
    assert stage.challenge.result().reason == "not_finished"
