"""The moves a person may be asked for, and how a session chooses among them."""

from enum import StrEnum
from itertools import pairwise
from random import Random


class Move(StrEnum):
    """Left and right are the person's own. Angles are relative to how the person looks straight at the screen."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    LOOK_UP = "look_up"
    BLINK = "blink"
    COME_CLOSER = "come_closer"

    @property
    def is_turn(self) -> bool:
        """A rotation of the head: the plane test needs one."""
        return self in TURNS


TURNS = (Move.TURN_LEFT, Move.TURN_RIGHT, Move.LOOK_UP)


def random_moves(random: Random, count: int) -> tuple[Move, ...]:
    """``count`` moves in random order, at least one of them a turn and none twice in a row.

    ``random`` is ``SystemRandom`` in production: whoever can foresee the moves can record them.
    """
    if count < 1:
        return ()
    while True:
        moves = tuple(random.choice(tuple(Move)) for _ in range(count))
        if any(move.is_turn for move in moves) and all(a is not b for a, b in pairwise(moves)):
            return moves


def another_move(random: Random, not_this: Move, *, turn: bool) -> Move:
    """A move in place of one that was not followed; a turn if the session still needs one."""
    return random.choice([move for move in (TURNS if turn else tuple(Move)) if move is not not_this])
