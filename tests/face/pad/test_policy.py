"""Policy, moves and scripts: the values that other rooms hold in their hands."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from face.pad.evidence import PadCheck, PadResult, PadState, PadVerdict
from face.pad.light_colours import LightColour
from face.pad.moves import TURNS, Move, another_move, random_moves
from face.pad.policy import Mode, PadPolicy
from face.pad.script import ChallengeScript, TimedPrompt

OK, BAD, NONE = PadState.SUCCESSFUL, PadState.FAILED, PadState.NOT_ASSESSED


def results(**states: PadState) -> list[PadResult]:
    checks = {check: states.get(check.value, OK) for check in PadCheck}
    return [PadResult(c, s, None if s is NONE else float(s is OK), "token") for c, s in checks.items()]


@pytest.mark.parametrize("check", [c for c in PadCheck if c is not PadCheck.PASSIVE])
def test_evidence_against_is_an_alarm_and_what_is_missing_is_not(check: PadCheck) -> None:
    policy = PadPolicy.named("active")
    assert policy.verdict(results()) is PadVerdict.PASSED
    assert policy.verdict(results(**{check.value: BAD})) is PadVerdict.ALARM
    assert policy.verdict(results(**{check.value: NONE})) is PadVerdict.INCOMPLETE
    assert policy.verdict([r for r in results() if r.check is not check]) is PadVerdict.INCOMPLETE


def test_evidence_against_outweighs_what_is_missing() -> None:
    assert PadPolicy().verdict(results(light=NONE, plane=BAD)) is PadVerdict.ALARM


def test_what_is_advisory_never_decides() -> None:
    assert PadPolicy.named("active").verdict(results(passive=BAD)) is PadVerdict.PASSED
    assert PadPolicy.named("advisory").verdict(results(plane=BAD, challenge=NONE)) is PadVerdict.NOT_ASSESSED
    assert PadPolicy(plane=Mode.ADVISORY).verdict(results(plane=BAD)) is PadVerdict.PASSED


def test_the_named_policies() -> None:
    assert PadPolicy.named("active") == PadPolicy()
    assert PadPolicy.named("off").is_off
    assert not PadPolicy.named("off").asks_moves
    assert PadPolicy.named("advisory").asks_moves
    with pytest.raises(ValueError, match="no PAD policy"):
        PadPolicy.named("strict")


@pytest.mark.parametrize(
    "wrong", [{"moves": 0}, {"light_step_s": 0.3}, {"move_limit_s": 0.0}, {"noise_floor": -1.0}, {"retries": 9}]
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        PadPolicy(**wrong)  # type: ignore[arg-type]


@settings(deadline=None)
@given(seed=st.integers(), count=st.integers(1, 5))
def test_a_session_has_at_least_one_turn_and_no_move_twice_in_a_row(seed: int, count: int) -> None:
    moves = random_moves(Random(seed), count)
    assert len(moves) == count
    assert any(move in TURNS for move in moves)
    assert all(a is not b for a, b in pairwise(moves))


def test_all_moves_come_up_and_none_is_rare() -> None:
    """40 % is what a fair choice among sequences of two with a turn gives the likeliest."""
    source = Random(5)
    asked = [move for _ in range(2000) for move in random_moves(source, 2)]
    assert all(0.10 < asked.count(move) / len(asked) < 0.30 for move in Move)


@settings(deadline=None)
@given(seed=st.integers(), move=st.sampled_from(Move), turn=st.booleans())
def test_another_move_is_another_one(seed: int, move: Move, turn: bool) -> None:
    other = another_move(Random(seed), move, turn=turn)
    assert other is not move
    assert other in TURNS or not turn


prompts = st.builds(
    TimedPrompt,
    at_s=st.floats(0, 60, allow_nan=False),
    move=st.none() | st.sampled_from(Move),
    light=st.none() | st.sampled_from(LightColour),
)


@settings(deadline=None)
@given(st.lists(prompts, min_size=1, max_size=12, unique_by=lambda prompt: prompt.at_s))
def test_a_script_survives_being_written_down(rows: list[TimedPrompt]) -> None:
    script = ChallengeScript(tuple(sorted(rows, key=lambda prompt: prompt.at_s)))
    assert ChallengeScript.from_json(script.to_json()) == script


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        '{"prompts": []}',
        '{"prompts": [{"at_s": "0", "move": null, "light": null}]}',
        '{"prompts": [{"at_s": 0, "move": "stand_on_head", "light": null}]}',
        '{"prompts": [{"at_s": 0, "move": null}]}',
        '{"prompts": [{"at_s": 1, "move": null, "light": null}, {"at_s": 1, "move": null, "light": null}]}',
        "no json",
    ],
)
def test_what_is_no_script_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ChallengeScript.from_json(text)


def test_a_script_knows_what_is_asked_when() -> None:
    script = ChallengeScript(
        (
            TimedPrompt(0.0, None, LightColour.AMBER),
            TimedPrompt(2.0, Move.TURN_LEFT, None),
            TimedPrompt(2.5, Move.TURN_LEFT, LightColour.WHITE),
            TimedPrompt(5.0, None, None),
            TimedPrompt(6.0, Move.TURN_LEFT, None),
        )
    )
    assert script.moves == (Move.TURN_LEFT, Move.TURN_LEFT)
    at = script.at(2.2)
    assert at is not None
    assert at.move is Move.TURN_LEFT
    assert script.at(-0.1) is None
